"""Degree, clustering and what is made of both, node by node."""

from __future__ import annotations

import numpy as np

from cellglass.geometry.point_values import PointValues

from .knn import KnnGraph
from .neighbour_overlap import require_two_neighbours


def clustering(graph: KnnGraph) -> dict[str, PointValues]:
    """Local measures of each point's place in a graph.

    Parameters
    ----------
    graph
        The graph.

    Returns
    -------
    dict
        ``degree``; ``clustering``, the share of pairs of neighbours that are neighbours;
        ``assortativity``, the degree less the mean degree of the neighbours; ``node_bridge``,
        degree (1 - clustering).

    Raises
    ------
    InputError
        If a node has one neighbour only, which forms no pair.

    Notes
    -----
    Clustering 2 T / (deg (deg - 1)), T the triangles at the node (Watts and Strogatz, Nature
    1998); the others as in the specification of geometry, 2.9. In a graph of nearest neighbours
    the degree counts how often a point is among others' nearest (hubness), and says how crowded
    its place is.

    Examples
    --------
    >>> from cellglass.geometry import PointCloud, knn_graph
    >>> triangle = knn_graph(PointCloud.of([[0.0, 0.0], [1.0, 0.0], [0.5, 0.8]]), 2)
    >>> {name: found.values.tolist() for name, found in clustering(triangle).items()}
    ... # doctest: +NORMALIZE_WHITESPACE
    {'degree': [2.0, 2.0, 2.0], 'clustering': [1.0, 1.0, 1.0],
     'assortativity': [0.0, 0.0, 0.0], 'node_bridge': [0.0, 0.0, 0.0]}
    """
    degree = require_two_neighbours(graph, "clustering").astype(np.float64)
    edges = graph.adjacency
    twice_triangles = np.asarray((edges @ edges).multiply(edges).sum(1)).ravel()
    closed = twice_triangles / (degree * (degree - 1))
    found = {
        "degree": degree,
        "clustering": closed,
        "assortativity": degree - edges @ degree / degree,
        "node_bridge": degree * (1 - closed),
    }
    return {
        name: PointValues(values[graph.node], graph.cloud.names, name)
        for name, values in found.items()
    }
