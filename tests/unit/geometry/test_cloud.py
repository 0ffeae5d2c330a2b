import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cellglass.errors import InputError
from cellglass.geometry import PointCloud
from cellglass.geometry.cloud import SAME

GRID = arrays(
    np.float64,
    st.tuples(st.integers(1, 25), st.integers(1, 3)),
    elements=st.integers(-2, 2).map(float),
)


def first_equal(points):
    """By comparing each row with all before it."""
    return [
        next(j for j in range(i + 1) if np.array_equal(points[j], points[i]))
        for i in range(len(points))
    ]


@settings(deadline=None)
@given(GRID)
def test_first_of_equals_comparing_all_rows(points):
    cloud = PointCloud.of(points)
    assert cloud.first_of.tolist() == first_equal(points)
    assert cloud.n_duplicates == len(points) - len(np.unique(points, axis=0))
    assert len(cloud.distinct()) == len(np.unique(points, axis=0))
    assert cloud.distinct().n_duplicates == 0


@settings(deadline=None, max_examples=30)
@given(GRID, st.floats(1e-3, 1e3), st.integers(-50, 50))
def test_first_of_knows_neither_scale_nor_origin(points, scale, shift):
    moved = PointCloud.of(points * scale + shift * scale)
    assert moved.first_of.tolist() == first_equal(points)


def test_rows_that_differ_by_rounding_are_one_point():
    rng = np.random.default_rng(0)
    points = rng.normal(size=(200, 30)) + 3.0
    again = points[:50].astype(np.float32).astype(float)
    found = PointCloud.of(np.concatenate([points, again])).first_of
    assert found.tolist() == [*range(200), *range(50)]


def test_rows_of_zeros_are_one_point_after_pca():
    """Published code met them as points a rounding error apart (0.3)."""
    rng = np.random.default_rng(1)
    points = rng.normal(size=(300, 40)) + 1.0
    points[180:] = 0.0
    assert PointCloud.of(points).n_zero == 120
    centred = points - points.mean(0)
    scores = centred @ np.linalg.svd(centred, full_matrices=False)[2][:20].T
    scores += rng.normal(size=scores.shape) * 1e-12
    found = PointCloud.of(scores)
    assert found.n_zero == 0
    assert found.first_of[180:].tolist() == [180] * 120
    assert len(found.distinct()) == 181


def test_a_far_point_does_not_merge_the_others():
    points = np.random.default_rng(2).normal(size=(100, 5))
    points[7] = 1e9
    assert PointCloud.of(points).n_duplicates == 0


def test_points_just_further_apart_than_the_tolerance_stay_two():
    points = np.random.default_rng(3).normal(size=(100, 4))
    width = np.quantile(np.linalg.norm(points - np.median(points, axis=0), axis=1), 0.9)
    direction = np.array([1.0, 0, 0, 0])
    for share, merged in ((0.5, 1), (1.5, 0)):
        near = points[0] + share * SAME * width * direction
        assert PointCloud.of(np.vstack([points, near])).n_duplicates == merged


def test_all_rows_equal():
    cloud = PointCloud.of(np.full((5, 3), 0.1))
    assert cloud.first_of.tolist() == [0] * 5
    assert len(cloud.distinct()) == 1


def test_zero_rows_are_told_and_dropped():
    cloud = PointCloud.of([[0, 0], [1, 0], [0, 0]], ["A", "B", "C"])
    assert (cloud.zero.tolist(), cloud.n_zero, cloud.n_duplicates) == ([True, False, True], 2, 1)
    assert cloud.without_zeros().names == ("B",)
    kept = cloud.without_zeros()
    assert kept.without_zeros() is kept
    assert kept.distinct() is kept


def test_points_are_named_by_number_and_kept_as_float64():
    cloud = PointCloud.of(np.ones((2, 3), dtype=np.float32))
    assert (cloud.names, len(cloud), cloud.width) == (("0", "1"), 2, 3)
    assert PointCloud(np.ones((2, 3), dtype=np.float32), ("a", "b")).points.dtype == np.float64


def test_the_cloud_is_a_copy():
    points = np.ones((2, 2))
    cloud = PointCloud.of(points)
    points[0] = 5.0
    assert cloud.points.tolist() == [[1.0, 1.0], [1.0, 1.0]]


@pytest.mark.parametrize(
    ("points", "names", "told"),
    [
        ([[1.0, np.nan], [0.0, 1.0]], ["A", "B"], "1 points hold values that are not finite.*A"),
        ([[1.0, 0.0], [np.inf, 1.0]], ["A", "B"], "first B"),
        ([[1.0], [2.0]], ["A", "A"], "names come twice: A"),
        ([[1.0], [2.0]], ["A"], "1 names for 2 points"),
        ([1.0, 2.0], None, r"shape \(2,\)"),
        (3.0, None, "one number"),
        (np.empty((0, 3)), None, r"shape \(0, 3\)"),
        (np.empty((3, 0)), None, r"shape \(3, 0\)"),
        ([["x"], ["y"]], None, "no table of numbers"),
        ([[1.0, 2.0], [3.0]], None, "no table of numbers"),
    ],
)
def test_bad_points_are_refused(points, names, told):
    with pytest.raises(InputError, match=told):
        PointCloud.of(points, names)


@pytest.mark.parametrize(
    "which", [[2, 0], ["C", "A"], np.array(["C", "A"], dtype=object), np.array([2, 0], np.uint8)]
)
def test_take_by_index_and_name(which):
    cloud = PointCloud.of([[0.0], [1.0], [2.0]], ["A", "B", "C"]).take(which)
    assert (cloud.names, cloud.points.ravel().tolist()) == (("C", "A"), [2.0, 0.0])


def test_take_by_mask():
    cloud = PointCloud.of([[0.0], [1.0], [2.0]], ["A", "B", "C"])
    assert cloud.take([True, False, True]).names == ("A", "C")


@pytest.mark.parametrize(
    ("which", "told"),
    [
        (["A", "GATA2"], r"1 names are unknown, the first GATA2\n(.*\n)*.*did you mean .GATA1."),
        ([True, False], r"a mask of shape \(2,\) for 3 points"),
        ([0, 3], "up to 3"),
        ([-1], "indices below 3"),
        ([0.5], "float64"),
        ([[0, 1]], r"shape \(1, 2\)"),
        ([], "no point is chosen"),
        ([False] * 3, "no point is chosen"),
        ([0, 0], "names come twice: A"),
    ],
)
def test_take_refuses_what_is_no_choice_of_points(which, told):
    with pytest.raises(InputError, match=told):
        PointCloud.of([[0.0], [1.0], [2.0]], ["A", "GATA1", "C"]).take(which)


def test_equal_points_are_one_of_the_distinct_ones():
    cloud = PointCloud.of([[1.0], [5.0], [1.0], [2.0], [5.0]])
    assert cloud.node.tolist() == [0, 1, 0, 2, 1]
    assert np.array_equal(cloud.distinct().points[cloud.node], cloud.points)


def test_too_few_points_are_refused():
    cloud = PointCloud.of([[0.0], [1.0]])
    cloud.require_points(2, "a line")
    with pytest.raises(InputError, match=r"2 points\n.*a plane\n.*at least 3"):
        cloud.require_points(3, "a plane")
