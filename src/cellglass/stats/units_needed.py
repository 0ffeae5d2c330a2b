"""How many units of inference would decide."""

from __future__ import annotations

import math

from cellglass.stats.interval import Interval


def units_to_pass(estimate: float, interval95: Interval, margin: float) -> int | None:
    """Units with which the interval would clear the margin, if the estimate is the truth.

    Parameters
    ----------
    estimate
        The estimated increment.
    interval95
        Its interval; its half-width shrinks with one over the square root of the units.
    margin
        The margin.

    Returns
    -------
    int or None
        None if the estimate is not above the margin: more data would not make it pass.

    Examples
    --------
    >>> units_to_pass(0.02, Interval(0.0, 0.04, 0.95, "bootstrap", "regulator", 50), 0.01)
    201
    """
    return _units(interval95, estimate - margin)


def units_to_fail(interval90: Interval, margin: float) -> int | None:
    """Units with which equivalence would be shown, if the score adds nothing at all.

    Parameters
    ----------
    interval90
        90 % interval of the increment.
    margin
        The margin.

    Returns
    -------
    int or None
        None if the margin is 0: no amount of data shows an increment below 0 to be absent.

    Examples
    --------
    >>> units_to_fail(Interval(-0.02, 0.02, 0.90, "bootstrap", "regulator", 50), 0.01)
    201
    """
    return _units(interval90, margin)


def _units(interval: Interval, gap: float) -> int | None:
    """Fewest units with which the half-width is below the gap."""
    if gap <= 0:
        return None
    exact = interval.n * (interval.half_width / gap) ** 2
    return max(2, math.floor(exact * (1 + 1e-12)) + 1)
