"""Principal components of the neighbourhood of each point."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellglass.errors import InputError
from cellglass.geometry.blocks import blocks
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.nearest import nearest
from cellglass.stats.arguments import Ints


@dataclass(frozen=True, eq=False)
class Neighbourhoods:
    """Covariance of each point's neighbourhood: the point and its k nearest.

    Attributes
    ----------
    cloud
        All points, n; equal points share a neighbourhood.
    node
        Neighbourhood of each point, shape (n,).
    variances
        Eigenvalues, the largest first, divided by k, shape (m, r) with r = min(k, d).
    directions
        The leading eigenvectors, orthonormal rows, shape (m, kept, d).
    k
        Neighbours.
    """

    cloud: PointCloud
    node: Ints
    variances: NDArray[np.float64]
    directions: NDArray[np.float64]
    k: int


def neighbourhoods(cloud: PointCloud, k: int = 12, *, directions: int = 1) -> Neighbourhoods:
    """Principal components of the neighbourhood of each point.

    Parameters
    ----------
    cloud
        The points.
    k
        Neighbours of each, taken among the distinct points.
    directions
        Eigenvectors to keep.

    Returns
    -------
    Neighbourhoods
        Of the distinct points, with the way back to all.

    Raises
    ------
    InputError
        If there are fewer distinct points than k + 1, or more directions are wanted than k
        neighbours or the columns allow.

    Notes
    -----
    Points are centred on the mean of the neighbourhood, which holds k + 1 points; a singular
    value decomposition each, so that small eigenvalues keep their digits.

    Examples
    --------
    >>> line = PointCloud.of([[0.0, 0.0], [1.0, 0.0], [2.0, 0.0]])
    >>> neighbourhoods(line, 2).variances[0].round(9).tolist()
    [1.0, 0.0]
    """
    nodes = cloud.distinct()
    if k < 1:
        raise InputError(f"k is {k}", where="k", expected="at least 1")
    nodes.require_points(k + 1, f"neighbourhoods of {k} distinct points")
    rank = min(k, cloud.width)
    if not 0 <= directions <= rank:
        raise InputError(
            f"{directions} directions of {k} neighbours in {cloud.width} dimensions",
            where="neighbourhoods",
            expected=f"at most {rank}",
            fix="raise k, or lower the number of directions",
        )
    near, _ = nearest(nodes.points, k)
    m = len(nodes)
    members = np.column_stack([np.arange(m), near])
    variances = np.empty((m, rank))
    kept = np.empty((m, directions, cloud.width))
    for rows in blocks(m, (k + 1) * cloud.width):
        held = nodes.points[members[rows]]
        held = held - held.mean(1, keepdims=True)
        if directions:
            _, size, right = np.linalg.svd(held, full_matrices=False)
            kept[rows] = right[:, :directions]
        else:
            size = np.linalg.svd(held, compute_uv=False)
        variances[rows] = size[:, :rank] ** 2 / k
    return Neighbourhoods(cloud, cloud.node, variances, kept, k)
