"""Where two straight lines describe a curve over depth better than one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellglass.errors import InputError
from cellglass.stats.arguments import as_scores


@dataclass(frozen=True)
class Breakpoint:
    """The split of a curve into two straight lines with the least squared error.

    Attributes
    ----------
    at
        First depth of the second line.
    slopes
        Of both lines.
    gain
        1 - squared error of two lines / squared error of one; 0 where one line fits exactly. Two
        lines never fit worse: hold the gain against that of permuted depths.
    """

    at: float
    slopes: tuple[float, float]
    gain: float


def breakpoint_of(depth: ArrayLike, values: ArrayLike, *, fewest: int = 3) -> Breakpoint:
    """Find the depth at which a curve breaks, by least squares.

    Parameters
    ----------
    depth
        Increasing, such as layers, shape (m,).
    values
        The curve, such as a dimension a layer, shape (m,).
    fewest
        Depths on either side, at least 2.

    Returns
    -------
    Breakpoint
        The first of the best splits.

    Raises
    ------
    InputError
        If depths do not increase or are fewer than two sides need.

    Notes
    -----
    All splits are tried; the lines need not meet (hypothesis H35, specification of geometry, 2.8).

    Examples
    --------
    >>> found = breakpoint_of(range(8), [0, 1, 2, 3, 4, 3, 2, 1])
    >>> found.at, found.slopes, round(found.gain, 6)
    (4.0, (1.0, -1.0), 1.0)
    """
    x = as_scores(depth, "depth").astype(np.float64)
    y = as_scores(values, "values").astype(np.float64)
    if fewest < 2 or x.shape != y.shape or x.size < 2 * fewest or not (np.diff(x) > 0).all():
        raise InputError(
            f"{x.size} depths, {y.size} values",
            where="breakpoint",
            expected=f"increasing depths with a value each, at least {2 * max(fewest, 2)}",
        )
    one, _ = _line(x, y)
    splits = range(fewest, x.size - fewest + 1)
    both = [(_line(x[:i], y[:i]), _line(x[i:], y[i:])) for i in splits]
    errors = np.array([first[0] + second[0] for first, second in both])
    flat = 1e-24 * float((y**2).sum())
    best = int((errors <= errors.min() + flat).argmax())
    first, second = both[best]
    gain = 0.0 if one <= flat else 1 - float(errors[best]) / one
    return Breakpoint(float(x[splits[best]]), (first[1], second[1]), gain)


def _line(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[float, float]:
    """Squared error and slope of the least-squares line."""
    across = x - x.mean()
    slope = float(across @ y / (across @ across))
    left = y - y.mean() - slope * across
    return float(left @ left), slope
