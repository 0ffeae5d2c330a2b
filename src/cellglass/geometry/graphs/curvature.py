"""Forman curvature of edges, nodes and pairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellglass.geometry.shape.point_values import PointValues
from cellglass.stats.arguments import Ints

from .knn import KnnGraph
from .neighbour_overlap import common_neighbours
from .pair_features import PairFeatures
from .pair_nodes import adjacency, pair_nodes


@dataclass(frozen=True, eq=False)
class FormanCurvature:
    """Forman curvature on a graph.

    Attributes
    ----------
    graph
        The graph.
    edges
        Nodes at both ends of each edge, the smaller first, shape (edges, 2).
    values
        Curvature of each edge, shape (edges,).
    augmented
        Whether triangles count.
    """

    graph: KnnGraph
    edges: Ints
    values: NDArray[np.float64]
    augmented: bool

    @property
    def nodes(self) -> PointValues:
        """Mean curvature of the edges at each point."""
        n = len(self.graph.nodes)
        ends = self.edges.ravel()
        total = np.bincount(ends, np.repeat(self.values, 2), n)
        mean = total / np.bincount(ends, minlength=n)
        return PointValues(mean[self.graph.node], self.graph.cloud.names, "forman")

    def pairs(self, sources: Sequence[str], targets: Sequence[str]) -> PairFeatures:
        """Curvature of pairs, whether they are edges or not.

        Parameters
        ----------
        sources, targets
            Names, one pair an entry.

        Returns
        -------
        PairFeatures
            ``forman`` by the formula of an edge, nan between equal points; ``forman_mean``,
            ``forman_gap`` and ``forman_least`` of the curvature of both nodes.

        Raises
        ------
        InputError
            If a name is unknown or the lengths differ.
        """
        one, other = pair_nodes(self.graph, sources, targets)
        value = edge_curvature(self.graph, one, other, augmented=self.augmented)
        value[one == other] = np.nan
        found = {"forman": value, **self.nodes.pairs(sources, targets).values}
        return PairFeatures(tuple(sources), tuple(targets), found)


def forman(graph: KnnGraph, *, augmented: bool = False) -> FormanCurvature:
    """Forman curvature of each edge of a graph, without weights.

    Parameters
    ----------
    graph
        The graph.
    augmented
        Whether triangles are filled in; the published screen left them out.

    Returns
    -------
    FormanCurvature
        Of edges, with the values of nodes and pairs made of them.

    Notes
    -----
    Of an edge 4 - deg u - deg v (Forman, Discrete and Computational Geometry 2003, for graphs:
    Sreejith et al., J. Statistical Mechanics 2016); with triangles as faces 4 - deg u - deg v +
    3 T, T the triangles at the edge (Samal et al., Scientific Reports 2018). Without triangles it
    is a sum of degrees and nothing else: hold it against the degree baseline.

    Examples
    --------
    >>> from cellglass.geometry import PointCloud, knn_graph
    >>> triangle = knn_graph(PointCloud.of([[0.0, 0.0], [1.0, 0.0], [0.5, 0.8]]), 2)
    >>> forman(triangle).values.tolist(), forman(triangle, augmented=True).values.tolist()
    ([0.0, 0.0, 0.0], [3.0, 3.0, 3.0])
    """
    held = adjacency(graph).tocoo()
    upper = held.row < held.col
    one, other = held.row[upper].astype(np.int64), held.col[upper].astype(np.int64)
    values = edge_curvature(graph, one, other, augmented=augmented)
    return FormanCurvature(graph, np.column_stack([one, other]), values, augmented)


def edge_curvature(
    graph: KnnGraph, one: Ints, other: Ints, *, augmented: bool = False
) -> NDArray[np.float64]:
    """Forman curvature by the formula of an edge.

    Parameters
    ----------
    graph
        The graph.
    one, other
        Nodes at both ends, one pair an entry.
    augmented
        Whether triangles are filled in.

    Returns
    -------
    numpy.ndarray
        Shape (pairs,).

    Examples
    --------
    >>> from cellglass.geometry import PointCloud, knn_graph
    >>> line = knn_graph(PointCloud.of([[0.0], [1.0], [2.1]]), 1)
    >>> edge_curvature(line, np.array([0]), np.array([1])).tolist()
    [1.0]
    """
    degree = np.diff(graph.lengths.indptr)
    value = (4.0 - degree[one]) - degree[other]
    if augmented:
        value = value + 3.0 * common_neighbours(graph, one, other)
    return np.asarray(value, dtype=np.float64)
