import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import special_ortho_group
from skdim.id import MLE
from sklearn.datasets import make_swiss_roll

from cellglass.errors import InputError
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.dimension.mle import mle, scale_entropy


def sphere(d, n=600, seed=0):
    points = np.random.default_rng(seed).normal(size=(n, d + 1))
    return PointCloud.of(points / np.linalg.norm(points, axis=1, keepdims=True))


@pytest.mark.parametrize("k", [2, 10, 20])
def test_equals_scikit_dimension(k):
    cloud = PointCloud.of(np.random.default_rng(0).normal(size=(200, 4)) @ np.eye(4, 9))
    theirs = MLE().fit(cloud.points, n_neighbors=k)
    found = mle(cloud, k)
    assert found.per_point.values == pytest.approx(theirs.dimension_pw_, rel=1e-8)
    assert found.estimate == pytest.approx(theirs.dimension_, rel=1e-9)
    mean = MLE().fit(cloud.points, n_neighbors=k, comb="mean").dimension_
    assert mle(cloud, k, average="arithmetic").estimate == pytest.approx(mean, rel=1e-9)


def test_local_estimate_follows_its_formula():
    found = mle(PointCloud.of([[0.0], [1.0], [3.0], [7.0], [20.0]]), 3)
    assert found.per_point.values[0] == pytest.approx(2 / (np.log(7 / 1) + np.log(7 / 3)))


@pytest.mark.parametrize("d", [1, 2, 4])
def test_dimension_of_a_sphere_is_found(d):
    assert mle(sphere(d)).estimate == pytest.approx(d, rel=0.1)


def test_dimension_of_a_swiss_roll_is_two():
    points, _ = make_swiss_roll(1000, random_state=0)
    assert mle(PointCloud.of(points)).estimate == pytest.approx(2, rel=0.1)


def test_arithmetic_average_is_too_high_where_k_is_small():
    cloud = sphere(3)
    assert mle(cloud, 3).estimate == pytest.approx(3, rel=0.1)
    assert mle(cloud, 3, average="arithmetic").estimate > 4.5


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), shift=st.floats(-20, 20), scale=st.floats(0.1, 10))
def test_does_not_change_with_turning_moving_and_scaling(seed, shift, scale):
    points = np.random.default_rng(seed).normal(size=(30, 5))
    turn = special_ortho_group.rvs(5, random_state=seed)
    found, moved = (mle(PointCloud.of(x), 5) for x in (points, scale * points @ turn + shift))
    assert moved.per_point.values == pytest.approx(found.per_point.values, rel=1e-6)


def test_interval_holds_the_estimate():
    found = mle(sphere(2, 300), 10, draws=40)
    assert found.interval is not None
    assert found.interval.low < found.estimate < found.interval.high
    assert found.interval.high / found.interval.low < 1.3


def test_scale_entropy_is_1_where_scales_agree_and_less_where_not():
    rng = np.random.default_rng(0)
    thin = rng.uniform(size=(300, 2)) * [1.0, 1e-3] @ np.eye(2, 3)  # a sheet seen from near
    even = scale_entropy(sphere(2), (10, 20, 40)).values
    uneven = scale_entropy(PointCloud.of(thin), (2, 20, 40)).values
    assert np.median(even) > 0.99
    assert np.median(uneven) < np.median(even)
    assert max(even.max(), uneven.max()) <= 1 + 1e-12


def test_duplicates_are_refused_or_collapsed():
    cloud = sphere(2, 50)
    doubled = PointCloud.of(np.vstack([cloud.points, cloud.points[:5]]))
    with pytest.raises(InputError, match="5 of 55 points equal"):
        mle(doubled)
    assert mle(doubled, duplicates="collapse").estimate == mle(cloud).estimate
    with pytest.raises(InputError, match="5 of 55 points equal"):
        scale_entropy(doubled)


def test_bad_input_is_refused():
    cloud = sphere(2, 11)
    with pytest.raises(InputError, match="k is 1"):
        mle(cloud, 1)
    with pytest.raises(InputError, match="at least 12"):
        mle(cloud, 10)
    with pytest.raises(InputError, match="average is 'mean'"):
        mle(cloud, 3, average="mean")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="at 4 points is not finite, the first 0"):
        mle(PointCloud.of([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]), 2)
    with pytest.raises(InputError, match="two or more"):
        scale_entropy(cloud, [4, 4])
