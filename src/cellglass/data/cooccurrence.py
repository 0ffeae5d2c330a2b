"""Co-occurrence: in how many cells two genes are both present."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from cellglass.errors import InputError

ROW_BLOCK = 256
CELL_BLOCK = 512
# one multiply-add of a sparse product costs about as much as this many of a dense one
DENSE_ADVANTAGE = 100


def cooccurrence(present: sparse.csr_matrix, rows: ArrayLike | None = None) -> NDArray[np.int32]:
    """Count the cells in which two genes are both present.

    Parameters
    ----------
    present
        Cells x genes; anything non-zero counts as present.
    rows
        Genes that form the rows of the result (for example regulators), as column indices; all
        genes if None.

    Returns
    -------
    numpy.ndarray
        int32, shape (n_rows, n_genes); the entry of a gene with itself is its number of cells.

    Raises
    ------
    InputError
        If an index of `rows` does not exist.

    Examples
    --------
    >>> cooccurrence(sparse.csr_matrix([[1, 1, 0], [1, 0, 1]]), rows=[0]).tolist()
    [[2, 1, 1]]
    """
    csr = sparse.csr_matrix(present)
    n_genes = int(csr.shape[1])
    pattern = sparse.csr_matrix(
        ((csr.data != 0).astype(np.int32), csr.indices, csr.indptr), shape=csr.shape
    )
    wanted = np.arange(n_genes) if rows is None else np.asarray(rows, dtype=np.int64)
    if wanted.size and (wanted.min() < 0 or wanted.max() >= n_genes):
        raise InputError(
            f"rows reach {int(wanted.min())} to {int(wanted.max())}",
            where="rows",
            expected=f"column indices 0 to {n_genes - 1}",
        )
    chosen = pattern[:, wanted]
    sparse_cost = float(np.diff(chosen.indptr).astype(float) @ np.diff(pattern.indptr))
    dense_cost = float(csr.shape[0]) * wanted.size * n_genes
    if dense_cost < DENSE_ADVANTAGE * sparse_cost:
        return _dense_product(chosen, pattern)
    return _sparse_product(chosen, pattern)


def _dense_product(left: sparse.csr_matrix, right: sparse.csr_matrix) -> NDArray[np.int32]:
    """Multiply in blocks of cells; float32 sums of up to 512 ones are exact."""
    counts = np.zeros((left.shape[1], right.shape[1]), dtype=np.int32)
    for start in range(0, left.shape[0], CELL_BLOCK):
        part = slice(start, start + CELL_BLOCK)
        a = left[part].astype(np.float32).toarray()
        counts += (a.T @ right[part].astype(np.float32).toarray()).astype(np.int32)
    return counts


def _sparse_product(left: sparse.csr_matrix, right: sparse.csr_matrix) -> NDArray[np.int32]:
    """Multiply in blocks of rows, because the sparse product of all rows would be dense."""
    columns = left.tocsc()
    counts = np.zeros((left.shape[1], right.shape[1]), dtype=np.int32)
    for start in range(0, left.shape[1], ROW_BLOCK):
        part = slice(start, start + ROW_BLOCK)
        counts[part] = (columns[:, part].T @ right).toarray()
    return counts
