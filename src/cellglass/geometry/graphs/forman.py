"""Forman curvature of edges, nodes and pairs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from cellglass.stats.arguments import Ints

from .curvature import Curvature
from .knn import KnnGraph
from .neighbour_overlap import common_neighbours


@dataclass(frozen=True, eq=False)
class FormanCurvature(Curvature):
    """Forman curvature on a graph.

    Attributes
    ----------
    graph, edges, values
        See `Curvature`.
    augmented
        Whether triangles count.
    """

    measure: ClassVar[str] = "forman"
    augmented: bool

    def between(self, one: Ints, other: Ints) -> NDArray[np.float64]:
        """Curvature by the formula of an edge, whether there is one or not.

        Parameters
        ----------
        one, other
            Nodes at both ends, one pair an entry; nan where they are the same.
        """
        value = edge_curvature(self.graph, one, other, augmented=self.augmented)
        value[one == other] = np.nan
        return value


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
    held = graph.adjacency.tocoo()
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
