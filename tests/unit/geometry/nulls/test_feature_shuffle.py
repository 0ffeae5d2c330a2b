"""Columns of a cloud permuted."""

import numpy as np
import pytest
from scipy import stats

from cellglass.errors import InputError
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.nulls.feature_shuffle import FeatureShuffle
from cellglass.geometry.nulls.run import null_draws


def cloud(seed=0, n=40, d=3, correlation=0.0):
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(n, d))
    points[:, 1] = correlation * points[:, 0] + np.sqrt(1 - correlation**2) * points[:, 1]
    return PointCloud.of(points)


def test_columns_keep_their_values_and_rows_do_not():
    observed = cloud()
    null = FeatureShuffle(observed)
    drawn = null.draw(np.random.default_rng(1))
    assert np.array_equal(np.sort(drawn.points, 0), np.sort(observed.points, 0))
    assert drawn.names == observed.names
    assert null.changed(drawn) > 0.9
    assert not np.array_equal(drawn.points, null.draw(np.random.default_rng(2)).points)


def dependence(points):
    return float(abs(np.corrcoef(points.points.T)[0, 1]))


def test_p_is_uniform_on_gaussian_clouds_and_small_on_dependent_columns():
    p = [
        null_draws(dependence, FeatureShuffle(cloud(s)), draws=39, seed=s, task="t").result.p
        for s in range(150)
    ]
    assert stats.kstest(p, "uniform").pvalue > 0.01
    found = null_draws(
        dependence, FeatureShuffle(cloud(correlation=0.8)), draws=99, seed=0, task="t"
    )
    assert found.result.p == 0.01


def test_refuses_a_cloud_with_one_varying_column():
    with pytest.raises(InputError, match="1 of 2 columns vary"):
        FeatureShuffle(PointCloud.of([[1.0, 0.0], [2.0, 0.0], [3.0, 0.0]]))
