from typing import ClassVar

import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.graphs.curvature import Curvature
from cellglass.geometry.graphs.knn import knn_graph


class Sums(Curvature):
    """Numbers of both nodes, added."""

    measure: ClassVar[str] = "sum"

    def between(self, one, other):
        return (one + other).astype(float)


GRAPH = knn_graph(PointCloud.of([[0.0], [1.0], [1.0], [3.0]], list("ABCD")), 1)
HELD = Sums(GRAPH, np.array([[0, 1], [1, 2]]), np.array([1.0, 3.0]))


def test_nodes_have_the_mean_of_their_edges_and_equal_points_the_same():
    assert HELD.nodes.values.tolist() == [1.0, 2.0, 2.0, 3.0]
    assert HELD.nodes.names == tuple("ABCD")


def test_pairs_have_their_own_value_and_those_of_both_ends():
    found = HELD.pairs(["A", "C"], ["D", "A"])
    assert list(found.values) == ["sum", "sum_mean", "sum_gap", "sum_least"]
    assert found["sum"].tolist() == [2.0, 1.0]
    assert found["sum_mean"].tolist() == [2.0, 1.5]
    assert found["sum_gap"].tolist() == [2.0, 1.0]
    assert found["sum_least"].tolist() == [1.0, 1.0]
    with pytest.raises(InputError, match="first Z"):
        HELD.pairs(["A"], ["Z"])


def test_between_is_left_to_each_curvature():
    with pytest.raises(TypeError, match="between"):
        Curvature(GRAPH, HELD.edges, HELD.values)  # type: ignore[abstract]
