"""Units that are directions with a threshold."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from cellglass.concepts import LinearUnits, Transform
from cellglass.errors import InputError


@pytest.fixture
def cells() -> np.ndarray:
    return np.random.default_rng(2).normal(1.0, 2.0, size=(500, 6)).astype(np.float32)


@pytest.fixture
def units(cells: np.ndarray) -> LinearUnits:
    names = tuple(f"neuron {i} {sign}" for i in range(6) for sign in "+-")
    rows = np.repeat(np.eye(6), 2, axis=0) * np.tile([2.0, -2.0], 6)[:, None]
    return LinearUnits("neuron", names, rows, 0.0, Transform.fit(cells))


def test_rates_are_met(units: LinearUnits, cells: np.ndarray):
    rates = np.linspace(0.02, 0.6, len(units))
    active = (units.with_rate(cells, rates).activations(cells) > 0).mean(0)
    np.testing.assert_allclose(active, rates, atol=1 / len(cells))


def test_tails_exclude_one_another(units: LinearUnits, cells: np.ndarray):
    gated = units.read(cells).gated
    assert not ((gated[:, 0::2] > 0) & (gated[:, 1::2] > 0)).any()


def test_margin_is_positive_exactly_where_active(units: LinearUnits, cells: np.ndarray):
    found = units.with_rate(cells, 0.1).read(cells)
    np.testing.assert_array_equal(found.margin > 0, found.gated > 0)


def test_some_units_read_as_all_do(units: LinearUnits, cells: np.ndarray):
    which = [3, 0]
    np.testing.assert_allclose(
        units.read(cells, which).gated, units.read(cells).gated[:, which], atol=1e-6
    )


def test_differentiable_reading_is_the_same(units: LinearUnits, cells: np.ndarray):
    h = torch.tensor(cells[:5], requires_grad=True)
    pre = units.pre(h, [1, 4])
    np.testing.assert_allclose(
        pre.detach().numpy(), units.read(cells[:5], [1, 4]).pre, rtol=1e-5, atol=1e-5
    )
    margin = units.with_rate(cells, 0.1).margin(h, [1, 4])
    np.testing.assert_allclose(
        margin.detach().numpy(), units.with_rate(cells, 0.1).read(cells[:5], [1, 4]).margin,
        rtol=1e-5, atol=1e-5,
    )  # fmt: skip
    pre.sum().backward()
    assert h.grad is not None
    assert float(h.grad.abs().sum()) > 0


def test_activations_do_not_depend_on_blocks(units: LinearUnits):
    many = np.random.default_rng(3).normal(size=(4100, 6)).astype(np.float32)
    np.testing.assert_allclose(units.activations(many), units.read(many).gated, atol=1e-6)
    assert units.activations(many[:0]).shape == (0, len(units))


def test_a_zero_direction_is_refused(cells: np.ndarray):
    with pytest.raises(InputError, match="1 of which are zero"):
        LinearUnits("neuron", ("a",), np.zeros((1, 6)), 0.0, Transform.fit(cells))
