"""Counts at a known place: read in any portion, every value checked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from cellglass.data.integrality import solve_units, whole_numbers
from cellglass.data.matrices import (
    CHUNK,
    Names,
    is_integral,
    n_rows,
    name_value,
    require_finite,
    require_nonnegative,
    row_blocks,
    rows_as_csr,
)
from cellglass.data.precision import Precision
from cellglass.data.scale import NOT_COUNTS
from cellglass.data.scale_report import ScaleReport
from cellglass.data.transforms import RECOVERED, linear_values
from cellglass.errors import InputError, ScaleError

if TYPE_CHECKING:
    import pandas as pd

LARGEST_COUNT = 2**24  # above it float32 no longer holds every whole number


@dataclass(frozen=True, eq=False)
class Counts:
    """Whole counts of some cells.

    Parameters
    ----------
    matrix
        CSR float32 of whole numbers, shape (n_cells, n_genes), no stored zeros.
    n_counts
        Total counts of each cell, shape (n_cells,): of all genes where the data say so, else the
        sum over the genes present.
    n_counts_source
        ``"obs['n_counts']"`` or ``"row sums"``.
    source
        ``"X"``, ``"raw"`` or the name of the layer the counts come from.
    report
        What was found there.
    var
        Table of the genes (columns of `matrix`): that of ``raw`` where counts come from there.
    cells
        Names of the cells, shape (n_cells,).
    notes
        What was taken and what was passed over, and why.
    """

    matrix: sparse.csr_matrix
    n_counts: NDArray[np.float64]
    n_counts_source: str
    source: str
    report: ScaleReport
    var: pd.DataFrame
    cells: NDArray[np.str_]
    notes: tuple[str, ...] = ()

    @property
    def genes(self) -> list[str]:
        """Names of the genes, as in the index of `var`."""
        return [str(g) for g in self.var.index]


@dataclass(frozen=True, eq=False)
class CountSource:
    """Where counts are and how to get them, without having read them all.

    Parameters
    ----------
    matrix
        Cells x genes, in memory or backed.
    report
        Scale of `matrix`.
    source
        ``"X"``, ``"raw"`` or a layer.
    var
        Table of the genes.
    cells
        Names of all cells.
    totals
        Known total counts of each cell, shape (n_cells,), or None.
    totals_name
        Where `totals` comes from.
    notes
        What was taken and what was passed over.
    """

    matrix: Any = field(repr=False)
    report: ScaleReport
    source: str
    var: pd.DataFrame = field(repr=False)
    cells: NDArray[np.str_] = field(repr=False)
    totals: NDArray[np.float64] | None = field(repr=False)
    totals_name: str
    notes: tuple[str, ...] = ()

    def read(self, cells: NDArray[np.int64] | slice | None = None, *, chunk: int = CHUNK) -> Counts:
        """Read the counts of some cells; every value is checked.

        Parameters
        ----------
        cells
            Sorted indices of cells or a slice; all if None.
        chunk
            Cells to convert at once. The result does not depend on it.

        Returns
        -------
        Counts

        Raises
        ------
        ScaleError
            If a value is not provably a count; cell and gene are named.
        InputError
            If a value is negative, NaN or infinite, or a known total is smaller than the sum of
            the cell's counts.
        """
        rows = np.arange(n_rows(self.matrix))[slice(None) if cells is None else cells]
        parts = [self._convert(rows[block]) for block in row_blocks(len(rows), chunk)]
        n_genes = int(self.matrix.shape[1])
        empty = sparse.csr_matrix((0, n_genes), dtype=np.float32)
        matrix = sparse.vstack(parts, format="csr", dtype=np.float32) if parts else empty
        sums = np.asarray(matrix.sum(axis=1, dtype=np.float64)).ravel()
        totals, name = sums, "row sums"
        if self.totals is not None:
            totals, name = self.totals[rows], self.totals_name
            self._require_totals(totals, sums, rows)
        return Counts(
            matrix,
            totals,
            name,
            self.source,
            self.report,
            self.var,
            self.cells[rows],
            self.notes,
        )

    def _require_totals(
        self, totals: NDArray[np.float64], sums: NDArray[np.float64], rows: NDArray[np.int64]
    ) -> None:
        short = np.flatnonzero(totals < sums)
        if short.size:
            i = int(short[0])
            raise InputError(
                f"{short.size:,} cells have a total smaller than the sum of their counts; the "
                f"first is '{self.cells[rows[i]]}': {totals[i]:g} < {sums[i]:g}",
                where=self.totals_name,
                expected="the total over all genes of the cell",
                fix="correct or remove that column; row sums are used without it",
            )

    def _convert(self, rows: NDArray[np.int64]) -> sparse.csr_matrix:
        """Convert one block of cells."""
        csr = rows_as_csr(self.matrix, rows)
        names, genes = self.cells[rows], self.var.index
        require_finite(csr, where=self.source, cells=names, genes=genes)
        require_nonnegative(csr, where=self.source, cells=names, genes=genes)
        if not self.report.transform:
            wrong = np.flatnonzero(~is_integral(csr))
            if wrong.size:
                raise _not_counts(csr, wrong, self.source, names, genes, self.report)
            counts = csr.data
        else:
            counts = self._undo(csr, rows, names, genes)
        if csr.nnz and counts.max() >= LARGEST_COUNT:
            position = int(np.argmax(counts))
            raise InputError(
                f"a count of {counts[position]:,.0f} ({name_value(csr, position, names, genes)})",
                where=self.source,
                expected=f"counts below {LARGEST_COUNT:,} (float32 is exact up to there)",
                fix="check the units of the matrix",
            )
        csr.data = counts
        return csr.astype(np.float32)

    def _undo(
        self,
        csr: sparse.csr_matrix,
        rows: NDArray[np.int64],
        names: Names,
        genes: Names,
    ) -> NDArray[np.float64]:
        """Undo the transform; every count is proven."""
        report = self.report
        transform = next(t for t in RECOVERED if t.name == report.transform)
        precision = Precision(report.decimals, report.float_type)
        value, delta = linear_values(csr.data, transform, precision)
        if report.scaling == "smallest value":
            solution = solve_units(value, delta, csr.indptr)
            per_value = np.repeat(solution.solved, np.diff(csr.indptr))
            wrong = np.flatnonzero(~per_value)
            counts = solution.counts
        else:
            unit = np.ones(len(rows))
            if report.scaling == "n_counts" and self.totals is not None:
                unit = float(report.target_sum or 0.0) / np.maximum(self.totals[rows], 1.0)
            per = np.repeat(unit, np.diff(csr.indptr))
            counts, width, fits = whole_numbers(value, delta, per, per)
            wrong = np.flatnonzero(~fits | (width >= 0.5))
        if wrong.size:
            raise _not_counts(csr, wrong, self.source, names, genes, report)
        return counts


def _not_counts(
    csr: sparse.csr_matrix,
    wrong: NDArray[np.int64],
    source: str,
    cells: Names,
    genes: Names,
    report: ScaleReport,
) -> ScaleError:
    return ScaleError(
        f"{wrong.size:,} values are not whole counts (scale of the others: {report.kind}); the "
        f"first is {name_value(csr, int(wrong[0]), cells, genes)}",
        where=source,
        expected="values that are provably counts in every cell",
        fix=NOT_COUNTS,
    )
