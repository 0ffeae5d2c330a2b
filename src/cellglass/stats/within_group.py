"""AUROC within one group: its interval over items, its exact p, and what chance gives."""

from __future__ import annotations

from functools import lru_cache
from math import comb

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellglass.errors import InputError
from cellglass.seeds import generator
from cellglass.stats.arguments import as_labels, as_scores
from cellglass.stats.bootstrap import BootstrapResult, expanded_tail

EXACT_PAIRS = 40_000
"""Positives times negatives up to which the Mann-Whitney p is exact."""

_SIMULATED, _RESAMPLED = 2_000, 400


def bootstrap_within(
    scores: ArrayLike,
    labels: ArrayLike,
    *,
    draws: int,
    seed: int,
    task: str,
    level: float = 0.95,
    unit: str = "target",
) -> BootstrapResult:
    """AUROC of one group with a bootstrap over its positives and its negatives.

    Parameters
    ----------
    scores
        Finite numbers, shape (n,).
    labels
        True at positives, shape (n,); at least one of either.
    draws
        Number of resamples.
    seed, task
        Root seed of the run and name of the task.
    level, unit
        Of the interval; its n counts the positives, of which there are few.

    Returns
    -------
    BootstrapResult
        One statistic. Its interval needs two positives.

    Raises
    ------
    InputError
        If a score is not finite, shapes differ or a class is empty.

    Notes
    -----
    Specification 2.11. Positives and negatives are resampled apart. The negatives enter by how
    many of them fall between two neighbouring positives, so that a resample draws as many
    numbers as there are positives and not as there are genes; the distribution is the same.

    Examples
    --------
    >>> found = bootstrap_within(
    ...     np.arange(10.0), np.arange(10) > 7, draws=100, seed=1, task="example"
    ... )
    >>> float(found.estimates[0]), found.n
    (1.0, 2)
    """
    values = as_scores(scores)
    truth = as_labels(labels, values.shape)
    positives, negatives = values[truth], np.sort(values[~truth])
    n, m = positives.size, negatives.size
    if not n or not m:
        raise InputError(f"{n} positives and {m} negatives", expected="at least 1 of each")
    low = np.searchsorted(negatives, positives, "left")
    high = np.searchsorted(negatives, positives, "right")
    edges, place = np.unique(np.concatenate([low, high]), return_inverse=True)
    widths = np.diff(np.concatenate([[0], edges, [m]]))
    rng = generator(seed, task)
    drawn = np.cumsum(rng.multinomial(m, widths / m, size=draws), axis=1)
    wins = (drawn[:, place[:n]] + drawn[:, place[n:]]) / 2.0
    weights = rng.multinomial(n, np.full(n, 1 / n), size=draws)
    return BootstrapResult(
        names=("auroc",),
        estimates=np.array([float(np.mean((low + high) / 2.0) / m)]),
        draws=((weights * wins).sum(1) / (n * m))[None],
        unit=unit,
        n=n,
        level=level,
    )


def mann_whitney_p(scores: ArrayLike, labels: ArrayLike) -> float:
    """One-sided p of the AUROC: that positives score no higher than negatives.

    Parameters
    ----------
    scores
        Finite numbers, shape (n,).
    labels
        True at positives, shape (n,); at least one of either.

    Returns
    -------
    float
        Exact where no scores are tied and positives times negatives are at most 40,000;
        the normal approximation with corrections for ties and continuity elsewhere.

    Raises
    ------
    InputError
        If a score is not finite, shapes differ or a class is empty.

    Notes
    -----
    Mann and Whitney 1947. With one positive p is its rank from the top over n. The exact
    distribution is kept for the next score of the same group.

    Examples
    --------
    >>> mann_whitney_p([1.0, 2.0, 3.0, 4.0], [False, False, False, True])
    0.25
    """
    from scipy import stats

    values = as_scores(scores)
    truth = as_labels(labels, values.shape)
    n, m = int(truth.sum()), int((~truth).sum())
    if not n or not m:
        raise InputError(f"{n} positives and {m} negatives", expected="at least 1 of each")
    if np.ptp(values) == 0.0:
        return 1.0
    positives, negatives = values[truth], np.sort(values[~truth])
    tied = np.unique(values).size < values.size
    if tied or n * m > EXACT_PAIRS:
        found = stats.mannwhitneyu(positives, negatives, alternative="greater", method="asymptotic")
        return float(found.pvalue)
    losses = n * m - int(np.searchsorted(negatives, positives).sum())
    return _share_up_to(n, m, losses)


def _share_up_to(n: int, m: int, losses: int) -> float:
    """Chance that positives lose at most so many of the n m comparisons."""
    lower = _lower_half(min(n, m), max(n, m))
    if losses < lower.size:
        return float(lower[losses])
    beyond = n * m - losses - 1  # the distribution is symmetric
    return 1.0 - (float(lower[beyond]) if beyond >= 0 else 0.0)


@lru_cache(maxsize=512)
def _lower_half(n: int, m: int) -> NDArray[np.float64]:
    """Distribution function of the Mann-Whitney statistic up to the middle.

    The numbers of ways are the coefficients of the Gaussian binomial, the product over i to n
    of (1 - x^(m + i)) / (1 - x^i). Each depends on those before it only, so that the tail,
    which is what p needs, is as exact as its small numbers.
    """
    half = n * m // 2
    ways = np.zeros(half + 1)
    ways[0] = 1.0
    for i in range(1, n + 1):
        if m + i <= half:
            ways[m + i :] -= ways[: half + 1 - m - i].copy()
        padded = np.zeros(-(-(half + 1) // i) * i)
        padded[: half + 1] = ways
        ways = np.cumsum(padded.reshape(-1, i), axis=0).ravel()[: half + 1]
    return np.cumsum(ways) / comb(n + m, n)


def chance_above(
    n_positives: int, *, level: float = 0.95, seed: int = 42, task: str = "chance above"
) -> float:
    """How often the interval of an AUROC lies above 0.5 though the score knows nothing.

    Parameters
    ----------
    n_positives
        Positives of the group, at least 2; negatives are taken to be many.
    level
        Confidence of the interval of `bootstrap_within`.
    seed, task
        Root seed of the run and name of the task.

    Returns
    -------
    float
        Share of 2,000 simulated groups. It is (1 - level) / 2 for many positives.

    Raises
    ------
    InputError
        If there are fewer than 2 positives.

    Notes
    -----
    Under chance the share of negatives below a positive is uniform, and its AUROC the mean of
    such shares, which are resampled.

    Examples
    --------
    >>> 0.0 < chance_above(40) < 0.05
    True
    """
    if n_positives < 2:
        raise InputError(f"{n_positives} positives", where="chance_above", expected="at least 2")
    rng = generator(seed, f"{task}/{n_positives}")
    shares = rng.random((_SIMULATED, n_positives))
    weights = rng.multinomial(n_positives, np.full(n_positives, 1 / n_positives), size=_RESAMPLED)
    means = shares @ weights.T / n_positives
    low = np.quantile(means, expanded_tail(n_positives, level), axis=1)
    return float(np.mean(low > 0.5))
