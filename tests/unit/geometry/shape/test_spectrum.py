import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import entropy, special_ortho_group

from cellglass.errors import InputError
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.shape.spectrum import Spectrum, spectrum, spectrum_intervals


def cloud_of(variances, n=200, seed=0):
    rng = np.random.default_rng(seed)
    return PointCloud.of(rng.normal(size=(n, len(variances))) * np.sqrt(variances))


def test_measures_follow_their_formulas():
    cloud = cloud_of([4.0, 2.0, 1.0, 0.5, 0.1], 80)
    found = spectrum(cloud)
    values = np.linalg.eigvalsh(np.cov(cloud.points.T))[::-1]
    assert found.variances == pytest.approx(values, rel=1e-10)
    assert found.participation_ratio == pytest.approx(values.sum() ** 2 / (values**2).sum())
    assert found.effective_rank == pytest.approx(np.exp(entropy(np.sqrt(values))))
    centred = cloud.points - cloud.points.mean(0)
    frobenius, operator = np.linalg.norm(centred), np.linalg.norm(centred, 2)
    assert found.stable_rank == pytest.approx((frobenius / operator) ** 2)
    assert found.top_share(2) == pytest.approx(values[:2].sum() / values.sum())
    assert list(found.measures(3)) == [
        "participation_ratio", "effective_rank", "stable_rank", "top_3_share",
    ]  # fmt: skip


@pytest.mark.parametrize("d", [1, 3, 7])
def test_cloud_alike_in_d_directions_has_d_of_them(d):
    corners = np.vstack([np.eye(d), -np.eye(d)])
    found = spectrum(PointCloud.of(np.column_stack([corners, np.zeros((2 * d, 4))])))
    for value in (found.participation_ratio, found.effective_rank, found.stable_rank):
        assert value == pytest.approx(d)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), shift=st.floats(-20, 20), scale=st.floats(0.1, 10))
def test_measures_do_not_change_with_turning_moving_and_scaling(seed, shift, scale):
    cloud = cloud_of([3.0, 2.0, 1.0, 0.2], 30, seed)
    turn = special_ortho_group.rvs(4, random_state=seed)
    moved = PointCloud.of(scale * cloud.points @ turn + shift)
    assert spectrum(moved).measures(2) == pytest.approx(spectrum(cloud).measures(2), rel=1e-7)


def test_rows_of_zeros_pull_the_spectrum_to_one_direction():
    rng = np.random.default_rng(0)
    points = rng.normal(size=(350, 64)) + 3.0
    points[:105] = 0.0
    cloud = PointCloud.of(points)
    assert spectrum(cloud).participation_ratio < 3
    assert spectrum(cloud.without_zeros()).participation_ratio > 45


def test_more_columns_than_points_give_as_many_variances_as_points_allow():
    cloud = PointCloud.of(np.random.default_rng(0).normal(size=(6, 40)))
    assert spectrum(cloud).variances.shape == (5,)
    found = spectrum_intervals(cloud, top=1, draws=40)
    assert all(i.low <= i.high for i in found.values())


def test_intervals_are_those_of_copied_rows():
    cloud = cloud_of([3.0, 1.0, 0.5], 25)
    found = spectrum_intervals(cloud, top=1, draws=60, level=0.9, seed=3)
    from cellglass.seeds import generator

    rng = generator(3, "shape/spectrum/bootstrap")
    drawn = []
    for _ in range(60):
        rows = np.repeat(np.arange(25), rng.multinomial(25, np.full(25, 1 / 25)))
        drawn.append(spectrum(PointCloud.of(cloud.points[rows])).participation_ratio)
    value = spectrum(cloud).participation_ratio
    low, high = value**2 / np.quantile(drawn, [0.95, 0.05])
    interval = found["participation_ratio"]
    assert (interval.low, interval.high) == pytest.approx((low, min(high, 3.0)), rel=1e-9)
    assert (interval.unit, interval.n, interval.level) == ("point", 25, 0.9)


def test_intervals_keep_to_what_is_possible():
    found = spectrum_intervals(cloud_of([1.0, 1.0], 15), top=2, draws=50)
    assert found["top_2_share"].low == found["top_2_share"].high == 1.0
    assert all(1 <= found[n].low <= found[n].high <= 2 for n in found if "share" not in n)


@pytest.mark.long
def test_intervals_hold_the_truth():
    variances = np.array([4.0, 2.0, 1.0, 0.7, 0.3])
    truth = Spectrum(variances, 10**9, 5).measures(2)
    hits = dict.fromkeys(truth, 0)
    for seed in range(200):
        found = spectrum_intervals(cloud_of(variances, 150, seed), top=2, draws=200, seed=seed)
        for name, value in truth.items():
            hits[name] += found[name].low <= value <= found[name].high
    assert min(hits.values()) >= 0.85 * 200, hits


def test_bad_input_is_refused():
    with pytest.raises(InputError, match="1 points"):
        spectrum(PointCloud.of([[1.0, 2.0]]))
    with pytest.raises(InputError, match="are equal"):
        spectrum(PointCloud.of(np.ones((5, 2))))
    with pytest.raises(InputError, match="6 of 5 components"):
        spectrum(cloud_of(np.ones(5))).top_share(6)
    with pytest.raises(InputError, match="at least 40"):
        spectrum_intervals(cloud_of(np.ones(5)), draws=30)
