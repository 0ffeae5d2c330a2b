"""Graphs of networkx as graphs of nearest neighbours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import networkx as nx
import numpy as np
import pytest
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.graphs.knn import KnnGraph


@pytest.fixture(scope="session")
def of_networkx() -> Callable[..., KnnGraph]:
    """Maker of a `KnnGraph` with the edges of a graph; node i is called str(i)."""

    def make(graph: Any, weight: str | None = None) -> KnnGraph:
        plain = nx.convert_node_labels_to_integers(graph)
        n = plain.number_of_nodes()
        lengths = sparse.csr_matrix(nx.to_scipy_sparse_array(plain, weight=weight, dtype=float))
        cloud = PointCloud.of(np.random.default_rng(0).normal(size=(n, 3)))
        _, component = connected_components(lengths, directed=False)
        return KnnGraph(cloud, np.arange(n), cloud, lengths, 0, (), component.astype(np.int64))

    return make


@pytest.fixture(scope="session")
def to_networkx() -> Callable[[KnnGraph], Any]:
    """Maker of the networkx graph of a `KnnGraph`, with lengths as weights."""
    return lambda graph: nx.from_scipy_sparse_array(graph.lengths)
