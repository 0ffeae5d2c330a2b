"""How unlike the points of two sides are, in a common space."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from cellglass.errors import InputError

Metric = Literal["euclidean", "cosine", "csls"]

NEIGHBOURS = 10
"""Neighbours over which CSLS takes the mean similarity of a point."""

Matrix = NDArray[np.float64]


def costs_of(first: Matrix, second: Matrix, metric: Metric = "euclidean") -> Matrix:
    """Cost of each pair of points, lowest for the most alike.

    Parameters
    ----------
    first, second
        Points in one space, shapes (n1, q) and (n2, q).
    metric
        ``"euclidean"`` distance; ``"cosine"``, 1 - cosine; ``"csls"``, minus the cross-domain
        similarity local scaling.

    Returns
    -------
    numpy.ndarray
        Shape (n1, n2).

    Raises
    ------
    InputError
        If the metric is unknown, or CSLS has fewer than 11 points on a side.

    Notes
    -----
    CSLS = 2 cos(x, y) - r(x) - r(y), r the mean cosine of a point to its 10 nearest on the other
    side (Conneau et al., ICLR 2018): it holds back points that are near to everything. A point
    at the origin has no direction; its cosine to all is 0.

    Examples
    --------
    >>> costs_of(np.array([[0.0, 3.0]]), np.array([[4.0, 0.0], [0.0, 1.0]])).tolist()
    [[5.0, 2.0]]
    """
    if metric not in get_args(Metric):
        raise InputError(
            f"metric is {metric!r}", where="retrieval", expected=" or ".join(get_args(Metric))
        )
    if metric == "euclidean":
        from scipy.spatial.distance import cdist

        return np.asarray(cdist(first, second))
    cosine = _units(first) @ _units(second).T
    if metric == "cosine":
        return 1.0 - cosine
    if min(cosine.shape) <= NEIGHBOURS:
        raise InputError(
            f"{min(cosine.shape)} points on one side", where="CSLS",
            expected=f"more than its {NEIGHBOURS} neighbours",
            fix="use fewer folds, or another metric",
        )  # fmt: skip
    of_first = np.partition(cosine, -NEIGHBOURS, axis=1)[:, -NEIGHBOURS:].mean(1)
    of_second = np.partition(cosine, -NEIGHBOURS, axis=0)[-NEIGHBOURS:].mean(0)
    return np.asarray(of_first[:, None] + of_second - 2.0 * cosine)


def _units(points: Matrix) -> Matrix:
    length = np.linalg.norm(points, axis=1, keepdims=True)
    return points / np.where(length > 0, length, 1.0)
