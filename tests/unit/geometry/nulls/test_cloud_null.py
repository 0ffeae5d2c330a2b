import numpy as np
import pytest

from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.nulls.cloud_null import CloudNull


def test_a_null_gives_its_draw():
    class Shifted(CloudNull):
        name, preserves = "shifted", "distances"

        def draw(self, rng):
            return PointCloud(self.cloud.points + rng.normal(), self.cloud.names)

    cloud = PointCloud.of([[1.0], [2.0]])
    null = Shifted(cloud)
    assert null.cloud is cloud
    assert np.diff(null.draw(np.random.default_rng(0)).points, axis=0).tolist() == [[1.0]]
    found = null.check()
    assert found.passed
    assert found.mean_changed == 1.0


def test_the_check_counts_points_that_moved():
    class FirstMoves(CloudNull):
        name, preserves = "first moves", "all points but the first"

        def draw(self, rng):
            points = self.cloud.points.copy()
            points[0] += rng.normal()
            return PointCloud(points, self.cloud.names)

    found = FirstMoves(PointCloud.of(np.arange(10.0)[:, None])).check()
    assert found.mean_changed == pytest.approx(0.1)
    assert not found.passed
    assert "hardly move" in found.messages[0]


def test_a_null_without_a_draw_cannot_be_made():
    with pytest.raises(TypeError, match="draw"):
        CloudNull(PointCloud.of([[1.0]]))  # type: ignore[abstract]
