import numpy as np
import pytest
from scipy.linalg import orthogonal_procrustes

from cellglass.geometry.alignment.procrustes import Procrustes


def test_against_scipy():
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=(40, 6)), rng.normal(size=(40, 6))
    method = Procrustes(6)
    one, other = method.reduce(first), method.reduce(second)
    a, b = one.apply(first), other.apply(second)
    a, b = a / np.linalg.norm(a), b / np.linalg.norm(b)
    turn, scale = orthogonal_procrustes(a, b)
    mapped, target = method.fit(first, second).transform(first, second)
    assert np.allclose(mapped, a @ turn)
    assert np.allclose(target, b)
    scaled, _ = Procrustes(6, scaling=True).fit(first, second).transform(first, second)
    assert np.allclose(scaled, scale * a @ turn)


def test_the_scale_is_that_of_least_squares():
    rng = np.random.default_rng(1)
    first, second = rng.normal(size=(40, 4)), rng.normal(size=(40, 4))
    mapped, target = Procrustes(scaling=True).fit(first, second).transform(first, second)
    at = [np.linalg.norm(factor * mapped - target) for factor in (0.99, 1.0, 1.01)]
    assert at[1] < at[0]
    assert at[1] < at[2]


def test_a_rotated_scaled_shifted_copy_is_recovered_on_new_genes():
    rng = np.random.default_rng(2)
    rows = rng.normal(size=(50, 5))
    turned = 7 * rows @ np.linalg.qr(rng.normal(size=(5, 5)))[0] + 3
    mapped, target = Procrustes().fit(rows[:30], turned[:30]).transform(rows[30:], turned[30:])
    assert np.allclose(mapped, target)


def test_sides_of_unequal_width():
    rng = np.random.default_rng(3)
    rows = rng.normal(size=(50, 3))
    wide = np.column_stack([rows, 1e-3 * rng.normal(size=(50, 4))])
    mapped, target = Procrustes().fit(rows[:40], wide[:40]).transform(rows[40:], wide[40:])
    assert mapped.shape == target.shape == (10, 7)
    assert np.allclose(mapped, target, atol=1e-3)


@pytest.mark.parametrize("scaling", [True, False])
def test_only_scaling_has_a_direction(scaling):
    assert Procrustes(scaling=scaling).symmetric is not scaling
