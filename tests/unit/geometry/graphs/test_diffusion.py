import tracemalloc

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from cellglass.errors import InputError
from cellglass.geometry import PointCloud, knn_graph
from cellglass.geometry.graphs.diffusion import diffusion_distances, transitions


def graph_of(n=60, width=3, k=5, seed=0, copies=0):
    points = np.random.default_rng(seed).normal(size=(n, width))
    return knn_graph(PointCloud.of(np.concatenate([points, points[:copies]])), k, bridge=True)


def dense(graph):
    """Transitions and stationary distribution as matrices, in more digits."""
    lengths = graph.lengths.toarray().astype(np.longdouble)
    edges = lengths > 0
    sigma = np.median(lengths[edges])
    weight = np.where(edges, np.exp(-(lengths**2) / (2 * sigma**2)), 0)
    return weight / weight.sum(1, keepdims=True), weight.sum(1) / weight.sum()


def by_powers(graph, t, weighted=False):
    step, stationary = dense(graph)
    power = np.linalg.matrix_power(step, t)[graph.node]
    if weighted:
        power = power / np.sqrt(stationary)
    return np.sqrt(((power[:, None] - power[None]) ** 2).sum(2))


@pytest.mark.parametrize("weighted", [False, True])
def test_equals_powers_of_the_dense_matrix(weighted):
    graph = graph_of(copies=3)
    found = diffusion_distances(graph, weighted=weighted)
    assert list(found) == [1, 2, 4, 8]
    for t, distances in found.items():
        assert np.allclose(distances.values, by_powers(graph, t, weighted), rtol=1e-7, atol=1e-14)
        assert distances.metric == f"diffusion {t}"
        assert distances.sources == distances.targets == graph.cloud.names


def test_long_walks_keep_their_digits():
    """Rows are nearly equal by then: their difference is what is left."""
    graph = graph_of(n=40, k=6)
    apart = ~np.eye(40, dtype=bool)
    for t in (50, 100):
        found, expected = diffusion_distances(graph, times=[t])[t].values, by_powers(graph, t)
        error = np.abs(found - expected)[apart]
        assert error.max() < 1e-9 * expected.max()
        assert (error / expected[apart]).max() < 1e-7
    assert expected.max() < 1e-6


def test_weighted_equals_the_eigenvectors_of_the_walk():
    graph = graph_of(n=50)
    step, stationary = (a.astype(float) for a in dense(graph))
    root = np.sqrt(stationary)
    values, vectors = np.linalg.eigh(root[:, None] * step / root)
    coordinates = vectors / root[:, None] * values**4
    found = diffusion_distances(graph, times=[4], weighted=True)[4].values
    assert np.allclose(found, cdist(coordinates, coordinates), atol=1e-10)


def test_some_sources_targets_and_times_in_any_order():
    graph = graph_of(copies=2)
    whole = diffusion_distances(graph, times=[1, 3, 5])
    found = diffusion_distances(graph, ["60", "4", "0"], ["9", "9", "0"], times=[5, 1])
    assert list(found) == [5, 1]
    for t, distances in found.items():
        expected = whole[t].values[np.ix_([60, 4, 0], [9, 9, 0])]
        assert np.allclose(distances.values, expected, rtol=1e-12)
        assert distances.values[0, 2] == distances.values[2, 2] == 0.0


def test_result_does_not_depend_on_blocks(monkeypatch):
    graph = graph_of()
    whole = diffusion_distances(graph)
    monkeypatch.setattr("cellglass.geometry.blocks.ENTRIES", 700)
    for t, distances in diffusion_distances(graph).items():
        assert np.allclose(distances.values, whole[t].values, rtol=1e-12, atol=1e-14)


def test_copies_change_no_other_distance():
    before, after = (diffusion_distances(graph_of(copies=c)) for c in (0, 30))
    for t in before:
        assert np.array_equal(before[t].values, after[t].values[:60, :60])


def test_a_point_whose_neighbours_are_all_far_has_transitions_too():
    points = np.random.default_rng(0).normal(size=(40, 2))
    points[5] = 400.0
    graph = knn_graph(PointCloud.of(points), 4, bridge=True)
    step, stationary = transitions(graph)
    assert np.allclose(step.sum(1), 1.0, rtol=1e-14)
    assert stationary[5] < 1e-300
    found = diffusion_distances(graph, ["5"], times=[2])[2].values
    assert found[0, 5] == 0.0
    assert (np.delete(found[0], 5) > 0).all()
    with pytest.raises(InputError, match="1 nodes whose neighbours are so far away"):
        diffusion_distances(graph, weighted=True)


def test_transitions_are_a_walk_that_keeps_the_stationary_distribution():
    graph = graph_of()
    step, stationary = transitions(graph)
    expected = dense(graph)
    assert np.allclose(step.toarray(), expected[0].astype(float), rtol=1e-13)
    assert np.allclose(stationary, expected[1].astype(float), rtol=1e-13)
    assert np.allclose(stationary @ step, stationary, rtol=1e-12)


def test_from_few_sources_no_square_of_all_points_is_made(monkeypatch):
    monkeypatch.setattr("cellglass.geometry.blocks.ENTRIES", 1 << 16)
    n = 1_500
    graph = graph_of(n=n, k=4)
    tracemalloc.start()
    diffusion_distances(graph, graph.cloud.names[:10], times=[1, 2])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 * n * n / 4


@pytest.mark.parametrize("times", [[], [0], [1, -2], [1.5]])
def test_times_that_are_no_numbers_of_steps(times):
    with pytest.raises(InputError, match="whole numbers above 0"):
        diffusion_distances(graph_of(), times=times)


def test_unknown_names_and_pieces_are_told():
    with pytest.raises(InputError, match="the first X"):
        diffusion_distances(graph_of(), ["X"])
    with pytest.raises(InputError, match="diffusion distances, 1 nearest"):
        diffusion_distances(knn_graph(PointCloud.of([[0.0], [1.0], [9.0], [10.0]]), 1))
