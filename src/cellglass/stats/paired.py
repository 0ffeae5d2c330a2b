"""Tests of paired differences: the same units under two conditions or two scores."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellglass.errors import InputError
from cellglass.stats.arguments import as_scores
from cellglass.stats.permutation import Alternative

EXACT_UNITS = 50
"""Units up to which the p of the signed-rank test is exact."""
ROUNDING = 1e-12
"""Relative difference at or below which two values count as equal."""


@dataclass(frozen=True)
class PairedTest:
    """Outcome of a paired test.

    Attributes
    ----------
    statistic
        The test's statistic; positive, or large, where the first exceeds the second.
    p
        p value. 1 where no unit differs at all, as after an intervention that cannot reach
        the readout.
    effect
        Cohen's d of the differences for the t test, the matched-pairs rank-biserial
        correlation for Wilcoxon's, the share of units in favour minus one half, doubled, for
        the sign test.
    n
        Units compared; units without a difference are among them.
    method
        Name of the test.
    """

    statistic: float
    p: float
    effect: float
    n: int
    method: str


def _differences(first: ArrayLike, second: ArrayLike) -> NDArray[np.float64]:
    a, b = as_scores(first, "first"), as_scores(second, "second")
    if a.shape != b.shape:
        raise InputError(
            f"{a.size} and {b.size} values", where="paired test", expected="one pair a unit"
        )
    if a.size < 2:
        raise InputError("1 pair", where="paired test", expected="at least 2")
    x, y = a.astype(np.float64), b.astype(np.float64)
    d = x - y
    # Rounding is no difference; a rank test would take its signs for evidence.
    d[np.abs(d) <= ROUNDING * np.maximum(np.abs(x), np.abs(y))] = 0.0
    return d


def cohen_d_paired(first: ArrayLike, second: ArrayLike) -> float:
    """Mean of the differences over their standard deviation.

    Parameters
    ----------
    first, second
        Values of the same units, shape (n,).

    Returns
    -------
    float
        Cohen's d for pairs (d_z); 0 where no unit differs.

    Raises
    ------
    InputError
        If all differences are equal and not 0, which leaves d without a scale.

    Examples
    --------
    >>> cohen_d_paired([1.0, 2.0, 3.0], [0.0, 2.0, 1.0])
    1.0
    """
    d = _differences(first, second)
    if not d.any():
        return 0.0
    sd = float(d.std(ddof=1))
    if sd <= ROUNDING * float(np.abs(d).max()):
        raise InputError(
            f"all {d.size} differences are equal",
            where="paired test",
            expected="differences that vary",
            fix="use sign_test",
        )
    return float(d.mean()) / sd


def paired_t(
    first: ArrayLike, second: ArrayLike, *, alternative: Alternative = "two-sided"
) -> PairedTest:
    """Student's t test of paired differences.

    Parameters
    ----------
    first, second
        Values of the same units, shape (n,).
    alternative
        ``"greater"`` if the first is expected to exceed the second.

    Returns
    -------
    PairedTest
        With Cohen's d as effect.

    Raises
    ------
    InputError
        If values are not finite, shapes differ, n < 2, or all differences are equal but not 0.

    Examples
    --------
    >>> round(paired_t([1.0, 2.0, 3.0, 4.0], [0.5, 1.0, 2.5, 3.0]).p, 4)
    0.0138
    """
    from scipy import stats

    d = _differences(first, second)
    effect = cohen_d_paired(first, second)
    if not d.any():
        return PairedTest(0.0, 1.0, 0.0, d.size, "paired t test")
    found = stats.ttest_1samp(d, 0.0, alternative=alternative)
    return PairedTest(float(found.statistic), float(found.pvalue), effect, d.size, "paired t test")


def rank_biserial(first: ArrayLike, second: ArrayLike) -> float:
    """Matched-pairs rank-biserial correlation.

    Parameters
    ----------
    first, second
        Values of the same units, shape (n,).

    Returns
    -------
    float
        Rank sum of positive differences minus that of negative ones, over their total: -1 to
        1, and 0 where no unit differs.

    Raises
    ------
    InputError
        If values are not finite, shapes differ or n < 2.

    Notes
    -----
    Kerby, Comprehensive Psychology 2014. Units without a difference are left out.

    Examples
    --------
    >>> rank_biserial([3.0, 2.0, 1.0], [1.0, 1.0, 1.5])
    0.6666666666666666
    """
    from cellglass.stats.ranks import midranks

    d = _differences(first, second)
    d = d[d != 0]
    if not d.size:
        return 0.0
    ranks = midranks(np.abs(d))
    return float(ranks @ np.sign(d) / ranks.sum())


def wilcoxon(
    first: ArrayLike, second: ArrayLike, *, alternative: Alternative = "two-sided"
) -> PairedTest:
    """Wilcoxon's signed-rank test of paired differences.

    Parameters
    ----------
    first, second
        Values of the same units, shape (n,).
    alternative
        ``"greater"`` if the first is expected to exceed the second.

    Returns
    -------
    PairedTest
        With the rank-biserial correlation as effect.

    Raises
    ------
    InputError
        If values are not finite, shapes differ or n < 2.

    Notes
    -----
    SciPy's test; units without a difference are left out of the ranking. p is exact up to 50
    units, with ties too: the distribution of the rank sum is counted over all signs.

    Examples
    --------
    >>> wilcoxon([1.0, 2.0, 3.0, 4.0], [0.5, 1.0, 2.4, 3.2]).p
    0.125
    """
    from scipy import stats

    d = _differences(first, second)
    name = "Wilcoxon signed-rank test"
    if not d.any():
        return PairedTest(0.0, 1.0, 0.0, d.size, name)
    left = d[d != 0]
    if left.size <= EXACT_UNITS:
        statistic, p = _exact_signed_ranks(left, alternative)
    else:
        found = stats.wilcoxon(left, alternative=alternative)
        statistic, p = float(found.statistic), float(found.pvalue)
    return PairedTest(statistic, p, rank_biserial(first, second), d.size, name)


def _exact_signed_ranks(d: NDArray[np.float64], alternative: Alternative) -> tuple[float, float]:
    """Statistic as SciPy gives it, and p by counting all signs of the (doubled) mid-ranks."""
    from scipy import stats

    ranks = np.rint(2 * stats.rankdata(np.abs(d))).astype(np.int64)
    ways = np.zeros(int(ranks.sum()) + 1)
    ways[0], reached = 1.0, 0
    for rank in ranks:
        reached += int(rank)
        ways[rank : reached + 1] = ways[rank : reached + 1] + ways[: reached + 1 - rank]
    ways /= 2.0**ranks.size
    plus = int(ranks[d > 0].sum())
    below, above = float(ways[: plus + 1].sum()), float(ways[plus:].sum())
    if alternative == "two-sided":
        return min(plus, ranks.sum() - plus) / 2.0, min(2.0 * min(below, above), 1.0)
    return plus / 2.0, min(above if alternative == "greater" else below, 1.0)


def sign_test(
    first: ArrayLike, second: ArrayLike, *, alternative: Alternative = "two-sided"
) -> PairedTest:
    """Exact test of the number of units in which the first exceeds the second.

    Parameters
    ----------
    first, second
        Values of the same units, shape (n,).
    alternative
        ``"greater"`` if the first is expected to exceed the second.

    Returns
    -------
    PairedTest
        Statistic: units in favour of the first. Units without a difference are left out of
        the test.

    Raises
    ------
    InputError
        If values are not finite, shapes differ or n < 2.

    Examples
    --------
    >>> sign_test([1, 1, 1, 1], [0, 0, 0, 0], alternative="greater").p
    0.0625
    """
    from scipy import stats

    d = _differences(first, second)
    favour, against = int(np.count_nonzero(d > 0)), int(np.count_nonzero(d < 0))
    if favour + against == 0:
        return PairedTest(0.0, 1.0, 0.0, d.size, "sign test")
    p = stats.binomtest(favour, favour + against, 0.5, alternative=alternative).pvalue
    effect = (favour - against) / (favour + against)
    return PairedTest(float(favour), float(p), effect, d.size, "sign test")
