"""Bootstrap over the unit of inference: regulators, perturbations, donors, never pairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellglass.errors import InputError
from cellglass.seeds import generator
from cellglass.stats.arguments import Floats, Ints, as_codes, as_fraction, as_labels, as_scores
from cellglass.stats.interval import Interval

_BLOCK = 256


@dataclass(frozen=True, eq=False)
class BootstrapResult:
    """Estimates with their bootstrap draws; the same resamples for every statistic.

    Attributes
    ----------
    names
        Name of each statistic.
    estimates
        Values on the data, shape (statistics,).
    draws
        Values on the resamples, shape (statistics, draws); nan where a resample holds no
        positive or no negative.
    unit
        What was resampled.
    n
        How many units carry information: for an AUROC, groups with a positive.
    level
        Default level of `interval`.
    """

    names: tuple[str, ...]
    estimates: NDArray[np.float64]
    draws: NDArray[np.float64]
    unit: str
    n: int
    level: float

    def interval(self, statistic: int = 0, *, level: float | None = None) -> Interval:
        """Return the expanded percentile interval of one statistic.

        Parameters
        ----------
        statistic
            Its place in `estimates`.
        level
            Level, `self.level` where None.

        Returns
        -------
        Interval
            Quantiles of the draws at levels that make up for the bootstrap's narrowness with
            few units: Phi(-sqrt(n / (n - 1)) t) for t the quantile of Student's t with n - 1
            degrees of freedom (Hesterberg, The American Statistician 2015).

        Raises
        ------
        InputError
            If fewer than 2 units carry information, or more than half of the draws are
            undefined.
        """
        confidence = as_fraction(self.level if level is None else level, "level")
        if self.n < 2:
            raise InputError(
                f"{self.n} {self.unit} carries information",
                where="bootstrap interval",
                expected="at least 2",
            )
        drawn = self.draws[statistic]
        drawn = drawn[np.isfinite(drawn)]
        if 2 * drawn.size < self.draws.shape[1]:
            raise InputError(
                f"{self.draws.shape[1] - drawn.size} of {self.draws.shape[1]} resamples hold no "
                "positive or no negative",
                where="bootstrap interval",
                fix=f"use more units than {self.n}",
            )
        tail = expanded_tail(self.n, confidence)
        low, high = np.quantile(drawn, [tail, 1 - tail])
        method = f"expanded percentile bootstrap, {drawn.size} resamples"
        return Interval(float(low), float(high), confidence, method, self.unit, self.n)

    def difference(self, first: int, second: int) -> BootstrapResult:
        """Return statistic `first` minus statistic `second`, paired by resample."""
        return BootstrapResult(
            names=(f"{self.names[first]} - {self.names[second]}",),
            estimates=self.estimates[[first]] - self.estimates[[second]],
            draws=self.draws[[first]] - self.draws[[second]],
            unit=self.unit,
            n=self.n,
            level=self.level,
        )


def expanded_tail(n: int, level: float) -> float:
    """Share of the resamples beyond either end of an expanded percentile interval.

    Parameters
    ----------
    n
        Units that carry information, at least 2.
    level
        Confidence of the interval.

    Returns
    -------
    float
        Phi(-sqrt(n / (n - 1)) t), t the quantile of Student's t with n - 1 degrees of freedom
        (Hesterberg, The American Statistician 2015); (1 - level) / 2 for many units.

    Examples
    --------
    >>> round(expanded_tail(5, 0.95), 4), round(expanded_tail(10_000, 0.95), 4)
    (0.001, 0.025)
    """
    from scipy import special

    t = special.stdtrit(n - 1, (1 + level) / 2)
    return float(special.ndtr(-np.sqrt(n / (n - 1)) * t))


def mann_whitney_matrix(scores: Floats, labels: NDArray[np.bool_], codes: Ints) -> NDArray:
    """Count, for each two groups, how often a positive of one beats a negative of the other.

    Parameters
    ----------
    scores
        Finite numbers, shape (n,).
    labels
        True at positives, shape (n,).
    codes
        Number of each item's group, 0 to k - 1, shape (n,).

    Returns
    -------
    numpy.ndarray
        float64, shape (k, k): U[r, s] = number of (positive of r, negative of s) with the
        positive higher, ties counting one half.

    Examples
    --------
    >>> mann_whitney_matrix(
    ...     np.array([1.0, 2.0, 2.0]), np.array([False, True, False]), np.array([0, 0, 1])
    ... )
    array([[1. , 0.5],
           [0. , 0. ]])
    """
    from cellglass.stats.sweep import mann_whitney_sweep

    order = np.argsort(scores)
    arranged = scores[order]
    ends = np.append(np.flatnonzero(arranged[1:] != arranged[:-1]) + 1, arranged.size)
    doubled = mann_whitney_sweep(ends, labels[order], codes[order], int(codes.max()) + 1)
    return np.asarray(doubled / 2.0)


def cluster_bootstrap_auroc(
    scores: Sequence[ArrayLike] | NDArray,
    labels: ArrayLike,
    groups: ArrayLike,
    *,
    draws: int,
    seed: int,
    task: str,
    level: float = 0.95,
    unit: str = "regulator",
    names: Sequence[str] | None = None,
) -> BootstrapResult:
    """Pooled AUROC of scores with a bootstrap over groups, exact in every resample.

    Parameters
    ----------
    scores
        Scores of the same items, each of shape (n,).
    labels
        True at positives, shape (n,).
    groups
        Group of each item, shape (n,): what is resampled, with replacement.
    draws
        Number of resamples.
    seed, task
        Root seed of the run and name of the task.
    level
        Default level of the intervals.
    unit
        What a group is, for the interval.
    names
        Names of the scores; their numbers where None.

    Returns
    -------
    BootstrapResult
        Estimates and draws; resamples are shared, so that differences are paired.

    Raises
    ------
    InputError
        If shapes differ, a score is not finite, one class is empty or there is one group only.

    Notes
    -----
    A resample gives group r the weight w_r; its AUROC is w'Uw / ((w'P)(w'N)) with U from
    `mann_whitney_matrix` and P, N the positives and negatives of the groups. No resample is
    sorted again.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> labels = rng.random(400) < 0.2
    >>> result = cluster_bootstrap_auroc(
    ...     [labels + rng.normal(size=400)], labels, np.arange(400) // 20, draws=200, seed=1,
    ...     task="example"
    ... )
    >>> result.interval().excludes(float(result.estimates[0]))
    False
    """
    if draws < 1 or len(scores) == 0:
        raise InputError(f"{draws} draws of {len(scores)} scores", expected="at least 1 of each")
    columns = [as_scores(s, f"score {i}") for i, s in enumerate(scores)]
    if any(c.shape != columns[0].shape for c in columns):
        raise InputError("scores of different lengths", where="scores")
    truth = as_labels(labels, columns[0].shape)
    codes, found = as_codes(groups, truth.size)
    positives = np.bincount(codes[truth], minlength=found.size).astype(np.float64)
    negatives = np.bincount(codes[~truth], minlength=found.size).astype(np.float64)
    if positives.sum() == 0 or negatives.sum() == 0 or found.size < 2:
        raise InputError(
            f"{int(positives.sum())} positives and {int(negatives.sum())} negatives in "
            f"{found.size} groups",
            where="cluster bootstrap",
            expected="both classes, and at least 2 groups",
        )
    rng = generator(seed, task)
    weights = rng.multinomial(found.size, np.full(found.size, 1 / found.size), size=draws)
    weights = weights.astype(np.float64)
    pairs = (weights @ positives) * (weights @ negatives)
    pairs[pairs == 0] = np.nan
    estimates = np.empty(len(columns))
    drawn = np.empty((len(columns), draws))
    for s, column in enumerate(columns):
        wins = mann_whitney_matrix(column, truth, codes)
        estimates[s] = wins.sum() / (positives.sum() * negatives.sum())
        drawn[s] = np.einsum("dr,dr->d", weights @ wins, weights) / pairs
    return BootstrapResult(
        names=_named(names, len(columns)),
        estimates=estimates,
        draws=drawn,
        unit=unit,
        n=int(np.count_nonzero(positives)),
        level=as_fraction(level, "level"),
    )


def bootstrap_mean(
    values: ArrayLike,
    *,
    unit: str,
    draws: int,
    seed: int,
    task: str,
    level: float = 0.95,
    names: Sequence[str] | None = None,
) -> BootstrapResult:
    """Mean over units with a bootstrap over them.

    Parameters
    ----------
    values
        One value a unit, shape (n,); or several statistics of the same units, shape (k, n).
    unit
        What is resampled, for example ``"perturbation"``.
    draws
        Number of resamples.
    seed, task
        Root seed of the run and name of the task.
    level
        Default level of the intervals.
    names
        Names of the statistics; their numbers where None.

    Returns
    -------
    BootstrapResult
        Means and draws; resamples are shared, so that differences are paired.

    Raises
    ------
    InputError
        If a value is not finite or there are fewer than 2 units.

    Examples
    --------
    >>> result = bootstrap_mean([0.6, 0.7, 0.8], unit="donor", draws=100, seed=1, task="example")
    >>> round(float(result.estimates[0]), 3)
    0.7
    """
    array = np.atleast_2d(np.asarray(values, dtype=np.float64))
    if array.ndim != 2 or array.shape[1] < 2 or draws < 1:
        raise InputError(
            f"values of shape {array.shape}, {draws} draws",
            where="bootstrap",
            expected="at least 2 units and 1 draw",
        )
    bad = int(np.count_nonzero(~np.isfinite(array)))
    if bad:
        raise InputError(f"{bad} values are not finite", where=f"values by {unit}")
    n = array.shape[1]
    rng = generator(seed, task)
    drawn = np.empty((array.shape[0], draws))
    for first in range(0, draws, _BLOCK):
        size = min(_BLOCK, draws - first)
        weights = rng.multinomial(n, np.full(n, 1 / n), size=size)
        drawn[:, first : first + size] = array @ weights.T / n
    return BootstrapResult(
        names=_named(names, array.shape[0]),
        estimates=array.mean(1),
        draws=drawn,
        unit=unit,
        n=n,
        level=as_fraction(level, "level"),
    )


def _named(names: Sequence[str] | None, n: int) -> tuple[str, ...]:
    given = tuple(map(str, range(n))) if names is None else tuple(names)
    if len(given) != n:
        raise InputError(f"{len(given)} names for {n} statistics", where="names")
    return given
