"""Which scores differ from 0, over donors where there are enough of them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

from cellglass.seeds import generator
from cellglass.stats.multiplicity import bh

from .engine import prototype_groups
from .result import Attribution

Floats = NDArray[np.float64]
Method = Literal["sign-flip", "wilcoxon"]
_EXACT, _FLIPS = 12, 9_999


@dataclass(frozen=True, eq=False)
class Significance:
    """Tests of all scores against 0.

    Attributes
    ----------
    p, q
        Two-sided p, and Benjamini-Hochberg over all tests of all units; nan where a gene was
        not tested. Units x genes.
    influential
        q at most `level`, and score above the cutoff.
    unit
        What was counted: ``"donor"`` or ``"prototype"``. Prototypes of one donor are not
        independent: then the test is conditional on the donors at hand.
    n
        How many of them, at most.
    method
        As used.
    smallest_p
        What `n` can reach at best: with few donors no correction for many genes can be passed.
    level
        Of the false discovery rate.
    """

    p: Floats
    q: Floats
    influential: NDArray[np.bool_]
    unit: str
    n: int
    method: Method
    smallest_p: float
    level: float

    @property
    def attainable(self) -> bool:
        """Whether the smallest p could pass, if as many genes had it as lie below `level`."""
        tests = int(np.isfinite(self.p).sum())
        return self.smallest_p * tests <= self.level * max(int((self.p <= self.level).sum()), 1)


def attribution_significance(
    attribution: Attribution, *, method: Method = "wilcoxon", level: float = 0.05
) -> Significance:
    """Test scores against 0 over donors, or over prototypes below 6 donors.

    Parameters
    ----------
    attribution
        Whose main read-out is tested.
    method
        ``"wilcoxon"`` signed ranks (exact is not: normal approximation with ties), or
        ``"sign-flip"`` of the mean, exact up to 12 donors, else 9,999 random flips.
    level
        Of the false discovery rate.

    Returns
    -------
    Significance

    Examples
    --------
    >>> import cellglass as cg
    >>> counts = np.random.default_rng(0).poisson(2.0, size=(200, 3))
    >>> space = cg.concepts.NetworkSpace(counts, cg.concepts.linear_network([[1, 1, 0]]))
    >>> same = cg.concepts.Transform(np.zeros(1, np.float32), 1.0)
    >>> units = cg.concepts.LinearUnits("component", ("sum",), [[1]], [2.5], same)
    >>> found = cg.concepts.attribute(space, units)
    >>> tested = attribution_significance(found)
    >>> tested.unit, bool(tested.influential[0, 0]), bool(tested.influential[0, 2])
    ('prototype', True, False)
    """
    plan = attribution.plan
    by_donor = attribution.interval_unit == "donor"
    shape = attribution.score.shape
    p = np.full(shape, np.nan)
    most = 0
    for u, name in enumerate(attribution.unit_names):
        found = attribution.of(name)
        groups = prototype_groups(found, plan, by_donor)
        means = group_means(found.values[plan.settings.main], groups)
        tested = np.flatnonzero(attribution.n_tested[u] > 0)
        most = max(most, len(means))
        if method == "wilcoxon":
            p[u, tested] = signed_rank_p(means[:, tested])
        else:
            p[u, tested] = sign_flip_p(means[:, tested], plan.settings.seed, name)
    q = bh(p.ravel()).reshape(shape)
    influential = (q <= level) & (attribution.score > plan.settings.cutoff)
    smallest = 2.0**-most * 2 if method == "sign-flip" and most <= _EXACT else (
        2.0 / (_FLIPS + 1) if method == "sign-flip" else float(signed_rank_p(np.ones((most, 1)))[0])
    )  # fmt: skip
    return Significance(p, q, influential, "donor" if by_donor else "prototype", most, method,
                        min(smallest, 1.0), level)  # fmt: skip


def group_means(values: Floats, groups: NDArray[np.int64]) -> Floats:
    """Mean over the prototypes of each group, groups x genes."""
    _, code = np.unique(groups, return_inverse=True)
    n = int(code.max(initial=-1)) + 1
    total = np.zeros((n, values.shape[1]))
    np.add.at(total, code, values)
    return total / np.bincount(code, minlength=n)[:, None]


def signed_rank_p(values: Floats) -> Floats:
    """Wilcoxon signed-rank test of each column against 0.

    Parameters
    ----------
    values
        Units of inference x genes; zeros are left out, gene by gene.

    Returns
    -------
    numpy.ndarray
        Two-sided p by the normal approximation without continuity correction; 1 where all are 0.

    Examples
    --------
    >>> signed_rank_p(np.array([[1.0, 1.0], [2.0, -1.0], [3.0, 0.0]])).round(3).tolist()
    [0.109, 1.0]
    """
    size = np.abs(values)
    zero = size == 0
    # zeros are the smallest: ranks among the rest are those among all, less the zeros
    ranks = np.where(zero, 0.0, stats.rankdata(size, axis=0) - zero.sum(0))
    positive = np.where(values > 0, ranks, 0.0).sum(0)
    spread = np.sqrt((ranks**2).sum(0)) / 2.0
    z = np.abs(positive - ranks.sum(0) / 2.0) / np.where(spread > 0, spread, 1.0)
    return np.where(spread > 0, 2.0 * special.ndtr(-z), 1.0)


def sign_flip_p(values: Floats, seed: int, task: str) -> Floats:
    """Sign-flip test of the mean of each column.

    Parameters
    ----------
    values
        Units of inference x genes.
    seed, task
        Of the random flips, drawn where there are more than 12 units.

    Returns
    -------
    numpy.ndarray
        Two-sided p, shape (genes,).

    Examples
    --------
    >>> sign_flip_p(np.array([[1.0], [2.0], [3.0]]), 0, "example").tolist()
    [0.25]
    """
    n = len(values)
    if n <= _EXACT:
        signs = np.array(list(product((1.0, -1.0), repeat=n)))
    else:
        rng = generator(seed, f"attribution/flips/{task}")
        signs = np.concatenate([np.ones((1, n)), rng.choice((1.0, -1.0), size=(_FLIPS, n))])
    drawn = np.abs(signs @ values)
    return (drawn >= drawn[0] * (1 - 1e-12)).mean(0)
