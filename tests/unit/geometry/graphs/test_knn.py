import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.spatial.distance import cdist
from sklearn.neighbors import kneighbors_graph

from cellglass.errors import InputError
from cellglass.geometry import PointCloud, knn_graph

GRID = arrays(
    np.float64,
    st.tuples(st.integers(4, 20), st.integers(1, 3)),
    elements=st.integers(-3, 3).map(float),
)


def groups(sizes, gap=50.0, seed=0):
    """Clusters of points, far from each other."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(len(sizes), 3)) * gap
    return PointCloud.of(
        np.concatenate([c + rng.normal(size=(n, 3)) for c, n in zip(centres, sizes, strict=True)])
    )


@pytest.mark.parametrize("k", [1, 6, 15])
def test_equals_the_union_of_sklearn(k):
    points = np.random.default_rng(k).normal(size=(200, 6))
    expected = kneighbors_graph(points, k, mode="distance").toarray()
    found = knn_graph(PointCloud.of(points), k)
    assert np.allclose(found.lengths.toarray(), np.maximum(expected, expected.T), rtol=1e-12)
    assert found.k == k
    assert found.bridges == ()
    assert found.node.tolist() == list(range(200))


@settings(deadline=None, max_examples=60)
@given(GRID, st.integers(1, 4))
def test_an_edge_is_where_either_end_is_near(points, k):
    distinct = np.unique(points, axis=0)
    if len(distinct) < k + 1:
        with pytest.raises(InputError, match=f"{len(distinct)} distinct points"):
            knn_graph(PointCloud.of(points), k)
        return
    graph = knn_graph(PointCloud.of(points), k)
    nodes = graph.nodes.points
    assert np.array_equal(nodes[graph.node], points)
    distance = np.linalg.norm(nodes[:, None] - nodes[None], axis=2)
    np.fill_diagonal(distance, np.inf)
    near = np.argsort(distance, axis=1, kind="stable")[:, :k]
    wanted = {frozenset((i, int(j))) for i in range(len(nodes)) for j in near[i]}
    held = graph.lengths.tocoo()
    assert {frozenset(e) for e in zip(held.row.tolist(), held.col.tolist(), strict=True)} == wanted
    assert (held.data > 0).all()
    assert np.array_equal(graph.lengths.toarray(), graph.lengths.toarray().T)
    assert held.data.tolist() == distance[held.row, held.col].tolist()


def test_copies_add_no_node():
    points = np.random.default_rng(0).normal(size=(40, 3))
    graph = knn_graph(PointCloud.of(points), 4)
    more = knn_graph(PointCloud.of(np.concatenate([points, np.repeat(points[:3], 9, axis=0)])), 4)
    assert np.array_equal(more.lengths.toarray(), graph.lengths.toarray())
    assert more.node[40:].tolist() == np.repeat([0, 1, 2], 9).tolist()


def test_rows_of_zeros_are_one_node():
    points = np.random.default_rng(1).normal(size=(60, 5)) + 2.0
    points[20:50] = 0.0
    graph = knn_graph(PointCloud.of(points), 5)
    assert len(graph.nodes) == 31
    assert (graph.places([str(i) for i in range(20, 50)]) == graph.places(["20"])).all()


def test_k_grows_until_the_graph_is_connected():
    cloud = groups([8, 8])
    connected = {k: knn_graph(cloud, k).n_components == 1 for k in range(2, 16)}
    smallest = min(k for k, whole in connected.items() if whole)
    assert smallest == 8
    grown = knn_graph(cloud, 2, k_max=15)
    assert (grown.k, grown.n_components) == (smallest, 1)
    assert np.array_equal(grown.lengths.toarray(), knn_graph(cloud, smallest).lengths.toarray())
    short = knn_graph(cloud, 2, k_max=smallest - 1)
    assert short.k == smallest - 1
    assert short.n_components > 1


def test_k_grows_to_all_other_points_at_most():
    graph = knn_graph(groups([3, 3]), 2, k_max=50)
    assert (graph.k, graph.n_components) == (3, 1)


def spanning_tree(cloud, component):
    """Bridges by networkx: all edges between components, those within for nothing."""
    distance = cdist(cloud.points, cloud.points)
    whole = nx.Graph()
    for i in range(len(cloud)):
        for j in range(i):
            weight = distance[i, j] if component[i] != component[j] else 0.0
            whole.add_edge(i, j, weight=weight)
    tree = nx.minimum_spanning_edges(whole, data=False)
    return {frozenset(e) for e in tree if component[e[0]] != component[e[1]]}


@pytest.mark.parametrize("seed", range(3))
def test_bridges_are_the_shortest_that_connect_and_are_recorded(seed, monkeypatch):
    monkeypatch.setattr("cellglass.geometry.blocks.ENTRIES", 64)
    cloud = groups([9, 14, 8, 11], seed=seed)
    pieces = knn_graph(cloud, 4)
    graph = knn_graph(cloud, 4, bridge=True)
    assert (pieces.n_components, graph.n_components, len(graph.bridges)) == (4, 1, 3)
    assert {frozenset(b) for b in graph.bridges} == spanning_tree(cloud, pieces.component)
    lengths = graph.lengths.toarray()
    for i, j in graph.bridges:
        length = np.linalg.norm(cloud.points[i] - cloud.points[j])
        assert lengths[i, j] == lengths[j, i] == length
        lengths[i, j] = lengths[j, i] = 0.0
    assert np.array_equal(lengths, pieces.lengths.toarray())


def test_a_connected_graph_gets_no_bridge():
    cloud = groups([30], seed=1)
    assert knn_graph(cloud, 6, bridge=True).bridges == ()


def test_the_largest_component_counts_points_not_nodes():
    points = np.array([[0.0], [1.0], [2.0], [90.0], [91.0], [91.0], [91.0], [91.0]])
    graph = knn_graph(PointCloud.of(points), 1)
    assert graph.n_components == 2
    assert graph.largest.names == ("3", "4", "5", "6", "7")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"k": 0}, "k is 0"),
        ({"k": 3, "k_max": 2}, "k_max is 2\n.*\n.*at least k, which is 3"),
        ({"k": 4}, r"4 distinct points \(of 5\) for 4 neighbours\n.*\n.*at least 5\n.*lower k"),
    ],
)
def test_numbers_of_neighbours_that_cannot_be(options, told):
    cloud = PointCloud.of([[0.0], [1.0], [1.0], [2.0], [3.0]])
    with pytest.raises(InputError, match=told):
        knn_graph(cloud, **options)


def test_an_unknown_name_is_told():
    with pytest.raises(InputError, match="1 names are unknown, the first X"):
        knn_graph(groups([5]), 2).places(["X"])


def test_adjacency_has_the_edges_and_no_lengths():
    graph = knn_graph(PointCloud.of([[0.0], [1.0], [1.0], [3.0], [7.0]]), 1)
    edges = graph.adjacency
    assert set(edges.data) == {1.0}
    assert ((edges > 0) != (graph.lengths > 0)).nnz == 0
    assert set(graph.lengths.data) == {1.0, 2.0, 4.0}  # and they are left as they were
