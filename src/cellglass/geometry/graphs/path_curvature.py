"""How Forman curvature drifts along paths."""

from __future__ import annotations

import numpy as np

from cellglass.geometry.pair_features import PairFeatures

from .forman import edge_curvature
from .paths import ShortestPaths


def path_curvature(paths: ShortestPaths, *, augmented: bool = False) -> PairFeatures:
    """Forman curvature of the edges along each path, and how it drifts.

    Parameters
    ----------
    paths
        The paths.
    augmented
        Whether triangles are filled in.

    Returns
    -------
    PairFeatures
        ``path_forman_mean``, ``path_forman_least``, ``path_forman_sd``, ``path_forman_drift``
        (absolute difference of the last and the first edge) and ``path_length``; nan between equal
        points, but for the length. A path of one edge has a spread and a drift of 0.

    Notes
    -----
    Hypothesis H120 (specification of geometry, 2.10). The standard deviation divides by the
    number of edges.

    Examples
    --------
    >>> from cellglass.geometry import PointCloud, knn_graph
    >>> from cellglass.geometry.graphs.paths import shortest_paths
    >>> line = knn_graph(PointCloud.of([[0.0], [1.0], [2.1], [3.3]]), 1)
    >>> found = path_curvature(shortest_paths(line, ["0"], ["3"]))
    >>> found["path_forman_mean"].round(3).tolist(), found["path_forman_least"].tolist()
    ([0.667], [0.0])
    """
    pair, one, other = paths.steps
    n, hops = len(paths.graph.nodes), paths.hops
    edges, back = np.unique(one * n + other, return_inverse=True)
    value = edge_curvature(paths.graph, edges // n, edges % n, augmented=augmented)[back]
    first = np.cumsum(hops) - hops  # step at which each path begins
    there = hops > 0
    found = {
        "path_forman_mean": paths.mean_of_steps(value),
        "path_forman_least": np.full(hops.size, np.nan),
        "path_forman_sd": np.full(hops.size, np.nan),
        "path_forman_drift": np.full(hops.size, np.nan),
        "path_length": paths.length,
    }
    if there.any():
        off = value - found["path_forman_mean"][pair]
        starts, last = first[there], (first + hops - 1)[there]
        found["path_forman_least"][there] = np.minimum.reduceat(value, starts)
        found["path_forman_sd"][there] = np.sqrt(paths.mean_of_steps(off**2)[there])
        found["path_forman_drift"][there] = np.abs(value[last] - value[starts])
    return PairFeatures(paths.sources, paths.targets, found)
