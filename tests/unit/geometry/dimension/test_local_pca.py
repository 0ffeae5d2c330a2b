import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import special_ortho_group
from skdim.id import lPCA

from cellglass.errors import InputError
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.dimension.local_pca import local_pca, local_residual


def flat(d, n=150, within=8, noise=0.0, seed=0):
    rng = np.random.default_rng(seed)
    basis = np.linalg.qr(rng.normal(size=(within, d)))[0]
    return PointCloud.of(rng.uniform(size=(n, d)) @ basis.T + noise * rng.normal(size=(n, within)))


@pytest.mark.parametrize("share", [0.5, 0.9])
def test_each_neighbourhood_equals_scikit_dimension(share):
    cloud = flat(3, 60, 6, 0.05)
    by_share = local_pca(cloud, 12, share=share).per_point.values
    ratio = local_pca(cloud, 12, rule="participation").per_point.values
    for i in range(0, 60, 7):
        near = np.argsort(np.linalg.norm(cloud.points - cloud.points[i], axis=1))[:13]
        held = cloud.points[near]
        assert by_share[i] == lPCA(ver="ratio", alphaRatio=share).fit(held).dimension_
        assert ratio[i] == pytest.approx(lPCA(ver="participation_ratio").fit(held).dimension_)


@pytest.mark.parametrize("d", [1, 2, 4])
def test_planted_dimension_is_found(d):
    found = local_pca(flat(d, 300), 20, share=0.999)
    assert (found.per_point.values == d).all()
    assert found.estimate == d


def test_participation_is_below_the_dimension_and_near_it():
    found = local_pca(flat(3, 800), 100, rule="participation")
    assert 2.5 < found.estimate < 3
    assert found.estimator == "local_pca_participation"


def test_residual_is_the_variance_outside():
    cloud = flat(3, 60, 6, 0.1)
    found = local_residual(cloud, 12, dimension=4).values
    near = np.argsort(np.linalg.norm(cloud.points - cloud.points[5], axis=1))[:13]
    values = np.linalg.eigvalsh(np.cov(cloud.points[near].T))[::-1]
    assert found[5] == pytest.approx(values[4:].sum() / values.sum())
    assert local_residual(flat(3, 60, 6), 12, dimension=3).values.max() < 1e-12


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), shift=st.floats(-20, 20), scale=st.floats(0.1, 10))
def test_do_not_change_with_turning_moving_and_scaling(seed, shift, scale):
    cloud = flat(3, 25, 5, 0.1, seed)
    turn = special_ortho_group.rvs(5, random_state=seed)
    moved = PointCloud.of(scale * cloud.points @ turn + shift)
    for measure in (
        lambda c: local_pca(c, 8, rule="participation").per_point.values,
        lambda c: local_residual(c, 8).values,
    ):
        assert measure(moved) == pytest.approx(measure(cloud), rel=1e-6)


def test_interval_holds_the_estimate():
    found = local_pca(flat(2, 120, noise=0.02), 10, rule="participation", draws=30)
    assert found.interval is not None
    assert found.interval.low < found.estimate < found.interval.high


def test_duplicates_are_refused_collapsed_or_share_a_neighbourhood():
    cloud = flat(3, 50)
    doubled = PointCloud.of(np.vstack([cloud.points, cloud.points[:5]]))
    with pytest.raises(InputError, match="5 of 55 points equal"):
        local_pca(doubled, 10)
    assert local_pca(doubled, 10, duplicates="collapse").estimate == local_pca(cloud, 10).estimate
    found = local_residual(doubled, 10, dimension=2).values
    assert (found[:5] == found[50:]).all()


def test_bad_input_is_refused():
    with pytest.raises(InputError, match="rule is 'gap'"):
        local_pca(flat(2, 30), 5, rule="gap")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="share is 1"):
        local_pca(flat(2, 30), 5, share=1.0)
    with pytest.raises(InputError, match="at least 22"):
        local_pca(flat(2, 20), 20)
    with pytest.raises(InputError, match="5 of 5 components"):
        local_residual(flat(2, 30), 5, dimension=5)
