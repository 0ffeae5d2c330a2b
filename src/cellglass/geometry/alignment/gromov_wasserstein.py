"""Entropic Gromov-Wasserstein: match two clouds by their inner distances, knowing no pair."""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType
from typing import ClassVar, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from cellglass.errors import InputError

from .costs import Metric
from .method import principal_axes

Matrix = NDArray[np.float64]
Solver = Literal["proximal", "entropic"]

_SOLVERS = {"proximal": "PPA", "entropic": "PGD"}

# Sinkhorn steps within an outer one. The proximal solver goes on from its last plan, so that a
# few suffice: 100 give the plans of 1000, five times as fast.
_INNER = {"proximal": 100, "entropic": 1000}

MARGIN = 0.02
"""Relative error of a margin of the plan above which the solver has failed."""


@dataclass(frozen=True, eq=False)
class Coupling:
    """A soft matching of two clouds.

    Attributes
    ----------
    plan
        Mass sent from each point of the first cloud to each of the second, shape (n1, n2).
    loss
        Gromov-Wasserstein loss of the plan.
    evenness
        exp(entropy) over the number of cells: 1 where every point is sent everywhere alike,
        1 / n for a one-to-one matching. Near 1, retrieval from the plan says nothing.
    distance_rho
        Spearman correlation of the distances of the first cloud with those between the points
        to which most of the mass goes: how well the shapes fit, whoever the points are.
    """

    plan: Matrix
    loss: float
    evenness: float
    distance_rho: float


@dataclass(frozen=True)
class GromovWasserstein:
    """Match points so that distances within one cloud agree with those within the other.

    Parameters
    ----------
    components
        Principal components of either side.
    epsilon
        Weight of the entropy; with the proximal solver, of each step.
    iterations
        Most outer iterations.
    solver
        ``"proximal"`` point, whose plan becomes sharp, or ``"entropic"`` projected gradient,
        whose plan stays blurred by epsilon.

    Raises
    ------
    InputError
        If a parameter makes no sense.

    Notes
    -----
    Minimises the sum over pairs of (C1[i, j] - C2[k, l])^2 T[i, k] T[j, l] - epsilon H(T) over
    plans T with uniform margins (Peyré, Cuturi and Solomon, ICML 2016; proximal: Xu et al., ICML
    2019), by `ot.gromov.entropic_gromov_wasserstein`. C1 and C2 are Euclidean distances divided
    by their medians. The published run (`published`) used epsilon 0.5 and 400 iterations with
    the entropic solver: its plan is nearly even, and misses even a rotated copy of a cloud, so
    that its failure to retrieve (specification, H27) says little about the models. Nothing is
    learnt from pairs, and the order of genes is not used: all genes are held out.
    Costs grow with n^3: about 2 s for 300 genes, 7 s for 600.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> rows, turn = rng.normal(size=(30, 3)), np.linalg.qr(rng.normal(size=(3, 3)))[0]
    >>> coupling = GromovWasserstein().match(rows, rows @ turn)
    >>> bool((coupling.plan.argmax(1) == np.arange(30)).all())
    True
    """

    components: int = 32
    epsilon: float = 0.1
    iterations: int = 200
    solver: Solver = "proximal"
    name: ClassVar[str] = "gromov_wasserstein"
    trained: ClassVar[bool] = False

    def __post_init__(self) -> None:
        check_solver(self.epsilon, self.iterations, self.solver)

    @classmethod
    def published(cls) -> GromovWasserstein:
        """The settings of the published screen (H27)."""
        return cls(epsilon=0.5, iterations=400, solver="entropic")

    def match(self, first: Matrix, second: Matrix) -> Coupling:
        """Match the rows of two clouds.

        Parameters
        ----------
        first, second
            Shapes (n1, d1) and (n2, d2); their order does not matter.

        Returns
        -------
        Coupling
            The plan and how sharp it is.

        Raises
        ------
        InputError
            If POT is not installed, all points are equal, or the solver fails.
        """
        one, other = (
            inner_distances(principal_axes(side, self.components).apply(side))
            for side in (first, second)
        )
        plan, loss = solve(one, other, self.epsilon, self.iterations, self.solver)
        return Coupling(plan, loss, _evenness(plan), _distance_rho(one, other, plan))

    def costs(self, first: Matrix, second: Matrix, metric: Metric = "euclidean") -> Matrix:
        """Minus the plan, in multiples of an even plan; `metric` does not matter here."""
        plan = self.match(first, second).plan
        return -plan * plan.size


