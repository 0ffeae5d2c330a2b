"""How much rows repeat one another: correlation of their draws on shared permutations."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellglass.stats.arguments import Ints

from .evidence import Evidence

FEWEST = 5  # permutations from which a correlation says anything

Values = NDArray[np.float64]


@dataclass(frozen=True)
class SharedDraws:
    """Draws of one family on permutations that all rows have.

    Attributes
    ----------
    family
        The null family.
    rows
        Numbers of the rows.
    values
        One row a test, one column a permutation.
    mean_r
        Mean correlation of two rows over permutations; nan for a single row.
    effective
        Effective number of independent rows.
    correlated
        Whether the correlation is more than chance: the rows share their permutations.
    """

    family: str
    rows: Ints
    values: Values
    mean_r: float
    effective: float
    correlated: bool


def shared_draws(evidence: Evidence) -> list[SharedDraws]:
    """Line up the draws of each family by the number of the permutation.

    Parameters
    ----------
    evidence
        Observed values and their draws.

    Returns
    -------
    list of SharedDraws
        One a family; none where the draws are not numbered, where a number repeats within a row,
        or where fewer than two rows have five permutations in common.

    Notes
    -----
    With correlations r of m rows over R permutations the effective number of rows is
    m / (1 + (m - 1) s), s the mean of r squared less 1 / (R - 1), which chance alone gives. It is
    m squared over the sum of squared correlations (Bretherton and others, Journal of Climate
    1999), without the part of noise: 1 if all rows move together, m if none does.
    """
    if evidence.draws.index is None:
        return []
    found = (_lined_up(evidence, f, evidence.draws.index) for f in range(len(evidence.families)))
    return [f for f in found if f is not None]


def effective_rows(values: Values) -> tuple[float, float, bool]:
    """Mean correlation of rows, effective number of rows, whether they are correlated.

    Parameters
    ----------
    values
        One row a test, one column a permutation; rows that do not vary count as independent.

    Returns
    -------
    mean_r, effective, correlated

    Examples
    --------
    >>> draw = np.arange(9.0)
    >>> effective_rows(np.array([draw, draw, draw]))
    (1.0, 1.0, True)
    """
    apart = values - values.mean(axis=1, keepdims=True)
    norm = np.sqrt((apart * apart).sum(axis=1))
    # A spread of rounding errors is no spread.
    varies = norm > 1e-9 * np.abs(values).max(axis=1)
    flat = int((~varies).sum())
    m, n = int(varies.sum()), values.shape[1]
    if m < 2:
        return float("nan"), float(m + flat), False
    unit = apart[varies] / norm[varies, None]
    pairs = m * (m - 1)
    mean_r = (float((unit.sum(axis=0) ** 2).sum()) - m) / pairs
    # The sum of squared correlations is the same for rows and for columns: take the smaller.
    gram = unit @ unit.T if m <= n else unit.T @ unit
    mean_square = (float((gram * gram).sum()) - m) / pairs
    chance = 1.0 / (n - 1)
    excess = max(0.0, (mean_square - chance) / (1.0 - chance))
    noise = math.sqrt(2.0) * chance / math.sqrt(pairs / 2)
    correlated = mean_square > chance + 4.0 * noise and excess > 0.01
    effective = m / (1.0 + (m - 1) * excess)
    return round(mean_r, 12), round(effective + flat, 9), bool(correlated)


def _lined_up(evidence: Evidence, family: int, index: Ints) -> SharedDraws | None:
    draws = evidence.draws
    mine = (draws.family == family) & evidence.testable[draws.row] & np.isfinite(draws.values)
    row, number = draws.row[mine], index[mine]
    rows, place = np.unique(row, return_inverse=True)
    numbers, column = np.unique(number, return_inverse=True)
    cell = place * numbers.size + column
    if rows.size < 2 or np.unique(cell).size != cell.size:
        return None
    in_all = np.bincount(column, minlength=numbers.size) == rows.size
    if in_all.sum() < FEWEST:
        return None
    kept = in_all[column]
    values = np.full((rows.size, int(in_all.sum())), np.nan)
    values[place[kept], (np.cumsum(in_all) - 1)[column[kept]]] = draws.values[mine][kept]
    mean_r, effective, correlated = effective_rows(values)
    return SharedDraws(evidence.families[family], rows, values, mean_r, effective, correlated)
