"""One p value of several: which rule holds under dependence, and which does not."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellglass.errors import InputError
from cellglass.stats.arguments import as_fraction, as_scores
from cellglass.stats.nulls.westfall_young import max_z
from cellglass.stats.permutation import Alternative, NullDistribution

P_FLOOR = 1e-12
"""Smallest p that Fisher's sum takes as it is."""

CAUCHY_CAP = 0.99
"""Largest p that the Cauchy combination takes as it is."""


def max_p(p: ArrayLike) -> float:
    """Combine p values by the largest: the claim holds against all of the nulls.

    Parameters
    ----------
    p
        p values, shape (n,), for example of one effect against n null families.

    Returns
    -------
    float
        The largest of them.

    Raises
    ------
    InputError
        If there is none, or one is outside 0 to 1.

    Notes
    -----
    Intersection-union test (Berger, Technometrics 1982): it rejects "at least one of the nulls
    explains the effect", and holds under any dependence. The smallest p over null families tests
    nothing: the more families, the smaller it gets.

    Examples
    --------
    >>> max_p([0.01, 0.2])
    0.2
    """
    return float(_checked(p).max())


def cauchy_combination(p: ArrayLike, *, cap: float = CAUCHY_CAP) -> float:
    """Combine dependent p values by the Cauchy rule.

    Parameters
    ----------
    p
        p values, shape (n,).
    cap
        Larger p count as this. A Monte-Carlo p of exactly 1 would otherwise outweigh all others.

    Returns
    -------
    float
        Combined p: small where some effect is there in some of the tests.

    Raises
    ------
    InputError
        If there is no p, one is outside 0 to 1, or the cap is not between 0 and 1.

    Notes
    -----
    p = 1/2 - arctan(mean(tan((1/2 - p) pi))) / pi (Liu and Xie, Journal of the American
    Statistical Association 2020). Exact for independent and for equal p values; under other
    dependence it holds approximately, and the better the smaller p. The cap is the truncation of
    Fang, Chang, Park and Tseng (Statistica Sinica 2023).

    Examples
    --------
    >>> round(cauchy_combination([0.03, 0.03, 0.03]), 12)
    0.03
    """
    values = np.minimum(_checked(p), as_fraction(cap, "cap"))
    if (values == 0).any():
        return 0.0
    # tan loses all digits next to its pole, where it is 1 / (pi p).
    score = np.where(values < 1e-15, 1 / (np.pi * values), np.tan((0.5 - values) * np.pi))
    mean = float(score.mean())
    if mean > 1e15:
        return 1.0 / (math.pi * mean)
    return 0.5 - math.atan(mean) / math.pi


def harmonic_mean_p(p: ArrayLike) -> float:
    """Combine dependent p values by their harmonic mean, with the factor that makes it a p value.

    Parameters
    ----------
    p
        p values, shape (n,).

    Returns
    -------
    float
        min(1, c n / sum(1 / p)), with c = 1 for one p, 2 for two, e ln n for more.

    Raises
    ------
    InputError
        If there is no p, or one is outside 0 to 1.

    Notes
    -----
    Holds under any dependence (Vovk and Wang, Biometrika 2020). The harmonic mean without a
    factor is a p value only approximately and only under weak dependence.

    Examples
    --------
    >>> round(harmonic_mean_p([0.01, 0.01, 0.01]), 4)
    0.0299
    """
    values = _checked(p)
    if (values == 0).any():
        return 0.0
    n = values.size
    factor = float(n) if n < 3 else math.e * math.log(n)
    return min(1.0, factor * n / float(np.sum(1.0 / values)))


