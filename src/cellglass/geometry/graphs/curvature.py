"""Curvature of edges, and what it says of nodes and pairs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from cellglass.geometry.named import pair_ends
from cellglass.geometry.pair_features import PairFeatures
from cellglass.geometry.point_values import PointValues
from cellglass.stats.arguments import Ints

from .knn import KnnGraph


@dataclass(frozen=True, eq=False)
class Curvature(ABC):
    """Curvature on a graph: `FormanCurvature` and `OllivierCurvature`.

    Attributes
    ----------
    measure
        Which curvature; the names of features begin with it.
    graph
        The graph.
    edges
        Nodes at both ends of each edge, the smaller first, shape (edges, 2).
    values
        Curvature of each edge, shape (edges,).
    """

    measure: ClassVar[str]
    graph: KnnGraph
    edges: Ints
    values: NDArray[np.float64]

    @property
    def nodes(self) -> PointValues:
        """Mean curvature of the edges at each point."""
        n = len(self.graph.nodes)
        ends = self.edges.ravel()
        mean = np.bincount(ends, np.repeat(self.values, 2), n) / np.bincount(ends, minlength=n)
        return PointValues(mean[self.graph.node], self.graph.cloud.names, self.measure)

    def pairs(self, sources: Sequence[str], targets: Sequence[str]) -> PairFeatures:
        """Curvature of pairs, and of the nodes at both ends.

        Parameters
        ----------
        sources, targets
            Names, one pair an entry.

        Returns
        -------
        PairFeatures
            ``measure`` as of `between`; ``measure_mean``, ``measure_gap`` and ``measure_least``
            of the curvature of both nodes.

        Raises
        ------
        InputError
            If a name is unknown or the lengths differ.
        """
        value = self.between(*pair_ends(self.graph, sources, targets))
        found = {self.measure: value, **self.nodes.pairs(sources, targets).values}
        return PairFeatures(tuple(sources), tuple(targets), found)

    @abstractmethod
    def between(self, one: Ints, other: Ints) -> NDArray[np.float64]:
        """Curvature between nodes, nan where it is not defined.

        Parameters
        ----------
        one, other
            Nodes at both ends, one pair an entry.
        """
