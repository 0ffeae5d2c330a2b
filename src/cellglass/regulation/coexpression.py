"""Co-expression edges: |Spearman| over the same cells and genes as the edges they stand beside."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.stats import rankdata

from cellglass.errors import InputError

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
        If there are fewer than 3 cells.

    Examples
    --------
    >>> x = np.array([[1.0, 2.0], [2.0, 1.0], [3.0, 0.0]])
    >>> spearman(x).round(1).tolist()
    [[1.0, -1.0], [-1.0, 1.0]]
    """
    part: Any = expression if cells is None else expression[cells]
    dense = part.toarray() if sparse.issparse(part) else np.asarray(part)
    if dense.shape[0] < MIN_CELLS:
        raise InputError(
            f"{dense.shape[0]} cells", where="Spearman correlation", expected="at least 3"
        )
    ranks = standardised_ranks(dense)
    left = ranks if rows is None else ranks[:, rows]
    return np.clip(left.T @ ranks, -1.0, 1.0)