def fisher(p: ArrayLike, *, independent: bool) -> float:
    """Combine independent p values by Fisher's rule.

    Parameters
    ----------
    p
        p values, shape (n,); those below 1e-12 count as 1e-12.
    independent
        State that the tests share no data. There is no default: with tests that share genes,
        cells or edges the combined p is far too small.

    Returns
    -------
    float
        Upper tail of a chi-squared with 2n degrees of freedom at -2 sum(ln p).

    Raises
    ------
    InputError
        If the tests are not stated to be independent, there is no p, or one is outside 0 to 1.

    Notes
    -----
    Fisher, Statistical Methods for Research Workers, 1925. Twelve layers of one model tested on
    the same genes are one test repeated, not twelve.

    Examples
    --------
    >>> round(fisher([1 / 21] * 3, independent=True), 4)
    0.0056
    """
    if independent is not True:
        raise InputError(
            "Fisher's rule needs independent tests",
            where="independent",
            expected="True, if the tests share no data",
            fix="combine dependent tests by max_p, cauchy_combination or shared_permutation_test",
        )
    return float(fisher_of_logs(np.log(np.maximum(_checked(p), P_FLOOR)).sum(), np.asarray(p).size))


def fisher_of_logs(logs: ArrayLike, n: ArrayLike) -> NDArray[np.float64]:
    """Fisher's combined p of sums of ln p over n tests each; see `fisher` for when it holds."""
    from scipy.stats import chi2

    sums, counts = np.asarray(logs, dtype=np.float64), np.asarray(n, dtype=np.float64)
    return np.asarray(chi2.sf(-2.0 * sums, 2.0 * counts))


@dataclass(frozen=True)
class SharedPermutationTest:
    """Rows that were tested on the same permutations, combined.

    Attributes
    ----------
    mean
        The mean over rows against its null.
    p_max
        p of the largest z over rows: small where the effect is strong in a few rows only.
    adjusted
        p of each row, adjusted for all rows.
    """

    mean: NullDistribution
    p_max: float
    adjusted: tuple[float, ...]

    @property
    def p(self) -> float:
        """Of the mean over rows."""
        return self.mean.p


def shared_permutation_test(
    observed: ArrayLike, draws: ArrayLike, *, direction: Alternative = "greater"
) -> SharedPermutationTest:
    """Test many dependent rows at once, by the permutations that they share.

    Parameters
    ----------
    observed
        The statistic of each row, shape (rows,).
    draws
        The statistic of each row on each permutation, shape (rows, R). Column r must be the same
        permutation in all rows: that is what carries their dependence into the null.
    direction
        Tail of the test. Two-sided: twice the smaller tail for the mean, absolute z for the
        largest row.

    Returns
    -------
    SharedPermutationTest
        p of the mean over rows, p of the largest row, and an adjusted p for each row.

    Raises
    ------
    InputError
        If the shapes do not fit, or a value is not finite.

    Notes
    -----
    p = (1 + #{mean of a draw >= mean observed}) / (R + 1). It holds whatever the dependence of the
    rows, as each permutation is applied to all of them together. The largest row is that of
    Westfall and Young (1993), see `max_z`.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> shared = rng.normal(size=199)
    >>> shared_permutation_test([3.5, 3.6], [shared, shared + 0.1]).p
    0.005
    """
    values, drawn = as_scores(observed, "observed"), np.asarray(draws, dtype=np.float64)
    if drawn.ndim != 2 or drawn.shape[0] != values.size or drawn.shape[1] < 1:
        raise InputError(
            f"observed of shape {values.shape}, draws of shape {drawn.shape}",
            where="draws", expected="(rows,) and (rows, R)",
            fix="put one row a test and one column a shared permutation",
        )  # fmt: skip
    if not np.isfinite(drawn).all():
        raise InputError(
            f"{int((~np.isfinite(drawn)).sum())} draws are not finite",
            where="draws", expected="finite numbers",
            fix="leave a permutation that failed out of all rows",
        )  # fmt: skip
    wide = values.astype(np.float64)
    mean = NullDistribution.of(float(wide.mean()), drawn.mean(axis=0), direction)
    adjusted = max_z(wide, drawn, direction)
    return SharedPermutationTest(mean, float(adjusted.min()), tuple(adjusted.tolist()))


def _checked(p: ArrayLike) -> NDArray[np.float64]:
    values = np.asarray(p, dtype=np.float64)
    if values.ndim != 1 or values.size == 0 or not ((values >= 0) & (values <= 1)).all():
        raise InputError(
            "no p values, or p values outside 0 to 1" if values.ndim == 1
            else f"an array of shape {values.shape}",
            where="p", expected="a list of numbers between 0 and 1",
            fix="leave out tests that were not run",
        )  # fmt: skip
    return values
