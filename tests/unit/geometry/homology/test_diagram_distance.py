import itertools

import numpy as np
import pytest
from gudhi.hera import wasserstein_distance as hera
from gudhi.wasserstein import wasserstein_distance as pot

from cellglass.errors import InputError
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.homology.diagram_distance import bottleneck_distance, wasserstein_distance
from cellglass.geometry.homology.persistence import Persistence, persistence


def held(bars):
    return Persistence((np.empty((0, 2)), np.asarray(bars, dtype=float)), ("A",), "euclidean")


def drawn(n, seed):
    rng = np.random.default_rng(seed)
    births = rng.random(n)
    return np.column_stack([births, births + rng.exponential(0.3, n)])


def enumerated(bars, others, order):
    """Least cost over all partial matchings, the rest going to the diagonal."""
    best = np.inf
    for size in range(min(len(bars), len(others)) + 1):
        for some in itertools.combinations(range(len(bars)), size):
            for with_ in itertools.permutations(range(len(others)), size):
                shifts = [
                    np.abs(bars[i] - others[j]).max() for i, j in zip(some, with_, strict=True)
                ]
                shifts += [np.ptp(bars[i]) / 2 for i in range(len(bars)) if i not in some]
                shifts += [np.ptp(others[j]) / 2 for j in range(len(others)) if j not in with_]
                cost = np.linalg.norm(shifts, order) if shifts else 0.0
                best = min(best, float(cost))
    return best


SIZES = [(3, 4, 0), (4, 4, 1), (5, 2, 2), (0, 3, 3), (0, 0, 4)]


@pytest.mark.parametrize(("n", "m", "seed"), SIZES)
def test_distances_equal_enumeration(n, m, seed):
    bars, others = drawn(n, seed), drawn(m, seed + 100)
    for order in (1.0, 2.0, 3.0):
        found = wasserstein_distance(held(bars), held(others), order=order)
        assert found == pytest.approx(enumerated(bars, others, order), abs=1e-12)
    found = bottleneck_distance(held(bars), held(others))
    assert found == pytest.approx(enumerated(bars, others, np.inf), abs=1e-12)


@pytest.mark.parametrize("order", [1.0, 2.0])
def test_wasserstein_equals_pot_and_hera(order):
    bars, others = drawn(60, 5), drawn(75, 6)
    found = wasserstein_distance(held(bars), held(others), order=order)
    assert found == pytest.approx(pot(bars, others, order=order, internal_p=np.inf), rel=1e-9)
    assert found == pytest.approx(hera(bars, others, order=order, internal_p=np.inf), rel=1e-2)


def test_nearly_equal_diagrams_return_at_once():
    # Hera does not return here
    bars = drawn(300, 7)
    moved = bars.copy()
    moved[0, 1] += 1e-12
    for order in (1.0, 2.0):
        found = wasserstein_distance(held(bars), held(moved[::-1]), order=order)
        assert found == pytest.approx(1e-12, rel=1e-3)
    assert bottleneck_distance(held(bars), held(moved[::-1])) == pytest.approx(1e-12, rel=1e-3)
    assert bottleneck_distance(held(bars), held(bars[::-1])) == 0.0


def test_bottleneck_is_stable():
    rng = np.random.default_rng(8)
    points = rng.normal(size=(60, 3))
    moved = points + rng.uniform(-1, 1, size=(60, 3)) * 0.01 / np.sqrt(3)
    first, second = persistence(PointCloud.of(points)), persistence(PointCloud.of(moved))
    for dimension in (0, 1):
        # no point moves by more than 0.01, so no distance changes by more than 0.02
        assert 0 < bottleneck_distance(first, second, dimension=dimension) <= 0.02


def test_bad_input_is_told():
    cut = persistence(PointCloud.of(np.random.default_rng(9).normal(size=(40, 3))), max_length=1.2)
    for distance in (bottleneck_distance, wasserstein_distance):
        with pytest.raises(InputError, match="bars of H1 have no end"):
            distance(cut, held(drawn(3, 0)))
    for order in (0.5, np.inf, np.nan):
        with pytest.raises(InputError, match="order is"):
            wasserstein_distance(held(drawn(2, 0)), held(drawn(2, 1)), order=order)
