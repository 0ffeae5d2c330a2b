"""Draws of many tests at once: counts, quantiles and moments of each group, without a loop."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from cellglass.stats.arguments import Ints
from cellglass.stats.null_margin import QUANTILE, interpolated, turned_values
from cellglass.stats.permutation import TIE_TOLERANCE, Alternative

Values = NDArray[np.float64]


@dataclass(frozen=True)
class DrawSummary:
    """What is known of the draws of each group; all arrays have one entry a group.

    Attributes
    ----------
    n
        Draws that are numbers.
    at_least, at_most
        Draws at or above, and at or below the observed value.
    extreme
        Draws whose absolute value is at or above that of the observed value.
    equal
        Draws that equal the observed value.
    equal_size
        Draws whose absolute value equals that of the observed value.
    quantile
        Quantile of the draws, turned by `turned_values`; nan without draws.
    mean, sd
        Of the draws as they are; sd with n - 1, 0 where they do not vary.
    low, high
        Smallest and largest draw.
    """

    n: Values
    at_least: Values
    at_most: Values
    extreme: Values
    equal: Values
    equal_size: Values
    quantile: Values
    mean: Values
    sd: Values
    low: Values
    high: Values

    def reshape(self, *shape: int) -> DrawSummary:
        """Give all arrays another shape."""
        return DrawSummary(*(getattr(self, f.name).reshape(shape) for f in fields(self)))


def summarise(
    values: Values,
    group: Ints,
    observed: Values,
    direction: Alternative = "greater",
    quantile: float = QUANTILE,
) -> DrawSummary:
    """Summarise draws group by group.

    Parameters
    ----------
    values
        Draws, finite or infinite, shape (n,).
    group
        Number of each draw's group, shape (n,).
    observed
        Observed value of each group, shape (groups,); nan where there is none.
    direction
        Tail of the test.
    quantile
        Which quantile of the turned draws.

    Returns
    -------
    DrawSummary

    Notes
    -----
    One sort of all draws; everything else is a count by group. The quantile is that of
    `numpy.quantile`, number for number.

    Examples
    --------
    >>> found = summarise(np.array([0.0, 1.0, 2.0, 5.0]), np.array([0, 0, 0, 1]),
    ...     np.array([1.0, 9.0]))
    >>> found.at_least.tolist(), found.n.tolist()
    ([2.0, 0.0], [3.0, 1.0])
    """
    size = observed.size

    def count(which: NDArray[np.bool_]) -> Values:
        return np.bincount(group[which], minlength=size).astype(np.float64)

    against = observed[group]
    n = np.bincount(group, minlength=size).astype(np.float64)
    ordered, start = _sorted(turned_values(values, direction), group, size)
    plain, _ = _sorted(values, group, size)
    there = n > 0
    first = np.where(there, start[:-1], 0).astype(np.int64)
    last = np.where(there, start[1:] - 1, 0).astype(np.int64)
    low, high = (_at(plain, place, there) for place in (first, last))
    mean, sd = _moments(values, group, n, low, high)
    return DrawSummary(
        n=n,
        at_least=count(values >= against),
        at_most=count(values <= against),
        extreme=count(np.abs(values) >= np.abs(against)),
        equal=count(values == against),
        equal_size=count(np.abs(values) == np.abs(against)),
        quantile=_quantiles(ordered, first, n, quantile),
        mean=mean, sd=sd, low=low, high=high,
    )  # fmt: skip


def _sorted(values: Values, group: Ints, size: int) -> tuple[Values, Ints]:
    """Return values in the order of their groups and of size within each; where a group begins."""
    order = np.lexsort((values, group))
    return values[order], np.searchsorted(group[order], np.arange(size + 1))


def _at(values: Values, place: Ints, there: NDArray[np.bool_]) -> Values:
    if values.size == 0:
        return np.full(place.size, np.nan)
    return np.where(there, values[place], np.nan)


def _quantiles(ordered: Values, first: Ints, n: Values, quantile: float) -> Values:
    there = n > 0
    place = np.where(there, (n - 1) * quantile, 0.0)
    low = np.floor(place)
    high = np.minimum(low + 1, np.maximum(n - 1, 0))
    a = _at(ordered, first + low.astype(np.int64), there)
    b = _at(ordered, first + high.astype(np.int64), there)
    return interpolated(a, b, place - low)


def _moments(
    values: Values, group: Ints, n: Values, low: Values, high: Values
) -> tuple[Values, Values]:
    """Mean and standard deviation; an infinite draw leaves the mean infinite and no deviation."""
    size = n.size
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.bincount(group, weights=values, minlength=size) / n
        apart = values - mean[group]
        sd = np.sqrt(np.bincount(group, weights=apart * apart, minlength=size) / (n - 1))
        largest = np.maximum(np.abs(low), np.abs(high))
        # A spread of rounding errors is no spread.
        near = np.isfinite(largest) & (high - low <= TIE_TOLERANCE * largest)
        flat = (n > 0) & ((high == low) | near)
    mean = np.where(flat, low, mean)
    return mean, np.where(flat & (n > 1), 0.0, sd)
