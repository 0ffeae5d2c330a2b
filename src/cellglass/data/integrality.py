"""Are the values of a cell whole multiples of one unit? Proof by interval arithmetic.

A normalised value is ``count x unit`` of its cell, known up to the interval of its rounding. A cell
is recovered only if one unit exists for which the interval of every value holds exactly one whole
number. The unit starts as an interval around the smallest value (taken as k counts) and is
narrowed by every value whose count is already certain, until nothing changes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MAX_MULTIPLE = 4
MAX_ROUNDS = 30
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class UnitSolution:
    """The unit of each cell, and how each value fits.

    Parameters
    ----------
    low, high
        Interval of the unit of each cell, shape (n_cells,); nan in cells without values.
    multiple
        How many counts the smallest value of the cell is, shape (n_cells,); 0 where unsolved.
    counts
        Whole multiples, shape (n_values,); 0 in unsolved cells.
    width
        Half-width of each value in counts, shape (n_values,).
    solved
        Cells in which every value holds exactly one whole number, shape (n_cells,).
    too_wide
        Cells that fail only because a half-width reaches 0.5: nothing contradicts counts there,
        but the rounding was too coarse to tell which. Shape (n_cells,).
    """

    low: Floats
    high: Floats
    multiple: NDArray[np.int64]
    counts: Floats
    width: Floats
    solved: Flags
    too_wide: Flags


def whole_numbers(
    value: Floats, delta: Floats, low: Floats, high: Floats
) -> tuple[Floats, Floats, Flags]:
    """Fit each value to a whole number of units.

    Parameters
    ----------
    value, delta
        Linear value and its half-width, shape (n,).
    low, high
        Interval of the unit that belongs to each value, shape (n,).

    Returns
    -------
    counts
        The whole number nearest to the middle of the interval, at least 1.
    half
        Half-width of the interval in units.
    fits
        Whether the interval holds a whole number >= 1.

    Examples
    --------
    >>> one = np.ones(2)
    >>> whole_numbers(np.array([2.9, 2.5]), 0.2 * one, one, one)[2].tolist()
    [True, False]
    """
    least = (value - delta) / high
    most = (value + delta) / low
    counts = np.maximum(np.rint((least + most) / 2), 1.0)
    slack = 1e-12 * most  # the division itself rounds
    fits = (counts >= least - slack) & (counts <= most + slack)
    return counts, (most - least) / 2, fits


def solve_units(
    value: Floats,
    delta: Floats,
    indptr: NDArray[np.integer],
    *,
    max_multiple: int = MAX_MULTIPLE,
) -> UnitSolution:
    """Find, cell by cell, the unit of which all values are whole multiples.

    Parameters
    ----------
    value, delta
        Positive linear values and their half-widths in CSR order, shape (n_values,).
    indptr
        CSR row pointer, shape (n_cells + 1,).
    max_multiple
        The smallest value of a cell is tried as 1, 2, ..., `max_multiple` counts.

    Returns
    -------
    UnitSolution
        Cells without values count as solved.

    Notes
    -----
    The smallest multiple that fits is taken, so a cell whose counts share a divisor is recovered
    divided by it; the total of the cell (`n_counts`), where known, rules that out.

    Examples
    --------
    >>> s = solve_units(np.array([0.8, 1.2]), np.full(2, 1e-9), np.array([0, 2]))
    >>> s.counts.tolist(), s.multiple.tolist()
    ([2.0, 3.0], [2])
    """
    n_cells = len(indptr) - 1
    filled = np.flatnonzero(np.diff(indptr))
    low, high = np.full(n_cells, np.nan), np.full(n_cells, np.nan)
    multiple = np.zeros(n_cells, dtype=np.int64)
    counts, width = np.zeros(value.size), np.full(value.size, np.inf)
    solved, too_wide = np.ones(n_cells, dtype=bool), np.zeros(n_cells, dtype=bool)
    solved[filled] = False
    open_cells = filled
    for k in range(1, max_multiple + 1):
        if not open_cells.size:
            break
        part = _take_rows(indptr, open_cells)
        pointer = np.concatenate([[0], np.cumsum(np.diff(indptr)[open_cells])])
        one = _solve_multiple(value[part], delta[part], pointer, k)
        done = one.solved
        low[open_cells[done]], high[open_cells[done]] = one.low[done], one.high[done]
        multiple[open_cells[done]] = k
        of_done = np.repeat(done, np.diff(pointer))
        counts[part[of_done]] = one.counts[of_done]
        width[part] = np.where(of_done | (k == 1), one.width, width[part])
        solved[open_cells[done]] = True
        if k == 1:
            too_wide[open_cells] = one.too_wide
        open_cells = open_cells[~done]
    return UnitSolution(low, high, multiple, counts, width, solved, too_wide)


def _solve_multiple(value: Floats, delta: Floats, indptr: NDArray, k: int) -> UnitSolution:
    """Solve rows, none of them empty, with their smallest value taken as `k` counts."""
    starts, lengths = indptr[:-1], np.diff(indptr)
    smallest = np.minimum.reduceat(value, starts)
    margin = np.minimum.reduceat(delta, starts)  # half-widths grow with the value
    # where rounding swallows the smallest value the unit has no lower bound: nothing is certain
    low, high = np.maximum(smallest - margin, 1e-300) / k, (smallest + margin) / k
    possible = np.ones(len(starts), dtype=bool)
    first_width = np.full(value.size, np.inf)
    n_certain = -1
    for _ in range(MAX_ROUNDS):
        low_of, high_of = np.repeat(low, lengths), np.repeat(high, lengths)
        with np.errstate(divide="ignore", invalid="ignore"):
            counts, half, fits = whole_numbers(value, delta, low_of, high_of)
        certain = (half < 0.5) & np.repeat(possible, lengths)
        first_width[certain & ~np.isfinite(first_width)] = half[certain & ~np.isfinite(first_width)]
        possible &= ~np.bitwise_or.reduceat(certain & ~fits, starts)
        narrowed_low = np.where(certain, (value - delta) / counts, -np.inf)
        narrowed_high = np.where(certain, (value + delta) / counts, np.inf)
        low = np.maximum(low, np.maximum.reduceat(narrowed_low, starts))
        high = np.minimum(high, np.minimum.reduceat(narrowed_high, starts))
        if int(certain.sum()) == n_certain:
            break  # an interval that became empty made some value misfit in this round
        n_certain = int(certain.sum())
    all_certain = np.bitwise_and.reduceat(certain, starts)
    first_width = np.where(np.isfinite(first_width), first_width, half)
    return UnitSolution(
        low,
        high,
        np.full(len(starts), k),
        counts,
        first_width,
        possible & all_certain,
        possible & ~all_certain,
    )


def _take_rows(indptr: NDArray[np.integer], rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Positions of the values of some rows, in order."""
    lengths = np.diff(indptr)[rows]
    offsets = np.repeat(
        np.asarray(indptr)[rows] - np.concatenate([[0], np.cumsum(lengths)[:-1]]), lengths
    )
    return np.asarray(offsets + np.arange(int(lengths.sum())), dtype=np.int64)


