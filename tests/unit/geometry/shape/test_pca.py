import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import special_ortho_group
from sklearn.decomposition import PCA

from cellglass.errors import InputError
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.shape.pca import numerical_rank, pca


def stretched(n=60, d=8, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, d)) * np.arange(d, 0, -1) + 5.0


def test_equals_scikit_learn_up_to_signs():
    points = stretched()
    found, theirs = pca(PointCloud.of(points), 5), PCA(5, svd_solver="full").fit(points)
    assert found.variances == pytest.approx(theirs.explained_variance_, rel=1e-12)
    assert found.shares == pytest.approx(theirs.explained_variance_ratio_, rel=1e-12)
    assert np.abs(found.components) == pytest.approx(np.abs(theirs.components_), abs=1e-10)
    assert np.abs(found.scores.points) == pytest.approx(np.abs(theirs.transform(points)), abs=1e-9)


def test_scores_are_the_points_on_the_components():
    cloud = PointCloud.of(stretched(), [f"g{i}" for i in range(60)])
    found = pca(cloud, 8)
    assert found.scores.names == cloud.names
    back = found.scores.points @ found.components + found.mean
    assert back == pytest.approx(cloud.points, abs=1e-10)
    assert found.transform(cloud).points == pytest.approx(found.scores.points, abs=1e-10)
    assert found.shares.sum() == pytest.approx(1.0)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), shift=st.floats(-50, 50), scale=st.floats(0.1, 10))
def test_turning_moving_and_scaling_change_what_they_must(seed, shift, scale):
    points = stretched(40, 5, seed)
    turn = special_ortho_group.rvs(5, random_state=seed)
    found, moved = (pca(PointCloud.of(x), 3) for x in (points, scale * points @ turn + shift))
    assert moved.variances == pytest.approx(scale**2 * found.variances, rel=1e-8)
    assert moved.shares == pytest.approx(found.shares, rel=1e-8)
    assert np.abs(moved.scores.points) == pytest.approx(
        scale * np.abs(found.scores.points), abs=1e-6 * scale
    )


def test_signs_do_not_depend_on_the_order_of_points_or_their_side():
    points = stretched()
    found = pca(PointCloud.of(points), 8)
    shuffled = pca(PointCloud.of(points[::-1].copy()), 8)
    mirrored = pca(PointCloud.of(-points), 8)
    assert shuffled.components == pytest.approx(found.components, abs=1e-10)
    assert mirrored.components == pytest.approx(found.components, abs=1e-10)
    largest = np.abs(found.components).argmax(1)
    assert (found.components[np.arange(8), largest] > 0).all()


def test_sign_of_tied_loadings_is_that_of_the_first():
    line = np.outer([-1.0, 0.0, 1.0, 4.0], [1.0, -1.0])
    for noise in (0.0, 1e-12, -1e-12):
        tilted = line + noise * np.array([[0, 0], [0, 1], [1, 0], [0, 1]])
        assert pca(PointCloud.of(tilted), 1).components[0, 0] > 0


@pytest.mark.parametrize(("n", "d", "most"), [(5, 9, 4), (30, 3, 3)])
def test_more_components_than_the_points_span_are_refused(n, d, most):
    cloud = PointCloud.of(np.random.default_rng(0).normal(size=(n, d)))
    assert pca(cloud, most).components.shape == (most, d)
    with pytest.raises(InputError, match=f"at most {most}"):
        pca(cloud, most + 1)


def test_constant_and_repeated_columns_span_nothing():
    x = np.random.default_rng(0).normal(size=(20, 2))
    cloud = PointCloud.of(np.column_stack([x, np.full(20, 1e6), x @ [1.0, 2.0]]))
    with pytest.raises(InputError, match="span 2 dimensions"):
        pca(cloud, 3)


def test_equal_points_and_wrong_arguments_are_refused():
    with pytest.raises(InputError, match="all 4 points are equal"):
        pca(PointCloud.of(np.full((4, 3), 0.1)), 1)
    cloud = PointCloud.of(stretched())
    with pytest.raises(InputError, match="n_components is 0"):
        pca(cloud, 0)
    with pytest.raises(InputError, match="points of 3 dimensions"):
        pca(cloud, 2).transform(PointCloud.of(np.eye(3)))


def test_rank_ignores_rounding_of_the_centring():
    points = np.random.default_rng(1).normal(size=(30, 2)) @ np.ones((2, 6)) * 1e-3 + 1e3
    sizes = np.linalg.svd(points - points.mean(0), compute_uv=False)
    assert numerical_rank(PointCloud.of(points), sizes) == 1
