import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import special_ortho_group

from cellglass.errors import InputError
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.shape.anisotropy import local_shape


def names(n):
    return [str(i) for i in range(n)]


def ball(n, d, within, seed=0):
    rng = np.random.default_rng(seed)
    return np.column_stack([rng.uniform(size=(n, d)), np.zeros((n, within - d))])


@pytest.mark.parametrize(
    ("d", "measure", "least"), [(1, "anisotropy", 0.999), (2, "planarity", 0.4)]
)
def test_lines_and_sheets_are_told(d, measure, least):
    found = local_shape(PointCloud.of(ball(400, d, 6)), 20)
    assert np.median(getattr(found, measure)) > least
    assert np.abs(found.omnivariance).max() < 1e-5


def test_balls_are_told():
    found = local_shape(PointCloud.of(ball(600, 3, 3)), 40)
    assert np.median(found.omnivariance) == pytest.approx(1 / 3, abs=0.03)
    assert np.median(found.anisotropy) < 0.2


def test_measures_follow_their_formulas():
    cloud = PointCloud.of(np.random.default_rng(0).normal(size=(50, 6)))
    found = local_shape(cloud, 9)
    order = np.argsort(np.linalg.norm(cloud.points - cloud.points[4], axis=1))[:10]
    l1, l2, l3 = np.linalg.eigvalsh(np.cov(cloud.points[order].T))[::-1][:3]
    total = l1 + l2 + l3
    assert found.anisotropy[4] == pytest.approx((l1 - l2) / total)
    assert found.planarity[4] == pytest.approx((l2 - l3) / l1)
    assert found.omnivariance[4] == pytest.approx((l1 * l2 * l3) ** (1 / 3) / total)


def test_pairs_along_a_line_lie_along_it():
    rng = np.random.default_rng(0)
    line = np.column_stack([np.arange(30.0), 0.01 * rng.normal(size=(30, 3))])
    found = local_shape(PointCloud.of(line), 5).pairs(["0", "3"], ["20", "9"])
    assert len(found.values) == 10
    for name in ("along_source", "along_target", "directions_together"):
        assert found[name] == pytest.approx([1, 1], abs=1e-3)
    assert found["anisotropy_together"] == pytest.approx(
        found["anisotropy_mean"] * found["directions_together"]
    )


def test_pairs_follow_their_formulas():
    cloud = PointCloud.of(np.random.default_rng(0).normal(size=(40, 4)))
    shape = local_shape(cloud, 6)
    found = shape.pairs(["7"], ["2"])
    step = cloud.points[2] - cloud.points[7]
    step /= np.linalg.norm(step)
    form = shape.anisotropy
    expected = {
        "anisotropy_source": form[7],
        "anisotropy_target": form[2],
        "anisotropy_gap": abs(form[7] - form[2]),
        "anisotropy_mean": (form[7] + form[2]) / 2,
        "planarity_mean": shape.planarity[[2, 7]].mean(),
        "omnivariance_mean": shape.omnivariance[[2, 7]].mean(),
        "along_source": abs(shape.first[7] @ step),
        "along_target": abs(shape.first[2] @ step),
        "directions_together": abs(shape.first[7] @ shape.first[2]),
    }
    for name, value in expected.items():
        assert found[name] == pytest.approx([value]), name


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), shift=st.floats(-20, 20), scale=st.floats(0.1, 10))
def test_features_do_not_change_with_turning_moving_and_scaling(seed, shift, scale):
    points = np.random.default_rng(seed).normal(size=(25, 4))
    turn = special_ortho_group.rvs(4, random_state=seed)
    plain, moved = (
        local_shape(PointCloud.of(x), 6).pairs(names(24), names(25)[1:])
        for x in (points, scale * points @ turn + shift)
    )
    for name, values in plain.values.items():
        assert moved[name] == pytest.approx(values, abs=1e-6), name


def test_two_dimensions_have_no_third_variance():
    found = local_shape(PointCloud.of(ball(50, 2, 2)), 6)
    assert (found.eigenvalues[:, 2] == 0).all()
    assert (found.omnivariance == 0).all()


def test_bad_input_is_refused():
    points = np.random.default_rng(0).normal(size=(12, 4))
    with pytest.raises(InputError, match="k is 2"):
        local_shape(PointCloud.of(points), 2)
    with pytest.raises(InputError, match="first 99"):
        local_shape(PointCloud.of(points), 4).pairs(["1"], ["99"])


def test_pairs_of_one_point_have_no_direction():
    points = np.random.default_rng(0).normal(size=(12, 4))
    doubled = local_shape(PointCloud.of(np.vstack([points, points[:1]])), 4)
    assert doubled.anisotropy[0] == doubled.anisotropy[12]
    found = doubled.pairs(["1", "0"], ["2", "12"])
    undefined = {name for name, v in found.values.items() if np.isnan(v[1])}
    assert undefined == {"along_source", "along_target"}
    assert all(np.isfinite(v[0]) for v in found.values.values())
