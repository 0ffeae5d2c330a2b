"""Shortest paths between pairs of points, node by node."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import dijkstra

from cellglass.errors import InputError
from cellglass.geometry.blocks import blocks
from cellglass.geometry.named import pair_ends
from cellglass.geometry.pair_features import PairFeatures
from cellglass.stats.arguments import Ints

from .geodesics import require_connected
from .knn import KnnGraph


@dataclass(frozen=True, eq=False)
class ShortestPaths:
    """A shortest path for each of some pairs.

    Attributes
    ----------
    graph
        The graph.
    sources, targets
        Names of both ends, one pair an entry.
    nodes
        Nodes on the way, source first, then -1, shape (pairs, longest + 1).
    length
        Of each path, shape (pairs,).
    """

    graph: KnnGraph
    sources: tuple[str, ...]
    targets: tuple[str, ...]
    nodes: Ints
    length: NDArray[np.float64]

    @property
    def hops(self) -> Ints:
        """Edges of each path, shape (pairs,); 0 between equal points."""
        return np.asarray((self.nodes >= 0).sum(1) - 1, dtype=np.int64)

    @property
    def features(self) -> PairFeatures:
        """``path_length`` and ``path_hops`` of each pair."""
        found = {"path_length": self.length, "path_hops": self.hops.astype(np.float64)}
        return PairFeatures(self.sources, self.targets, found)

    def names(self, pair: int) -> tuple[str, ...]:
        """Names of the points on the way of one pair.

        Parameters
        ----------
        pair
            Its place.
        """
        return tuple(self.graph.nodes.names[v] for v in self.nodes[pair] if v >= 0)

    @cached_property
    def steps(self) -> tuple[Ints, Ints, Ints]:
        """Pair, first and second node of each step of all paths, path after path."""
        pair, step = np.nonzero(self.nodes[:, 1:] >= 0)
        return pair, self.nodes[pair, step], self.nodes[pair, step + 1]

    def mean_of_steps(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Mean of a value of each step along each path.

        Parameters
        ----------
        values
            In the order of `steps`.

        Returns
        -------
        numpy.ndarray
            Shape (pairs,); nan where a path has no step.
        """
        hops = self.hops
        total = np.bincount(self.steps[0], values, hops.size)
        return np.divide(total, hops, out=np.full(hops.size, np.nan), where=hops > 0)


def shortest_paths(
    graph: KnnGraph,
    sources: Sequence[str],
    targets: Sequence[str],
    *,
    lengths: sparse.csr_matrix | None = None,
) -> ShortestPaths:
    """Find a shortest path for each of some pairs.

    Parameters
    ----------
    graph
        The graph.
    sources, targets
        Names of both ends, one pair an entry.
    lengths
        Other lengths of the edges, positive, which may differ with the direction, shape (m, m)
        with the same edges; those of the graph where None.

    Returns
    -------
    ShortestPaths
        In the order of the pairs.

    Raises
    ------
    InputError
        If the graph is not connected, a name is unknown, or other lengths do not fit.

    Notes
    -----
    Dijkstra from each different source only, with predecessors, in blocks. Where several paths
    are as short, the one that SciPy meets is taken. The published code put the largest finite
    distance where there was no path; here a graph that is not connected is refused.

    Examples
    --------
    >>> from cellglass.geometry import PointCloud, knn_graph
    >>> line = PointCloud.of([[0.0], [1.0], [2.1], [3.3]], list("ABCD"))
    >>> found = shortest_paths(knn_graph(line, 1), ["A", "D"], ["D", "B"])
    >>> found.names(0), found.hops.tolist(), found.length.round(6).tolist()
    (('A', 'B', 'C', 'D'), [3, 2], [3.3, 2.3])
    """
    require_connected(graph, "shortest paths")
    held = graph.lengths if lengths is None else _fitting(graph, lengths)
    one, other = pair_ends(graph, sources, targets)
    starts, row = np.unique(one, return_inverse=True)
    order = np.argsort(row, kind="stable")
    length = np.empty(one.size)
    ways: list[tuple[Ints, Ints]] = []
    for block in blocks(starts.size, len(graph.nodes)):
        distance, before = dijkstra(
            held, directed=True, indices=starts[block], return_predecessors=True
        )
        here = order[slice(*np.searchsorted(row[order], (block.start, block.stop)))]
        at = row[here] - block.start
        length[here] = distance[at, other[here]]
        ways.append((here, _walk_back(before, at, other[here])))
    longest = max((way.shape[1] for _, way in ways), default=1)
    nodes = np.full((one.size, longest), -1, dtype=np.int64)
    for here, way in ways:
        nodes[here, : way.shape[1]] = way
    return ShortestPaths(graph, tuple(sources), tuple(targets), nodes, length)


def _fitting(graph: KnnGraph, lengths: sparse.csr_matrix) -> sparse.csr_matrix:
    held = sparse.csr_matrix(lengths, dtype=np.float64)
    held.sort_indices()
    own = graph.lengths.sorted_indices()
    same = (
        held.shape == own.shape
        and np.array_equal(held.indptr, own.indptr)
        and np.array_equal(held.indices, own.indices)
    )
    if not same or not (np.isfinite(held.data) & (held.data > 0)).all():
        raise InputError(
            f"lengths of shape {held.shape} on {held.nnz} edges",
            where="shortest paths",
            expected=f"positive lengths on the {own.nnz} edges of the graph",
        )
    return held


def _walk_back(before: NDArray[np.int32], row: Ints, target: Ints) -> Ints:
    """Nodes from source to target, then -1; `before` holds the node before each from a source."""
    steps = [target]
    while True:
        at = steps[-1]
        back = np.where(at >= 0, before[row, at], -1).astype(np.int64)
        back[back < 0] = -1  # SciPy writes -9999 before the source
        if (back < 0).all():
            break
        steps.append(back)
    way = np.array(steps).T
    hops = (way >= 0).sum(1) - 1
    place = hops[:, None] - np.arange(way.shape[1])
    return np.where(place >= 0, np.take_along_axis(way, np.maximum(place, 0), 1), -1)
