import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import special_ortho_group

from cellglass.errors import InputError
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.graphs.knn import knn_graph
from cellglass.geometry.graphs.path_turning import path_turning
from cellglass.geometry.graphs.paths import ShortestPaths, shortest_paths


def along(points, coordinates=None, **options):
    """Features of the path through all points in their order."""
    cloud = PointCloud.of(points)
    n = len(cloud)
    graph = knn_graph(cloud, 1, bridge=True)
    paths = ShortestPaths(graph, ("0",), (str(n - 1),), np.arange(n)[None], np.array([1.0]))
    found = path_turning(paths, cloud if coordinates is None else coordinates, **options)
    return {name: float(v[0]) for name, v in found.values.items()}


def helix(sign=1.0, n=12, pitch=0.3, step=0.5):
    at = step * np.arange(n)
    return np.column_stack([np.cos(at), sign * np.sin(at), pitch * at])


def dihedral(p):
    """The angle between the planes of three steps, by projections."""
    b0, b1, b2 = p[0] - p[1], p[2] - p[1], p[3] - p[2]
    b1 = b1 / np.linalg.norm(b1)
    v, w = b0 - b0 @ b1 * b1, b2 - b2 @ b1 * b1
    return np.arctan2(np.cross(b1, v) @ w, v @ w)


def test_straight_line_does_not_turn_and_has_no_torsion():
    found = along(np.outer(np.arange(6.0), [1.0, 2.0, -1.0]))
    assert found["turning_mean"] == pytest.approx(0.0, abs=1e-12)
    assert found["turning_sd"] == pytest.approx(0.0, abs=1e-12)
    assert np.isnan(found["torsion_mean"])
    assert np.isnan(found["torsion_sd"])


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_helix_twists_to_its_hand(sign):
    points = helix(sign)
    found = along(points)
    assert np.sign(found["torsion_mean"]) == sign
    assert found["torsion_mean"] == pytest.approx(dihedral(points[:4]))
    assert found["torsion_abs_mean"] == pytest.approx(abs(found["torsion_mean"]))
    assert found["torsion_sd"] == pytest.approx(0.0, abs=1e-9)
    assert found["turning_sd"] == pytest.approx(0.0, abs=1e-9)
    steps = np.diff(points, axis=0)
    cosine = steps[0] @ steps[1] / np.linalg.norm(steps[0]) / np.linalg.norm(steps[1])
    assert found["turning_mean"] == pytest.approx(np.arccos(cosine))


def test_random_path_follows_the_formulas():
    points = np.random.default_rng(0).normal(size=(9, 3))
    found = along(points)
    twists = [dihedral(points[i : i + 4]) for i in range(6)]
    assert found["torsion_mean"] == pytest.approx(np.mean(twists))
    assert found["torsion_sd"] == pytest.approx(np.std(twists))
    assert found["torsion_abs_mean"] == pytest.approx(np.mean(np.abs(twists)))
    steps = np.diff(points, axis=0)
    steps /= np.linalg.norm(steps, axis=1, keepdims=True)
    bends = np.arccos((steps[:-1] * steps[1:]).sum(1))
    assert found["turning_mean"] == pytest.approx(bends.mean())
    assert found["turning_sd"] == pytest.approx(bends.std())


def test_flat_zigzag_turns_by_half_circles_of_one_sign():
    for tilt in (0.0, 1e-9, -1e-9):
        zigzag = np.array([[i, i % 2, tilt * (i % 3)] for i in range(8)], dtype=float)
        assert along(zigzag)["torsion_mean"] == pytest.approx(np.pi, abs=1e-6)


@pytest.mark.parametrize(
    ("n", "bends", "twists"), [(2, False, False), (3, True, False), (4, True, True)]
)
def test_short_paths_have_fewer_angles(n, bends, twists):
    points = helix(n=n)
    found = along(points)
    assert np.isfinite(found["turning_mean"]) == bends
    assert np.isfinite(found["turning_sd"]) == bends
    assert np.isfinite(found["torsion_sd"]) == twists
    filled = along(points, missing=0.0)
    assert all(np.isfinite(v) for v in filled.values())
    assert (filled["torsion_mean"] == 0.0) == (not twists)


def test_paths_of_several_lengths_do_not_mix():
    cloud = PointCloud.of(helix(n=10))
    graph = knn_graph(cloud, 1, bridge=True)
    both = path_turning(shortest_paths(graph, ["0", "2", "4"], ["9", "3", "4"]), cloud)
    alone = path_turning(shortest_paths(graph, ["0"], ["9"]), cloud)
    for name, values in both.values.items():
        assert values[0] == pytest.approx(alone[name][0])
        assert np.isnan(values[1:]).all()


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), shift=st.floats(-20, 20), scale=st.floats(0.1, 10))
def test_turning_moving_and_scaling_change_nothing_and_mirrors_the_sign(seed, shift, scale):
    points = np.random.default_rng(seed).normal(size=(8, 3))
    turn = special_ortho_group.rvs(3, random_state=seed)
    plain, moved = along(points), along(scale * points @ turn + shift)
    assert moved == pytest.approx(plain, abs=1e-6)
    mirrored = along(points * [1, 1, -1])
    assert mirrored["torsion_mean"] == pytest.approx(-plain["torsion_mean"], abs=1e-9)
    assert mirrored["turning_mean"] == pytest.approx(plain["turning_mean"], abs=1e-9)


def test_principal_components_are_taken_where_no_coordinates_are_given():
    rng = np.random.default_rng(0)
    flat = np.column_stack([helix(n=15, pitch=0.6), np.zeros((15, 4))])
    turn = np.linalg.qr(rng.normal(size=(7, 7)))[0]
    cloud = PointCloud.of(flat @ turn)
    paths = shortest_paths(knn_graph(cloud, 1, bridge=True), ["0"], ["14"])
    found = path_turning(paths)
    expected = along(helix(n=15, pitch=0.6))
    assert found["turning_mean"][0] == pytest.approx(expected["turning_mean"])
    assert found["torsion_abs_mean"][0] == pytest.approx(expected["torsion_abs_mean"])


def test_steps_that_vanish_in_three_dimensions_have_no_direction():
    points = helix(n=8)
    at = np.repeat(points, [1, 1, 2, 1, 1, 1, 1, 1], axis=0)  # the 3rd and 4th fall together
    whole = np.column_stack([at, np.arange(9.0)])
    held = PointCloud.of(at, [str(i) for i in range(9)])
    found = along(whole, held)
    assert np.isfinite(found["turning_mean"])
    assert found["turning_mean"] == pytest.approx(along(points)["turning_mean"])


def test_bad_coordinates_are_refused():
    cloud = PointCloud.of(helix(n=6))
    paths = shortest_paths(knn_graph(cloud, 1, bridge=True), ["0"], ["5"])
    with pytest.raises(InputError, match="coordinates of 2 dimensions"):
        path_turning(paths, PointCloud.of(helix(n=6)[:, :2]))
    with pytest.raises(InputError, match="first 5"):
        path_turning(paths, PointCloud.of(helix(n=5)))
    line = PointCloud.of(np.arange(6.0)[:, None])
    with pytest.raises(InputError, match="span 1 dimensions"):
        path_turning(shortest_paths(knn_graph(line, 1, bridge=True), ["0"], ["5"]))
