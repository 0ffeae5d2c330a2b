from __future__ import annotations

from pathlib import Path

import anndata
import numpy as np
import pytest
from scipy import sparse

from cellglass.data import matrices
from cellglass.data.matrices import rows_with_values

DENSE = np.array([[0, 1, 2], [0, 0, 0], [3, 0, 0], [0, 0, 0], [0, 0, 5]], dtype="float32")
HOLDS = [True, False, True, False, True]


@pytest.fixture
def stored() -> sparse.csr_matrix:
    """The row of number 3 stores a zero."""
    matrix = sparse.csr_matrix(DENSE + np.array([[0], [0], [0], [7], [0]], dtype="float32"))
    matrix.data[matrix.indptr[3] : matrix.indptr[4]] = 0
    return matrix


@pytest.mark.parametrize("chunk", [2, 4096])
def test_rows_with_values_of_any_storage(
    stored: sparse.csr_matrix, tmp_path: Path, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = matrices.row_blocks
    monkeypatch.setattr(matrices, "row_blocks", lambda n: whole(n, chunk))
    for matrix in (DENSE, stored, stored.tocsc(), np.asfortranarray(DENSE)):
        assert rows_with_values(matrix).tolist() == HOLDS
    for i, x in enumerate((stored, DENSE)):
        path = tmp_path / f"{i}.h5ad"
        anndata.AnnData(x).write_h5ad(path)
        assert rows_with_values(anndata.read_h5ad(path, backed="r").X).tolist() == HOLDS
    assert rows_with_values(np.zeros((0, 3))).tolist() == []
