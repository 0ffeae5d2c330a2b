"""Edge functions: scores of regulators x genes from any choice of cells."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from cellglass.errors import InputError
from cellglass.regulation.coexpression import MIN_CELLS, finite_matrix, spearman

EdgeFunction = Callable[[NDArray[np.int64]], NDArray[np.float64]]


class SpearmanEdges:
    """|Spearman| over any cells, and within strata of cells at once.

    Cells of each gene are sorted once; ranks within strata follow from that order in one pass, so
    that shuffled strata cost little more than their matrix products.

    Parameters
    ----------
    expression
        Cells x genes, any monotone scale.
    rows
        Columns of the regulators.

    Raises
    ------
    InputError
        If the expression is no matrix of finite numbers.

    Examples
    --------
    >>> edges = SpearmanEdges(np.array([[1, 4], [2, 3], [3, 1], [4, 0]]), np.array([0]))
    >>> edges(np.arange(4)).round(1).tolist()
    [[1.0, 1.0]]
    """

    def __init__(
        self,
        expression: NDArray[np.floating] | sparse.spmatrix,
        rows: NDArray[np.integer],
    ) -> None:
        self.expression = finite_matrix(expression, "expression")
        self.rows = np.asarray(rows, dtype=np.int64)
        self._sorted: tuple[NDArray[np.int32], NDArray[np.bool_]] | None = None

    def __call__(self, cells: NDArray[np.int64]) -> NDArray[np.float64]:
        """Scores over some cells, regulators x genes."""
        return np.abs(spearman(self.expression, self.rows, cells=cells))

    def by_stratum(self, strata: NDArray[np.integer], n_strata: int) -> NDArray[np.float64]:
        """Scores within each stratum.

        Parameters
        ----------
        strata
            Stratum of each cell, below `n_strata`; negative for cells in none.
        n_strata
            Number of strata.

        Returns
        -------
        numpy.ndarray
            Strata x regulators x genes; nan where a stratum has fewer than 3 cells.
        """
        from .kernels import ranks_within

        codes = np.asarray(strata, dtype=np.int64)
        sizes = np.bincount(codes[codes >= 0], minlength=n_strata)
        ends = np.cumsum(sizes)
        places = np.full(len(codes), -1, dtype=np.int64)
        inside = np.flatnonzero(codes >= 0)
        places[inside[np.argsort(codes[inside], kind="stable")]] = np.arange(len(inside))
        order, starts = self._order()
        ranks = ranks_within(order, starts, codes, places, sizes)
        out = np.full((n_strata, len(self.rows), ranks.shape[0]), np.nan)
        for s in range(n_strata):
            if sizes[s] >= MIN_CELLS:
                part = ranks[:, ends[s] - sizes[s] : ends[s]]
                np.matmul(part[self.rows], part.T, out=out[s])
                np.abs(out[s], out=out[s])
        return out

    def _order(self) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
        """Cells of each gene by value, and where a new value begins."""
        if self._sorted is None:
            by_gene = np.ascontiguousarray(self.expression.T)
            order = np.argsort(by_gene, axis=1)  # ties may come in any order: they are ranked alike
            values = np.take_along_axis(by_gene, order, axis=1)
            starts = np.ones(order.shape, dtype=np.bool_)
            np.not_equal(values[:, 1:], values[:, :-1], out=starts[:, 1:])
            self._sorted = order.astype(np.int32), starts
        return self._sorted


def score_matrix(scores: object, where: str) -> NDArray[np.float64]:
    """What an edge function gave, as a matrix of numbers.

    Parameters
    ----------
    scores
        What it gave.
    where
        For the message.

    Returns
    -------
    numpy.ndarray
        float64, regulators x genes.

    Raises
    ------
    InputError
        If it is no array of numbers, such as a sparse matrix or text.
    """
    if sparse.issparse(scores):
        raise InputError(
            "scores in a sparse matrix", where=where,
            expected="a NumPy array, regulators x genes: 0 and 'not scored' (nan) are not the same",
            fix="give scores.toarray()",
        )  # fmt: skip
    try:
        found = np.asarray(scores, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"scores that are no numbers: {error}", where=where,
            expected="a NumPy array of numbers, regulators x genes",
        ) from error  # fmt: skip
    return found


def spearman_edges(expression: NDArray[np.floating], rows: NDArray[np.integer]) -> SpearmanEdges:
    """|Spearman| as an edge function over cells; see `stratified`.

    Parameters
    ----------
    expression
        Cells x genes.
    rows
        Columns of the regulators.

    Returns
    -------
    SpearmanEdges
        ``edges(cells)`` gives |Spearman| over those cells, regulators x genes.

    Examples
    --------
    >>> import numpy as np
    >>> expression = np.array([[1, 4, 0], [2, 3, 5], [3, 1, 2], [4, 0, 9]])
    >>> edges = spearman_edges(expression, np.array([0]))
    >>> edges(np.arange(4)).round(1)
    array([[1. , 1. , 0.8]])
    """
    return SpearmanEdges(expression, rows)