def log10_chance(
    value: Floats, width: Floats, indptr: NDArray[np.integer], *, free_unit: bool
) -> float:
    """Log10 of the chance that random values of the same precision would pass.

    Parameters
    ----------
    value, width
        Linear values and their half-widths in counts, CSR order, shape (n_values,).
    indptr
        CSR row pointer.
    free_unit
        True where each cell's unit was fitted to its smallest value: that value then proves
        nothing, and the tries of `MAX_MULTIPLE` multiples count against the rest.

    Returns
    -------
    float
        Sum over cells and their distinct values of ``log10(min(1, 2 x half-width))``: a value with
        a uniform fractional part falls within `half-width` of a whole number with chance
        ``2 x half-width``. Equal values within a cell count once.
    """
    if value.size == 0:
        return 0.0
    row = np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))
    order = np.lexsort((value, row))
    row, value, width = row[order], value[order], width[order]
    distinct = np.ones(value.size, dtype=bool)
    distinct[1:] = (row[1:] != row[:-1]) | (value[1:] != value[:-1])
    first_of_row = np.ones(value.size, dtype=bool)
    first_of_row[1:] = row[1:] != row[:-1]
    counted = distinct & ~first_of_row if free_unit else distinct
    logs = np.log10(np.clip(2 * width[counted], 1e-300, 1.0))
    per_row = np.bincount(row[counted], weights=logs, minlength=len(indptr) - 1)
    if free_unit:
        per_row = np.minimum(per_row + np.log10(MAX_MULTIPLE), 0.0)
    return float(per_row.sum())
