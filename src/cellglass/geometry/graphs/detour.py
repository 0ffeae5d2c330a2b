"""Detours: how much longer the way through the points is than the straight line."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.spatial.distance import cdist

from cellglass.errors import InputError
from cellglass.geometry.named import pair_ends
from cellglass.geometry.pair_features import PairFeatures
from cellglass.stats.arguments import Ints

from .geodesics import geodesic_rows, require_connected
from .knn import KnnGraph

Floats = NDArray[np.float64]

NEIGHBOURS = 8
"""A ball reaches as far as this many other nodes (2.4)."""

_SLACK = 1e-12


def detour_features(
    graph: KnnGraph,
    sources: Sequence[str],
    targets: Sequence[str],
    *,
    neighbours: int = NEIGHBOURS,
) -> PairFeatures:
    """Detour ratio and convexity deficit of pairs of points.

    Parameters
    ----------
    graph
        The graph.
    sources, targets
        Names of both ends, one of each a pair.
    neighbours
        Other nodes that the ball around an end holds.

    Returns
    -------
    PairFeatures
        ``detour``, at least 1 and nan between equal points; ``convexity_deficit``, from 0 (both
        ends see the same neighbours) to 1 (none in common).

    Raises
    ------
    InputError
        If the graph is not connected, has too few nodes for a ball, or a name is unknown.

    Notes
    -----
    Detour: geodesic over Euclidean distance. Convexity deficit: 1 - Jaccard index of A and B,
    the nodes within r of either end in the geodesic metric, the end included, with r the
    distance to its 8th nearest other node (specification 2.4). Equal points are one node:
    copies make no ball fuller. Geodesics start from the ends only, in blocks.

    Examples
    --------
    >>> from cellglass.geometry import PointCloud, knn_graph
    >>> corner = PointCloud.of([[0.0, 0.0], [3.0, 0.0], [3.0, 4.0]], ["A", "B", "C"])
    >>> found = detour_features(knn_graph(corner, 1), ["A", "A"], ["B", "C"], neighbours=1)
    >>> found["detour"].tolist(), found["convexity_deficit"].round(3).tolist()
    ([1.0, 1.4], [0.0, 0.667])
    """
    require_connected(graph, "detour")
    if not 1 <= neighbours < len(graph.nodes):
        raise InputError(
            f"{neighbours} neighbours in a graph of {len(graph.nodes)} nodes", where="detour",
            expected=f"1 to {len(graph.nodes) - 1}", fix="take more points, or smaller balls",
        )  # fmt: skip
    rows, columns = pair_ends(graph, sources, targets)
    ends, place = np.unique(np.concatenate([rows, columns]), return_inverse=True)
    one, other = place[: rows.size], place[rows.size :]
    order = np.argsort(one, kind="stable")
    geodesic = np.empty(rows.size)
    balls = []
    for block, found in geodesic_rows(graph, ends):
        first, last = np.searchsorted(one[order], (block.start, block.stop))
        here = order[first:last]
        geodesic[here] = found[one[here] - block.start, columns[here]]
        balls.append(_balls(found, neighbours))
    ball = sparse.vstack(balls, format="csr") if balls else sparse.csr_matrix((0, 0))
    straight = np.linalg.norm(graph.nodes.points[rows] - graph.nodes.points[columns], axis=1)
    ratio = np.divide(geodesic, straight, out=np.full(rows.size, np.nan), where=rows != columns)
    return PairFeatures(
        tuple(sources),
        tuple(targets),
        {"detour": ratio, "convexity_deficit": 1.0 - _jaccard(ball, one, other)},
    )


def distortion(graph: KnnGraph, sources: Sequence[str] | None = None) -> float:
    """Mean detour ratio over pairs of different points.

    Parameters
    ----------
    graph
        The graph.
    sources
        Names of points: pairs of one of them with any other node count. All where None.

    Returns
    -------
    float
        At least 1; 1 where every straight line is a path.

    Raises
    ------
    InputError
        If the graph is not connected or a name is unknown.

    Notes
    -----
    Mean of geodesic / Euclidean distance (specification 2.4), over nodes: equal points count
    once. Memory is that of blocks of rows, never of all pairs.

    Examples
    --------
    >>> from cellglass.geometry import PointCloud, knn_graph
    >>> distortion(knn_graph(PointCloud.of([[0.0, 0.0], [3.0, 0.0], [3.0, 4.0]]), 1))
    1.1333333333333333
    """
    require_connected(graph, "distortion")
    starts = graph.cloud.names if sources is None else sources
    nodes = np.unique(graph.places(starts, "sources"))
    total, m = 0.0, len(graph.nodes)
    if m < 2 or not nodes.size:
        raise InputError("no pair of different points", where="distortion")
    for block, found in geodesic_rows(graph, nodes):
        here = nodes[block]
        straight = cdist(graph.nodes.points[here], graph.nodes.points)
        straight[np.arange(here.size), here] = 1.0  # the way from a node to itself is 0: no part
        total += float((found / straight).sum())
    return total / (nodes.size * (m - 1))


def _balls(distance: Floats, neighbours: int) -> sparse.csr_matrix:
    """Nodes no further than the nearest `neighbours` others of each row, as 0/1."""
    reach = np.partition(distance, neighbours, axis=1)[:, neighbours]  # the first is the node
    # Ways of equal length differ by rounding, depending on the end that they start from.
    return sparse.csr_matrix(distance <= reach[:, None] * (1 + _SLACK), dtype=np.float64)


def _jaccard(ball: sparse.csr_matrix, one: Ints, other: Ints) -> Floats:
    size = np.asarray(ball.sum(1)).ravel()
    common = np.asarray(ball[one].multiply(ball[other]).sum(1)).ravel()
    return np.asarray(common / (size[one] + size[other] - common))
