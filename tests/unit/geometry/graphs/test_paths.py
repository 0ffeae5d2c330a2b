import networkx as nx
import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.graphs.geodesics import geodesics
from cellglass.geometry.graphs.knn import knn_graph
from cellglass.geometry.graphs.paths import shortest_paths

CLOUD = PointCloud.of(np.random.default_rng(0).normal(size=(60, 3)))
GRAPH = knn_graph(CLOUD, 4, bridge=True)
SOURCES = [str(i) for i in (3, 3, 50, 11, 7, 3)]
TARGETS = [str(i) for i in (41, 7, 3, 12, 3, 3)]


def test_equal_networkx(to_networkx):
    theirs = to_networkx(GRAPH)
    found = shortest_paths(GRAPH, SOURCES, TARGETS)
    for i, (s, t) in enumerate(zip(SOURCES, TARGETS, strict=True)):
        path = nx.dijkstra_path(theirs, int(s), int(t))
        assert found.names(i) == tuple(str(v) for v in path)
        assert found.hops[i] == len(path) - 1
        assert found.length[i] == pytest.approx(nx.path_weight(theirs, path, "weight"))
    assert found.hops.max() > 2
    assert found.features["path_hops"].tolist() == found.hops.tolist()


def test_lengths_are_geodesics():
    found = shortest_paths(GRAPH, SOURCES, TARGETS)
    assert found.length == pytest.approx(geodesics(GRAPH).pairs(SOURCES, TARGETS))
    assert found.features["path_length"] is found.length


def test_directed_lengths_may_lead_another_way_back(to_networkx):
    held = GRAPH.lengths.copy()
    held.data = held.data / np.random.default_rng(1).uniform(0.35, 1.35, held.nnz)
    theirs = nx.from_scipy_sparse_array(held, create_using=nx.DiGraph)
    there = shortest_paths(GRAPH, SOURCES, TARGETS, lengths=held)
    back = shortest_paths(GRAPH, TARGETS, SOURCES, lengths=held)
    for i, (s, t) in enumerate(zip(SOURCES, TARGETS, strict=True)):
        assert there.names(i) == tuple(map(str, nx.dijkstra_path(theirs, int(s), int(t))))
        assert back.names(i) == tuple(map(str, nx.dijkstra_path(theirs, int(t), int(s))))
    assert (np.abs(there.length - back.length) > 1e-9).any()


def test_blocks_do_not_show(monkeypatch):
    whole = shortest_paths(GRAPH, SOURCES, TARGETS)
    monkeypatch.setattr("cellglass.geometry.blocks.ENTRIES", 1)
    found = shortest_paths(GRAPH, SOURCES, TARGETS)
    assert (found.nodes == whole.nodes).all()
    assert (found.length == whole.length).all()


def test_steps_and_their_mean_follow_the_paths():
    line = knn_graph(PointCloud.of([[0.0], [1.0], [2.1], [3.3]], list("ABCD")), 1)
    found = shortest_paths(line, ["A", "D", "B"], ["D", "B", "B"])
    pair, one, other = found.steps
    assert pair.tolist() == [0, 0, 0, 1, 1]
    assert one.tolist() == [0, 1, 2, 3, 2]
    assert other.tolist() == [1, 2, 3, 2, 1]
    mean = found.mean_of_steps(np.array([1.0, 2.0, 6.0, 5.0, 8.0]))
    assert mean[:2].tolist() == [3.0, 6.5]
    assert np.isnan(mean[2])


def test_equal_points_are_no_edge_apart():
    doubled = PointCloud.of(np.vstack([CLOUD.points, CLOUD.points[:1]]))
    found = shortest_paths(knn_graph(doubled, 4, bridge=True), ["0", "60"], ["60", "5"])
    plain = shortest_paths(GRAPH, ["0"], ["5"])
    assert found.hops.tolist() == [0, plain.hops[0]]
    assert found.length.tolist() == [0.0, plain.length[0]]


def test_no_pairs_give_no_paths():
    found = shortest_paths(GRAPH, [], [])
    assert found.nodes.shape[0] == found.length.size == found.hops.size == 0


def test_bad_input_is_refused():
    far = PointCloud.of(np.vstack([CLOUD.points, CLOUD.points + 99]))
    with pytest.raises(InputError, match="components"):
        shortest_paths(knn_graph(far, 4), ["0"], ["70"])
    with pytest.raises(InputError, match="first Z"):
        shortest_paths(GRAPH, ["Z"], ["0"])
    negative = GRAPH.lengths.copy()
    negative.data[0] = 0.0
    with pytest.raises(InputError, match="positive lengths"):
        shortest_paths(GRAPH, ["1"], ["0"], lengths=negative)
    with pytest.raises(InputError, match="edges of the graph"):
        shortest_paths(GRAPH, ["1"], ["0"], lengths=knn_graph(CLOUD, 5, bridge=True).lengths)
