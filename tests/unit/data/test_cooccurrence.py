from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from cellglass.data import cooccurrence as exported
from cellglass.data.cooccurrence import _dense_product, _sparse_product, cooccurrence
from cellglass.errors import InputError


def slow(present: np.ndarray, rows: list[int]) -> list[list[int]]:
    return [
        [int(np.sum(present[:, i] & present[:, j])) for j in range(present.shape[1])] for i in rows
    ]


@pytest.mark.parametrize("density", [0.02, 0.5])
@pytest.mark.parametrize("rows", [None, [0, 7, 3]])
def test_against_loops(density: float, rows: list[int] | None) -> None:
    present = np.random.default_rng(0).random((70, 12)) < density
    counts = cooccurrence(sparse.csr_matrix(present), rows)
    assert counts.dtype == np.int32
    assert counts.tolist() == slow(present, rows or list(range(12)))


def test_both_ways_of_multiplying_agree() -> None:
    """More cells than one block, more rows than one block: edges of both loops."""
    rng = np.random.default_rng(1)
    left = sparse.csr_matrix((rng.random((1300, 600)) < 0.1).astype(np.int32))
    dense, by_rows = _dense_product(left, left), _sparse_product(left, left)
    assert np.array_equal(dense, by_rows)
    assert np.array_equal(dense, (left.T @ left).toarray())


def test_values_do_not_matter_only_presence() -> None:
    counts = sparse.csr_matrix(np.array([[3.0, 0.0, 2.0], [1.0, 5.0, 0.0]]))
    counts.data[0] = 0.0  # a stored zero is absent
    assert cooccurrence(counts).tolist() == [[1, 1, 0], [1, 1, 0], [0, 0, 1]]
    assert counts.data[2] == 1.0


def test_errors() -> None:
    with pytest.raises(InputError, match="column indices 0 to 2"):
        cooccurrence(sparse.csr_matrix(np.eye(3)), [3])


def test_package_exports_the_function() -> None:
    assert exported is cooccurrence
