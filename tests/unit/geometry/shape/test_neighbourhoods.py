import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.shape.neighbourhoods import neighbourhoods


def test_equal_covariances_point_by_point():
    points = np.random.default_rng(0).normal(size=(40, 5))
    found = neighbourhoods(PointCloud.of(points), 7, directions=2)
    for i, x in enumerate(points):
        order = np.argsort(np.linalg.norm(points - x, axis=1))[:8]
        values, vectors = np.linalg.eigh(np.cov(points[order].T))
        assert found.variances[i] == pytest.approx(values[::-1], rel=1e-8)
        for j in range(2):
            assert abs(found.directions[i, j] @ vectors[:, -1 - j]) == pytest.approx(1, abs=1e-8)


def test_fewer_neighbours_than_columns_leave_k_variances():
    points = np.random.default_rng(0).normal(size=(20, 9))
    found = neighbourhoods(PointCloud.of(points), 4, directions=0)
    assert found.variances.shape == (20, 4)
    assert found.directions.shape == (20, 0, 9)


def test_duplicates_share_a_neighbourhood_and_change_no_other():
    points = np.random.default_rng(0).normal(size=(30, 4))
    plain = neighbourhoods(PointCloud.of(points), 5)
    doubled = neighbourhoods(PointCloud.of(np.vstack([points[3:4], points])), 5)
    assert doubled.node[0] == doubled.node[4]
    assert doubled.variances[doubled.node[1:]] == pytest.approx(plain.variances, rel=1e-9)


def test_batches_do_not_show(monkeypatch):
    points = np.random.default_rng(0).normal(size=(30, 4))
    whole = neighbourhoods(PointCloud.of(points), 5)
    monkeypatch.setattr("cellglass.geometry.blocks.ENTRIES", 200)
    assert (neighbourhoods(PointCloud.of(points), 5).variances == whole.variances).all()


def test_bad_input_is_refused():
    cloud = PointCloud.of(np.random.default_rng(0).normal(size=(6, 3)))
    with pytest.raises(InputError, match="k is 0"):
        neighbourhoods(cloud, 0)
    with pytest.raises(InputError, match="at least 7"):
        neighbourhoods(cloud, 6)
    with pytest.raises(InputError, match="at most 3"):
        neighbourhoods(cloud, 5, directions=4)
    with pytest.raises(InputError, match="at least 3"):
        neighbourhoods(PointCloud.of([[0.0, 1.0]] * 5 + [[1.0, 1.0]]), 2)
