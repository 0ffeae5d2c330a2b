"""Nodes of a graph at both ends of pairs of points."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import sparse

from cellglass.geometry.shape.point_values import pair_ends
from cellglass.stats.arguments import Ints

from .knn import KnnGraph


def pair_nodes(
    graph: KnnGraph, sources: Sequence[str], targets: Sequence[str]
) -> tuple[Ints, Ints]:
    """Nodes at both ends of pairs.

    Parameters
    ----------
    graph
        The graph.
    sources, targets
        Names of points, one pair an entry.

    Returns
    -------
    source, target : numpy.ndarray
        Nodes, shape (pairs,); the same node where both names are of equal points.

    Raises
    ------
    InputError
        If a name is unknown or the lengths differ.

    Examples
    --------
    >>> from cellglass.geometry import PointCloud, knn_graph
    >>> graph = knn_graph(PointCloud.of([[0.0], [1.0], [3.0]], ["A", "B", "C"]), 1)
    >>> pair_nodes(graph, ["A", "B"], ["C", "A"])
    (array([0, 1]), array([2, 0]))
    """
    one, other = pair_ends(graph.cloud, sources, targets)
    return graph.node[one], graph.node[other]


def adjacency(graph: KnnGraph) -> sparse.csr_matrix:
    """Edges of a graph without their lengths.

    Parameters
    ----------
    graph
        The graph.

    Returns
    -------
    scipy.sparse.csr_matrix
        1 at edges, symmetric, shape (m, m).

    Examples
    --------
    >>> from cellglass.geometry import PointCloud, knn_graph
    >>> adjacency(knn_graph(PointCloud.of([[0.0], [1.0], [3.0]]), 1)).sum()
    np.float64(4.0)
    """
    edges = graph.lengths.copy()
    edges.data = np.ones(edges.nnz)
    edges.sort_indices()
    return edges
