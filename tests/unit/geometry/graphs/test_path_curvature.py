from itertools import pairwise

import networkx as nx
import numpy as np
import pytest

from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.graphs.knn import knn_graph
from cellglass.geometry.graphs.path_curvature import path_curvature
from cellglass.geometry.graphs.paths import shortest_paths

GRAPH = knn_graph(PointCloud.of(np.random.default_rng(0).normal(size=(50, 3))), 4, bridge=True)
SOURCES = [str(i) for i in range(12)]
TARGETS = [str(i) for i in range(30, 42)]


@pytest.mark.parametrize("augmented", [False, True])
def test_equals_edges_one_by_one(augmented, to_networkx):
    theirs = to_networkx(GRAPH)
    found = path_curvature(shortest_paths(GRAPH, SOURCES, TARGETS), augmented=augmented)
    for i, (s, t) in enumerate(zip(SOURCES, TARGETS, strict=True)):
        path = nx.dijkstra_path(theirs, int(s), int(t))
        edges = [
            4 - theirs.degree(u) - theirs.degree(v)
            + 3 * augmented * len(list(nx.common_neighbors(theirs, u, v)))
            for u, v in pairwise(path)
        ]  # fmt: skip
        assert found["path_forman_mean"][i] == pytest.approx(np.mean(edges))
        assert found["path_forman_least"][i] == min(edges)
        assert found["path_forman_sd"][i] == pytest.approx(np.std(edges))
        assert found["path_forman_drift"][i] == abs(edges[-1] - edges[0])
    assert np.ptp(found["path_forman_drift"]) > 0


def test_one_edge_does_not_drift_and_equal_points_have_no_curvature():
    near = int(GRAPH.lengths[0].indices[0])
    doubled = PointCloud.of(np.vstack([GRAPH.cloud.points, GRAPH.cloud.points[:1]]))
    graph = knn_graph(doubled, 4, bridge=True)
    found = path_curvature(shortest_paths(graph, ["0", "0"], [str(near), "50"]))
    assert found["path_forman_drift"][0] == found["path_forman_sd"][0] == 0.0
    for name, values in found.values.items():
        assert np.isnan(values[1]) == (name != "path_length")
    assert found["path_length"][1] == 0.0


def test_only_equal_points_and_no_pairs_at_all():
    found = path_curvature(shortest_paths(GRAPH, ["3"], ["3"]))
    assert np.isnan(found["path_forman_mean"]).all()
    assert path_curvature(shortest_paths(GRAPH, [], []))["path_forman_mean"].size == 0
