from __future__ import annotations

import numpy as np
import pytest

from cellglass.concepts.dictionaries.gates import above, top_k, top_of_row


def oracle(pre: np.ndarray, k: int) -> np.ndarray:
    """Sort each row: largest first, of equals the leftmost first."""
    out = np.zeros_like(pre)
    for i, row in enumerate(pre):
        order = sorted(range(len(row)), key=lambda j: (-row[j], j))[:k]
        for j in order:
            out[i, j] = max(row[j], 0)
    return out


@pytest.mark.parametrize("k", [1, 2, 5, 31, 64])
@pytest.mark.parametrize("decimals", [0, 8])
def test_top_k_is_a_sort_with_ties_by_place(k: int, decimals: int):
    pre = np.random.default_rng(k).normal(size=(40, 64)).round(decimals).astype(np.float32)
    found = top_k(pre, k)
    np.testing.assert_array_equal(found.toarray(), oracle(pre, k))
    assert found.has_sorted_indices
    assert (found.data > 0).all()
    assert found.dtype == np.float32


@pytest.mark.parametrize("decimals", [0, 8])
@pytest.mark.parametrize("shift", [0.0, -2.5])  # few entries positive: no bar to skip by
def test_top_k_of_long_rows_skips_nothing(decimals: int, shift: float):
    pre = np.random.default_rng(1).normal(shift, size=(60, 333)).round(decimals)
    pre = pre.astype(np.float32)
    np.testing.assert_array_equal(top_k(pre, 4).toarray(), oracle(pre, 4))


def test_top_k_of_silent_cells_is_empty():
    assert top_k(np.full((3, 5), -1.0, np.float32), 2).nnz == 0


def test_top_of_row_looks_only_at_the_given_columns():
    row = np.array([9.0, 1.0, 3.0, 2.0, 8.0], np.float32)
    values, indices = np.zeros(2, np.float32), np.zeros(2, np.int32)
    count = top_of_row(row, np.array([1, 2, 3]), values, indices)
    assert count == 2
    assert indices.tolist() == [2, 3]
    assert values.tolist() == [3.0, 2.0]


def test_above_keeps_what_exceeds_the_threshold_and_is_positive():
    pre = np.array([[0.5, -0.1, 1.0], [-2.0, 0.2, 1.5]], np.float32)
    np.testing.assert_array_equal(above(pre, None).toarray(), np.maximum(pre, 0))
    thresholds = np.array([-1.0, 0.2, 1.0], np.float32)
    np.testing.assert_array_equal(
        above(pre, thresholds).toarray(), np.array([[0.5, 0, 0], [0, 0, 1.5]], np.float32)
    )
