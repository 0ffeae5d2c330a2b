import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import special_ortho_group

from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.graphs.forman import edge_curvature, forman
from cellglass.geometry.graphs.knn import knn_graph


def cloud_of(n=50, d=3, seed=0):
    return PointCloud.of(np.random.default_rng(seed).normal(size=(n, d)))


@pytest.mark.parametrize("augmented", [False, True])
def test_edges_and_nodes_follow_the_formula(augmented, to_networkx):
    graph = knn_graph(cloud_of(), 5)
    theirs = to_networkx(graph)
    found = forman(graph, augmented=augmented)
    assert [tuple(e) for e in found.edges.tolist()] == sorted(
        tuple(sorted(e)) for e in theirs.edges
    )
    expected = {}
    for u, v in theirs.edges:
        triangles = len(list(nx.common_neighbors(theirs, u, v)))
        expected[u, v] = 4 - theirs.degree(u) - theirs.degree(v) + 3 * triangles * augmented
    assert found.values.tolist() == [expected[tuple(e)] for e in found.edges.tolist()]
    for u in range(50):
        mine = [value for edge, value in expected.items() if u in edge]
        assert found.nodes.values[u] == pytest.approx(np.mean(mine))


@pytest.mark.parametrize(
    ("graph", "plain", "augmented"),
    [
        (nx.cycle_graph(6), 0, 0),
        (nx.complete_graph(5), -4, 5),
        (nx.grid_2d_graph(5, 5, periodic=True), -4, -4),
    ],
)
def test_known_graphs(graph, plain, augmented, of_networkx):
    held = of_networkx(graph)
    assert set(forman(held).values) == {plain}
    assert set(forman(held, augmented=True).values) == {augmented}


def test_pairs_need_no_edge_and_must_be_two_points():
    points = cloud_of(20).points
    graph = knn_graph(PointCloud.of(np.vstack([points, points[:1]])), 3)
    degree = np.diff(graph.lengths.indptr)
    found = forman(graph).pairs(["3", "0", "5"], ["9", "20", "7"])
    assert found["forman"][0] == 4 - degree[3] - degree[9]
    assert np.isnan(found["forman"]).tolist() == [False, True, False]
    nodes = forman(graph).nodes.values
    assert found["forman_least"][2] == min(nodes[5], nodes[7])
    assert nodes[20] == nodes[0]


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), shift=st.floats(-20, 20), scale=st.floats(0.1, 10))
def test_does_not_change_with_turning_moving_and_scaling(seed, shift, scale):
    cloud = cloud_of(25, 3, seed)
    turn = special_ortho_group.rvs(3, random_state=seed)
    moved = PointCloud.of(scale * cloud.points @ turn + shift)
    found, after = (forman(knn_graph(c, 4), augmented=True) for c in (cloud, moved))
    assert (found.edges == after.edges).all()
    assert (found.values == after.values).all()


def test_no_pairs_give_no_curvature():
    graph = knn_graph(cloud_of(10), 3)
    none = np.array([], dtype=np.int64)
    assert edge_curvature(graph, none, none, augmented=True).shape == (0,)
