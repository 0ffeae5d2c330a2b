"""On which scale are these values? Counts, logarithms of counts, residuals, or unknown."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from cellglass.data.matrices import (
    Names,
    is_integral,
    n_rows,
    require_finite,
    rows_as_csr,
    sample_rows,
)
from cellglass.data.precision import Precision, detect_precision
from cellglass.data.proof import Refusal, prove
from cellglass.data.scale_report import Kind, ScaleReport
from cellglass.data.transforms import LOG1P, RECOVERED, REFUSED, Transform

SAMPLE = 512
PILOT = 16
NOT_COUNTS = "give the matrix of raw counts (in X, in layers['counts'] or in raw)"


def detect_scale(
    matrix: Any,
    *,
    n_counts: NDArray[np.floating] | None = None,
    sample: int = SAMPLE,
    cells: Names | None = None,
    genes: Names | None = None,
    where: str = "matrix",
) -> ScaleReport:
    """Find out on which scale a matrix is.

    Parameters
    ----------
    matrix
        Cells x genes: dense, CSR, CSC or a backed dataset.
    n_counts
        Total counts of each cell, shape (n_cells,), if known.
    sample
        Cells to examine, evenly spaced; the conversion in `counts_of` checks every value.
    cells, genes
        Names of rows and columns, for messages.
    where
        What to call the matrix in messages.

    Returns
    -------
    ScaleReport

    Raises
    ------
    InputError
        If an examined value is NaN or infinite; the first cell and gene are named.

    Notes
    -----
    Counts are proven, not guessed: after undoing log1p every value must be a whole multiple of
    one unit per cell within the interval by which it was rounded (`cellglass.data.integrality`).
    The check guards against logarithms taken for counts (specs/edges.md, section 2.0).

    Examples
    --------
    >>> detect_scale(np.array([[0, 3], [1, 2]])).kind
    'counts'
    """
    rows = sample_rows(n_rows(matrix), sample)
    csr = rows_as_csr(matrix, None if len(rows) == n_rows(matrix) else rows)
    names = None if cells is None else [str(cells[i]) for i in rows]
    require_finite(csr, where=where, cells=names, genes=genes)
    totals = None if n_counts is None else np.asarray(n_counts, dtype=np.float64)[rows]
    base = _describe(csr)
    if csr.nnz == 0:
        return replace(base, kind="counts", recoverable=True, evidence=("every value is 0",))
    if csr.data.min() < 0:
        return _negative(csr, base)
    if base.integer_share == 1.0:
        return _counts(csr, base)
    fractional = _fractional_cells(csr)
    if fractional.sum() < 0.5 * len(fractional):
        return _partly_counts(csr, base, fractional)
    precision = detect_precision(csr.data)
    base = replace(
        base,
        precision=str(precision),
        decimals=precision.decimals,
        float_type=precision.float_type,
    )
    reasons = []
    for transform in RECOVERED:
        if base.maximum > transform.largest:
            continue
        found = _prove(csr, transform, precision, totals, base)
        if isinstance(found, ScaleReport):
            return found
        reasons.append(found.reason)
    return _refused(csr, precision, base, reasons)


def _describe(csr: sparse.csr_matrix) -> ScaleReport:
    data = csr.data
    return ScaleReport(
        kind="unknown",
        evidence=(),
        recoverable=False,
        n_cells=int(csr.shape[0]),
        n_values=int(csr.nnz),
        minimum=float(data.min()) if csr.nnz else 0.0,
        maximum=float(data.max()) if csr.nnz else 0.0,
        integer_share=float(is_integral(csr).mean()) if csr.nnz else 1.0,
        advice=NOT_COUNTS,
    )


def _negative(csr: sparse.csr_matrix, base: ScaleReport) -> ScaleReport:
    share = float((csr.data < 0).mean())
    text = f"{share:.1%} of the non-zero values are negative (least {base.minimum:.4g})"
    if base.integer_share == 1.0:
        return replace(base, evidence=(f"whole numbers, but {text}",))
    return replace(base, kind="scaled", evidence=(f"{text}: z-scores or residuals",))


def _counts(csr: sparse.csr_matrix, base: ScaleReport) -> ScaleReport:
    evidence = [f"all {base.n_values:,} examined values are whole numbers >= 1"]
    if base.maximum == 1:
        evidence.append("none exceeds 1: presence rather than counts?")
    sums = np.asarray(csr.sum(axis=1)).ravel()
    if csr.shape[0] > 10 and _is_constant(sums, 1e-2):
        middle = float(np.median(sums))
        evidence.append(
            f"every cell sums to {middle:,.6g} within 1 %: down-sampled, or scaled and rounded?"
        )
    return replace(
        base, kind="counts", recoverable=True, scaling="none", evidence=tuple(evidence), advice=""
    )


def _fractional_cells(csr: sparse.csr_matrix) -> NDArray[np.bool_]:
    """Whether a cell holds any value that is no whole number."""
    fractional = np.zeros(csr.shape[0], dtype=bool)
    row = np.repeat(np.arange(csr.shape[0]), np.diff(csr.indptr))
    fractional[row[~is_integral(csr)]] = True
    return fractional[np.diff(csr.indptr) > 0]


def _partly_counts(
    csr: sparse.csr_matrix, base: ScaleReport, fractional: NDArray[np.bool_]
) -> ScaleReport:
    """Refuse counts of which some were changed: the others would prove what those are not."""
    value = float(csr.data[~is_integral(csr)][0])
    text = (
        f"{int(fractional.sum()):,} of {len(fractional):,} examined cells hold values that are no "
        f"whole numbers (the first is {value:.4g}), the others hold counts: were some cells "
        "corrected, averaged or imputed?"
    )
    return replace(base, evidence=(text,))


def _prove(
    csr: sparse.csr_matrix,
    transform: Transform,
    precision: Precision,
    totals: NDArray[np.float64] | None,
    base: ScaleReport,
) -> ScaleReport | Refusal:
    """Prove on all examined cells, unless a few of them already contradict it."""
    pilot = sample_rows(int(csr.shape[0]), PILOT)
    part = csr[pilot]
    if len(pilot) < csr.shape[0] and part.nnz:
        few = prove(part, transform, precision, None if totals is None else totals[pilot], base)
        if isinstance(few, Refusal) and few.contradicted:
            return few
    return prove(csr, transform, precision, totals, base)


def _refused(
    csr: sparse.csr_matrix, precision: Precision, base: ScaleReport, reasons: list[str]
) -> ScaleReport:
    """Name the scale as well as it can be named, and what to do about it."""
    for transform in REFUSED:
        if base.maximum > transform.largest:
            continue
        if isinstance(_prove(csr, transform, precision, None, base), ScaleReport):
            kind: Kind = "log_other" if transform.name.startswith("log") else "unknown"
            text = f"{transform.name} of counts, which is not undone silently"
            return replace(base, kind=kind, evidence=(text,), advice=transform.advice)
    linear = np.asarray(csr.sum(axis=1), dtype=np.float64).ravel()
    undone = csr.copy()
    undone.data = np.expm1(np.minimum(csr.data.astype(np.float64), 300.0))
    logged = np.asarray(undone.sum(axis=1)).ravel()
    if base.maximum <= LOG1P.largest and _is_constant(logged):
        text = (
            f"log1p of values that sum to {np.median(logged):,.6g} in every cell but are not "
            "multiples of a count (gene lengths, imputation or batch correction?)"
        )
        return replace(base, kind="log_other", evidence=(text, *reasons))
    if _is_constant(linear):
        text = (
            f"every cell sums to {np.median(linear):,.6g}, but values are not multiples of a count"
        )
        return replace(base, kind="normalised", evidence=(text, *reasons))
    span = f"{base.minimum:.4g} to {base.maximum:.4g}"
    whole = f"{base.integer_share:.1%} of the examined values are whole numbers"
    if base.maximum <= LOG1P.largest:
        text = f"non-negative values from {span}, {whole}: some logarithm or another transform"
        return replace(base, kind="log_other", evidence=(text, *reasons))
    return replace(base, evidence=(f"values from {span}, {whole}", *reasons))


def _is_constant(sums: NDArray[np.float64], tolerance: float = 1e-3) -> bool:
    sums = sums[sums > 0]
    return sums.size > 1 and bool(np.max(np.abs(sums / np.median(sums) - 1)) < tolerance)
