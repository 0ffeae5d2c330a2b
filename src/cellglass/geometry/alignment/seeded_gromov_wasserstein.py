"""Gromov-Wasserstein that starts from a map learnt on training genes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from cellglass.errors import InputError

from .cca import Cca
from .costs import Metric, costs_of
from .gromov_wasserstein import Solver, check_solver, inner_distances, require_pot, solve
from .method import Alignment, FittedAlignment, Reduction

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class SeededGromovWasserstein(Alignment):
    """Learn a CCA on training genes, and let it seed the matching of held-out ones.

    Parameters
    ----------
    seed_map
        The map.
    epsilons
        Weights of the entropy, one solution after the other, each the start of the next.
    iterations, solver
        See `GromovWasserstein`.
    fused
        Share of the distances of the map in the costs, below 1: 0 is Gromov-Wasserstein that
        only starts from the map, above 0 the fused problem (Vayer et al., Algorithms 2020).

    Raises
    ------
    InputError
        If no epsilon is given, or a parameter makes no sense.

    Notes
    -----
    The start is the entropic transport plan (weight 0.1) for distances in the map's space over
    their median. The published run (H29) went through epsilons 1, 0.5, 0.2 with the entropic
    solver and learnt the seed from the genes that it judged; the entropic solver forgets its
    start. Here the seed sees training genes only.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> rows, turn = rng.normal(size=(50, 3)), np.linalg.qr(rng.normal(size=(3, 3)))[0]
    >>> fitted = SeededGromovWasserstein().fit(rows[:40], rows[:40] @ turn)
    >>> fitted.costs(rows[40:], rows[40:] @ turn).argmin(1).tolist()
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    """

    seed_map: Cca = field(default_factory=Cca)
    epsilons: tuple[float, ...] = (0.1,)
    iterations: int = 20
    solver: Solver = "proximal"
    fused: float = 0.0
    name: ClassVar[str] = "gromov_wasserstein_seeded"

    def __post_init__(self) -> None:
        if not self.epsilons or not 0.0 <= self.fused < 1.0:
            raise InputError(
                f"{len(self.epsilons)} epsilons, fused {self.fused:g}", where="Gromov-Wasserstein",
                expected="at least 1 epsilon, fused from 0 to below 1",
            )  # fmt: skip
        for epsilon in self.epsilons:
            check_solver(epsilon, self.iterations, self.solver)

    @classmethod
    def published(cls) -> SeededGromovWasserstein:
        """The settings of the published screen (H29)."""
        return cls(epsilons=(1.0, 0.5, 0.2), iterations=400, solver="entropic")

    def reduce(self, train: Matrix) -> Reduction:
        """As the map that seeds."""
        return self.seed_map.reduce(train)

    def couple(self, first: Matrix, second: Matrix) -> tuple[Matrix, Matrix]:
        """As the map that seeds."""
        return self.seed_map.couple(first, second)

    def join(
        self, one: Reduction, other: Reduction, first: Matrix, second: Matrix
    ) -> FittedAlignment:
        """Fit the map that seeds."""
        return _Seeded(one, other, *self.couple(first, second), self)


@dataclass(frozen=True, eq=False)
class _Seeded(FittedAlignment):
    method: SeededGromovWasserstein

    def costs(self, first: Matrix, second: Matrix, metric: Metric = "euclidean") -> Matrix:
        """Minus the plan, in multiples of an even plan; `metric` is that of the seeding map."""
        ot, method = require_pot(), self.method
        between = costs_of(*self.transform(first, second), metric)
        between = between - between.min()
        between = between / np.median(between)
        one = inner_distances(self.first.apply(first))
        other = inner_distances(self.second.apply(second))
        plan = np.asarray(ot.bregman.sinkhorn([], [], between, 0.1, warn=False))
        fused = {} if method.fused == 0 else {"costs": between, "shape": 1.0 - method.fused}
        for epsilon in method.epsilons:
            plan, _ = solve(
                one, other, epsilon, method.iterations, method.solver, start=plan, **fused
            )
        return -plan * plan.size
