"""Centring and scaling of embeddings."""

from __future__ import annotations

import numpy as np
import pytest

from cellglass.concepts import Transform
from cellglass.errors import InputError


@pytest.fixture
def cells() -> np.ndarray:
    return np.random.default_rng(1).normal(3.0, 0.5, size=(400, 8)).astype(np.float32)


def test_mean_is_zero_and_squared_norm_is_the_width(cells: np.ndarray):
    moved = Transform.fit(cells)(cells)
    np.testing.assert_allclose(moved.mean(0), 0, atol=1e-4)
    assert (moved**2).sum(1).mean() == pytest.approx(8, rel=1e-4)


def test_without_centring_the_squared_norm_is_the_width_as_well(cells: np.ndarray):
    moved = Transform.fit(cells, centre=False)(cells)
    assert (moved**2).sum(1).mean() == pytest.approx(8, rel=1e-4)
    assert moved.mean() > 0.5


def test_gamma_is_norm_of_mean_over_root_of_variances(cells: np.ndarray):
    expected = np.linalg.norm(cells.mean(0)) / np.sqrt(cells.var(0).sum())
    assert Transform.fit(cells).gamma == pytest.approx(expected, rel=1e-5)


def test_inverse_brings_embeddings_back(cells: np.ndarray):
    transform = Transform.fit(cells)
    np.testing.assert_allclose(transform.inverse(transform(cells)), cells, atol=1e-5)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_values_that_are_not_finite_are_counted(cells: np.ndarray, bad: float):
    cells[[3, 7], 2] = bad
    with pytest.raises(InputError, match="2 of 400 cells"):
        Transform.fit(cells)


def test_one_embedding_for_all_cells_is_refused(cells: np.ndarray):
    with pytest.raises(InputError, match="all 400 cells have the same embedding"):
        Transform.fit(np.repeat(cells[:1], 400, axis=0))
    with pytest.raises(InputError, match="all 3 cells have the same"):
        Transform.fit(np.zeros((3, 4)))


def test_an_array_of_another_shape_is_refused():
    with pytest.raises(InputError, match="shape"):
        Transform.fit(np.ones(4))
