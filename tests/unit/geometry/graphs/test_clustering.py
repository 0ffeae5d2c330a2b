import networkx as nx
import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.graphs.clustering import clustering
from cellglass.geometry.graphs.knn import knn_graph


def test_equals_networkx(to_networkx):
    graph = knn_graph(PointCloud.of(np.random.default_rng(0).normal(size=(60, 3))), 5)
    theirs, found = to_networkx(graph), clustering(graph)
    degree = np.array([theirs.degree(u) for u in range(60)], dtype=float)
    closed = np.array([nx.clustering(theirs, u) for u in range(60)])
    around = nx.average_neighbor_degree(theirs)
    assert found["degree"].values.tolist() == degree.tolist()
    assert found["clustering"].values == pytest.approx(closed, abs=1e-12)
    assert found["assortativity"].values == pytest.approx(
        [degree[u] - around[u] for u in range(60)]
    )
    assert found["node_bridge"].values == pytest.approx(degree * (1 - closed), abs=1e-12)
    assert 0.2 < closed.mean() < 0.9


def test_values_are_of_points_and_duplicates_share_them():
    points = np.random.default_rng(0).normal(size=(20, 3))
    plain = clustering(knn_graph(PointCloud.of(points), 4))
    doubled = clustering(knn_graph(PointCloud.of(np.vstack([points, points[2:3]])), 4))
    for name, found in doubled.items():
        assert found.values[:20] == pytest.approx(plain[name].values)
        assert found.values[20] == found.values[2]
        assert found.measure == name


def test_nodes_with_one_neighbour_are_refused():
    with pytest.raises(InputError, match="have one neighbour"):
        clustering(knn_graph(PointCloud.of([[0.0], [1.0], [2.1]]), 1))