def inner_distances(points: Matrix) -> Matrix:
    """Euclidean distances of all points, divided by their median.

    Parameters
    ----------
    points
        Shape (n, d).

    Returns
    -------
    numpy.ndarray
        Shape (n, n).

    Raises
    ------
    InputError
        If at least half of the distances are 0.

    Examples
    --------
    >>> inner_distances(np.array([[0.0], [1.0], [3.0]])).tolist()
    [[0.0, 0.5, 1.5], [0.5, 0.0, 1.0], [1.5, 1.0, 0.0]]
    """
    from scipy.spatial.distance import pdist, squareform

    flat = pdist(points)
    middle = float(np.median(flat)) if flat.size else 0.0
    if middle == 0:
        raise InputError(
            f"{len(points)} points, most at distance 0", where="Gromov-Wasserstein",
            expected="points that differ",
        )  # fmt: skip
    return np.asarray(squareform(flat / middle))


def solve(
    one: Matrix,
    other: Matrix,
    epsilon: float,
    iterations: int,
    solver: Solver,
    *,
    start: Matrix | None = None,
    costs: Matrix | None = None,
    shape: float = 1.0,
) -> tuple[Matrix, float]:
    """Solve one Gromov-Wasserstein problem with uniform margins.

    Parameters
    ----------
    one, other
        Inner distances, shapes (n1, n1) and (n2, n2).
    epsilon, iterations, solver
        See `GromovWasserstein`.
    start
        Plan to begin with; the even one where None.
    costs
        Costs between the clouds, shape (n1, n2), for the fused problem.
    shape
        Share of the inner distances in the fused problem, 1 - shape that of `costs`.

    Returns
    -------
    plan, loss
        Shape (n1, n2), and a number.

    Raises
    ------
    InputError
        If POT is not installed, or the margins of the plan are off: the solver failed.
    """
    ot = require_pot()
    settings = {
        "loss_fun": "square_loss", "epsilon": epsilon, "G0": start, "max_iter": iterations,
        "solver": _SOLVERS[solver], "log": True, "warn": False, "numItermax": _INNER[solver],
    }  # fmt: skip
    # An entry of the plan may fall to 0, where the proximal step takes its logarithm: it stays 0.
    # What goes wrong beyond that shows in the margins.
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        if costs is None:
            plan, log = ot.gromov.entropic_gromov_wasserstein(one, other, **settings)
            loss = log["gw_dist"]
        else:
            plan, log = ot.gromov.entropic_fused_gromov_wasserstein(
                costs, one, other, alpha=shape, **settings
            )
            loss = log["fgw_dist"]
    margins = np.concatenate([plan.sum(1) * plan.shape[0], plan.sum(0) * plan.shape[1]])
    off = float(np.abs(margins - 1).max())
    if not off <= MARGIN:
        raise InputError(
            f"the plan misses its margins by {off:.2g}", where=f"Gromov-Wasserstein, "
            f"epsilon {epsilon:g}", expected=f"at most {MARGIN:g}", fix="raise epsilon",
        )  # fmt: skip
    return np.asarray(plan), float(loss)


def require_pot() -> ModuleType:
    """Import POT, the optional package that solves transport problems.

    Raises
    ------
    InputError
        If it is not installed; it says how to install it.
    """
    try:
        import ot
        import ot.gromov
    except ImportError as error:
        raise InputError(
            f"POT cannot be imported ({error})", where="Gromov-Wasserstein",
            fix="pip install 'cellglass[geometry]'",
        ) from error  # fmt: skip
    return ot


def check_solver(epsilon: float, iterations: int, solver: str) -> None:
    """Refuse settings that make no sense.

    Parameters
    ----------
    epsilon, iterations, solver
        See `GromovWasserstein`.

    Raises
    ------
    InputError
        If one is out of range.
    """
    if not epsilon > 0 or iterations < 1 or solver not in get_args(Solver):
        raise InputError(
            f"epsilon {epsilon:g}, {iterations} iterations, solver {solver!r}",
            where="Gromov-Wasserstein",
            expected="epsilon above 0, at least 1 iteration, " + " or ".join(get_args(Solver)),
        )


def _evenness(plan: Matrix) -> float:
    mass = plan[plan > 0]
    return float(np.exp(-(mass * np.log(mass)).sum()) / plan.size)


def _distance_rho(one: Matrix, other: Matrix, plan: Matrix) -> float:
    from cellglass.stats.ranks import midranks

    target = plan.argmax(1)
    above = np.triu_indices(len(one), 1)
    there = other[np.ix_(target, target)][above]
    if np.ptp(there) == 0:
        return float("nan")  # all mass goes to one point
    return float(np.corrcoef(midranks(one[above]), midranks(there))[0, 1])
