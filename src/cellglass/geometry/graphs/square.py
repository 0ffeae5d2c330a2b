"""Distances among the same points: checked, and alike in both directions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cellglass.errors import InputError

from .distances import Distances

SYMMETRIC = 1e-9
"""Share of the largest value by which both directions may differ: shortest paths are summed in
another order on the way back."""


def square_values(distances: Distances, what: str) -> NDArray[np.float64]:
    """Values of distances among the same points.

    Parameters
    ----------
    distances
        The distances.
    what
        What needs them, for the message.

    Returns
    -------
    numpy.ndarray
        Symmetric, zero on the diagonal, shape (n, n).

    Raises
    ------
    InputError
        If rows and columns are not the same points in one order, a point is at a distance from
        itself, or both directions of a pair differ.

    Examples
    --------
    >>> held = Distances(np.array([[0.0, 2.0], [2.0, 0.0]]), ("A", "B"), ("A", "B"), "line")
    >>> square_values(held, "example").tolist()
    [[0.0, 2.0], [2.0, 0.0]]
    """
    distances.points(what)
    where = f"{what}, {distances.what}"
    if distances.values.diagonal().any():
        raise InputError("points at a distance from themselves", where=where, expected="0")
    return symmetric(distances.values, where)


def symmetric(values: NDArray[np.float64], where: str) -> NDArray[np.float64]:
    """A matrix that is symmetric up to rounding, made exactly so.

    Parameters
    ----------
    values
        Shape (n, n).
    where
        Of the matrix, for the error.

    Returns
    -------
    numpy.ndarray
        The mean of both directions, shape (n, n).

    Raises
    ------
    InputError
        If both directions differ by more than rounding.

    Examples
    --------
    >>> symmetric(np.array([[0.0, 1.0], [1.0, 0.0]]), "example").tolist()
    [[0.0, 1.0], [1.0, 0.0]]
    """
    off = float(np.abs(values - values.T).max(initial=0.0))
    if not off <= SYMMETRIC * float(np.abs(values).max(initial=0.0)):
        raise InputError(
            f"the two directions of a pair differ by up to {off:.3g}",
            where=where,
            expected="a symmetric matrix",
            fix="take the smaller or the mean of both directions",
        )
    return np.asarray((values + values.T) / 2)
