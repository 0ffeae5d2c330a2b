import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import special_ortho_group
from skdim.id import TwoNN
from sklearn.datasets import make_swiss_roll

from cellglass.errors import InputError
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.dimension.two_nn import two_nn


def flat(d, n=600, within=12, seed=0):
    """A Gaussian cloud of d dimensions in a turned subspace."""
    rng = np.random.default_rng(seed)
    basis = np.linalg.qr(rng.normal(size=(within, d)))[0]
    return PointCloud.of(rng.normal(size=(n, d)) @ basis.T)


def sphere(d, n=800, seed=0):
    points = np.random.default_rng(seed).normal(size=(n, d + 1))
    return PointCloud.of(points / np.linalg.norm(points, axis=1, keepdims=True))


@pytest.mark.parametrize("discard", [0.1, 0.3])
@pytest.mark.parametrize("d", [1, 3, 6])
def test_equals_scikit_dimension(d, discard):
    cloud = flat(d, 300)
    theirs = TwoNN(discard_fraction=discard).fit(cloud.points).dimension_
    assert two_nn(cloud, discard=discard).estimate == pytest.approx(theirs, rel=1e-9)


@pytest.mark.parametrize("d", [1, 2, 5])
def test_planted_dimension_is_found(d):
    assert two_nn(flat(d)).estimate == pytest.approx(d, rel=0.15)


@pytest.mark.parametrize("d", [1, 2, 4])
def test_dimension_of_a_sphere_is_found(d):
    assert two_nn(sphere(d)).estimate == pytest.approx(d, rel=0.12)


def test_dimension_of_a_swiss_roll_is_two():
    points, _ = make_swiss_roll(1000, random_state=0)
    assert two_nn(PointCloud.of(points)).estimate == pytest.approx(2, rel=0.1)


def test_local_ratio_is_clipped_as_published():
    points = np.array([[0.0], [1.0], [3.0], [4.0 + 1e-9], [5.0], [100.0]])
    found = two_nn(PointCloud.of(points), discard=0.5).per_point
    assert found.values[0] == pytest.approx(1 / np.log(3.0))
    assert found.values[3] == 200.0  # both neighbours at 1
    assert found.values[5] == pytest.approx(1 / np.log(96 / 95))
    narrow = two_nn(PointCloud.of(points), discard=0.5, clip=(0.0, 50.0))
    assert narrow.per_point.values[5] == 50.0
    assert found.names == ("0", "1", "2", "3", "4", "5")


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), shift=st.floats(-20, 20), scale=st.floats(0.1, 10))
def test_does_not_change_with_turning_moving_and_scaling(seed, shift, scale):
    cloud = flat(3, 40, 5, seed)
    turn = special_ortho_group.rvs(5, random_state=seed)
    moved = PointCloud.of(scale * cloud.points @ turn + shift)
    assert two_nn(moved).estimate == pytest.approx(two_nn(cloud).estimate, rel=1e-6)


def test_interval_holds_the_dimension_and_repeats():
    cloud = sphere(2, 300)
    found = two_nn(cloud, draws=40, seed=1)
    assert found.interval is not None
    assert found.interval.low < 2 < found.interval.high
    assert found.interval.low < found.estimate < found.interval.high
    assert found.interval == two_nn(cloud, draws=40, seed=1).interval
    assert two_nn(cloud).interval is None


def test_collapsing_duplicates_changes_nothing_else():
    cloud = flat(3, 100)
    doubled = PointCloud.of(np.vstack([cloud.points, cloud.points[:30]]))
    with pytest.raises(InputError, match="30 of 130 points equal"):
        two_nn(doubled)
    found = two_nn(doubled, duplicates="collapse")
    assert found.estimate == two_nn(cloud).estimate
    assert (found.n, found.n_collapsed, found.k) == (100, 30, 2)


def test_nothing_is_discarded_but_the_last_point_where_discard_is_0():
    assert np.isfinite(two_nn(flat(2, 50), discard=0.0).estimate)


def test_bad_input_is_refused():
    grid = np.stack(np.meshgrid(np.arange(6.0), np.arange(6.0)), -1).reshape(-1, 2)
    with pytest.raises(InputError, match="equally far at 36 of 36 points"):
        two_nn(PointCloud.of(grid))
    with pytest.raises(InputError, match="at least 4"):
        two_nn(PointCloud.of(np.eye(3)))
    with pytest.raises(InputError, match="discard is 1"):
        two_nn(flat(2, 50), discard=1.0)


@pytest.mark.long
def test_interval_covers_the_dimension_of_a_torus():
    rng = np.random.default_rng(0)
    hits = 0
    for seed in range(100):
        at = rng.uniform(0, 2 * np.pi, size=(200, 2))
        found = two_nn(PointCloud.of(np.hstack([np.cos(at), np.sin(at)])), draws=60, seed=seed)
        assert found.interval is not None
        hits += found.interval.low <= 2 <= found.interval.high
    assert hits >= 92
