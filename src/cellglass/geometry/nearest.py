"""Nearest neighbours by Euclidean distance: exact, ties in the order of the points."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cellglass.errors import InputError
from cellglass.geometry.blocks import blocks
from cellglass.stats.arguments import Ints

Floats = NDArray[np.float64]


def nearest(points: Floats, k: int) -> tuple[Ints, Floats]:
    """Find the k nearest other points of each point.

    Parameters
    ----------
    points
        Shape (n, d), n above k.
    k
        Neighbours.

    Returns
    -------
    index, distance : numpy.ndarray
        Shapes (n, k), nearest first. Equal distances are in the order of the points.

    Raises
    ------
    InputError
        If there are not k other points, or k is below 1.

    Notes
    -----
    A matrix product gives ``|x|^2 - 2 xy + |y|^2``, which loses digits where points are near
    each other. It only chooses the candidates: all points that can be among the k nearest given
    the largest rounding error. Their distances are computed from differences.

    Examples
    --------
    >>> index, distance = nearest(np.array([[0.0], [1.0], [3.0]]), 1)
    >>> index.ravel().tolist(), distance.ravel().tolist()
    ([1, 0, 1], [1.0, 1.0, 2.0])
    """
    n, width = points.shape
    if k < 1 or k >= n:
        raise InputError(f"{k} neighbours among {n} points", where="k", expected=f"1 to {n - 1}")
    centred = points - points.mean(0)
    square = (centred**2).sum(1)
    # Of the product, of centring and of the sums, each with `width` terms.
    rounding = (4 * width + 32) * np.finfo(np.float64).eps / 2
    index, distance = np.empty((n, k), dtype=np.int64), np.empty((n, k))
    for block in blocks(n, n):
        both = square[block, None] + square
        middle = both - 2.0 * (centred[block] @ centred.T)
        here = np.arange(block.start, block.stop)
        middle[here - block.start, here] = np.inf
        both *= rounding
        last = np.partition(middle + both, k - 1, axis=1)[:, k - 1 : k]
        row, column = np.nonzero(middle - both <= last)
        length = _lengths(points, row + block.start, column)
        order = np.lexsort((column, length, row))
        first = np.searchsorted(row, np.arange(here.size))
        chosen = order[first[:, None] + np.arange(k)]
        index[block], distance[block] = column[chosen], length[chosen]
    return index, distance


def _lengths(points: Floats, one: Ints, other: Ints) -> Floats:
    """Distance of each pair of rows, from their difference."""
    length = np.empty(one.size)
    for part in blocks(one.size, points.shape[1]):
        length[part] = np.linalg.norm(points[one[part]] - points[other[part]], axis=1)
    return length
