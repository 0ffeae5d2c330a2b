"""Persistence images: diagrams as arrays of fixed size."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from cellglass.errors import InputError

from .persistence import Persistence

Floats = NDArray[np.float64]


def linear_weight(lifetimes: Floats) -> Floats:
    """Weight of bars in a persistence image: their lifetime.

    Parameters
    ----------
    lifetimes
        Of the bars.

    Returns
    -------
    numpy.ndarray
        The same numbers: 0 on the diagonal, as stability asks, and alike in all images.

    Examples
    --------
    >>> linear_weight(np.array([0.0, 2.0])).tolist()
    [0.0, 2.0]
    """
    return lifetimes


def persistence_image(
    persistence: Persistence,
    births: ArrayLike,
    lifetimes: ArrayLike,
    *,
    bandwidth: float,
    dimension: int = 1,
    weight: Callable[[Floats], Floats] = linear_weight,
) -> Floats:
    """Persistence image on a grid of pixels.

    Parameters
    ----------
    persistence
        Bars, none of them cut off; of H0 those of the reduced homology.
    births, lifetimes
        Edges of the pixels, ascending: m + 1 and l + 1 numbers give m x l pixels. Images are
        comparable only on one grid, so none is chosen from the data.
    bandwidth
        Standard deviation of the Gaussian that each bar becomes.
    dimension
        Of the homology.
    weight
        Function of the lifetimes that is 0 at 0.

    Returns
    -------
    numpy.ndarray
        Weight that falls into each pixel, shape (l, m): rows are lifetimes, columns births.

    Raises
    ------
    InputError
        If a bar was cut off by `max_length`, edges do not ascend, or the bandwidth is not above 0.

    Notes
    -----
    Each bar becomes a Gaussian at (birth, lifetime), multiplied by its weight; a pixel holds the
    integral over its area, here exactly as a product of normal distribution functions (Adams et
    al., JMLR 2017). What lies outside the grid is not in the image.

    Examples
    --------
    >>> bars = np.array([[1.0, 3.0]])
    >>> held = Persistence((np.empty((0, 2)), bars), ("A", "B"), "euclidean")
    >>> persistence_image(held, [0.0, 1.0, 2.0], [0.0, 4.0], bandwidth=0.1).round(6).tolist()
    [[1.0, 1.0]]
    """
    if not 0 < bandwidth < float("inf"):
        raise InputError(f"bandwidth is {bandwidth}", where="bandwidth", expected="above 0")
    bars = persistence.complete(dimension)
    alive = bars[:, 1] - bars[:, 0]
    across = _shares(_edges(births, "births"), bars[:, 0], bandwidth)
    upward = _shares(_edges(lifetimes, "lifetimes"), alive, bandwidth)
    return np.asarray((upward * np.asarray(weight(alive), dtype=np.float64)) @ across.T)


def _edges(values: ArrayLike, where: str) -> Floats:
    edges = np.asarray(values, dtype=np.float64)
    if edges.ndim != 1 or edges.size < 2 or not (np.diff(edges) > 0).all():
        raise InputError(
            f"edges of shape {edges.shape}", where=where, expected="2 or more numbers that ascend"
        )
    return edges


def _shares(edges: Floats, centres: Floats, bandwidth: float) -> Floats:
    """Share of each Gaussian between two edges, shape (pixels, bars)."""
    return np.diff(ndtr((edges[:, None] - centres) / bandwidth), axis=0)
