"""Geodesic distances: shortest paths along a graph of nearest neighbours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import dijkstra

from cellglass.errors import InputError
from cellglass.geometry.blocks import blocks
from cellglass.stats.arguments import Ints

from .distances import Distances
from .knn import KnnGraph

__all__ = ["Distances", "geodesic_rows", "geodesics", "require_connected"]

"""Distances of one block: 32 MiB."""


def geodesics(
    graph: KnnGraph,
    sources: Sequence[str] | None = None,
    targets: Sequence[str] | None = None,
) -> Distances:
    """Lengths of shortest paths on a graph of nearest neighbours.

    Parameters
    ----------
    graph
        The graph.
    sources
        Names of the points to start from, such as the regulators; all where None.
    targets
        Names of the points to reach; all where None.

    Returns
    -------
    Distances
        Shape (sources, targets). Equal points are at distance 0 from each other.

    Raises
    ------
    InputError
        If some point cannot be reached: distances across components are infinite, and nothing
        is put in their place; if a name is unknown.

    Notes
    -----
    Dijkstra on the sparse graph, one run a source, in blocks: memory is that of the result and
    of one block. The published code stored the graph densely, where SciPy reads a length of 0
    as no edge, and put Euclidean distances in place of all geodesic ones as soon as one was
    infinite (specification 0.3).

    Examples
    --------
    >>> from cellglass.geometry import PointCloud, knn_graph
    >>> corner = PointCloud.of([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]], ["A", "B", "C"])
    >>> geodesics(knn_graph(corner, 1), ["A"]).values.tolist()
    [[0.0, 1.0, 2.0]]
    """
    require_connected(graph, "geodesics")
    starts = graph.cloud.names if sources is None else tuple(sources)
    ends = graph.cloud.names if targets is None else tuple(targets)
    rows = graph.places(starts, "sources")
    columns = graph.places(ends, "targets")
    distinct, back = np.unique(rows, return_inverse=True)
    values = np.empty((len(starts), len(ends)))
    order = np.argsort(back, kind="stable")  # of the sources, by the run that they need
    for block, found in geodesic_rows(graph, distinct):
        first, last = np.searchsorted(back[order], (block.start, block.stop))
        here = order[first:last]
        values[here] = found[np.ix_(back[here] - block.start, columns)]
    return Distances(values, starts, ends, "geodesic")


def geodesic_rows(graph: KnnGraph, nodes: Ints) -> Iterator[tuple[slice, NDArray[np.float64]]]:
    """Distances from some nodes to all nodes, in blocks that fit in memory.

    Parameters
    ----------
    graph
        The graph.
    nodes
        Nodes to start from.

    Yields
    ------
    block : slice
        Which of `nodes` the rows belong to.
    distances : numpy.ndarray
        Shape (block, m), infinite across components.

    Examples
    --------
    >>> from cellglass.geometry import PointCloud, knn_graph
    >>> graph = knn_graph(PointCloud.of([[0.0], [1.0], [3.0]]), 1)
    >>> [found.tolist() for _, found in geodesic_rows(graph, np.array([2]))]
    [[[3.0, 2.0, 0.0]]]
    """
    for block in blocks(nodes.size, len(graph.nodes)):
        # The graph is symmetric: read as directed, it need not be transposed and searched twice.
        yield block, dijkstra(graph.lengths, directed=True, indices=nodes[block])


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

    Examples
    --------
    >>> from cellglass.geometry import PointCloud, knn_graph
    >>> pieces = PointCloud.of([[0.0], [1.0], [8.0], [9.0], [10.0]])
    >>> require_connected(knn_graph(pieces, 1), "paths")
    Traceback (most recent call last):
    ...
    cellglass.errors.InputError: the graph has 2 components of 3, 2 points
      where: paths, 1 nearest neighbours
      expected: a connected graph: no path leads from one component to another
      what to do: raise k (k_max= raises it until connected), add bridges (bridge=True, which \
records them), or take the largest component (graph.largest)
    """
    if graph.n_components > 1:
        sizes = np.sort(np.bincount(graph.component[graph.node]))[::-1]
        told = ", ".join(map(str, sizes[:5])) + (", ..." if sizes.size > 5 else "")
        raise InputError(
            f"the graph has {graph.n_components} components of {told} points",
            where=f"{what}, {graph.k} nearest neighbours",
            expected="a connected graph: no path leads from one component to another",
            fix="raise k (k_max= raises it until connected), add bridges (bridge=True, which "
            "records them), or take the largest component (graph.largest)",
        )
