"""Single-gene statistics on the log1p(CP10k) scale, in one exact pass over the cells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from cellglass.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

TARGET_SUM = 1e4
# Values are summed as whole multiples of 2**-44 in two limbs of 24 bits and more, so that sums do
# not depend on the order of cells or on how they were cut into chunks.
FRACTION_BITS = 44
LOW_BITS = 24
Limbs = NDArray[np.int64]


def log1p_cp10k(counts: sparse.csr_matrix, n_counts: NDArray[np.float64]) -> sparse.csr_matrix:
    """Natural logarithm of 1 + counts per 10,000.

    Parameters
    ----------
    counts
        Cells x genes.
    n_counts
        Total of each cell, shape (n_cells,), positive where the cell has counts.

    Returns
    -------
    scipy.sparse.csr_matrix
        float64, same pattern.

    Examples
    --------
    >>> x = sparse.csr_matrix(np.array([[1.0, 3.0]]))
    >>> log1p_cp10k(x, np.array([4.0])).data.round(4).tolist()
    [7.8244, 8.9228]
    """
    csr = sparse.csr_matrix(counts, dtype=np.float64, copy=True)
    csr.sum_duplicates()
    lengths = np.diff(csr.indptr)
    totals = np.asarray(n_counts, dtype=np.float64)
    if totals.shape != (csr.shape[0],):
        raise InputError(
            f"n_counts has shape {totals.shape}", expected=f"one total per cell ({csr.shape[0]},)"
        )
    if np.any(totals[lengths > 0] <= 0):
        raise InputError("a cell with counts has no total", where="n_counts", expected="> 0")
    csr.data = np.log1p(csr.data * (TARGET_SUM / np.repeat(totals, lengths)))
    return csr


class FeatureAccumulator:
    """Sums from which mean, variance and detection of each gene follow.

    Parameters
    ----------
    n_genes
        Number of genes.

    Notes
    -----
    Sums are exact integers (see `FRACTION_BITS`), so adding chunks and merging accumulators in
    any order gives the same bits; values are rounded to 2**-44 (6e-14) before they are summed.

    Examples
    --------
    >>> acc = FeatureAccumulator(2)
    >>> acc.add(sparse.csr_matrix(np.array([[1.0, 0.0], [1.0, 2.0]])), np.array([1.0, 3.0]))
    >>> acc.detection.tolist()
    [1.0, 0.5]
    """

    def __init__(self, n_genes: int) -> None:
        self.n_cells = 0
        self._sum = np.zeros((2, n_genes), dtype=np.int64)
        self._square = np.zeros((2, n_genes), dtype=np.int64)
        self._detected = np.zeros(n_genes, dtype=np.int64)

    @property
    def n_genes(self) -> int:
        """Number of genes."""
        return int(self._detected.size)

    def add(self, counts: sparse.csr_matrix, n_counts: NDArray[np.float64]) -> None:
        """Add cells: counts (n_cells, n_genes) and their totals (n_cells,)."""
        if counts.shape[1] != self.n_genes:
            raise InputError(
                f"{counts.shape[1]:,} genes", where="counts", expected=f"{self.n_genes:,} genes"
            )
        values = log1p_cp10k(counts, n_counts)
        values.eliminate_zeros()
        self.n_cells += int(values.shape[0])
        self._detected += np.bincount(values.indices, minlength=self.n_genes)
        _add_exact(self._sum, values.indices, values.data)
        _add_exact(self._square, values.indices, values.data**2)

    def merge(self, other: FeatureAccumulator) -> None:
        """Add the sums of another accumulator over the same genes."""
        if other.n_genes != self.n_genes:
            raise InputError(f"{other.n_genes:,} genes", expected=f"{self.n_genes:,} genes")
        self.n_cells += other.n_cells
        self._sum += other._sum
        self._square += other._square
        self._detected += other._detected

    @property
    def mean(self) -> NDArray[np.float64]:
        """Mean log1p(CP10k) of each gene, shape (n_genes,)."""
        return _total(self._sum) / max(self.n_cells, 1)

    @property
    def variance(self) -> NDArray[np.float64]:
        """Variance over the cells (divided by n), shape (n_genes,)."""
        square = _total(self._square) / max(self.n_cells, 1)
        return np.asarray(np.maximum(square - self.mean**2, 0.0))

    @property
    def detection(self) -> NDArray[np.float64]:
        """Share of cells with a count above 0, shape (n_genes,)."""
        return self._detected / max(self.n_cells, 1)

    def table(self, genes: Sequence[str] | None = None) -> pd.DataFrame:
        """Mean, variance and detection as a table indexed by gene."""
        import pandas as pd

        if self.n_cells == 0:
            raise InputError("no cells were added", expected="at least one cell")
        columns = {"mean": self.mean, "variance": self.variance, "detection": self.detection}
        index = None if genes is None else pd.Index([str(g) for g in genes], name="gene")
        return pd.DataFrame(columns, index=index)


def gene_features(
    counts: sparse.csr_matrix,
    n_counts: NDArray[np.float64],
    genes: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Mean, variance and detection of each gene.

    Parameters
    ----------
    counts
        Whole counts, cells x genes.
    n_counts
        Total counts of each cell, shape (n_cells,).
    genes
        Names for the index.

    Returns
    -------
    pandas.DataFrame
        Columns ``mean`` and ``variance`` (of log1p counts per 10,000; the variance divides by the
        number of cells) and ``detection`` (share of cells with a count), float64, one row a gene.
        The dropout rate is ``1 - detection``.

    Raises
    ------
    InputError
        If totals do not match the cells or there are none.

    Notes
    -----
    specs/edges.md, section 2.3. The result has the same bits whatever the order of the cells.

    Examples
    --------
    >>> x = sparse.csr_matrix(np.array([[1.0, 0.0], [1.0, 2.0]]))
    >>> gene_features(x, np.array([1.0, 3.0]), ["A", "B"]).loc["B", "detection"].item()
    0.5
    """
    accumulator = FeatureAccumulator(int(counts.shape[1]))
    accumulator.add(counts, n_counts)
    return accumulator.table(genes)


def _add_exact(limbs: Limbs, index: NDArray[np.integer], values: NDArray[np.float64]) -> None:
    """Add values to the limbs of their genes; float64 sums of whole numbers < 2**53 are exact."""
    whole = np.rint(np.ldexp(values, FRACTION_BITS)).astype(np.int64)
    n_genes = limbs.shape[1]
    low, high = whole & ((1 << LOW_BITS) - 1), whole >> LOW_BITS
    limbs[0] += np.bincount(index, weights=low, minlength=n_genes).astype(np.int64)
    limbs[1] += np.bincount(index, weights=high, minlength=n_genes).astype(np.int64)


def _total(limbs: Limbs) -> NDArray[np.float64]:
    """Return sums as float64."""
    carry, low = limbs[0] >> LOW_BITS, limbs[0] & ((1 << LOW_BITS) - 1)
    high = (limbs[1] + carry).astype(np.float64)
    return np.asarray(
        np.ldexp(high, LOW_BITS - FRACTION_BITS) + np.ldexp(low.astype(float), -FRACTION_BITS)
    )
