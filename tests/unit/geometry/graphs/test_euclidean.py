import numpy as np
import pytest
from scipy.spatial.distance import cdist

from cellglass.errors import InputError
from cellglass.geometry import PointCloud
from cellglass.geometry.graphs.euclidean import euclidean

CLOUD = PointCloud.of(np.random.default_rng(0).normal(size=(12, 5)))


def test_all_points_and_some():
    expected = cdist(CLOUD.points, CLOUD.points)
    whole = euclidean(CLOUD)
    assert np.array_equal(whole.values, expected)
    assert (whole.sources, whole.targets, whole.metric) == (CLOUD.names, CLOUD.names, "euclidean")
    assert np.array_equal(
        euclidean(CLOUD, ["7", "2"], ["3", "7", "7"]).values, expected[np.ix_([7, 2], [3, 7, 7])]
    )


def test_equal_points_are_at_distance_0_also_far_from_the_origin():
    far = PointCloud.of(np.full((3, 4), 1e8) + np.array([[0.0], [0.0], [1.0]]))
    assert euclidean(far).values.tolist() == [[0, 0, 2], [0, 0, 2], [2, 2, 0]]


@pytest.mark.parametrize("which", ["sources", "targets"])
def test_unknown_names_are_told(which):
    with pytest.raises(InputError, match=f"the first X\n.*{which}"):
        euclidean(CLOUD, **{which: ["0", "X"]})
