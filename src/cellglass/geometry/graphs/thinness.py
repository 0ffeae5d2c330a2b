"""Thin triangles: how far the triangles over a pair are from flat ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numba import njit

from cellglass.errors import InputError
from cellglass.geometry.named import pair_ends
from cellglass.geometry.pair_features import PairFeatures

from .distances import Distances, ends
from .knn import KnnGraph

MOST = 12
"""Third points of the published screen (2.6)."""


def thinness(
    graph: KnnGraph,
    distances: Distances,
    sources: Sequence[str],
    targets: Sequence[str],
    *,
    most: int = MOST,
) -> PairFeatures:
    """Mean thinness of the triangles of pairs with neighbours of their ends.

    Parameters
    ----------
    graph
        Says whose neighbours are the third points.
    distances
        With a row for every source and every target, and a column for every distinct point
        (``graph.nodes.names``).
    sources, targets
        Names of both ends, one of each a pair.
    most
        Third points at most.

    Returns
    -------
    PairFeatures
        ``thinness``: mean over the third points; nan where a pair has none, or is of equal
        points. Low is thin; the published score is its negative.

    Raises
    ------
    InputError
        If a name is unknown or `most` is below 1.

    Notes
    -----
    ``delta = max(0, a + b + c - 2 max(a, b, c)) / 2`` with a, b, c the sides of the triangle
    (specification 2.6): 0 where the longest side runs through the third point, as in a tree.
    Third points are neighbours of either end, without both ends; the specification does not say
    which of them the published code took where there are more than 12: here those with the
    smallest sum of distances to both ends, equal ones in the order of the nodes.

    Examples
    --------
    >>> from cellglass.geometry import PointCloud, geodesics, knn_graph
    >>> graph = knn_graph(PointCloud.of([[0.0], [1.0], [2.0]], ["A", "B", "C"]), 1)
    >>> thinness(graph, geodesics(graph), ["A"], ["C"])["thinness"].tolist()
    [0.0]
    """
    if most < 1:
        raise InputError(f"most is {most}", where="most", expected="at least 1")
    one, other, base = ends(distances, sources, targets)
    column = distances.columns(graph.nodes.names)
    found = _means(
        np.ascontiguousarray(distances.values),
        (one, other),
        pair_ends(graph, sources, targets),
        base,
        column,
        (graph.lengths.indptr.astype(np.int64), graph.lengths.indices.astype(np.int64)),
        most,
    )
    return PairFeatures(tuple(sources), tuple(targets), {"thinness": found})


@njit(cache=True, nogil=True)
def _means(values, rows, nodes, base, column, neighbours, most):  # type: ignore[no-untyped-def]
    """Mean thinness of each pair over its nearest third points among the neighbours."""
    start, held = neighbours
    found = np.full(base.size, np.nan)
    way, first, second = np.empty(most), np.empty(most), np.empty(most)
    third = np.empty(most, dtype=np.int64)
    seen = np.full(start.size - 1, -1)  # by which pair a node was seen last
    for p in range(base.size):
        u, v = nodes[0][p], nodes[1][p]
        if u == v:
            continue
        seen[u] = seen[v] = p
        n = 0
        for end in (u, v):
            for e in range(start[end], start[end + 1]):
                w = held[e]
                if seen[w] == p:
                    continue
                seen[w] = p
                b, c = values[rows[0][p], column[w]], values[rows[1][p], column[w]]
                at = n
                while at > 0 and (way[at - 1], third[at - 1]) > (b + c, w):
                    at -= 1
                if at == most:
                    continue
                n = min(n + 1, most)
                for i in range(n - 1, at, -1):
                    way[i], third[i] = way[i - 1], third[i - 1]
                    first[i], second[i] = first[i - 1], second[i - 1]
                way[at], third[at], first[at], second[at] = b + c, w, b, c
        total = 0.0
        for i in range(n):
            longest = max(base[p], first[i], second[i])
            total += max(0.0, base[p] + way[i] - 2.0 * longest) / 2.0
        if n:
            found[p] = total / n
    return found
