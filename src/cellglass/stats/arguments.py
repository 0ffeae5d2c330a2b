"""Checks of the arrays that the statistics take."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellglass.errors import InputError

Floats = NDArray[np.floating[Any]]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]


def as_scores(values: ArrayLike, where: str = "scores") -> Floats:
    """Return finite real numbers as a 1-d array; float32 stays float32, the rest is float64.

    Parameters
    ----------
    values
        One number an item.
    where
        Name of the argument, for the error.

    Returns
    -------
    numpy.ndarray
        The numbers, 1-d.

    Raises
    ------
    InputError
        If the array is not 1-d, is empty or holds a value that is not finite.

    Examples
    --------
    >>> as_scores([1, 2]).dtype
    dtype('float64')
    """
    array = np.asarray(values)
    if array.dtype != np.float32:
        array = array.astype(np.float64)
    if array.ndim != 1 or array.size == 0:
        raise InputError(
            f"an array of shape {array.shape}", where=where, expected="a 1-d array, not empty"
        )
    bad = array.size - int(np.count_nonzero(np.isfinite(array)))
    if bad:
        raise InputError(
            f"{bad} of {array.size} values are not finite",
            where=where,
            expected="finite numbers",
            fix="leave the items without a score out of the universe",
        )
    return array


def as_labels(values: ArrayLike, shape: tuple[int, ...], where: str = "labels") -> Bools:
    """Return labels as booleans of a given shape.

    Parameters
    ----------
    values
        Booleans, or numbers that are all 0 or 1.
    shape
        The shape that is expected.
    where
        Name of the argument, for the error.

    Returns
    -------
    numpy.ndarray
        Booleans of shape `shape`.

    Raises
    ------
    InputError
        If the shape differs or a value is neither 0 nor 1.

    Examples
    --------
    >>> as_labels([0, 1], (2,))
    array([False,  True])
    """
    array = np.asarray(values)
    if array.shape != shape:
        raise InputError(f"an array of shape {array.shape}", where=where, expected=f"shape {shape}")
    if array.dtype == np.bool_:
        return array
    if not np.isin(array, (0, 1)).all():
        raise InputError("values other than 0 and 1", where=where, expected="booleans")
    return array.astype(np.bool_)


def as_codes(values: ArrayLike, n: int, where: str = "groups") -> tuple[Ints, NDArray[Any]]:
    """Return the number of each item's group, and the groups.

    Parameters
    ----------
    values
        The group of each item: integers or strings.
    n
        The number of items that is expected.
    where
        Name of the argument, for the error.

    Returns
    -------
    codes, groups : numpy.ndarray
        The number of each item's group (int64, n) and the groups in sorted order.

    Raises
    ------
    InputError
        If there is not one group an item.

    Examples
    --------
    >>> as_codes(["b", "a", "b"], 3)[0]
    array([1, 0, 1])
    """
    array = np.asarray(values)
    if array.shape != (n,):
        raise InputError(
            f"an array of shape {array.shape}", where=where, expected=f"one group an item: ({n},)"
        )
    groups, codes = np.unique(array, return_inverse=True)
    return codes.reshape(-1).astype(np.int64), groups


def as_fraction(value: float, where: str) -> float:
    """Return a number strictly between 0 and 1.

    Parameters
    ----------
    value
        A level of significance or of confidence.
    where
        Name of the argument, for the error.

    Returns
    -------
    float
        The value.

    Raises
    ------
    InputError
        If it is not strictly between 0 and 1.

    Examples
    --------
    >>> as_fraction(0.95, "level")
    0.95
    """
    if not 0.0 < value < 1.0:
        raise InputError(f"{where} is {value}", where=where, expected="a number between 0 and 1")
    return float(value)
