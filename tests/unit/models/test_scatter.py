from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from cellglass.models.scatter import add_heads, add_mean, numpy_add_mean


def tile(n_heads: int, n_rows: int, n: int, seed: int) -> NDArray[np.float32]:
    return np.random.default_rng(seed).random((n_heads, n_rows, n), dtype=np.float32)


def places(n: int, extent: int, seed: int) -> NDArray[np.int64]:
    """Distinct places below `extent`, a third of them unlisted (-1)."""
    rng = np.random.default_rng(seed)
    at = rng.permutation(extent)[:n].astype(np.int64)
    at[rng.random(n) < 0.34] = -1
    return at


def loops(
    target: NDArray, weights: NDArray, rows: NDArray[np.int64], columns: NDArray[np.int64]
) -> NDArray:
    """Pair by pair, in float64."""
    out = target.astype(np.float64)
    for head in range(len(weights)):
        for i, row in enumerate(rows):
            for j, column in enumerate(columns):
                if row >= 0 and column >= 0:
                    out[head, row, column] += weights[head, i, j]
    return out


@pytest.mark.parametrize(("n_heads", "n_rows", "n"), [(1, 1, 1), (4, 5, 9), (3, 17, 6), (8, 2, 30)])
def test_mean_over_heads_is_added_at_listed_pairs(n_heads: int, n_rows: int, n: int) -> None:
    weights, rows, columns = tile(n_heads, n_rows, n, 0), places(n_rows, 40, 1), places(n, 40, 2)
    found = np.random.default_rng(3).random((40, 40), dtype=np.float32)
    start = found.copy()
    expected = found.copy()
    numpy_add_mean(expected, weights, rows, columns)
    slow = start + loops(np.zeros((n_heads, 40, 40)), weights, rows, columns).mean(0)
    add_mean(found, weights, rows, columns)
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    np.testing.assert_allclose(found, slow, rtol=1e-6)
    untouched = np.ones((40, 40), bool)
    untouched[np.ix_(rows[rows >= 0], columns[columns >= 0])] = False
    np.testing.assert_array_equal(found[untouched], start[untouched])


@pytest.mark.parametrize(("n_heads", "n_rows", "n"), [(1, 1, 1), (4, 5, 9), (3, 17, 6)])
def test_heads_are_kept_apart(n_heads: int, n_rows: int, n: int) -> None:
    weights, rows, columns = tile(n_heads, n_rows, n, 4), places(n_rows, 20, 5), places(n, 25, 6)
    found = np.random.default_rng(7).random((n_heads, 20, 25), dtype=np.float32)
    expected = loops(found, weights, rows, columns)
    add_heads(found, weights, rows, columns)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_a_gene_at_two_positions_gets_both() -> None:
    weights = tile(2, 2, 3, 8)
    rows, columns = np.array([1, 1]), np.array([0, 2, 0])
    found = np.zeros((2, 3), np.float32)
    add_mean(found, weights, rows, columns)
    mean = weights.mean(0)
    np.testing.assert_allclose(found[1], [mean[:, [0, 2]].sum(), 0, mean[:, 1].sum()], rtol=1e-6)
    by_head = np.zeros((2, 2, 3), np.float32)
    add_heads(by_head, weights, rows, columns)
    np.testing.assert_allclose(by_head.mean(0), found, rtol=1e-6)
