"""Graphs of nearest neighbours: symmetric, weighted by length, with equal points as one node."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components
from scipy.spatial.distance import cdist

from cellglass.errors import InputError
from cellglass.geometry.blocks import blocks
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.nearest import nearest
from cellglass.stats.arguments import Ints


@dataclass(frozen=True, eq=False)
class KnnGraph:
    """A symmetric graph of nearest neighbours.

    Attributes
    ----------
    cloud
        All points, n.
    node
        Node of each point, shape (n,); equal points share one.
    nodes
        The distinct points, m: node i is point ``nodes.names[i]``.
    lengths
        Euclidean lengths of the edges, symmetric, all positive, shape (m, m).
    k
        Neighbours of each node; an edge exists where either end has the other among them.
    bridges
        Edges that were added to connect the graph, as pairs of nodes; none unless asked for.
    component
        Connected component of each node, shape (m,).
    """

    cloud: PointCloud
    node: Ints
    nodes: PointCloud
    lengths: sparse.csr_matrix
    k: int
    bridges: tuple[tuple[int, int], ...]
    component: Ints

    @property
    def n_components(self) -> int:
        """Connected components."""
        return int(self.component.max()) + 1

    @property
    def largest(self) -> PointCloud:
        """The points of the component that holds most of them, the first of equals."""
        component = self.component[self.node]
        return self.cloud.take(component == np.bincount(component).argmax())

    @property
    def adjacency(self) -> sparse.csr_matrix:
        """1 at edges, without their lengths, symmetric, shape (m, m)."""
        edges = self.lengths.copy()
        edges.data = np.ones(edges.nnz)
        edges.sort_indices()
        return edges

    def places(self, names: Sequence[str], where: str = "names") -> Ints:
        """Node of each named point; the same for equal points.

        Parameters
        ----------
        names, where
            As of `PointCloud.places`.

        Raises
        ------
        InputError
            If a name is unknown.
        """
        return self.node[self.cloud.places(names, where)]


def knn_graph(
    cloud: PointCloud, k: int = 12, *, k_max: int | None = None, bridge: bool = False
) -> KnnGraph:
    """Connect each point with its k nearest, by Euclidean distance.

    Parameters
    ----------
    cloud
        The points.
    k
        Neighbours; the union of both directions is taken.
    k_max
        Raise k by one until the graph is connected, up to this; k stays where None.
    bridge
        Whether to connect what is still in pieces by the shortest edges between components.
        Bridges are recorded: they are lengths that the data did not choose.

    Returns
    -------
    KnnGraph
        On the distinct points, so that a duplicated point changes no other neighbourhood. It
        may be disconnected; what needs a connected graph says so.

    Raises
    ------
    InputError
        If there are fewer distinct points than k + 1, k is below 1, or k_max is below k.

    Notes
    -----
    Bridges are the minimum spanning tree of the components, by the shortest edge between two.
    Adding the shortest edge from the first component to any other, or the shortest between any
    two, until the graph is connected gives the same edges where all lengths differ
    (specification 2.4, variants A and B).

    Examples
    --------
    >>> graph = knn_graph(PointCloud.of([[0.0], [1.0], [1.0], [3.0]]), k=1)
    >>> graph.node.tolist(), graph.lengths.toarray().tolist()
    ([0, 1, 1, 2], [[0.0, 1.0, 0.0], [1.0, 0.0, 2.0], [0.0, 2.0, 0.0]])
    """
    nodes = cloud.distinct()
    if k < 1:
        raise InputError(f"k is {k}", where="k", expected="at least 1")
    if k_max is not None and k_max < k:
        raise InputError(f"k_max is {k_max}", where="k_max", expected=f"at least k, which is {k}")
    if len(nodes) < k + 1:
        raise InputError(
            f"{len(nodes)} distinct points (of {len(cloud)}) for {k} neighbours",
            where="knn_graph",
            expected=f"at least {k + 1}",
            fix="lower k, or take more points",
        )
    near, length = nearest(nodes.points, min(k_max or k, len(nodes) - 1))
    lengths = _union(near[:, :k], length[:, :k])
    component = _components(lengths)
    while component.max() > 0 and k < near.shape[1]:
        k += 1
        lengths = _union(near[:, :k], length[:, :k])
        component = _components(lengths)
    bridges: list[tuple[int, int]] = []
    if bridge and component.max() > 0:
        bridges = _bridges(nodes.points, component)
        lengths = _with_edges(lengths, nodes.points, bridges)
        component = _components(lengths)
    return KnnGraph(cloud, cloud.node, nodes, lengths, k, tuple(bridges), component)


def _union(near: Ints, length: NDArray[np.float64]) -> sparse.csr_matrix:
    n, k = near.shape
    one_way = sparse.csr_matrix(
        (length.ravel(), (np.repeat(np.arange(n), k), near.ravel())), shape=(n, n)
    )
    return sparse.csr_matrix(one_way.maximum(one_way.T))


def _components(lengths: sparse.csr_matrix) -> Ints:
    _, component = connected_components(lengths, directed=False)
    return np.asarray(component, dtype=np.int64)


def _bridges(points: NDArray[np.float64], component: Ints) -> list[tuple[int, int]]:
    """Shortest edges that connect the components: Prim's algorithm, from the largest one."""
    joined = component == np.bincount(component).argmax()
    fresh = np.flatnonzero(joined)
    best, link = np.full(len(points), np.inf), np.zeros(len(points), dtype=np.int64)
    chosen = []
    while not joined.all():
        outside = np.flatnonzero(~joined)
        for block in blocks(fresh.size, outside.size):
            part = fresh[block]
            between = cdist(points[part], points[outside])
            nearest_of = between.argmin(0)
            length = between[nearest_of, np.arange(outside.size)]
            closer = length < best[outside]
            best[outside[closer]] = length[closer]
            link[outside[closer]] = part[nearest_of[closer]]
        to = int(outside[best[outside].argmin()])
        chosen.append((int(link[to]), to))
        fresh = np.flatnonzero(component == component[to])
        joined[fresh] = True
    return chosen


def _with_edges(
    lengths: sparse.csr_matrix, points: NDArray[np.float64], edges: list[tuple[int, int]]
) -> sparse.csr_matrix:
    i, j = np.array(edges, dtype=np.int64).T
    length = np.linalg.norm(points[i] - points[j], axis=1)
    extra: Any = sparse.csr_matrix((length, (i, j)), shape=lengths.shape)
    return sparse.csr_matrix(lengths + extra + extra.T)
