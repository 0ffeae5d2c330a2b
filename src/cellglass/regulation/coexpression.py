"""Co-expression edges: |Spearman| over the same cells and genes as the edges they stand beside."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.stats import rankdata

from cellglass.errors import InputError

COEXPRESSION = "|Spearman|"
"""What every table and figure calls the size of the rank correlation over the same cells."""

MIN_CELLS = 3


def standardised_ranks(values: NDArray[np.floating]) -> NDArray[np.float64]:
    """Mid-ranks of each gene over cells, centred and of unit length.

    Parameters
    ----------
    values
        Expression, cells x genes.

    Returns
    -------
    numpy.ndarray
        float64, cells x genes; all zero for a gene that does not vary, so that its correlation
        with any gene is 0.
    """
    ranks = rankdata(values, axis=0)
    ranks -= ranks.mean(0)
    norm = np.sqrt((ranks**2).sum(0))
    return np.divide(ranks, norm, out=np.zeros_like(ranks), where=norm > 1e-9 * len(values))


def finite_matrix(
    values: NDArray[np.floating] | sparse.spmatrix, where: str
) -> NDArray[np.floating]:
    """Expression as a dense matrix; a value that is not finite would be ranked like any other.

    Parameters
    ----------
    values
        Expression, cells x genes.
    where
        For the message.

    Returns
    -------
    numpy.ndarray
        Cells x genes.

    Raises
    ------
    InputError
        If it is no matrix of numbers, or a value is NaN or infinite.
    """
    given: Any = values
    dense = np.asarray(given.toarray() if sparse.issparse(given) else given)
    if dense.ndim != 2 or dense.dtype.kind not in "fiub":
        raise InputError(
            f"values of type {dense.dtype} and shape {dense.shape}", where=where,
            expected="a matrix of numbers, cells x genes",
        )  # fmt: skip
    bad = ~np.isfinite(dense)
    if bad.any():
        cell, gene = np.argwhere(bad)[0]
        raise InputError(
            f"{int(bad.sum()):,} values are NaN or infinite, in {int(bad.any(1).sum()):,} of "
            f"{len(dense):,} cells; the first is in cell {cell}, gene {gene} (rows and columns "
            "from 0)",
            where=where,
            expected="finite numbers",
            fix="leave those cells or genes out, or find the step that made the values",
        )
    return dense


def spearman(
    expression: NDArray[np.floating] | sparse.spmatrix,
    rows: NDArray[np.integer] | None = None,
    *,
    cells: NDArray[np.integer] | None = None,
) -> NDArray[np.float64]:
    """Spearman correlation of row genes with all genes.

    Parameters
    ----------
    expression
        Normalised expression, cells x genes (any monotone scale gives the same).
    rows
        Columns of the row genes; all when None.
    cells
        Only these cells.

    Returns
    -------
    numpy.ndarray
        float64, rows x genes; 0 where a gene does not vary.

    Raises
    ------
    InputError
        If there are fewer than 3 cells, or a value is NaN or infinite.

    Examples
    --------
    >>> x = np.array([[1.0, 2.0], [2.0, 1.0], [3.0, 0.0]])
    >>> spearman(x).round(1).tolist()
    [[1.0, -1.0], [-1.0, 1.0]]
    """
    part: Any = expression if cells is None else expression[cells]
    dense = finite_matrix(part, "expression for Spearman correlation")
    if dense.shape[0] < MIN_CELLS:
        raise InputError(
            f"{dense.shape[0]} cells", where="Spearman correlation", expected="at least 3"
        )
    ranks = standardised_ranks(dense)
    left = ranks if rows is None else ranks[:, rows]
    return np.clip(left.T @ ranks, -1.0, 1.0)
