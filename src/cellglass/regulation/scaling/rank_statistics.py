"""AUROC, rank correlation and partial rank correlation over pairs, resampled by genes.

Ranks are taken anew in every resample: those of the whole sample would leave the ranking's own
uncertainty out of the interval.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from cellglass.errors import InputError
from cellglass.seeds import generator
from cellglass.stats import BootstrapResult
from cellglass.stats.arguments import as_labels, as_scores

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_BATCH = 64


@njit(cache=True)
def weighted_midranks(order: Ints, last: NDArray[np.bool_], weights: Floats, out: Floats) -> None:
    """Write the weighted mid-rank of each item: weight below it, and half of its tie's.

    Parameters
    ----------
    order
        Items from the lowest value to the highest.
    last
        Whether the place in the order is the last of its tie.
    weights
        Of each item.
    out
        Filled.
    """
    start, below = 0, 0.0
    for stop in range(order.size):
        if not last[stop]:
            continue
        tied = 0.0
        for i in range(start, stop + 1):
            tied += weights[order[i]]
        for i in range(start, stop + 1):
            out[order[i]] = below + tied / 2.0
        below += tied
        start = stop + 1


@dataclass(frozen=True, eq=False)
class PairUnits:
    """Which units of inference each pair belongs to.

    Parameters
    ----------
    first
        Unit of each pair, shape (pairs,).
    second
        The other one, where a pair is drawn only with both of its genes; None where the first
        decides.
    n
        Number of units.
    name
        What a unit is.
    """

    first: Ints
    second: Ints | None
    n: int
    name: str

    def weights(self, times: Floats) -> Floats:
        """Times that each pair stands in a resample of units.

        Notes
        -----
        A pair of genes stands as often as the product of its genes' counts (Snijders and
        Borgatti, Connections 1999).
        """
        found = times[self.first]
        return found if self.second is None else found * times[self.second]

    def resamples(self, draws: int, seed: int, task: str) -> Iterator[Floats]:
        """Times that each unit is drawn, with replacement, one array a resample."""
        for start in range(0, draws, _BATCH):
            rng = generator(seed, f"{task}/{start // _BATCH}")
            size = min(_BATCH, draws - start)
            yield from rng.multinomial(self.n, np.full(self.n, 1 / self.n), size=size).astype(float)

    def informative(self, labels: NDArray[np.bool_]) -> int:
        """Units that some positive pair belongs to."""
        held = set(self.first[labels].tolist())
        return len(held if self.second is None else held | set(self.second[labels].tolist()))


@dataclass(frozen=True, eq=False)
class RankStatistics:
    """Statistics of several scores, over the same resamples.

    Parameters
    ----------
    auroc, correlation
        Of every score with each set of labels, by its name.
    with_given
        Rank correlation of every score with each given score, by its name.
    partial
        Rank correlation of every score with each set of labels, the first given score held
        fixed; empty without one.
    """

    auroc: dict[str, BootstrapResult]
    correlation: dict[str, BootstrapResult]
    with_given: dict[str, BootstrapResult]
    partial: dict[str, BootstrapResult]


def rank_statistics(
    scores: Mapping[str, NDArray[np.floating]],
    labels: Mapping[str, NDArray[np.bool_]],
    units: PairUnits,
    *,
    given: Mapping[str, NDArray[np.floating]] | None = None,
    draws: int,
    seed: int,
    task: str,
    level: float = 0.95,
) -> RankStatistics:
    """Compare scores with labels and with one another, with a bootstrap over units.

    Parameters
    ----------
    scores
        By name, each of shape (pairs,), finite.
    labels
        By name, each of shape (pairs,), with both classes.
    units
        What is resampled; never pairs.
    given
        Scores to correlate all others with; the first is held fixed in partial correlations.
    draws
        Number of resamples.
    seed, task
        Root seed of the run and name of the task.
    level
        Default level of the intervals.

    Returns
    -------
    RankStatistics
        The statistics and their resamples. Mid-ranks throughout; an AUROC is that of
        `cellglass.stats.auroc`, a correlation that of `scipy.stats.spearmanr`.

    Raises
    ------
    InputError
        If shapes differ, a score is not finite or a class is empty.

    Examples
    --------
    >>> units = PairUnits(np.repeat([0, 1], 3), None, 2, "regulator")
    >>> found = rank_statistics(
    ...     {"s": np.array([1.0, 2, 3, 4, 5, 6])}, {"net": np.array([0, 0, 1, 0, 1, 1], bool)},
    ...     units, draws=10, seed=1, task="example",
    ... )
    >>> round(float(found.auroc["net"].estimates[0]), 3)
    0.889
    """
    given = given or {}
    n = units.first.size
    columns = [_checked(v, k, n) for k, v in [*scores.items(), *given.items()]]
    truth = {k: as_labels(v, (n,)) for k, v in labels.items()}
    for name, label in truth.items():
        if label.all() or not label.any():
            raise InputError(f"{name} has one class only", where="labels", expected="both classes")
    kernel = _Kernel(columns, list(truth.values()), len(scores))
    estimates = kernel.at(np.ones(n))
    drawn = np.stack(
        [kernel.at(units.weights(times)) for times in units.resamples(draws, seed, task)], axis=-1
    )

    def result(place: int, size: int) -> BootstrapResult:
        return BootstrapResult(
            tuple(scores), estimates[place], drawn[place], units.name, size, level
        )

    informative = {name: units.informative(label) for name, label in truth.items()}
    k, g = len(truth), len(given)
    return RankStatistics(
        {name: result(i, informative[name]) for i, name in enumerate(truth)},
        {name: result(k + i, informative[name]) for i, name in enumerate(truth)},
        {name: result(2 * k + i, units.n) for i, name in enumerate(given)},
        {name: result(2 * k + g + i, informative[name]) for i, name in enumerate(truth) if g},
    )


def _checked(values: NDArray, name: str, n: int) -> NDArray:
    held = as_scores(values, name)
    if held.size != n:
        raise InputError(f"{held.size} scores for {n} pairs", where=name, expected="one a pair")
    return held


class _Kernel:
    """All statistics for one set of weights: statistics x scores.

    Rows: AUROC with each labels, correlation with each labels, correlation with each given
    score, partial correlation with each labels.
    """

    def __init__(
        self, columns: list[NDArray], truth: list[NDArray[np.bool_]], n_scores: int
    ) -> None:
        self.n_scores, self.n_given = n_scores, len(columns) - n_scores
        self.hits = [np.flatnonzero(t) for t in truth]
        self.n_rows = 2 * len(truth) + self.n_given + (len(truth) if self.n_given else 0)
        self.orders, self.last = [], []
        for values in columns:
            order = np.argsort(values, kind="stable")
            arranged = values[order]
            self.orders.append(order)
            self.last.append(np.append(arranged[1:] != arranged[:-1], True))
        self._ranks = [np.empty(o.size) for o in self.orders]

    def at(self, weights: Floats) -> Floats:
        """The statistics under weights of the pairs."""
        total = float(weights.sum())
        out = np.full((self.n_rows, self.n_scores), np.nan)
        if total == 0:
            return out
        spread = []
        for ranks, order, last in zip(self._ranks, self.orders, self.last, strict=True):
            weighted_midranks(order, last, weights, ranks)
            ranks -= total / 2  # the weighted mean of mid-ranks
            spread.append(float(weights @ (ranks * ranks)))
        k = len(self.hits)
        out[:k], by_label = self._with_labels(weights, total, spread)
        out[k : 2 * k] = by_label[:, : self.n_scores]
        if self.n_given:
            mutual = self._mutual(weights, spread)
            out[2 * k : 2 * k + self.n_given] = mutual
            z = by_label[:, [self.n_scores]]
            out[2 * k + self.n_given :] = _partial(by_label[:, : self.n_scores], z, mutual[[0]])
        return out

    def _with_labels(
        self, weights: Floats, total: float, spread: list[float]
    ) -> tuple[Floats, Floats]:
        """AUROC and rank correlation with each labels, from the ranks of the positives."""
        aurocs = np.full((len(self.hits), self.n_scores), np.nan)
        found = np.full((len(self.hits), len(self.orders)), np.nan)
        for i, hit in enumerate(self.hits):
            load = weights[hit]
            positive = float(load.sum())
            both = positive * (total - positive)
            if not both > 0:
                continue
            for j, ranks in enumerate(self._ranks):
                above = float(load @ ranks[hit])
                if j < self.n_scores:
                    aurocs[i, j] = 0.5 + above / both
                if spread[j] > 0:
                    found[i, j] = above / np.sqrt(both / total * spread[j])
        return aurocs, found

    def _mutual(self, weights: Floats, spread: list[float]) -> Floats:
        """Rank correlation of every score with every given one."""
        found = np.full((self.n_given, self.n_scores), np.nan)
        for g in range(self.n_given):
            at = self.n_scores + g
            load = weights * self._ranks[at]
            for j in range(self.n_scores):
                scale = spread[j] * spread[at]
                if scale > 0:
                    found[g, j] = float(load @ self._ranks[j]) / np.sqrt(scale)
        return found


def _partial(xy: Floats, zy: Floats, xz: Floats) -> Floats:
    """Partial correlation of x and y, z held fixed; nan where z says all of either."""
    scale = (1 - xz**2) * (1 - zy**2)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(scale > 1e-12, (xy - xz * zy) / np.sqrt(np.maximum(scale, 0)), np.nan)
