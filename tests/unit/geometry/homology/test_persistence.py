import numpy as np
import pytest
from ripser import ripser

from cellglass.errors import InputError, ResourceError
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.graphs.distances import Distances
from cellglass.geometry.graphs.geodesics import geodesics
from cellglass.geometry.graphs.knn import knn_graph
from cellglass.geometry.homology.persistence import persistence


def gaussian(n=40, d=3, seed=0):
    return PointCloud.of(np.random.default_rng(seed).normal(size=(n, d)))


def distances(values, names="ABCDEFGH"):
    values = np.array(values, dtype=float)
    held = tuple(names[: len(values)])
    return Distances(values, held, held, "geodesic")


def test_square_has_one_loop():
    square = PointCloud.of([[1.0, 1.0], [2.0, 1.0], [2.0, 2.0], [1.0, 2.0]], list("ABCD"))
    found = persistence(square)
    np.testing.assert_allclose(found.finite(1), [[1.0, np.sqrt(2)]])
    assert found.finite(0).tolist() == [[0.0, 1.0]] * 3
    assert found.infinite(0).tolist() == [0.0]
    assert found.names == ("A", "B", "C", "D")
    assert (found.metric, found.max_dimension, found.n_points) == ("euclidean", 1, 4)


def test_octahedron_has_one_void():
    corners = np.vstack([np.eye(3), -np.eye(3)])
    found = persistence(PointCloud.of(corners), 2)
    np.testing.assert_allclose(found.finite(2), [[np.sqrt(2), 2.0]])
    assert len(found.finite(1)) == 0


def test_geodesic_distances_equal_ripser():
    cloud = gaussian(60)
    lengths = geodesics(knn_graph(cloud, 6))
    found = persistence(lengths)
    values = (lengths.values + lengths.values.T) / 2
    expected = ripser(values, distance_matrix=True)["dgms"][1].astype(float)
    expected = expected[np.lexsort((expected[:, 1], expected[:, 0]))]
    np.testing.assert_allclose(found.finite(1), expected, atol=1e-6)
    assert found.metric == "geodesic"


def test_zero_rows_are_refused_dropped_or_kept():
    points = gaussian().points + 3.0
    points[[3, 8, 9]] = 0.0
    cloud = PointCloud.of(points)
    with pytest.raises(InputError, match="3 of 40 points are rows of zeros"):
        persistence(cloud)
    dropped = persistence(cloud, zeros="drop")
    assert (dropped.n_zero, dropped.n_duplicates, dropped.n_points) == (3, 0, 37)
    assert not {"3", "8", "9"} & set(dropped.names)
    kept = persistence(cloud, zeros="keep")
    assert (kept.n_zero, kept.n_duplicates, kept.n_points) == (0, 2, 38)
    with pytest.raises(InputError, match="zeros is 'dorp'"):
        persistence(cloud, zeros="dorp")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="all 2 points are rows of zeros"):
        persistence(PointCloud.of(np.zeros((2, 2))), zeros="drop")


def test_equal_points_are_one_and_change_no_bar():
    cloud = gaussian()
    twice = PointCloud.of(np.vstack([cloud.points, cloud.points[:7]]))
    found, alone = persistence(twice), persistence(cloud)
    assert (found.n_duplicates, found.n_points) == (7, 40)
    for dimension in (0, 1):
        np.testing.assert_array_equal(found.bars[dimension], alone.bars[dimension])


def test_equal_points_of_distances_are_one():
    cloud = gaussian(20)
    twice = PointCloud.of(np.vstack([cloud.points, cloud.points[:3]]))
    found = persistence(geodesics(knn_graph(twice, 5)))
    alone = persistence(geodesics(knn_graph(cloud, 5)))
    assert (found.n_duplicates, found.n_points) == (3, 20)
    np.testing.assert_allclose(found.finite(1), alone.finite(1), atol=1e-12)


def test_points_at_distance_0_but_apart_from_others_stay_two():
    found = persistence(distances([[0, 0, 1], [0, 0, 2], [1, 2, 0]]))
    assert (found.n_duplicates, found.n_points) == (0, 3)


def test_bars_cut_off_are_told_apart():
    found = persistence(gaussian(), max_length=1.2)
    cut = found.infinite(1).size
    assert cut > 0
    assert found.max_length == 1.2
    assert np.isfinite(found.finite(1)).all()
    assert len(found.finite(1)) + cut == len(found.bars[1])
    with pytest.raises(InputError, match=f"{cut} bars of H1 have no end up to the length 1.2"):
        found.complete(1)
    whole = persistence(gaussian())
    assert len(whole.complete(1)) == len(whole.bars[1])
    assert len(whole.complete(0)) == len(whole.bars[0]) - 1


def test_bars_are_sorted_and_of_positive_length():
    found = persistence(gaussian(80), 2)
    for bars in found.bars:
        assert (np.diff(bars[:, 0]) >= 0).all()
        assert (bars[:, 1] > bars[:, 0]).all()


def test_collapse_changes_no_bar():
    plain, collapsed = persistence(gaussian(60)), persistence(gaussian(60), collapse=True)
    for one, other in zip(plain.bars, collapsed.bars, strict=True):
        np.testing.assert_array_equal(one, other)


def test_bad_input_is_told():
    with pytest.raises(InputError, match="max_dimension is 3"):
        persistence(gaussian(), 3)
    with pytest.raises(InputError, match="max_length is -1"):
        persistence(gaussian(), max_length=-1)
    with pytest.raises(InputError, match="max_length is nan"):
        persistence(gaussian(), max_length=float("nan"))
    with pytest.raises(InputError, match="1 distinct points"):
        persistence(PointCloud.of([[1.0, 2.0]] * 3))
    with pytest.raises(InputError, match="dimension 2"):
        persistence(gaussian()).finite(2)
    with pytest.raises(InputError, match="differ by up to 1"):
        persistence(distances([[0, 1], [2, 0]]))
    with pytest.raises(InputError, match="at a distance from themselves"):
        persistence(distances([[1, 1], [1, 0]]))
    rectangle = Distances(np.zeros((1, 2)), ("A",), ("A", "B"), "geodesic")
    with pytest.raises(InputError, match="1 sources and 2 targets"):
        persistence(rectangle)


def test_memory_limit_is_kept():
    with pytest.raises(ResourceError, match="take at most"):
        persistence(gaussian(), memory_limit=1e4)
