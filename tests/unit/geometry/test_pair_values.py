from __future__ import annotations

import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.geometry.pair_values import pair_values
from cellglass.geometry.pairs import Pairs


@pytest.fixture
def pairs() -> Pairs:
    mask = np.array([[True, True, False], [True, False, True]])
    labels = np.array([[True, False, False], [False, False, True]])
    return Pairs(("A", "B"), ("C", "D", "E"), labels, mask, "net")


def test_matrix_and_vector_are_the_same_values(pairs: Pairs):
    matrix = np.arange(6.0).reshape(2, 3)
    flat = pair_values(matrix, pairs)
    assert flat.tolist() == [0.0, 1.0, 3.0, 5.0]
    assert pair_values(flat, pairs) is flat
    rows, columns = pairs.index
    assert np.array_equal(flat, matrix[rows, columns])


def test_values_outside_the_mask_may_be_anything(pairs: Pairs):
    matrix = np.arange(6.0).reshape(2, 3)
    matrix[0, 2] = np.nan
    assert np.isfinite(pair_values(matrix, pairs)).all()


def test_missing_values_name_the_pair(pairs: Pairs):
    matrix = np.arange(6.0).reshape(2, 3)
    matrix[1, 0] = np.inf
    with pytest.raises(InputError, match=r"1 of 4 pairs have no finite value, the first B -> C"):
        pair_values(matrix, pairs, "support")


def test_other_shapes_are_refused(pairs: Pairs):
    with pytest.raises(InputError, match=r"shape \(3,\)"):
        pair_values(np.ones(3), pairs)
