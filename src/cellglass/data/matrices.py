"""Cells x genes matrices of any storage: rows as CSR, checks that name the offending value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, Union

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from cellglass.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

CHUNK = 4096
Names: TypeAlias = Union[Sequence[str], NDArray[Any], "pd.Index[Any]"]


def n_rows(matrix: Any) -> int:
    """Return the number of rows of anything with a shape."""
    return int(matrix.shape[0])


def rows_as_csr(matrix: Any, rows: NDArray[np.int64] | slice | None = None) -> sparse.csr_matrix:
    """Read rows of a matrix as a canonical CSR matrix without stored zeros.

    Parameters
    ----------
    matrix
        Dense array, SciPy sparse matrix, or a backed dataset of AnnData (cells x genes).
    rows
        Sorted row indices or a slice; all rows if None.

    Returns
    -------
    scipy.sparse.csr_matrix
        Shape (n_selected, n_genes); the caller may change it.

    Raises
    ------
    InputError
        If the matrix is not two-dimensional or holds something that is not a number.

    Examples
    --------
    >>> rows_as_csr(np.array([[0, 2], [1, 0]]), slice(0, 1)).toarray().tolist()
    [[0, 2]]
    """
    if len(matrix.shape) != 2:
        raise InputError(
            f"a matrix of {len(matrix.shape)} dimensions", expected="two: cells x genes"
        )
    part = matrix[:] if rows is None and not sparse.issparse(matrix) else matrix
    if rows is not None:
        part = (matrix.tocsr() if sparse.issparse(matrix) else matrix)[rows]
    try:
        csr = sparse.csr_matrix(part, copy=True)
        if csr.dtype.kind not in "fiub":
            raise TypeError(f"values of type {csr.dtype}")
    except (TypeError, ValueError) as error:
        raise InputError(
            f"the matrix cannot be read as numbers: {error}",
            expected="a dense or sparse matrix of numbers, cells x genes",
        ) from error
    csr.sum_duplicates()
    csr.eliminate_zeros()
    return csr


def row_blocks(n: int, chunk: int = CHUNK) -> Iterator[slice]:
    """Slices that cover `n` rows in order, `chunk` rows each."""
    for start in range(0, n, chunk):
        yield slice(start, min(start + chunk, n))


def rows_with_values(matrix: Any) -> NDArray[np.bool_]:
    """Which rows hold a value other than 0; a backed matrix is read in portions.

    Parameters
    ----------
    matrix
        Sparse or dense, in memory or backed.

    Returns
    -------
    numpy.ndarray
        Shape (n_rows,).

    Examples
    --------
    >>> rows_with_values(sparse.csr_matrix(np.array([[0, 1], [0, 0]]))).tolist()
    [True, False]
    """
    group = getattr(matrix, "group", None)
    if sparse.issparse(matrix):
        csr = matrix.tocsr()
        ends, data = csr.indptr, csr.data
    elif group is not None and getattr(matrix, "format", "") == "csr":
        ends, data = group["indptr"][:], group["data"]
    else:
        blocks = [np.diff(rows_as_csr(matrix, b).indptr) > 0 for b in row_blocks(n_rows(matrix))]
        return np.concatenate(blocks) if blocks else np.zeros(0, dtype=bool)
    found = np.zeros(n_rows(matrix), dtype=bool)
    for block in row_blocks(len(found)):  # zeros may be stored, so that places do not suffice
        at = np.asarray(ends[block.start : block.stop + 1], dtype=np.int64)
        filled = np.concatenate([[0], np.cumsum(np.asarray(data[at[0] : at[-1]]) != 0)])
        found[block] = np.diff(filled[at - at[0]]) > 0
    return found


def sample_rows(n: int, sample: int) -> NDArray[np.int64]:
    """At most `sample` evenly spaced row indices of `n`: the same on every machine."""
    if n <= sample:
        return np.arange(n, dtype=np.int64)
    return np.unique(np.linspace(0, n - 1, sample).round().astype(np.int64))


def name_value(
    csr: sparse.csr_matrix,
    position: int,
    cells: Names | None = None,
    genes: Names | None = None,
) -> str:
    """Say which cell and gene a stored value belongs to.

    Parameters
    ----------
    csr
        The matrix.
    position
        Index into ``csr.data``.
    cells, genes
        Names of rows and columns; numbers are used where they are missing.

    Returns
    -------
    str
        For example ``"cell 'AAAC', gene 'CD3E': -1.5"``.
    """
    row = int(np.searchsorted(csr.indptr, position, side="right")) - 1
    column = int(csr.indices[position])
    cell = f"'{cells[row]}'" if cells is not None else f"number {row}"
    gene = f"'{genes[column]}'" if genes is not None else f"number {column}"
    return f"cell {cell}, gene {gene}: {csr.data[position]:g}"


def require_finite(
    csr: sparse.csr_matrix,
    *,
    where: str,
    cells: Names | None = None,
    genes: Names | None = None,
) -> None:
    """Raise InputError naming the first cell and gene whose value is NaN or infinite."""
    if csr.dtype.kind != "f":
        return
    bad = np.flatnonzero(~np.isfinite(csr.data))
    if bad.size:
        raise InputError(
            f"{bad.size:,} values are NaN or infinite; the first is "
            f"{name_value(csr, int(bad[0]), cells, genes)}",
            where=where,
            expected="finite numbers",
            fix="find the step that made them (a division by an empty cell?) or remove those cells",
        )


def require_nonnegative(
    csr: sparse.csr_matrix,
    *,
    where: str,
    cells: Names | None = None,
    genes: Names | None = None,
) -> None:
    """Raise InputError naming the first cell and gene whose count is negative."""
    bad = np.flatnonzero(csr.data < 0)
    if bad.size:
        raise InputError(
            f"{bad.size:,} counts are negative; the first is "
            f"{name_value(csr, int(bad[0]), cells, genes)}",
            where=where,
            expected="counts: 0, 1, 2, ...",
            fix="use the matrix from before background or batch correction",
        )


def is_integral(csr: sparse.csr_matrix) -> NDArray[np.bool_]:
    """Which stored values are whole numbers, shape (nnz,)."""
    if csr.dtype.kind != "f":
        return np.ones(csr.nnz, dtype=bool)
    return np.asarray(csr.data == np.rint(csr.data))
