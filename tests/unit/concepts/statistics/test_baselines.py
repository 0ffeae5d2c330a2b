"""Units nobody trained, active as often as concepts."""

from __future__ import annotations

import numpy as np
import pytest

from cellglass.concepts import Transform
from cellglass.concepts.statistics.baselines import (
    matched_rates,
    neurons,
    random_units,
    rotated_neurons,
)
from cellglass.errors import InputError

RATES = np.array([0.0, 0.02, 0.05, 0.1, 0.4])


@pytest.fixture
def cells() -> np.ndarray:
    rng = np.random.default_rng(1)
    return rng.normal(size=(1000, 6)) * [4.0, 2.0, 1.0, 1.0, 1.0, 0.5] + 3.0


def test_rates_have_the_distribution_of_the_concepts():
    rates = np.random.default_rng(2).beta(0.5, 8, size=500)
    drawn = matched_rates(rates, 2000, 1)
    np.testing.assert_allclose(
        np.quantile(drawn, [0.1, 0.5, 0.9]), np.quantile(rates, [0.1, 0.5, 0.9]), rtol=0.02
    )
    np.testing.assert_array_equal(drawn, matched_rates(rates, 2000, 1))
    assert (drawn != matched_rates(rates, 2000, 2)).any()


@pytest.mark.parametrize("rates", [[0.0, 0.0], [0.5, 1.0]])
def test_rates_that_cannot_be_matched_are_refused(rates: list[float]):
    with pytest.raises(InputError, match="rates are above 0"):
        matched_rates(rates, 3)


@pytest.mark.parametrize("build", [neurons, rotated_neurons])
def test_both_tails_at_the_rates(build: object, cells: np.ndarray):
    units = build(cells, Transform.fit(cells), RATES, seed=3).units  # type: ignore[operator]
    assert len(units) == 12
    np.testing.assert_allclose(units.directions[0::2], -units.directions[1::2])
    rows = units.directions[0::2].astype(float)
    np.testing.assert_allclose(rows @ rows.T, np.eye(6), atol=1e-6)
    active = (units.activations(cells) > 0).mean(0)
    np.testing.assert_allclose(np.sort(active), np.sort(matched_rates(RATES, 12, 3)), atol=1e-3)


def test_neurons_are_the_dimensions(cells: np.ndarray):
    units = neurons(cells, Transform.fit(cells), 0.1).units
    assert units.kind == "neuron"
    active = units.activations(cells) > 0
    top = np.argsort(-cells[:, 4])[:100]
    np.testing.assert_array_equal(np.flatnonzero(active[:, 8]), np.sort(top))


def test_rotations_differ_by_seed(cells: np.ndarray):
    t = Transform.fit(cells)
    first = rotated_neurons(cells, t, 0.1, seed=1).units.directions
    np.testing.assert_array_equal(first, rotated_neurons(cells, t, 0.1, seed=1).units.directions)
    assert not np.allclose(first, rotated_neurons(cells, t, 0.1, seed=2).units.directions)


def test_random_directions_follow_the_cells_only_if_asked(cells: np.ndarray):
    t = Transform.fit(cells)
    flat = random_units(cells, t, 0.1, 500).units
    like = random_units(cells, t, 0.1, 500, covariance=True).units
    assert flat.kind == "random direction"
    assert np.mean(flat.directions[:, 0] ** 2) == pytest.approx(1 / 6, abs=0.03)
    assert np.mean(like.directions[:, 0] ** 2) > 0.5
