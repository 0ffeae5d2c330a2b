import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import subspace_angles
from scipy.stats import special_ortho_group

from cellglass.errors import InputError
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.shape.tangents import Tangents, angle_trajectory, tangents

PAIR = PointCloud.of(np.eye(2), ["A", "B"])


def names(n):
    return [str(i) for i in range(n)]


@pytest.mark.parametrize("tilt", [1.0, 1e-3, 1e-9, 0.0])
def test_angles_equal_scipy_for_wide_and_narrow_ones(tilt):
    rng = np.random.default_rng(0)
    one = np.linalg.qr(rng.normal(size=(7, 3)))[0].T
    other = np.linalg.qr(one.T + tilt * rng.normal(size=(7, 3)))[0].T
    found = Tangents(PAIR, np.array([one, other]), 5).angles(["A"], ["B"])[0]
    theirs = np.sort(subspace_angles(one.T, other.T))
    assert found == pytest.approx(theirs, rel=1e-6, abs=3e-16 if tilt == 0 else 1e-14)


def test_plane_has_one_tangent_space_and_a_circle_turns():
    rng = np.random.default_rng(0)
    plane = np.column_stack([rng.uniform(size=(80, 2)), np.zeros((80, 3))])
    flat = tangents(PointCloud.of(plane), 8, dimension=2).pairs(names(79), names(80)[1:])
    assert flat["tangent_angle_largest"].max() < 1e-12

    at = np.linspace(0, 2 * np.pi, 200, endpoint=False)
    circle = np.column_stack([np.cos(at), np.sin(at), np.zeros(200)])
    turned = tangents(PointCloud.of(circle), 4, dimension=1)
    found = turned.pairs(["0"] * 3, ["10", "50", "100"])["tangent_angle_mean"]
    assert found == pytest.approx([at[10], np.pi / 2, 0.0], abs=1e-6)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), shift=st.floats(-20, 20), scale=st.floats(0.1, 10))
def test_angles_do_not_change_with_turning_moving_and_scaling(seed, shift, scale):
    points = np.random.default_rng(seed).normal(size=(30, 4))
    turn = special_ortho_group.rvs(4, random_state=seed)
    plain, moved = (
        tangents(PointCloud.of(x), 7).angles(names(29), names(30)[1:])
        for x in (points, scale * points @ turn + shift)
    )
    assert moved == pytest.approx(plain, abs=1e-5)


def test_batches_do_not_show(monkeypatch):
    found = tangents(PointCloud.of(np.random.default_rng(0).normal(size=(30, 4))), 7)
    whole = found.angles(names(29), names(30)[1:])
    monkeypatch.setattr("cellglass.geometry.blocks.ENTRIES", 40)
    assert (found.angles(names(29), names(30)[1:]) == whole).all()


def test_trajectory_of_a_straight_and_a_bent_pair():
    depth = np.arange(5.0)
    found = angle_trajectory(np.column_stack([0.1 * depth, depth**2]))
    assert found["slope"] == pytest.approx([0.1, np.polyfit(depth, depth**2, 1)[0]])
    assert found["acceleration"] == pytest.approx([0.0, 2.0], abs=1e-12)
    assert found["unevenness"] == pytest.approx([0.0, np.var([1, 3, 5, 7])], abs=1e-12)


def test_bad_input_is_refused():
    line = PointCloud.of(np.outer(np.arange(9.0), [1.0, 2.0, 0.0]))
    with pytest.raises(InputError, match="9 neighbourhoods span fewer than 2 dimensions"):
        tangents(line, 4, dimension=2)
    with pytest.raises(InputError, match="at most 3"):
        tangents(line, 4, dimension=4)
    with pytest.raises(InputError, match="dimension is 0"):
        tangents(line, 4, dimension=0)
    with pytest.raises(InputError, match="at least 3 layers"):
        angle_trajectory([[0.0], [1.0]])
    with pytest.raises(InputError, match="finite"):
        angle_trajectory([[0.0], [1.0], [np.nan]])
