import tracemalloc

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

from cellglass.errors import InputError
from cellglass.geometry import PointCloud, geodesics, knn_graph
from cellglass.geometry.graphs.euclidean import euclidean
from cellglass.geometry.graphs.geodesics import geodesic_rows, require_connected


def gaussian(n, width=5, seed=0):
    return PointCloud.of(np.random.default_rng(seed).normal(size=(n, width)))


def by_networkx(graph):
    network = nx.from_scipy_sparse_array(graph.lengths)
    found = dict(nx.all_pairs_dijkstra_path_length(network))
    m = len(graph.nodes)
    between = np.array([[found[i][j] for j in range(m)] for i in range(m)])
    return between[np.ix_(graph.node, graph.node)]


@pytest.mark.parametrize("k", [3, 8])
def test_equals_networkx(k):
    cloud = gaussian(120, seed=k)
    cloud = PointCloud.of(np.concatenate([cloud.points, cloud.points[:5]]))
    graph = knn_graph(cloud, k, bridge=True)
    found = geodesics(graph)
    assert np.allclose(found.values, by_networkx(graph), rtol=1e-13)
    assert (found.sources, found.targets, found.metric) == (cloud.names, cloud.names, "geodesic")


def test_some_sources_and_targets_in_any_order():
    graph = knn_graph(gaussian(90), 6)
    whole = geodesics(graph).values
    sources, targets = ["7", "3", "7", "80"], ["2", "2", "80"]
    found = geodesics(graph, sources, targets)
    assert np.array_equal(found.values, whole[np.ix_([7, 3, 7, 80], [2, 2, 80])])
    assert np.array_equal(geodesics(graph, ["5"]).values, whole[[5]])
    assert geodesics(graph, [], targets).values.shape == (0, 3)


def test_result_does_not_depend_on_blocks(monkeypatch):
    graph = knn_graph(gaussian(90), 6)
    sources = [str(i) for i in np.random.default_rng(0).integers(90, size=200)]
    whole = geodesics(graph, sources)
    monkeypatch.setattr("cellglass.geometry.blocks.ENTRIES", 700)
    assert len(list(geodesic_rows(graph, np.arange(90)))) == 13
    assert np.array_equal(geodesics(graph, sources).values, whole.values)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10_000), st.lists(st.integers(0, 39), min_size=1, max_size=60))
def test_copies_of_points_change_no_other_distance(seed, copied):
    """Published code fell back to Euclidean distances here (0.3)."""
    points = gaussian(40, 4, seed).points
    before = geodesics(knn_graph(PointCloud.of(points), 5, bridge=True)).values
    rows = np.random.default_rng(seed).permutation([*range(40), *copied])
    after = geodesics(knn_graph(PointCloud.of(points[rows]), 5, bridge=True)).values
    assert np.array_equal(after, before[np.ix_(rows, rows)])


def test_many_rows_of_zeros_change_no_other_distance():
    points = gaussian(80, 6).points + 1.0
    points[0] = 0.0
    before = geodesics(knn_graph(PointCloud.of(points), 7)).values
    more = PointCloud.of(np.concatenate([points, np.zeros((50, 6))]))
    after = geodesics(knn_graph(more, 7)).values
    assert np.array_equal(after[:80, :80], before)
    assert (after[80:, 80:] == 0).all()


def swiss_roll(n=900, seed=0):
    """Points on the roll, and where they lie on the sheet: along the arc and across."""
    rng = np.random.default_rng(seed)
    angle, across = 1.5 * np.pi * (1 + 2 * rng.random(n)), 21 * rng.random(n)
    points = np.column_stack([angle * np.cos(angle), across, angle * np.sin(angle)])
    root = np.sqrt(1 + angle**2)
    arc = (angle * root + np.arcsinh(angle)) / 2  # length of the Archimedean spiral
    return PointCloud.of(points), np.column_stack([arc, across])


def test_swiss_roll_is_unrolled():
    cloud, sheet = swiss_roll()
    sources = cloud.names[:60]
    way = geodesics(knn_graph(cloud, 8), sources).values.ravel()
    straight = euclidean(cloud, sources).values.ravel()
    truth = euclidean(PointCloud.of(sheet), sources).values.ravel()
    assert (way >= straight * (1 - 1e-12)).all()
    assert np.median(way[truth > 0] / straight[truth > 0]) > 1.3
    assert spearmanr(way, truth).statistic > 0.99
    assert spearmanr(straight, truth).statistic < 0.6


def test_a_graph_in_pieces_is_refused_with_the_sizes_of_the_pieces():
    points = gaussian(30, 2).points
    points[12:] += 100.0
    points[25:] -= 300.0
    cloud = PointCloud.of(np.concatenate([points, points[:4]]))
    graph = knn_graph(cloud, 3)
    with pytest.raises(InputError, match="3 components of 16, 13, 5 points") as raised:
        geodesics(graph)
    assert "geodesics, 3 nearest neighbours" in str(raised.value)
    assert "graph.largest" in str(raised.value)
    assert np.isfinite(geodesics(knn_graph(cloud, 3, bridge=True)).values).all()
    assert len(geodesics(knn_graph(graph.largest, 3)).sources) == 16


def test_many_pieces_are_not_all_told():
    points = np.repeat(np.arange(7.0) * 100, 2) + np.tile([0.0, 1.0], 7)
    with pytest.raises(InputError, match=r"7 components of 2, 2, 2, 2, 2, \.\.\. points"):
        require_connected(knn_graph(PointCloud.of(points[:, None]), 1), "paths")


@pytest.mark.parametrize(("sources", "targets"), [(["X"], None), (None, ["X"])])
def test_unknown_names_are_told(sources, targets):
    where = "sources" if sources else "targets"
    with pytest.raises(InputError, match=f"1 names are unknown, the first X\n.*{where}"):
        geodesics(knn_graph(gaussian(10), 3), sources, targets)


def test_from_few_sources_no_square_of_all_points_is_made():
    n = 2_000
    graph = knn_graph(gaussian(n, 3), 6, bridge=True)
    geodesics(graph, ["0"])
    tracemalloc.start()
    geodesics(graph, graph.cloud.names[:20])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 * n * n / 10
