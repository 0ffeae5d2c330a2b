"""Graphs of nearest neighbours: symmetric, weighted by length, with equal points as one node."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from cellglass.errors import InputError
from cellglass.geometry.cloud import PointCloud
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

    def of(self, name: str) -> int:
        """Node of a named point."""
        return int(self.node[self.cloud.names.index(name)])


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
        Whether to add, while there is more than one component, the shortest edge between two.
        Bridges are recorded: they are lengths that the data did not choose.

    Returns
    -------
    KnnGraph
        On the distinct points, so that a duplicated point changes no other neighbourhood. It
        may be disconnected; what needs a connected graph says so.

    Raises
    ------
    InputError
        If there are fewer distinct points than k + 1, or k is below 1.

    Examples
    --------
    >>> graph = knn_graph(PointCloud.of([[0.0], [1.0], [1.0], [3.0]]), k=1)
    >>> graph.node.tolist(), graph.lengths.toarray().tolist()
    ([0, 1, 1, 2], [[0.0, 1.0, 0.0], [1.0, 0.0, 2.0], [0.0, 2.0, 0.0]])
    """
    nodes = cloud.distinct()
    last = k if k_max is None else max(k, k_max)
    if k < 1:
        raise InputError(f"k is {k}", where="k", expected="at least 1")
    if len(nodes) < k + 1:
        raise InputError(
            f"{len(nodes)} distinct points (of {len(cloud)}) for {k} neighbours",
            where="knn_graph",
            expected=f"at least {k + 1}",
            fix="lower k, or take more points",
        )
    _, node = np.unique(cloud.first_of, return_inverse=True)
    near, length = nearest(nodes.points, min(last, len(nodes) - 1))
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
    return KnnGraph(cloud, node.astype(np.int64), nodes, lengths, k, tuple(bridges), component)


def nearest(points: NDArray[np.float64], k: int) -> tuple[Ints, NDArray[np.float64]]:
    """Indices of and distances to the k nearest other points, exact, nearest first.

    Parameters
    ----------
    points
        Shape (n, d), n above k.
    k
        Neighbours.

    Returns
    -------
    index, distance : numpy.ndarray
        Shapes (n, k). Equal distances are in the order of the points.
    """
    from sklearn.neighbors import NearestNeighbors

    # Neighbours come from |x|^2 - 2xy + |y|^2, which loses digits for near points: centred, and
    # their distances computed anew.
    centred = points - points.mean(0)
    found = NearestNeighbors(n_neighbors=k, algorithm="brute").fit(centred)
    index = found.kneighbors(return_distance=False).astype(np.int64)
    distance = np.empty(index.shape)
    for j in range(k):
        distance[:, j] = np.linalg.norm(centred - centred[index[:, j]], axis=1)
    order = np.lexsort((index, distance), axis=1)
    return np.take_along_axis(index, order, 1), np.take_along_axis(distance, order, 1)


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
    """Shortest edges between components until there is one: Kruskal over pairs of components."""
    from scipy.spatial.distance import cdist

    groups = [np.flatnonzero(component == c) for c in range(component.max() + 1)]
    candidates: list[tuple[float, int, int, int, int]] = []
    for a in range(len(groups)):
        for b in range(a + 1, len(groups)):
            between = cdist(points[groups[a]], points[groups[b]])
            at, to = divmod(int(between.argmin()), between.shape[1])
            ends = int(groups[a][at]), int(groups[b][to])
            candidates.append((float(between[at, to]), *ends, a, b))
    root = np.arange(len(groups))
    chosen = []
    for _, one, other, a, b in sorted(candidates):
        if root[a] != root[b]:
            root[root == root[b]] = root[a]
            chosen.append((one, other))
    return chosen


def _with_edges(
    lengths: sparse.csr_matrix, points: NDArray[np.float64], edges: list[tuple[int, int]]
) -> sparse.csr_matrix:
    i, j = np.array(edges, dtype=np.int64).T
    length = np.linalg.norm(points[i] - points[j], axis=1)
    extra: Any = sparse.csr_matrix((length, (i, j)), shape=lengths.shape)
    return sparse.csr_matrix(lengths + extra + extra.T)
