"""How many neighbours two points share."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cellglass.errors import InputError
from cellglass.geometry.blocks import blocks
from cellglass.geometry.named import pair_ends
from cellglass.geometry.pair_features import PairFeatures
from cellglass.stats.arguments import Ints

from .knn import KnnGraph


def neighbour_overlap(
    graph: KnnGraph, sources: Sequence[str], targets: Sequence[str]
) -> PairFeatures:
    """Features of pairs from the neighbours that both ends share.

    Parameters
    ----------
    graph
        The graph.
    sources, targets
        Names, one pair an entry.

    Returns
    -------
    PairFeatures
        ``common_neighbours``, ``neighbour_jaccard`` (shared / all neighbours), ``neighbour_bridge``
        (1 - Jaccard) and ``cycle_proxy`` (shared / (smaller degree - 1)); nan between equal points.

    Raises
    ------
    InputError
        If a name is unknown, the lengths differ, or a node has one neighbour only.

    Notes
    -----
    Specification of geometry, 2.9. Of an edge, the smaller degree less one is the largest
    possible number of shared neighbours.

    Examples
    --------
    >>> from cellglass.geometry import PointCloud, knn_graph
    >>> graph = knn_graph(PointCloud.of([[0.0], [1.0], [2.1], [3.3]], list("ABCD")), 2)
    >>> found = neighbour_overlap(graph, ["A"], ["B"])
    >>> found["common_neighbours"].tolist(), found["neighbour_jaccard"].tolist()
    ([1.0], [0.25])
    """
    one, other = pair_ends(graph, sources, targets)
    degree = require_two_neighbours(graph, "neighbour overlap")
    shared = common_neighbours(graph, one, other)
    jaccard = shared / (degree[one] + degree[other] - shared)
    found = {
        "common_neighbours": shared,
        "neighbour_jaccard": jaccard,
        "neighbour_bridge": 1.0 - jaccard,
        "cycle_proxy": shared / (np.minimum(degree[one], degree[other]) - 1.0),
    }
    for values in found.values():
        values[one == other] = np.nan
    return PairFeatures(tuple(sources), tuple(targets), found)


def common_neighbours(graph: KnnGraph, one: Ints, other: Ints) -> NDArray[np.float64]:
    """Count the neighbours that two nodes share.

    Parameters
    ----------
    graph
        The graph.
    one, other
        Nodes, one pair an entry.

    Returns
    -------
    numpy.ndarray
        Shape (pairs,).

    Examples
    --------
    >>> from cellglass.geometry import PointCloud, knn_graph
    >>> graph = knn_graph(PointCloud.of([[0.0], [1.0], [2.1], [3.3]]), 2)
    >>> common_neighbours(graph, np.array([0]), np.array([3])).tolist()
    [2.0]
    """
    edges = graph.adjacency
    found = np.empty(len(one))
    for rows in blocks(len(one), int(np.diff(edges.indptr).max(initial=1))):
        both = edges[one[rows]].multiply(edges[other[rows]])
        found[rows] = np.asarray(both.sum(1)).ravel()
    return found


def require_two_neighbours(graph: KnnGraph, what: str) -> Ints:
    """Refuse a graph in which a node has one neighbour only.

    Parameters
    ----------
    graph
        The graph.
    what
        What needs two, for the message.

    Returns
    -------
    numpy.ndarray
        Degree of each node.

    Raises
    ------
    InputError
        If a node has fewer than two neighbours; it names the first.

    Examples
    --------
    >>> from cellglass.geometry import PointCloud, knn_graph
    >>> require_two_neighbours(knn_graph(PointCloud.of([[0.0], [1.0], [2.1]]), 2), "clustering")
    array([2, 2, 2])
    """
    degree = np.diff(graph.lengths.indptr).astype(np.int64)
    if degree.min() < 2:
        raise InputError(
            f"{int((degree < 2).sum())} nodes have one neighbour, the first "
            f"{graph.nodes.names[int(degree.argmin())]}",
            where=what,
            expected="at least two neighbours: with one there is nothing to share",
            fix="take k of at least 2",
        )
    return degree
