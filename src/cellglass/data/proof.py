"""Proof that values are a transform of scaled counts: unit of each cell, tolerance, chance."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from cellglass.data.integrality import UnitSolution, log10_chance, solve_units, whole_numbers
from cellglass.data.precision import Precision
from cellglass.data.scale_report import Kind, ScaleReport
from cellglass.data.transforms import LINEAR, LOG1P, Transform, linear_values

MAX_LOG10_CHANCE = -6.0
ROUND_TARGETS = (1e4, 1e6, 1e5, 1e3, 1e2, 1e7)
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Refusal:
    """Why values are not provably counts.

    Parameters
    ----------
    reason
        A sentence.
    contradicted
        True where values contradict counts; False where there is only too little to go by.
    """

    reason: str
    contradicted: bool


def find_target_sum(
    low: Floats, high: Floats, multiple: NDArray[np.int64], totals: Floats
) -> float | None:
    """Find the constant sum to which cells were scaled.

    Parameters
    ----------
    low, high
        Interval of one count in each cell (linear scale), shape (n_cells,).
    multiple
        Counts of the smallest value; cells with 0 (unsolved) are left out.
    totals
        Total counts of each cell.

    Returns
    -------
    float or None
        The round number, or else the median of the totals or of the products, that lies within
        ``unit x total`` of more than half of the cells; None if none does.

    Examples
    --------
    >>> unit = 1e4 / np.array([500.0, 800.0])
    >>> find_target_sum(unit, unit, np.array([1, 1]), np.array([500.0, 800.0]))
    10000.0
    """
    use = (multiple > 0) & np.isfinite(low) & (totals > 0)
    if not use.any():
        return None
    least, most = low[use] * totals[use], high[use] * totals[use]
    middle = float(np.median((least + most) / 2))
    candidates = [t for t in ROUND_TARGETS if abs(t / middle - 1) < 1e-2]
    candidates += [float(np.median(totals)), middle]
    for target in candidates:
        inside = (least <= target * (1 + 1e-6)) & (target * (1 - 1e-6) <= most)
        if inside.mean() > 0.5:
            return target
    return None


def prove(
    csr: sparse.csr_matrix,
    transform: Transform,
    precision: Precision,
    totals: Floats | None,
    base: ScaleReport,
) -> ScaleReport | Refusal:
    """Try to prove that a sample is `transform` of counts times one unit per cell.

    Parameters
    ----------
    csr
        Examined cells x genes; all stored values positive.
    transform
        The transform to undo.
    precision
        How finely values are stored.
    totals
        Total counts of the examined cells, if known.
    base
        Report to fill in.

    Returns
    -------
    ScaleReport or Refusal
        The completed report where the proof holds.
    """
    value, delta = linear_values(csr.data, transform, precision)
    plain = _prove_known(csr, transform, value, delta, np.ones(csr.nnz), base, "none", None)
    if plain is not None:
        return replace(plain, kind="counts" if transform is LINEAR else "log1p_counts")
    solution = solve_units(value, delta, csr.indptr)
    lengths = np.diff(csr.indptr)
    if totals is not None:
        target = find_target_sum(solution.low, solution.high, solution.multiple, totals)
        if target is not None and np.all(totals[lengths > 0] > 0):
            unit = np.repeat(target / np.maximum(totals, 1.0), lengths)
            known = _prove_known(csr, transform, value, delta, unit, base, "n_counts", target)
            if known is not None:
                return known
    found = _prove_fitted(csr, transform, value, solution, base)
    if isinstance(found, ScaleReport) and totals is not None:
        note = "the totals given are not those by which the cells were scaled"
        found = replace(found, evidence=(*found.evidence, note))
    return found


def _prove_known(
    csr: sparse.csr_matrix,
    transform: Transform,
    value: Floats,
    delta: Floats,
    unit: Floats,
    base: ScaleReport,
    scaling: str,
    target: float | None,
) -> ScaleReport | None:
    """Report if every value is a whole multiple of the unit given for it."""
    counts, width, fits = whole_numbers(value, delta, unit, unit)
    if not bool(np.all(fits & (width < 0.5))):
        return None
    chance = log10_chance(value, width, csr.indptr, free_unit=False)
    if chance > MAX_LOG10_CHANCE:
        return None
    worst = float(np.max(np.abs(value / unit - counts)))
    return _report(base, transform, scaling, target, worst, float(width.max()), chance)


def _prove_fitted(
    csr: sparse.csr_matrix,
    transform: Transform,
    value: Floats,
    solution: UnitSolution,
    base: ScaleReport,
) -> ScaleReport | Refusal:
    """Report if every cell has a unit of its own that fits all its values."""
    if not solution.solved.all():
        return Refusal(_why_unsolved(transform, solution), contradicted=True)
    chance = log10_chance(value, solution.width, csr.indptr, free_unit=True)
    if chance > MAX_LOG10_CHANCE:
        reason = (
            f"{transform.undone} all are whole multiples, but random values would be too with "
            f"probability 1e{chance:.1f}: too few or too coarse values for a proof"
        )
        return Refusal(reason, contradicted=False)
    if _one_unit_for_all(csr, solution):
        unit = float(np.nanmedian((solution.low + solution.high) / 2))
        reason = (
            f"{transform.undone} all cells are multiples of the same {unit:.6g} "
            "although they differ in depth: fractional counts, or counts times a constant"
        )
        return Refusal(reason, contradicted=False)
    middle = np.repeat((solution.low + solution.high) / 2, np.diff(csr.indptr))
    worst = float(np.max(np.abs(value / middle - solution.counts)))
    width = float(solution.width.max())
    target = _constant_sum(csr, value)
    report = _report(base, transform, "smallest value", target, worst, width, chance)
    lone = _cells_of_one_value(csr, value)
    if lone:
        note = f"{lone:,} cells hold one distinct value only, which is taken as 1 count"
        report = replace(report, evidence=(*report.evidence, note))
    return report


def _why_unsolved(transform: Transform, solution: UnitSolution) -> str:
    n, coarse = int((~solution.solved).sum()), int(solution.too_wide.sum())
    text = (
        f"{transform.undone}, {n:,} of {solution.solved.size:,} examined cells are "
        "not whole multiples of one unit"
    )
    if coarse:
        text += f" ({coarse:,} of them because the rounding is too coarse to tell)"
    return text


def _one_unit_for_all(csr: sparse.csr_matrix, solution: UnitSolution) -> bool:
    if csr.shape[0] < 2:
        return False
    least, most = np.nanmax(solution.low), np.nanmin(solution.high)
    sums = np.asarray(csr.sum(axis=1), dtype=np.float64).ravel()
    sums = sums[sums > 0]
    return bool(least <= most * (1 + 1e-9) and sums.max() > sums.min() * (1 + 1e-3))


def _cells_of_one_value(csr: sparse.csr_matrix, value: Floats) -> int:
    """Count the cells in which the smallest value is also the largest."""
    starts = csr.indptr[:-1][np.diff(csr.indptr) > 0]
    least, most = np.minimum.reduceat(value, starts), np.maximum.reduceat(value, starts)
    return int(np.sum(least == most))


def _constant_sum(csr: sparse.csr_matrix, value: Floats) -> float | None:
    """Return the sum of linear values per cell if it is the same in every cell (to 0.1 %)."""
    sums = np.add.reduceat(value, csr.indptr[:-1][np.diff(csr.indptr) > 0])
    middle = float(np.median(sums))
    if sums.size < 2 or np.max(np.abs(sums / middle - 1)) > 1e-3:
        return None
    near = [t for t in ROUND_TARGETS if abs(t / middle - 1) < 1e-3]
    if near:
        return near[0]
    return float(round(middle)) if abs(round(middle) / middle - 1) < 1e-6 else middle


def _report(
    base: ScaleReport,
    transform: Transform,
    scaling: str,
    target: float | None,
    worst: float,
    width: float,
    chance: float,
) -> ScaleReport:
    kind: Kind = "log1p_cp10k" if transform is LOG1P else "normalised"
    what = f"{transform.name} of counts" if transform is LOG1P else "counts"
    if scaling == "none":
        per = "without scaling"
    elif target is None:
        per = "scaled cell by cell to an unknown sum"
    else:
        per = f"per {target:,.6g}" + (" of the known totals" if scaling == "n_counts" else "")
    evidence = (
        f"{what} {per}: all {base.n_values:,} examined values are whole multiples of one unit "
        f"per cell within their rounding ({base.precision}; half-width at most {width:.2g}, "
        f"worst deviation {worst:.2g} counts)",
        f"random values would pass with probability 1e{chance:.0f}",
    )
    return replace(
        base,
        kind=kind,
        evidence=evidence,
        recoverable=True,
        transform=transform.name,
        scaling=scaling,
        target_sum=target,
        tolerance=width,
        worst_deviation=worst,
        log10_chance=chance,
        advice="",
    )
