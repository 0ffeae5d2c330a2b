"""Random directions: of length 1, uniform or with the covariance of cells."""

from __future__ import annotations

import numpy as np
import pytest

from cellglass.concepts.interventions.null_directions import null_direction_sets, null_directions
from cellglass.errors import InputError


@pytest.fixture
def h() -> np.ndarray:
    return np.random.default_rng(0).normal(5.0, [1.0, 2.0, 4.0], size=(400, 3))


def test_isotropic_directions_prefer_none(h):
    rows = null_directions(h, 3000, "isotropic", seed=1, task="t")
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1)
    np.testing.assert_allclose(rows.T @ rows / 3000, np.eye(3) / 3, atol=0.03)


def test_covariance_directions_are_normal_ones_divided_by_their_length(h):
    rows = null_directions(h, 4000, "covariance", seed=1, task="t")
    slow = np.random.default_rng(5).multivariate_normal(np.zeros(3), np.cov(h.T), size=4000)
    slow /= np.linalg.norm(slow, axis=1, keepdims=True)
    np.testing.assert_allclose((rows**2).mean(0), (slow**2).mean(0), atol=0.03)
    assert (rows[:, 2] ** 2).mean() > 0.5


def test_draws_follow_seed_and_task(h):
    first = null_directions(h, 2, "isotropic", seed=1, task="t")
    np.testing.assert_array_equal(first, null_directions(h, 2, "isotropic", seed=1, task="t"))
    assert (first != null_directions(h, 2, "isotropic", seed=2, task="t")).all()
    assert (first != null_directions(h, 2, "isotropic", seed=1, task="u")).all()


@pytest.mark.parametrize("kind", ["isotropic", "covariance"])
def test_directions_of_a_set_are_as_alike_as_those_given(h, kind):
    """Before they are cut to length 1, two of a set correlate by the cosine of the given two."""
    like = np.array([[1.0, 0.0, 0.0], [0.8, 0.6, 0.0], [0.0, 0.0, 2.0]])
    sets = null_direction_sets(h, like, 6000, kind, seed=1, task="t")
    np.testing.assert_allclose(np.linalg.norm(sets, axis=2), 1)
    alone = null_directions(h, 6000, kind, seed=2, task="t")
    cosine = np.einsum("aud,avd->auv", sets, sets).mean(0)
    rng = np.random.default_rng(3)
    scale = np.linalg.cholesky(np.cov(h.T) if kind == "covariance" else np.eye(3)).T
    first, second = rng.normal(size=(2, 20000, 3)) @ scale
    pair = 0.8 * first + 0.6 * second
    slow = (first * pair).sum(1) / np.linalg.norm(first, axis=1) / np.linalg.norm(pair, axis=1)
    assert cosine[0, 1] == pytest.approx(slow.mean(), abs=0.03)
    assert abs(cosine[0, 2]) < 0.03
    for u in range(3):
        np.testing.assert_allclose((sets[:, u] ** 2).mean(0), (alone**2).mean(0), atol=0.03)


def test_what_cannot_be_drawn_is_refused(h):
    with pytest.raises(InputError, match="same embedding"):
        null_directions(np.ones((5, 3)), 2, "covariance", seed=1, task="t")
    with pytest.raises(InputError, match="'pca'"):
        null_directions(h, 2, "pca", seed=1, task="t")  # type: ignore[arg-type]
