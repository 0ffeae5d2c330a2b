import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import special_ortho_group
from sklearn.manifold._locally_linear import barycenter_weights

from cellglass.errors import InputError
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.dimension.lle_error import lle_error
from cellglass.geometry.nearest import nearest


@pytest.mark.parametrize("ridge", [1e-3, 0.1])
def test_weights_are_those_of_scikit_learn(ridge):
    points = np.random.default_rng(0).normal(size=(40, 6)) + 1.0
    near, distance = nearest(points, 8)
    weights = barycenter_weights(points, points, near, reg=ridge)
    error = ((points - np.einsum("ij,ijk->ik", weights, points[near])) ** 2).sum(1)
    cloud = PointCloud.of(points)
    found = lle_error(cloud, 8, ridge=ridge)
    assert found.values == pytest.approx(error / (points**2).sum(1), rel=1e-8)
    beside = lle_error(cloud, 8, ridge=ridge, unit="neighbours")
    assert beside.values == pytest.approx(error / (distance**2).mean(1), rel=1e-8)


def test_flat_clouds_are_rebuilt_and_noise_is_not():
    rng = np.random.default_rng(0)
    sheet = rng.uniform(size=(200, 2)) @ np.eye(2, 10)
    noisy = sheet + 0.2 * rng.normal(size=sheet.shape)
    flat, rough = (
        np.median(lle_error(PointCloud.of(x), 10, unit="neighbours").values) for x in (sheet, noisy)
    )
    assert flat < 1e-4
    assert rough > 0.05


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), shift=st.floats(-20, 20), scale=st.floats(0.1, 10))
def test_unit_of_neighbours_does_not_change_with_the_origin(seed, shift, scale):
    points = np.random.default_rng(seed).normal(size=(25, 4))
    turn = special_ortho_group.rvs(4, random_state=seed)
    moved = PointCloud.of(scale * points @ turn + shift)
    found = lle_error(PointCloud.of(points), 6, unit="neighbours").values
    assert lle_error(moved, 6, unit="neighbours").values == pytest.approx(found, rel=1e-5)
    turned = lle_error(PointCloud.of(scale * points @ turn), 6).values
    assert turned == pytest.approx(lle_error(PointCloud.of(points), 6).values, rel=1e-5)


def test_bad_input_is_refused():
    points = np.random.default_rng(0).normal(size=(20, 4))
    cloud = PointCloud.of(points)
    with pytest.raises(InputError, match="ridge 0"):
        lle_error(cloud, 6, ridge=0.0)
    with pytest.raises(InputError, match="unit 'sd'"):
        lle_error(cloud, 6, unit="sd")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="at least 22"):
        lle_error(cloud, 20)
    points[3] = 0.0
    with pytest.raises(InputError, match="3 lies at the origin"):
        lle_error(PointCloud.of(points), 6)
    assert np.isfinite(lle_error(PointCloud.of(points), 6, unit="neighbours").values).all()
    points[5] = points[4]
    with pytest.raises(InputError, match="1 of 20 points equal"):
        lle_error(PointCloud.of(points), 6, unit="neighbours")
    assert len(lle_error(PointCloud.of(points[4:]), 6, duplicates="collapse").values) == 15
