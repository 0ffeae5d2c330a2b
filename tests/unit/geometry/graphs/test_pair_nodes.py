import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.graphs.knn import knn_graph
from cellglass.geometry.graphs.pair_nodes import adjacency, pair_nodes

GRAPH = knn_graph(PointCloud.of([[0.0], [1.0], [1.0], [3.0], [7.0]], list("ABCDE")), 1)


def test_equal_points_are_one_node():
    one, other = pair_nodes(GRAPH, ["A", "B", "E"], ["C", "C", "D"])
    assert one.tolist() == [0, 1, 3]
    assert other.tolist() == [1, 1, 2]


def test_adjacency_has_the_edges_and_no_lengths():
    edges = adjacency(GRAPH)
    assert set(edges.data) == {1.0}
    assert ((edges > 0) != (GRAPH.lengths > 0)).nnz == 0
    assert set(GRAPH.lengths.data) == {1.0, 2.0, 4.0}  # and they are left as they were


def test_unknown_names_and_uneven_pairs_are_refused():
    with pytest.raises(InputError, match="first Z"):
        pair_nodes(GRAPH, ["A"], ["Z"])
    with pytest.raises(InputError, match="1 sources and 2 targets"):
        pair_nodes(GRAPH, ["A"], ["B", "C"])
    assert pair_nodes(GRAPH, [], [])[0].size == 0
    assert np.array_equal(GRAPH.node, [0, 1, 1, 2, 3])
