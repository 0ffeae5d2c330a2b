"""AUROC of every unit for every label in one pass over sorted sparse columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from scipy import sparse

from cellglass.concepts.statistics.inputs import Table, sort_columns
from cellglass.stats.arguments import Ints


@dataclass(frozen=True, eq=False)
class RankAuroc:
    """AUROC of units for labels, each label against all others.

    Attributes
    ----------
    auroc
        Shape (units, labels); 0.5 where a unit never fires; nan where a label has no cell, or
        has all.
    variance
        Of the AUROC, by DeLong's method, shape (units, labels); nan with one cell on a side.
    null_variance
        Of the AUROC if labels were dealt out at random, with the correction for ties, shape
        (units, labels).
    half_pair
        What half a pair of cells adds to an AUROC, for the correction for continuity, shape
        (labels,).
    """

    auroc: Table
    variance: Table
    null_variance: Table
    half_pair: Table


def rank_auroc(columns: sparse.csc_matrix, codes: Ints, n_labels: int) -> RankAuroc:
    """AUROC of every unit for every label.

    Parameters
    ----------
    columns
        Cells x units as `as_columns` gives them.
    codes
        Label of each cell, 0 to n_labels - 1; all cells have one.
    n_labels
        Number of labels.

    Returns
    -------
    RankAuroc

    Notes
    -----
    Silent cells are one tie group, so that a column costs its active cells times the labels.
    Variance: DeLong, DeLong and Clarke-Pearson, Biometrics 1988. Null variance: Mann and
    Whitney 1947.

    Examples
    --------
    >>> found = rank_auroc(sparse.csc_matrix([[0.0], [1.0], [2.0]]), np.array([0, 0, 1]), 2)
    >>> found.auroc.tolist()
    [[0.0, 1.0]]
    """
    rows, values = sort_columns(columns.indptr, columns.indices, columns.data)
    sizes = np.bincount(codes, minlength=n_labels).astype(np.float64)
    area, variance, ties = _areas(columns.indptr, rows, values, codes, sizes, columns.shape[0])
    n = float(columns.shape[0])
    with np.errstate(divide="ignore", invalid="ignore"):
        pairs = sizes * (n - sizes)
        half = 1 / (2 * pairs)
        null = (n + 1 - ties[:, None] / (n * (n - 1))) / (12 * pairs)
    null[:, pairs == 0] = np.nan
    return RankAuroc(area, variance, np.maximum(null, 0), half)


@njit(cache=True)
def _areas(indptr, rows, values, codes, sizes, n):  # type: ignore[no-untyped-def]
    """AUROC, DeLong's variance and the sum of t^3 - t over tie groups of size t."""
    n_units, n_labels = indptr.size - 1, sizes.size
    area = np.full((n_units, n_labels), np.nan)
    variance = np.full((n_units, n_labels), np.nan)
    ties = np.zeros(n_units)
    inside, below = np.empty(n_labels), np.empty(n_labels)
    first, positives_2, negatives_2 = np.empty(n_labels), np.empty(n_labels), np.empty(n_labels)
    for j in range(n_units):
        begin, last = indptr[j], indptr[j + 1]
        below[:], first[:], positives_2[:], negatives_2[:] = 0.0, 0.0, 0.0, 0.0
        below_all = 0.0
        silent = True  # the cells without a stored value come first
        while silent or begin < last:
            if silent:
                inside[:] = sizes
                size = float(n - (last - begin))
                for i in range(begin, last):
                    inside[codes[rows[i]]] -= 1
                end = begin
            else:
                inside[:] = 0.0
                end = begin
                while end < last and values[end] == values[begin]:
                    inside[codes[rows[end]]] += 1
                    end += 1
                size = float(end - begin)
            silent = False
            begin = end
            ties[j] += size * size * size - size
            for label in range(n_labels):
                n_pos = sizes[label]
                n_neg = n - n_pos
                if n_pos == 0 or n_neg == 0:
                    continue
                c = inside[label]
                beaten = (below_all - below[label] + 0.5 * (size - c)) / n_neg
                beaten_by = (n_pos - below[label] - 0.5 * c) / n_pos
                first[label] += c * beaten
                positives_2[label] += c * beaten * beaten
                negatives_2[label] += (size - c) * beaten_by * beaten_by
                below[label] += c
            below_all += size
        for label in range(n_labels):
            n_pos = sizes[label]
            n_neg = n - n_pos
            if n_pos == 0 or n_neg == 0:
                continue
            a = first[label] / n_pos
            area[j, label] = a
            if n_pos > 1 and n_neg > 1:
                of_pos = (positives_2[label] - n_pos * a * a) / ((n_pos - 1) * n_pos)
                of_neg = (negatives_2[label] - n_neg * a * a) / ((n_neg - 1) * n_neg)
                variance[j, label] = max(of_pos, 0.0) + max(of_neg, 0.0)
    return area, variance, ties
