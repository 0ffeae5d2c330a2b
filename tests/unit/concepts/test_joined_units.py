"""Units of several kinds read together."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from cellglass.concepts import Dictionary, DictionaryUnits, JoinedUnits, LinearUnits, Transform
from cellglass.errors import InputError

WIDTH = 5


@pytest.fixture
def cells() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(40, WIDTH)).astype(np.float32)


@pytest.fixture
def parts(cells: np.ndarray) -> tuple[DictionaryUnits, LinearUnits]:
    rng, transform = np.random.default_rng(1), Transform.fit(cells)
    rows = rng.normal(size=(9, WIDTH))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    dictionary = Dictionary("topk", rows, rng.normal(size=9), rows, np.zeros(WIDTH), transform, k=2)
    linear = LinearUnits("neuron", ("n0", "n1", "n2"), np.eye(WIDTH)[:3], 0.5, transform)
    return DictionaryUnits(dictionary), linear


def test_columns_are_those_of_the_parts(parts, cells: np.ndarray):
    concepts, linear = parts
    both = JoinedUnits([(concepts, [7, 2]), (linear, None)])
    assert both.names == ("concept 7", "concept 2", "n0", "n1", "n2")
    assert both.kinds == ("concept", "concept", "neuron", "neuron", "neuron")
    read = both.read(cells)
    for name in ("gated", "pre", "margin"):
        expected = np.hstack(
            [getattr(concepts.read(cells), name)[:, [7, 2]], getattr(linear.read(cells), name)]
        )
        np.testing.assert_array_equal(getattr(read, name), expected)
    np.testing.assert_array_equal(both.directions[0], concepts.directions[7])


def test_any_choice_in_any_order(parts, cells: np.ndarray):
    both = JoinedUnits([(parts[0], [7, 2]), (parts[1], None)])
    which = [4, 0, 2, 1]
    np.testing.assert_array_equal(both.read(cells, which).gated, both.read(cells).gated[:, which])
    h = torch.as_tensor(cells)
    np.testing.assert_allclose(
        both.pre(h, which).numpy(), both.read(cells, which).pre, rtol=1e-4, atol=1e-5
    )
    np.testing.assert_allclose(
        both.margin(h, which).numpy(), both.read(cells, which).margin, rtol=1e-4, atol=1e-5
    )
    assert both.pre(h, []).shape == (40, 0)


def test_an_empty_part_is_left_out(parts):
    assert len(JoinedUnits([(parts[0], []), (parts[1], [0])]).parts) == 1


def test_units_are_told_apart_and_of_one_embedding(parts):
    other = LinearUnits("neuron", ("x",), np.ones((1, 3)), 0.0, Transform(np.zeros(3), 1.0))
    for bad in ([(parts[1], [0]), (parts[1], [0])], [(parts[1], None), (other, None)], []):
        with pytest.raises(InputError, match="JoinedUnits"):
            JoinedUnits(bad)
