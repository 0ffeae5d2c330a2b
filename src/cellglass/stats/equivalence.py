"""Equivalence: showing that a difference is smaller than a stated margin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from cellglass.errors import InputError
from cellglass.stats.arguments import as_scores
from cellglass.stats.interval import Interval


@dataclass(frozen=True)
class EquivalenceTest:
    """Outcome of two one-sided tests.

    Attributes
    ----------
    mean
        Mean difference.
    margin
        Largest difference that counts as none, in units of the difference.
    p
        The larger of the two one-sided p values: at or below 0.05 shows equivalence.
    p_above
        Against "the difference is at or below -margin".
    p_below
        Against "the difference is at or above +margin".
    interval90
        90 % interval of the mean: inside the margin exactly where p < 0.05.
    n
        Units compared.
    """

    mean: float
    margin: float
    p: float
    p_above: float
    p_below: float
    interval90: Interval
    n: int


def tost(differences: ArrayLike, margin: float, *, unit: str = "unit") -> EquivalenceTest:
    """Test that a mean difference lies within a margin of 0.

    Parameters
    ----------
    differences
        One difference a unit, shape (n,).
    margin
        Largest difference that counts as none, above 0; state it before looking.
    unit
        What a unit is, for the interval.

    Returns
    -------
    EquivalenceTest
        p, both one-sided p values and the 90 % interval.

    Raises
    ------
    InputError
        If a difference is not finite, n < 2 or the margin is not above 0.

    Notes
    -----
    Two one-sided t tests (Schuirmann 1987). Where no difference varies, the mean is taken to
    be known exactly.

    Examples
    --------
    >>> tost([0.001, -0.002, 0.0, 0.001], 0.01).p < 0.05
    True
    """
    from scipy import special

    d = as_scores(differences, "differences").astype(np.float64)
    if d.size < 2:
        raise InputError("1 difference", where="equivalence test", expected="at least 2")
    if not (np.isfinite(margin) and margin > 0):
        raise InputError(f"margin is {margin}", where="margin", expected="a number above 0")
    mean = float(d.mean())
    error = float(d.std(ddof=1) / np.sqrt(d.size))
    if error == 0.0:
        p_above, p_below = float(mean <= -margin), float(mean >= margin)
    else:
        p_above = float(special.stdtr(d.size - 1, -(mean + margin) / error))
        p_below = float(special.stdtr(d.size - 1, (mean - margin) / error))
    reach = float(special.stdtrit(d.size - 1, 0.95)) * error
    interval = Interval(mean - reach, mean + reach, 0.90, "Student's t", unit, d.size)
    return EquivalenceTest(mean, margin, max(p_above, p_below), p_above, p_below, interval, d.size)


def equivalent(interval_90: Interval, margin: float) -> bool:
    """Whether a 90 % interval lies within a margin of 0, which shows equivalence at 0.05.

    Parameters
    ----------
    interval_90
        A 90 % interval of a difference.
    margin
        Largest difference that counts as none, above 0.

    Returns
    -------
    bool
        True if both ends are within the margin.

    Raises
    ------
    InputError
        If the interval has another level, or the margin is not above 0.

    Examples
    --------
    >>> equivalent(Interval(-0.002, 0.004, 0.90, "bootstrap", "regulator", 84), 0.01)
    True
    """
    require_90(interval_90)
    if not margin > 0:
        raise InputError(f"margin is {margin}", where="margin", expected="a number above 0")
    return -margin < interval_90.low and interval_90.high < margin


def require_90(interval: Interval) -> None:
    """Refuse an interval that is not one of 90 %, with which equivalence is shown at 0.05.

    Raises
    ------
    InputError
        If the level differs.
    """
    if abs(interval.level - 0.90) > 1e-9:
        raise InputError(
            f"an interval of {interval.level:g}",
            where="equivalence",
            expected="level 0.90, as two one-sided tests at 0.05 ask",
            fix="make the interval with level=0.90",
        )
