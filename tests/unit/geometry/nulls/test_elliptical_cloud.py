import numpy as np
import pytest
from scipy.stats import kstest

from cellglass.errors import InputError
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.nulls.covariance_frame import CovarianceFrame
from cellglass.geometry.nulls.elliptical_cloud import EllipticalCloud


def heavy(n=80, d=5, seed=0):
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(n, d)) / np.sqrt(rng.chisquare(3, size=(n, 1)) / 3)
    return PointCloud.of(points @ rng.normal(size=(d, d)) + 5)


def test_draws_keep_covariance_and_norms():
    cloud = heavy()
    null, frame = EllipticalCloud(cloud), CovarianceFrame(cloud)
    drawn = null.draw(np.random.default_rng(1))
    np.testing.assert_allclose(drawn.points.mean(0), cloud.points.mean(0))
    np.testing.assert_allclose(np.cov(drawn.points.T), np.cov(cloud.points.T))
    norms = np.linalg.norm(frame.whiten(drawn.points), axis=1)
    np.testing.assert_allclose(norms, np.linalg.norm(frame.whitened, axis=1), rtol=5e-3)
    assert drawn.names == cloud.names


def test_directions_are_alike_all_around():
    # a ring in the first two of four dimensions
    turn = np.arange(100) * 2 * np.pi / 100
    rng = np.random.default_rng(2)
    ring = np.column_stack([np.cos(turn), np.sin(turn), rng.normal(size=(100, 2)) * 0.5])
    null = EllipticalCloud(PointCloud.of(ring))
    frame = CovarianceFrame(PointCloud.of(ring))

    def in_plane(points):
        white = frame.whiten(points) ** 2
        return white[:, :2].sum(1) / white.sum(1)

    drawn = [in_plane(null.draw(np.random.default_rng(seed)).points)[::20] for seed in range(40)]
    # of a uniform direction in four dimensions, the share in two is uniform
    assert kstest(np.concatenate(drawn), "uniform").pvalue > 0.01
    assert kstest(in_plane(ring), "uniform").pvalue < 1e-3


def test_draws_are_seeded():
    null = EllipticalCloud(heavy())
    one, same, other = (null.draw(np.random.default_rng(seed)).points for seed in (0, 0, 1))
    assert np.array_equal(one, same)
    assert not np.allclose(one, other)


def test_the_plane_is_refused():
    with pytest.raises(InputError, match="spans 2 dimensions") as caught:
        EllipticalCloud(PointCloud.of(np.random.default_rng(0).normal(size=(20, 2))))
    assert "ring" in str(caught.value)
