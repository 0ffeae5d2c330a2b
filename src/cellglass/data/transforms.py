"""Undoing a transform of counts, with the interval by which each value was rounded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellglass.data.precision import Precision

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Transform:
    """How linear values were changed.

    Parameters
    ----------
    name
        As messages print it.
    undo
        From stored to linear values; increasing, 0 to 0.
    advice
        What a user does to make the values recoverable, where they are refused.
    largest
        Values above it cannot have come from this transform: e^20 counts of one gene in one cell
        do not occur.
    """

    name: str
    undo: Callable[[Floats], Floats]
    advice: str = ""
    largest: float = float("inf")

    @property
    def undone(self) -> str:
        """How messages speak of the linear values."""
        return "taken as linear values" if self.name == "linear" else f"after undoing {self.name}"


LOG1P = Transform("log1p", np.expm1, largest=20.0)
LINEAR = Transform("linear", lambda v: v)
RECOVERED = (LOG1P, LINEAR)
# recognised so that the message can say what to do; never undone silently
REFUSED = (
    Transform(
        "log2(1 + x)",
        lambda v: np.expm1(v * np.log(2)),
        "multiply the values by ln 2 = 0.69314718056 to get the natural logarithm, then try again",
        largest=20.0 / np.log(2),
    ),
    Transform(
        "log10(1 + x)",
        lambda v: np.expm1(v * np.log(10)),
        "multiply the values by ln 10 = 2.30258509299 to get the natural logarithm, then try again",
        largest=20.0 / np.log(10),
    ),
    Transform("square root", np.square, "square the values, then try again"),
)


def linear_values(
    data: NDArray[np.floating], transform: Transform, precision: Precision
) -> tuple[Floats, Floats]:
    """Undo a transform and carry the rounding interval along.

    Parameters
    ----------
    data
        Stored positive values, shape (n,).
    transform
        What to undo.
    precision
        How finely the values are stored.

    Returns
    -------
    value, delta
        Linear values and half-widths of their intervals, float64, shape (n,).

    Examples
    --------
    >>> v, d = linear_values(np.array([np.log1p(3.0)]), LOG1P, Precision(None, "float64"))
    >>> round(float(v[0]), 9), float(d[0]) < 1e-14
    (3.0, True)
    """
    stored = np.asarray(data, dtype=np.float64)
    half = precision.half_width(stored)
    value = transform.undo(stored)
    above = transform.undo(stored + half) - value
    below = value - transform.undo(np.maximum(stored - half, 0.0))
    return value, np.maximum(above, below) + precision.relative * value
