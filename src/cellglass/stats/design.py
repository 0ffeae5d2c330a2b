"""Columns for models: checked, standardised, or turned into normal scores."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellglass.errors import InputError
from cellglass.stats.arguments import Bools
from cellglass.stats.ranks import midranks

Matrix = NDArray[np.float64]


def as_columns(values: ArrayLike, where: str) -> Matrix:
    """Return covariates as a float64 matrix.

    Parameters
    ----------
    values
        Finite numbers, shape (n,) or (n, q).
    where
        Name of the argument, for the error.

    Returns
    -------
    numpy.ndarray
        float64, shape (n, q).

    Raises
    ------
    InputError
        If a value is not finite or the array is not a table.

    Examples
    --------
    >>> as_columns([1, 2, 3], "features").shape
    (3, 1)
    """
    array = np.asarray(values, dtype=np.float64)
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim != 2 or array.size == 0:
        raise InputError(
            f"an array of shape {array.shape}", where=where, expected="pairs x columns"
        )
    bad = int(np.count_nonzero(~np.isfinite(array)))
    if bad:
        raise InputError(
            f"{bad} values are not finite",
            where=where,
            fix="leave out pairs without a value, or give genes without one a value of their own",
        )
    return array


def standardised(covariates: Matrix, train: Bools) -> Matrix:
    """Scale covariates with the mean and standard deviation of the training rows.

    Parameters
    ----------
    covariates
        Shape (n, q).
    train
        True at training rows, shape (n,).

    Returns
    -------
    numpy.ndarray
        float64, shape (n, q); a column that is constant in training becomes 0.

    Examples
    --------
    >>> standardised(np.array([[0.0], [2.0], [9.0]]), np.array([True, True, False])).ravel()
    array([-1.,  1.,  8.])
    """
    centre = covariates[train].mean(0)
    sd = covariates[train].std(0)
    flat = sd <= 1e-12 * np.maximum(np.abs(centre), 1e-300)
    return np.where(flat, 0.0, (covariates - centre) / np.where(flat, 1.0, sd))


def van_der_waerden(values: ArrayLike) -> Matrix:
    """Turn values into normal scores of their ranks; labels play no part.

    Parameters
    ----------
    values
        Finite numbers, shape (n,).

    Returns
    -------
    numpy.ndarray
        Standard normal quantiles at rank / (n + 1), float64, shape (n,).

    Raises
    ------
    InputError
        If a value is not finite.

    Examples
    --------
    >>> van_der_waerden([5.0, 7.0, 900.0]).round(2).tolist()
    [-0.67, 0.0, 0.67]
    """
    from scipy import special

    ranks = midranks(values)
    return np.asarray(special.ndtri(ranks / (ranks.size + 1)))
