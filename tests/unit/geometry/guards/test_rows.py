from __future__ import annotations

import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.guards.rows import degenerate_rows
from cellglass.seeds import generator


def test_the_zero_row_cloud_of_the_published_screen_is_refused():
    points = generator(1, "rows").normal(size=(350, 64)) + 2.0
    points[generator(2, "rows").choice(350, 105, replace=False)] = 0.0
    found = degenerate_rows(PointCloud.of(points))
    assert found.failed
    assert found.code == "G3"
    assert found.detail.startswith("105 of 350 points (30.0%) are rows of zeros (")
    assert "copies" not in found.detail
    with pytest.raises(InputError, match="without_zeros"):
        found.require()


def test_a_cloud_of_distinct_points_passes():
    cloud = PointCloud.of(generator(1, "rows").normal(size=(100, 8)))
    found = degenerate_rows(cloud)
    assert found.state == "passed"
    assert found.detail == "100 points, none a row of zeros and none a copy of another"


def test_copies_are_counted_and_named():
    points = generator(1, "rows").normal(size=(20, 3))
    points[[5, 9]] = points[2]
    cloud = PointCloud.of(points, [f"g{i}" for i in range(20)])
    assert degenerate_rows(cloud).detail == "2 of 20 points (10.0%) are copies of another (g5, g9)"
    assert degenerate_rows(cloud.distinct()).state == "passed"


def test_what_is_dropped_no_longer_fails():
    points = np.vstack([np.zeros((4, 3)), np.ones((2, 3)), np.eye(3)])
    cloud = PointCloud.of(points)
    assert degenerate_rows(cloud).detail == (
        "4 of 9 points (44.4%) are rows of zeros (0, 1, 2, ...), and 1 more is a copy of another "
        "(5)"
    )
    assert degenerate_rows(cloud.without_zeros().distinct()).state == "passed"
