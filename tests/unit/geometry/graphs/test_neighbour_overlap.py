import networkx as nx
import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.graphs.knn import knn_graph
from cellglass.geometry.graphs.neighbour_overlap import (
    common_neighbours,
    neighbour_overlap,
    require_two_neighbours,
)

POINTS = np.random.default_rng(0).normal(size=(40, 3))
GRAPH = knn_graph(PointCloud.of(POINTS), 5)


def test_equals_networkx(to_networkx):
    theirs = to_networkx(GRAPH)
    rng = np.random.default_rng(1)
    pairs = [tuple(rng.choice(40, 2, replace=False)) for _ in range(60)]
    found = neighbour_overlap(GRAPH, [str(u) for u, _ in pairs], [str(v) for _, v in pairs])
    common = [len(list(nx.common_neighbors(theirs, u, v))) for u, v in pairs]
    jaccard = [j for _, _, j in nx.jaccard_coefficient(theirs, pairs)]
    assert found["common_neighbours"].tolist() == common
    assert found["neighbour_jaccard"] == pytest.approx(jaccard)
    assert found["neighbour_bridge"] == pytest.approx(1 - np.array(jaccard))
    least = [min(theirs.degree(u), theirs.degree(v)) - 1 for u, v in pairs]
    assert found["cycle_proxy"] == pytest.approx(np.array(common) / least)
    assert max(common) > 0


def test_cycle_proxy_of_an_edge_in_a_complete_graph_is_1(of_networkx):
    found = neighbour_overlap(of_networkx(nx.complete_graph(6)), ["0"], ["4"])
    assert found["cycle_proxy"][0] == 1.0


def test_pairs_of_one_point_have_no_value():
    graph = knn_graph(PointCloud.of(np.vstack([POINTS, POINTS[:1]])), 5)
    found = neighbour_overlap(graph, ["0", "0"], ["40", "1"])
    for values in found.values.values():
        assert np.isnan(values).tolist() == [True, False]


def test_batches_do_not_show(monkeypatch):
    one, other = np.arange(39), np.arange(1, 40)
    whole = common_neighbours(GRAPH, one, other)
    monkeypatch.setattr("cellglass.geometry.blocks.ENTRIES", 40)
    assert (common_neighbours(GRAPH, one, other) == whole).all()


def test_a_node_with_one_neighbour_is_refused():
    chain = knn_graph(PointCloud.of([[0.0], [1.0], [2.1], [3.3]], list("ABCD")), 1)
    with pytest.raises(InputError, match="2 nodes have one neighbour, the first A"):
        neighbour_overlap(chain, ["A"], ["C"])
    assert require_two_neighbours(GRAPH, "x").min() >= 5
