"""Geodesic distances: shortest paths along a graph of nearest neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import dijkstra

from cellglass.errors import InputError
from cellglass.stats.arguments import Ints

from .knn import KnnGraph


@dataclass(frozen=True, eq=False)
class Distances:
    """Distances from some points to all, with their names.

    Attributes
    ----------
    values
        Shape (sources, targets).
    sources, targets
        Names of rows and columns.
    metric
        ``"euclidean"``, ``"geodesic"``, ``"diffusion"`` and the like.
    """

    values: NDArray[np.float64]
    sources: tuple[str, ...]
    targets: tuple[str, ...]
    metric: str

    def pairs(self, sources: Sequence[str], targets: Sequence[str]) -> NDArray[np.float64]:
        """Distance of each named pair, shape (pairs,).

        Raises
        ------
        InputError
            If a name is in no row or no column.
        """
        rows = _places(self.sources, sources, "sources")
        return np.asarray(self.values[rows, _places(self.targets, targets, "targets")])


def geodesics(graph: KnnGraph, sources: Sequence[str] | None = None) -> Distances:
    """Lengths of shortest paths on a graph of nearest neighbours.

    Parameters
    ----------
    graph
        The graph.
    sources
        Names of the points to start from, such as the regulators; all where None.

    Returns
    -------
    Distances
        Shape (sources, n). Equal points are at distance 0 from each other.

    Raises
    ------
    InputError
        If some point cannot be reached: distances across components are infinite, and nothing
        is put in their place; if a name is unknown.

    Notes
    -----
    Dijkstra on the sparse graph. The published code stored the graph densely, where SciPy reads
    a length of 0 as no edge, and put Euclidean distances in place of all geodesic ones as soon
    as one was infinite (specification 0.3).

    Examples
    --------
    >>> from cellglass.geometry import PointCloud, knn_graph
    >>> corner = PointCloud.of([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]], ["A", "B", "C"])
    >>> geodesics(knn_graph(corner, 1), ["A"]).values.tolist()
    [[0.0, 1.0, 2.0]]
    """
    require_connected(graph, "geodesics")
    starts = graph.cloud.names if sources is None else tuple(sources)
    rows = graph.node[_places(graph.cloud.names, starts, "sources")]
    distinct, back = np.unique(rows, return_inverse=True)
    found = dijkstra(graph.lengths, directed=True, indices=distinct)
    return Distances(found[back][:, graph.node], starts, graph.cloud.names, "geodesic")


def require_connected(graph: KnnGraph, what: str) -> None:
    """Refuse a graph of several components.

    Parameters
    ----------
    graph
        The graph.
    what
        What needs it, for the message.

    Raises
    ------
    InputError
        If it has more than one component; it says how large they are.
    """
    if graph.n_components > 1:
        sizes = np.sort(np.bincount(graph.component[graph.node]))[::-1]
        told = ", ".join(map(str, sizes[:5])) + (", ..." if sizes.size > 5 else "")
        raise InputError(
            f"the graph has {graph.n_components} components of {told} points",
            where=f"{what}, {graph.k} nearest neighbours",
            expected="a connected graph: no path leads from one component to another",
            fix="raise k (k_max= raises it until connected), add bridges (bridge=True, which "
            "records them), or take the largest component",
        )


def _places(names: Sequence[str], wanted: Sequence[str], where: str) -> Ints:
    place = {name: i for i, name in enumerate(names)}
    unknown = [w for w in wanted if w not in place]
    if unknown:
        raise InputError(f"{len(unknown)} names are unknown, the first {unknown[0]}", where=where)
    return np.array([place[w] for w in wanted], dtype=np.int64)
