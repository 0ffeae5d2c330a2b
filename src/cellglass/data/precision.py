"""How finely stored values were rounded: decimals or machine precision."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MAX_DECIMALS = 6


@dataclass(frozen=True)
class Precision:
    """The half-width of the interval in which the true value behind a stored one lies.

    Parameters
    ----------
    decimals
        Decimals to which the values were rounded; None where they carry machine precision.
    float_type
        ``"float32"`` or ``"float64"``: the type in which the values were computed.

    Examples
    --------
    >>> float(Precision(3, "float64").half_width(np.array([1.5]))[0]) > 0.0005
    True
    """

    decimals: int | None
    float_type: str

    @property
    def relative(self) -> float:
        """Relative error of a value before it was transformed: two roundings of `float_type`."""
        return 2.0 * float(np.finfo(self.float_type).eps)

    def half_width(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Half-width of the rounding interval of each stored value.

        Parameters
        ----------
        values
            Stored values, any shape.

        Returns
        -------
        numpy.ndarray
            Two spacings of the float type (a library's ``log1p`` may be one spacing off, storing
            rounds once more), and half a unit of the last decimal where decimals were cut.
        """
        spacing = np.spacing(np.abs(values).astype(self.float_type)).astype(np.float64)
        width = 2.0 * spacing
        if self.decimals is not None:
            width = width + 0.5 * 10.0**-self.decimals
        return width

    def __str__(self) -> str:
        if self.decimals is None:
            return f"{self.float_type} precision"
        return f"{self.decimals} decimals"


def detect_precision(values: NDArray[np.floating]) -> Precision:
    """Find out how finely the values were rounded.

    Parameters
    ----------
    values
        Non-zero stored values, shape (n,), float32 or float64.

    Returns
    -------
    Precision
        With decimals where all values lie on a decimal grid that is coarse against machine
        precision. float64 values that are all exact float32 numbers count as float32, because
        they were computed as such and converted later.

    Examples
    --------
    >>> detect_precision(np.array([0.125, 1.591, 2.302])).decimals
    3
    """
    wide = np.asarray(values, dtype=np.float64)
    is_single = values.dtype == np.float32 or bool(
        np.all(wide.astype(np.float32).astype(np.float64) == wide)
    )
    float_type = "float32" if is_single else "float64"
    if wide.size == 0:
        return Precision(None, float_type)
    spacing = np.spacing(np.abs(wide).astype(float_type)).astype(np.float64)
    for decimals in range(1, MAX_DECIMALS + 1):
        scaled = wide * 10.0**decimals
        noise = spacing * 10.0**decimals
        if noise.max() > 0.05:
            break  # the grid is as fine as the float type: every number lies on it
        if np.all(np.abs(scaled - np.rint(scaled)) <= noise + 1e-9):
            return Precision(decimals, float_type)
    return Precision(None, float_type)
