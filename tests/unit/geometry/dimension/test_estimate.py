import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.dimension.estimate import distinct_points, require_finite


def test_distinct_points_are_kept_as_they_are():
    cloud = PointCloud.of(np.random.default_rng(0).normal(size=(10, 3)))
    assert distinct_points(cloud, 2, "refuse", "x") is cloud


def test_equal_points_are_refused_or_collapsed():
    points = np.random.default_rng(0).normal(size=(10, 3))
    points[[3, 7, 8]] = 0.0
    cloud = PointCloud.of(points)
    with pytest.raises(InputError, match=r"2 of 10 points equal an earlier one, 3 rows are zeros"):
        distinct_points(cloud, 2, "refuse", "x")
    kept = distinct_points(cloud, 2, "collapse", "x")
    assert len(kept) == 8
    assert "7" not in kept.names


def test_too_few_points_and_wrong_arguments_are_refused():
    cloud = PointCloud.of(np.random.default_rng(0).normal(size=(5, 3)))
    assert len(distinct_points(cloud, 3, "refuse", "x")) == 5
    with pytest.raises(InputError, match="at least 6"):
        distinct_points(cloud, 4, "refuse", "x")
    with pytest.raises(InputError, match="k is 0"):
        distinct_points(cloud, 0, "refuse", "x")
    with pytest.raises(InputError, match="duplicates is 'drop'"):
        distinct_points(cloud, 2, "drop", "x")  # type: ignore[arg-type]


def test_infinite_dimensions_are_refused():
    with pytest.raises(InputError, match="at 1 points is not finite, the first B"):
        require_finite(np.array([1.0, np.inf]), ("A", "B"), "mle")
