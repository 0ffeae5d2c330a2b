"""Betti curves: how many components, loops and voids there are at each length."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellglass.errors import InputError

from .persistence import Persistence

Floats = NDArray[np.float64]


def betti_curve(persistence: Persistence, lengths: ArrayLike, dimension: int = 1) -> Floats:
    """Betti number of the complex at each length.

    Parameters
    ----------
    persistence
        Bars.
    lengths
        Lengths at which to count, shape (m,).
    dimension
        Of the homology.

    Returns
    -------
    numpy.ndarray
        Bars with birth <= length < death, shape (m,). Bars that do not end count to the end.

    Raises
    ------
    InputError
        If that dimension was not computed, or a length is not a number from 0 to `max_length`:
        what comes after is not known.

    Notes
    -----
    A simplex is in the complex from its own length on, so that bars are closed at the birth and
    open at the death.

    Examples
    --------
    >>> from cellglass.geometry.cloud import PointCloud
    >>> from cellglass.geometry.homology.persistence import persistence
    >>> line = persistence(PointCloud.of([[1.0], [2.0], [4.0]]))
    >>> betti_curve(line, [0.0, 0.5, 1.0, 2.0], dimension=0).tolist()
    [3.0, 3.0, 2.0, 1.0]
    """
    at = known_lengths(persistence, lengths)
    infinite = persistence.infinite(dimension)
    births = np.sort(np.concatenate([persistence.finite(dimension)[:, 0], infinite]))
    deaths = np.sort(persistence.finite(dimension)[:, 1])
    born = np.searchsorted(births, at, side="right")
    return (born - np.searchsorted(deaths, at, side="right")).astype(np.float64)


def euler_curve(persistence: Persistence, lengths: ArrayLike) -> Floats:
    """Alternating sum of the Betti numbers that were computed, at each length.

    Parameters
    ----------
    persistence
        Bars of H0 up to some dimension.
    lengths
        Lengths at which to count, shape (m,).

    Returns
    -------
    numpy.ndarray
        Betti 0 - Betti 1 + Betti 2, as far as computed, shape (m,).

    Raises
    ------
    InputError
        As `betti_curve`.

    Notes
    -----
    The Euler characteristic of the Vietoris-Rips complex (Euler-Poincare formula) where it has no
    homology above the highest dimension computed; a Rips complex of few points in the plane may
    have some already (Hk needs 2 k + 2 points).

    Examples
    --------
    >>> from cellglass.geometry.cloud import PointCloud
    >>> from cellglass.geometry.homology.persistence import persistence
    >>> square = persistence(PointCloud.of([[0.0, 1], [1, 1], [1, 2], [0, 2]]))
    >>> euler_curve(square, [0.0, 1.0, 1.5]).tolist()
    [4.0, 0.0, 1.0]
    """
    signs = [(-1.0) ** k for k in range(persistence.max_dimension + 1)]
    curves = [betti_curve(persistence, lengths, k) for k in range(len(signs))]
    return np.asarray(np.array(signs) @ np.array(curves))


def known_lengths(persistence: Persistence, lengths: ArrayLike) -> Floats:
    """Lengths at which a filtration can be judged.

    Parameters
    ----------
    persistence
        Bars.
    lengths
        One or more.

    Returns
    -------
    numpy.ndarray
        The lengths, shape (m,).

    Raises
    ------
    InputError
        If one is no number from 0 to the longest edge of the filtration.

    Examples
    --------
    >>> known_lengths(Persistence((np.empty((0, 2)),), ("A",), "euclidean"), [1, 2]).tolist()
    [1.0, 2.0]
    """
    at = np.asarray(lengths, dtype=np.float64)
    if at.ndim != 1 or not at.size:
        raise InputError(f"an array of shape {at.shape}", where="lengths", expected="a 1-d array")
    if not ((at >= 0) & (at <= persistence.max_length)).all():
        raise InputError(
            f"lengths from {at.min():g} to {at.max():g}",
            where="lengths",
            expected=f"numbers from 0 to {persistence.max_length:g}, the longest edge",
            fix="compute the persistence with a larger max_length",
        )
    return at
