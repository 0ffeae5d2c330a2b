import numpy as np
import pytest
from scipy.linalg import polar
from scipy.stats import kstest

from cellglass.errors import InputError
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.nulls.covariance_frame import CovarianceFrame, orthonormal


def cloud(n=40, d=5, seed=0):
    rng = np.random.default_rng(seed)
    return PointCloud.of(rng.normal(size=(n, d)) @ rng.normal(size=(d, d)) + 7.0)


def test_mean_and_covariance_are_imposed_exactly():
    given = cloud()
    drawn = CovarianceFrame(given).imposed(np.random.default_rng(1).standard_t(3, size=(40, 5)))
    np.testing.assert_allclose(drawn.points.mean(0), given.points.mean(0))
    np.testing.assert_allclose(np.cov(drawn.points.T), np.cov(given.points.T))
    assert drawn.names == given.names


def test_the_cloud_itself_comes_back():
    given = cloud()
    frame = CovarianceFrame(given)
    np.testing.assert_allclose(frame.imposed(frame.whitened).points, given.points)
    np.testing.assert_allclose(frame.whiten(given.points), frame.whitened, atol=1e-12)
    np.testing.assert_allclose(frame.whitened.T @ frame.whitened, np.eye(5), atol=1e-12)


def test_frame_is_the_polar_factor():
    coordinates = np.random.default_rng(2).normal(size=(30, 4))
    expected = polar(coordinates - coordinates.mean(0))[0]
    np.testing.assert_allclose(orthonormal(coordinates), expected, atol=1e-12)


def test_clouds_of_lower_rank_keep_it():
    flat = cloud(30, 3)
    wide = PointCloud.of(flat.points @ np.random.default_rng(3).normal(size=(3, 6)))
    frame = CovarianceFrame(wide)
    assert frame.rank == 3
    drawn = frame.imposed(np.random.default_rng(4).normal(size=(30, 3)))
    np.testing.assert_allclose(np.cov(drawn.points.T), np.cov(wide.points.T), atol=1e-9)


def test_more_dimensions_than_points():
    given = cloud(8, 20)
    frame = CovarianceFrame(given)
    assert frame.rank == 7
    drawn = frame.imposed(np.random.default_rng(5).normal(size=(8, 7)))
    np.testing.assert_allclose(np.cov(drawn.points.T), np.cov(given.points.T), atol=1e-9)


def test_whitened_gaussian_clouds_do_not_know_their_covariance():
    # Basu: one coordinate of one whitened point has one distribution for all covariances
    plain, bent = [], []
    for seed in range(300):
        points = np.random.default_rng(seed).normal(size=(12, 3))
        others = np.random.default_rng(1_000 + seed).normal(size=(12, 3)) * [5.0, 1.0, 0.1]
        plain.append(np.linalg.norm(CovarianceFrame(PointCloud.of(points)).whitened[0]))
        bent.append(np.linalg.norm(CovarianceFrame(PointCloud.of(others)).whitened[0]))
    assert kstest(plain, bent).pvalue > 0.01


def test_bad_input_is_told():
    with pytest.raises(InputError, match="all 3 points are equal"):
        CovarianceFrame(PointCloud.of(np.ones((3, 2))))
    with pytest.raises(InputError, match="spans fewer than 2 dimensions"):
        orthonormal(np.ones((5, 1)) * [[1.0, 2.0]] * np.arange(5)[:, None])
