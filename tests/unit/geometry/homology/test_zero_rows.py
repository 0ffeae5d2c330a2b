import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.homology.zero_rows import without_zero_rows

CLOUD = PointCloud.of([[0.0, 0.0], [1.0, 0.0], [0.0, 0.0]], ["A", "B", "C"])


def test_each_policy():
    kept, n = without_zero_rows(CLOUD, "drop", "test")
    assert (kept.names, n) == (("B",), 2)
    kept, n = without_zero_rows(CLOUD, "keep", "test")
    assert (kept, n) == (CLOUD, 0)
    with pytest.raises(InputError, match="2 of 3 points are rows of zeros") as caught:
        without_zero_rows(CLOUD, "raise", "the test")
    assert "where: the test" in str(caught.value)


def test_a_cloud_without_zero_rows_stays_itself():
    cloud = CLOUD.take(["B"])
    for policy in ("raise", "drop", "keep"):
        assert without_zero_rows(cloud, policy, "test") == (cloud, 0)


def test_bad_input_is_told():
    with pytest.raises(InputError, match="did you mean 'keep'"):
        without_zero_rows(CLOUD, "kep", "test")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="all 2 points"):
        without_zero_rows(PointCloud.of(np.zeros((2, 1))), "drop", "test")
