"""Edges whose loss disconnects a graph."""

from __future__ import annotations

import numpy as np

from cellglass.stats.arguments import Ints

from .knn import KnnGraph


def bridges(graph: KnnGraph) -> tuple[tuple[str, str], ...]:
    """Find the edges that alone connect two parts of a graph.

    Parameters
    ----------
    graph
        The graph; it may have several components.

    Returns
    -------
    tuple
        Names of both ends, in the order of the nodes.

    Notes
    -----
    An edge of a depth-first tree is a bridge where nothing below it reaches above it (Tarjan,
    Information Processing Letters 1974). Not to be taken for `KnnGraph.bridges`, the edges that
    were added to connect the graph; these are bridges too, unless several join the same parts.

    Examples
    --------
    >>> from cellglass.geometry import PointCloud, knn_graph
    >>> groups = [[0.0, 0.0], [1.0, 0.0], [0.5, 0.8], [9.0, 0.0], [10.0, 0.0], [9.5, 0.8]]
    >>> graph = knn_graph(PointCloud.of(groups, list("ABCDEF")), 2, bridge=True)
    >>> bridges(graph)
    (('B', 'D'),)
    """
    starts, ends = graph.lengths.indptr, graph.lengths.indices
    n = len(graph.nodes)
    order = np.full(n, -1, dtype=np.int64)
    lowest = np.zeros(n, dtype=np.int64)
    found: list[tuple[int, int]] = []
    for root in range(n):
        if order[root] < 0:
            found += _below(root, starts, ends, order, lowest)
    names = graph.nodes.names
    return tuple((names[u], names[v]) for u, v in sorted(found))


def _below(root: int, starts: Ints, ends: Ints, order: Ints, lowest: Ints) -> list[tuple[int, int]]:
    """Bridges of one component; `order` and `lowest` are filled in on the way."""
    found = []
    seen = int(order.max()) + 1
    order[root] = lowest[root] = seen
    path: list[list[int]] = [[root, -1, int(starts[root])]]  # node, parent, next edge
    while path:
        node, parent, edge = path[-1]
        if edge < starts[node + 1]:
            path[-1][2] += 1
            other = int(ends[edge])
            if order[other] < 0:
                seen += 1
                order[other] = lowest[other] = seen
                path.append([other, node, int(starts[other])])
            elif other != parent:
                lowest[node] = min(lowest[node], order[other])
            continue
        path.pop()
        if parent >= 0:
            lowest[parent] = min(lowest[parent], lowest[node])
            if lowest[node] > order[parent]:
                found.append((min(node, parent), max(node, parent)))
    return found
