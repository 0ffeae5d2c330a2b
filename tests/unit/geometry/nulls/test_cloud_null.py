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


def test_a_null_without_a_draw_cannot_be_made():
    with pytest.raises(TypeError, match="draw"):
        CloudNull(PointCloud.of([[1.0]]))  # type: ignore[abstract]
