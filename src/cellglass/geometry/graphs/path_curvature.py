"""How Forman curvature drifts along paths."""

from __future__ import annotations

import numpy as np

from .curvature import edge_curvature
from .pair_features import PairFeatures
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
    pair, step = np.nonzero(paths.nodes[:, 1:] >= 0)
    one, other = paths.nodes[pair, step], paths.nodes[pair, step + 1]
    edges, back = np.unique(np.column_stack([one, other]), axis=0, return_inverse=True)
    value = np.full((len(paths.nodes), max(1, paths.nodes.shape[1] - 1)), np.nan)
    value[pair, step] = edge_curvature(paths.graph, *edges.T, augmented=augmented)[back.ravel()]
    hops = paths.hops
    found = {
        name: np.full(hops.size, np.nan)
        for name in ("path_forman_mean", "path_forman_least", "path_forman_sd", "path_forman_drift")
    }
    there = hops > 0
    held = value[there]
    found["path_forman_mean"][there] = np.nanmean(held, axis=1)
    found["path_forman_least"][there] = np.nanmin(held, axis=1)
    found["path_forman_sd"][there] = np.nanstd(held, axis=1)
    last = held[np.arange(len(held)), hops[there] - 1]
    found["path_forman_drift"][there] = np.abs(last - held[:, 0])
    found["path_length"] = paths.length
    return PairFeatures(paths.sources, paths.targets, found)
