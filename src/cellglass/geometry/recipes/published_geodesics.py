"""The published "geodesic" distances: a dense matrix in which a length of 0 is no edge."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components, shortest_path
from scipy.spatial.distance import cdist

from cellglass.errors import InputError
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.graphs.distances import Distances
from cellglass.geometry.guards.fallback import geodesic_fallback
from cellglass.geometry.guards.guard import GuardResult

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PublishedGeodesics:
    """What the routine returned, and whether it was geodesic.

    Attributes
    ----------
    distances
        As the routine gives them, among all points.
    fell_back
        Whether they are Euclidean distances under another name.
    n_unreachable
        Pairs of points without a finite path, whose number made it so.
    guard
        G4, which compares both.
    """

    distances: Distances
    fell_back: bool
    n_unreachable: int
    guard: GuardResult


def published_geodesics(cloud: PointCloud, k: int = 12) -> PublishedGeodesics:
    """Repeat the routine of the published screen, silent fallback included.

    Parameters
    ----------
    cloud
        All points, rows of zeros and copies included.
    k
        Neighbours.

    Returns
    -------
    PublishedGeodesics
        Distances, whether they are geodesic, and the guard that says so.

    Raises
    ------
    InputError
        If there are fewer points than neighbours.

    Notes
    -----
    Specification 0.3 and 2.4, variant B: a dense matrix with infinity for no edge, bridges
    between components, SciPy's shortest paths, and Euclidean distances for all pairs as soon as
    one path is infinite. SciPy reads a length of 0 in a dense matrix as no edge, so that equal
    points, such as rows of zeros whose nearest neighbours are one another, are cut off. For
    distances that are what they say see `cellglass.geometry.geodesics`.

    Examples
    --------
    >>> points = np.random.default_rng(0).normal(size=(60, 4))
    >>> published_geodesics(PointCloud.of(points), 8).fell_back
    False
    >>> points[:20] = 0.0
    >>> published_geodesics(PointCloud.of(points), 8).fell_back
    True
    """
    n = len(cloud)
    if not 1 <= k < n:
        raise InputError(f"{k} neighbours of {n} points", where="k", expected=f"1 to {n - 1}")
    straight = cdist(cloud.points, cloud.points)
    edges = _bridged(_nearest(straight, k), straight)
    paths = shortest_path(edges, directed=False)
    unreachable = int(np.isinf(paths[np.triu_indices(n, 1)]).sum())
    found = straight if unreachable else np.asarray(paths)
    adjacent = np.isfinite(edges)
    return PublishedGeodesics(
        Distances(found, cloud.names, cloud.names, "geodesic, as published"),
        bool(unreachable),
        unreachable,
        geodesic_fallback(found, straight, adjacent=adjacent),
    )


def _nearest(straight: Floats, k: int) -> Floats:
    """Dense matrix of edges to the k nearest, either way; infinity where there is none."""
    apart = straight.copy()
    np.fill_diagonal(apart, np.inf)
    near = np.argpartition(apart, k - 1, axis=1)[:, :k]
    edges = np.full(straight.shape, np.inf)
    rows = np.arange(len(straight))[:, None]
    edges[rows, near] = straight[rows, near]
    return np.minimum(edges, edges.T)


def _bridged(edges: Floats, straight: Floats) -> Floats:
    """Add the shortest edge between two components until there is one."""
    while True:
        count, component = connected_components(np.isfinite(edges), directed=False)
        if count == 1:
            return edges
        between = np.where(component[:, None] != component, straight, np.inf)
        i, j = divmod(int(between.argmin()), len(straight))
        edges[i, j] = edges[j, i] = straight[i, j]
