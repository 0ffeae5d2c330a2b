import tracemalloc

import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.geometry import PointCloud, geodesics, knn_graph
from cellglass.geometry.graphs.landmarks import LandmarkError, landmarks


def graph_of(n=80, width=3, k=6, copies=0):
    points = np.random.default_rng(0).normal(size=(n, width))
    return knn_graph(PointCloud.of(np.concatenate([points, points[:copies]])), k, bridge=True)


def all_pairs(n):
    one, other = np.indices((n, n)).reshape(2, -1)
    return [str(i) for i in one], [str(i) for i in other]


@pytest.mark.parametrize("choice", ["maxmin", "random"])
@pytest.mark.parametrize("n", [1, 7])
def test_bounds_hold_the_exact_distance_and_equal_the_formula(choice, n, monkeypatch):
    monkeypatch.setattr("cellglass.geometry.blocks.ENTRIES", 1_000)
    graph = graph_of()
    held, exact = landmarks(graph, n, choice=choice), geodesics(graph).values
    assert np.allclose(held.distances, exact[held.nodes], rtol=1e-13)
    lower, upper = (b.reshape(80, 80) for b in held.bounds(*all_pairs(80)))
    to = exact[held.nodes]
    expected = np.abs(to[:, :, None] - to[:, None, :]).max(0)
    assert np.allclose(lower, expected, atol=1e-12)
    apart = ~np.eye(80, dtype=bool)
    assert np.allclose(upper[apart], (to[:, :, None] + to[:, None, :]).min(0)[apart], rtol=1e-12)
    assert (lower <= exact + 1e-12).all()
    assert (exact <= upper + 1e-12).all()
    assert (upper - exact <= 2 * held.reach + 1e-12).all()
    assert np.allclose(lower[held.nodes], exact[held.nodes], atol=1e-12)
    assert np.allclose(upper[held.nodes], exact[held.nodes], atol=1e-12)


def test_maxmin_takes_the_farthest_node_each_time():
    graph = graph_of()
    exact = geodesics(graph).values
    chosen = landmarks(graph, 9).nodes
    for i in range(1, 9):
        nearest = exact[chosen[:i]].min(0)
        assert nearest[chosen[i]] == pytest.approx(nearest.max(), rel=1e-13)
    held = landmarks(graph, 9)
    assert held.reach == pytest.approx(exact[chosen].min(0).max(), rel=1e-13)
    assert held.names == tuple(str(i) for i in chosen)
    assert held.reach < landmarks(graph, 9, choice="random").reach


@pytest.mark.parametrize("choice", ["maxmin", "random"])
def test_the_seed_decides(choice):
    graph = graph_of()
    one, again = landmarks(graph, 5, choice=choice), landmarks(graph, 5, choice=choice)
    other = landmarks(graph, 5, choice=choice, seed=7)
    assert np.array_equal(one.nodes, again.nodes)
    assert not np.array_equal(one.nodes, other.nodes)
    assert len(set(one.nodes)) == 5


def test_equal_points_are_at_distance_0():
    graph = graph_of(copies=5)
    held = landmarks(graph, 4)
    assert [b.tolist() for b in held.bounds(["80", "3"], ["0", "3"])] == [[0.0, 0.0]] * 2
    assert held.distances.shape == (4, 80)


@pytest.mark.parametrize("n_sources", [12, 500])
def test_error_is_that_of_all_pairs_from_the_sample(n_sources):
    graph = graph_of()
    held, exact = landmarks(graph, 6), geodesics(graph).values
    found = held.error(n_sources)
    rest = np.setdiff1d(np.arange(80), held.nodes)
    assert found.n_sources == min(n_sources, 74)
    assert found.n_pairs == found.n_sources * 73
    assert 0 <= found.upper_median <= found.upper_q95 <= found.upper_max
    assert 0 <= found.lower_median <= found.lower_q95 <= found.lower_max <= 1
    if n_sources < 74:
        assert found == held.error(n_sources)
        assert found != held.error(n_sources, seed=3)
        return
    pairs = [(u, v) for u in rest for v in rest if u != v]
    lower, upper = held.bounds([str(u) for u, _ in pairs], [str(v) for _, v in pairs])
    length = np.array([exact[u, v] for u, v in pairs])
    expected = LandmarkError.of(74, 1 - lower / length, upper / length - 1)
    for name in ("upper_median", "upper_q95", "upper_max", "lower_median", "lower_max"):
        assert getattr(found, name) == pytest.approx(getattr(expected, name), rel=1e-9)


def test_more_landmarks_err_less():
    graph = graph_of(n=300)
    few, many = (landmarks(graph, n).error() for n in (5, 100))
    assert many.upper_median < few.upper_median / 2
    assert many.lower_median < few.lower_median


def test_all_nodes_as_landmarks_are_exact_and_leave_nothing_to_compare():
    graph = graph_of(n=20)
    held = landmarks(graph, 20)
    lower, upper = held.bounds(*all_pairs(20))
    assert np.allclose(lower, geodesics(graph).values.ravel(), atol=1e-12)
    assert np.allclose(upper, lower, atol=1e-12)
    assert held.reach == 0.0
    with pytest.raises(InputError, match="of 0 nodes to start from"):
        held.error()
    with pytest.raises(InputError, match="one node is no landmark"):
        landmarks(graph, 19).error()


def test_memory_is_landmarks_by_nodes():
    n = 2_000
    graph = graph_of(n=n)
    tracemalloc.start()
    landmarks(graph, 20)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 * n * n / 10


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"n": 0}, "0 landmarks\n.*\n.*1 to 80"),
        ({"n": 81}, "81 landmarks"),
        ({"n": 3, "choice": "best"}, "choice is 'best'\n.*\n.*maxmin or random"),
    ],
)
def test_choices_that_cannot_be(options, told):
    with pytest.raises(InputError, match=told):
        landmarks(graph_of(), **options)


def test_pieces_and_names_are_told():
    with pytest.raises(InputError, match="landmarks, 1 nearest neighbours"):
        landmarks(knn_graph(PointCloud.of([[0.0], [1.0], [9.0], [10.0]]), 1), 2)
    held = landmarks(graph_of(), 3)
    with pytest.raises(InputError, match="the first X"):
        held.bounds(["0"], ["X"])
    with pytest.raises(InputError, match="2 sources and 1 targets"):
        held.bounds(["0", "1"], ["2"])
