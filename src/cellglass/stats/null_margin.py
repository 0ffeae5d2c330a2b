"""How far an observed value stands above its nulls: the pooled gap and the strict margin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellglass.errors import InputError
from cellglass.stats.arguments import as_fraction
from cellglass.stats.permutation import Alternative

QUANTILE = 0.95
"""The quantile of the draws that an observed value must exceed."""

Values = NDArray[np.float64]


def turned_values(values: ArrayLike, direction: Alternative = "greater") -> Values:
    """Turn values so that larger is more extreme: as they are, negated, or absolute.

    Parameters
    ----------
    values
        Observed values or draws.
    direction
        Tail of the test; a two-sided one compares absolute values.

    Returns
    -------
    numpy.ndarray
        float64, of the same shape.

    Raises
    ------
    InputError
        If the direction is unknown.

    Examples
    --------
    >>> turned_values([-2.0, 1.0], "less").tolist()
    [2.0, -1.0]
    """
    array = np.asarray(values, dtype=np.float64)
    if direction == "greater":
        return array
    if direction == "less":
        return -array
    if direction == "two-sided":
        return np.abs(array)
    raise InputError(
        f"the direction is {direction!r}", where="direction",
        expected=" or ".join(get_args(Alternative)), fix="name one of these",
    )  # fmt: skip


def null_gap(
    observed: float,
    draws: Mapping[str, ArrayLike],
    *,
    direction: Alternative = "greater",
    quantile: float = QUANTILE,
) -> float:
    """Compare an observed value with the draws of all null families, thrown together.

    Parameters
    ----------
    observed
        The statistic on the data.
    draws
        Draws of each null family, by its name.
    direction
        Tail of the test, see `turned_values`.
    quantile
        Quantile of the draws.

    Returns
    -------
    float
        observed - q(draws of all families), both turned by `turned_values`.

    Raises
    ------
    InputError
        If there is no draw, a value is not a number, or an argument makes no sense.

    Notes
    -----
    q is the quantile with linear interpolation between order statistics. The gap may be positive
    although one family explains the observed value wholly: draws of an easy family dilute those
    of a hard one. See `strict_margin`.

    Examples
    --------
    >>> round(null_gap(1.0, {"labels": [0.0, 0.5], "pairs": [0.25, 0.75]}), 6)
    0.2875
    """
    value, families = _checked(observed, draws, direction, quantile)
    return float(value - upper_quantile(np.concatenate(list(families.values())), quantile))


def strict_margin(
    observed: float,
    draws: Mapping[str, ArrayLike],
    *,
    direction: Alternative = "greater",
    quantile: float = QUANTILE,
) -> float:
    """Compare an observed value with the hardest of its null families.

    Parameters
    ----------
    observed
        The statistic on the data.
    draws
        Draws of each null family, by its name.
    direction
        Tail of the test, see `turned_values`.
    quantile
        Quantile of the draws.

    Returns
    -------
    float
        observed - max over families f of q(draws of f), both turned by `turned_values`. Above 0:
        the observed value exceeds every family.

    Raises
    ------
    InputError
        If there is no draw, a value is not a number, or an argument makes no sense.

    Notes
    -----
    With many draws the quantile of a pool is not above the largest quantile of its parts, and the
    strict margin not above `null_gap`. With few it may be, slightly: the 95 % quantile of eight
    draws lies between the two largest of them, that of the pool nearer to the largest of all.

    Examples
    --------
    >>> round(strict_margin(1.0, {"labels": [0.0, 0.5], "pairs": [0.25, 0.75]}), 6)
    0.275
    """
    value, families = _checked(observed, draws, direction, quantile)
    return float(value - max(upper_quantile(v, quantile) for v in families.values()))


def upper_quantile(values: Values, quantile: float = QUANTILE) -> float:
    """Quantile with linear interpolation between order statistics.

    Parameters
    ----------
    values
        Numbers, at least one; an infinite one keeps its place in the order.
    quantile
        Between 0 and 1.

    Returns
    -------
    float
        For finite values that of `numpy.quantile`.

    Examples
    --------
    >>> upper_quantile(np.array([1.0, 2.0, 3.0]), 0.75)
    2.5
    """
    ordered = np.sort(values)
    place = (ordered.size - 1) * quantile
    low = int(np.floor(place))
    high = min(low + 1, ordered.size - 1)
    return float(interpolated(ordered[low], ordered[high], np.float64(place - low)))


def interpolated(low: ArrayLike, high: ArrayLike, share: ArrayLike) -> Values:
    """Go a share of the way from one number to another, exactly as `numpy.quantile` does.

    Parameters
    ----------
    low, high
        The numbers; they may be infinite.
    share
        Between 0 and 1; at 0 the first number, whatever the other is.

    Returns
    -------
    numpy.ndarray

    Examples
    --------
    >>> interpolated(1.0, np.inf, [0.0, 0.5]).tolist()
    [1.0, inf]
    """
    a, b, t = (np.asarray(x, dtype=np.float64) for x in (low, high, share))
    with np.errstate(invalid="ignore"):
        apart = b - a
        between = np.where(t >= 0.5, b - apart * (1 - t), a + apart * t)
    # Between -inf and a number there is nothing finite: the lower end counts.
    reached = np.where(np.isnan(between), np.where(b == np.inf, b, a), between)
    return np.asarray(np.where((t == 0) | (a == b), a, reached))


def _checked(
    observed: float, draws: Mapping[str, ArrayLike], direction: Alternative, quantile: float
) -> tuple[float, dict[str, Values]]:
    as_fraction(quantile, "quantile")
    value = float(turned_values(observed, direction))
    if not np.isfinite(value):
        raise InputError(
            f"the observed value is {observed}", where="observed", expected="a finite number",
            fix="leave the row out and say so",
        )  # fmt: skip
    families = {str(f): turned_values(v, direction).ravel() for f, v in draws.items()}
    empty = [f for f, v in families.items() if v.size == 0 or np.isnan(v).any()]
    if empty or not families:
        raise InputError(
            f"no draws, or draws that are not numbers: {', '.join(empty) or 'no family'}",
            where="draws", expected="at least one number a null family",
            fix="leave out draws that failed, and say how many",
        )  # fmt: skip
    return value, families
