"""Sums of the ranks of drawn positives, compiled; all sums are of integers and so exact."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True)
def pooled_sums(ranks, draws, out):  # type: ignore[no-untyped-def]
    """Sum the ranks of each draw's positives for every score.

    Parameters
    ----------
    ranks
        Twice the mid-ranks over all evaluable pairs, pairs x scores (int32).
    draws
        Flat indices of positives, draws x positives.
    out
        Filled with sums, draws x scores (int64).
    """
    n_scores = ranks.shape[1]
    if n_scores == 1:
        for draw in range(draws.shape[0]):
            total = np.int64(0)
            for k in range(draws.shape[1]):
                total += ranks[draws[draw, k], 0]
            out[draw, 0] = total
        return
    for draw in range(draws.shape[0]):
        out[draw] = 0
        for k in range(draws.shape[1]):
            pair = draws[draw, k]
            for score in range(n_scores):
                out[draw, score] += ranks[pair, score]


@njit(cache=True)
def mean_row_auroc(ranks, draws, n_columns, evaluable, min_positives, out):  # type: ignore[no-untyped-def]
    """Mean over regulators of the AUROC within each regulator, per draw and score.

    Parameters
    ----------
    ranks
        Twice the mid-ranks within each row, pairs x scores (int32).
    draws
        Flat indices of positives, draws x positives.
    n_columns
        Genes of the matrix.
    evaluable
        Evaluable pairs of each row.
    min_positives
        Rows with fewer positives in a draw, or without a negative, are left out of it.
    out
        Filled with means, draws x scores; nan where no row could be used.
    """
    n_rows, n_scores = evaluable.size, ranks.shape[1]
    count = np.zeros(n_rows, dtype=np.int64)
    sums = np.zeros((n_rows, n_scores), dtype=np.int64)
    for draw in range(draws.shape[0]):
        count[:] = 0
        sums[:] = 0
        for k in range(draws.shape[1]):
            pair = draws[draw, k]
            row = pair // n_columns
            count[row] += 1
            for score in range(n_scores):
                sums[row, score] += ranks[pair, score]
        used = 0
        out[draw] = 0.0
        for row in range(n_rows):
            p = count[row]
            if p < min_positives or p >= evaluable[row]:
                continue
            used += 1
            for score in range(n_scores):
                out[draw, score] += (sums[row, score] - p * (p + 1)) / (
                    2.0 * p * (evaluable[row] - p)
                )
        for score in range(n_scores):
            out[draw, score] = out[draw, score] / used if used else np.nan
