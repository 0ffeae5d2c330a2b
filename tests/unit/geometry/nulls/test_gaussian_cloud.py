import numpy as np
import pytest
from scipy.stats import kstest, kurtosis

from cellglass.errors import InputError
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.nulls.gaussian_cloud import GaussianCloud


def heavy(n=60, d=4, seed=0):
    return PointCloud.of(np.random.default_rng(seed).standard_t(2.5, size=(n, d)) + 5)


def test_draws_have_the_mean_and_the_covariance():
    cloud = heavy()
    null = GaussianCloud(cloud)
    for seed in range(3):
        drawn = null.draw(np.random.default_rng(seed))
        np.testing.assert_allclose(drawn.points.mean(0), cloud.points.mean(0))
        np.testing.assert_allclose(np.cov(drawn.points.T), np.cov(cloud.points.T))
        assert drawn.names == cloud.names


def test_draws_are_gaussian_and_differ():
    null = GaussianCloud(heavy(200))
    one, other = (null.draw(np.random.default_rng(seed)).points for seed in (0, 1))
    assert not np.allclose(one, other)
    assert np.array_equal(one, null.draw(np.random.default_rng(0)).points)
    whitened = (one - one.mean(0)) / one.std(0)
    assert np.abs(kurtosis(whitened)).max() < 1.5 < np.abs(kurtosis(heavy(200).points)).max()
    assert kstest(whitened[:, 0], "norm").pvalue > 0.01


@pytest.mark.parametrize("d", [1, 3])
def test_a_statistic_of_gaussian_clouds_has_uniform_p(d):
    def statistic(points):  # the norm farthest out, in whitened coordinates
        centred = points - points.mean(0)
        return (np.linalg.solve(np.cov(points.T).reshape(d, d), centred.T).T * centred).sum(1).max()

    p = []
    for seed in range(100):
        rng = np.random.default_rng(seed)
        cloud = PointCloud.of(rng.normal(size=(15, d)) * np.arange(1, d + 1))
        null = GaussianCloud(cloud)
        drawn = np.array([statistic(null.draw(rng).points) for _ in range(19)])
        p.append(((drawn >= statistic(cloud.points)).sum() + rng.random()) / 20)
    assert kstest(p, "uniform").pvalue > 0.01


def test_bad_input_is_told():
    with pytest.raises(InputError, match="all 3 points are equal"):
        GaussianCloud(PointCloud.of(np.ones((3, 2))))
