import numpy as np
import pytest
from ripser import ripser

from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.graphs.distances import Distances
from cellglass.geometry.homology.rips import rips_bars, square_lengths


def in_order(bars):
    return bars[np.lexsort((bars[:, 1], bars[:, 0]))]


def clouds():
    rng = np.random.default_rng(0)
    turn = rng.uniform(0, 2 * np.pi, 60)
    yield "gaussian", rng.normal(size=(90, 6))
    yield "ring", np.column_stack([np.cos(turn), np.sin(turn)]) + rng.normal(0, 0.1, (60, 2))
    yield (
        "clusters",
        rng.normal(size=(70, 4)) + 4 * rng.normal(size=(5, 4))[rng.integers(5, size=70)],
    )
    yield "grid", np.array([[i, j] for i in range(5) for j in range(6)], dtype=float) + 1


@pytest.mark.parametrize(("name", "points"), list(clouds()))
@pytest.mark.parametrize("collapse", [None, True])
def test_bars_equal_ripser(name, points, collapse):
    lengths = square_lengths(PointCloud.of(points))
    found = rips_bars(lengths, 1, collapse=collapse)
    expected = ripser(lengths, distance_matrix=True, maxdim=1)["dgms"]
    for ours, theirs in zip(found, expected, strict=True):
        theirs = in_order(theirs.astype(np.float64))
        assert ours.shape == theirs.shape
        # Ripser holds lengths in float32, so that ties may be sorted in another order
        np.testing.assert_allclose(np.sort(ours[:, 0]), np.sort(theirs[:, 0]), atol=1e-6)
        np.testing.assert_allclose(np.sort(ours[:, 1]), np.sort(theirs[:, 1]), atol=1e-6)
        lifetimes = np.sort(ours[:, 1] - ours[:, 0]), np.sort(theirs[:, 1] - theirs[:, 0])
        np.testing.assert_allclose(*lifetimes, atol=1e-6)


def test_voids_equal_ripser():
    points = np.random.default_rng(1).normal(size=(40, 3))
    points /= np.linalg.norm(points, axis=1)[:, None]
    found = rips_bars(square_lengths(PointCloud.of(points)), 2)
    expected = ripser(points, maxdim=2)["dgms"]
    assert len(found[2]) > 0
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours, in_order(theirs.astype(np.float64)), atol=1e-6)


@pytest.mark.parametrize("length", [0.5, 1.0])
def test_a_longest_edge_equals_ripser(length):
    points = np.random.default_rng(2).normal(size=(50, 2))
    lengths = square_lengths(PointCloud.of(points))
    found = rips_bars(lengths, 1, max_length=length)
    expected = ripser(lengths, distance_matrix=True, maxdim=1, thresh=length)["dgms"]
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours, in_order(theirs.astype(np.float64)), atol=1e-6)
    assert np.isinf(found[0][:, 1]).sum() > 1


def test_lengths_of_some_points():
    cloud = PointCloud.of([[1.0, 0.0], [1.0, 3.0], [5.0, 0.0]])
    rows = np.array([2, 0])
    assert square_lengths(cloud, rows).tolist() == [[0.0, 4.0], [4.0, 0.0]]
    values = square_lengths(cloud)
    held = Distances(values, cloud.names, cloud.names, "euclidean")
    assert square_lengths(held, rows).tolist() == [[0.0, 4.0], [4.0, 0.0]]
    assert square_lengths(held).tolist() == values.tolist()
