"""AUROC of every row of a matrix: one unit of inference a row, such as a perturbation."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from cellglass.errors import InputError
from cellglass.stats.arguments import as_labels


def row_auroc(scores: ArrayLike, labels: ArrayLike, mask: ArrayLike) -> NDArray[np.float64]:
    """AUROC within each row, over its evaluable columns; ties count one half.

    Parameters
    ----------
    scores
        Shape (rows, columns), finite wherever `mask` is True.
    labels
        True at positives, shape (rows, columns).
    mask
        True at entries that can be judged, shape (rows, columns).

    Returns
    -------
    numpy.ndarray
        float64, shape (rows,); nan where a row has no positive or no negative.

    Raises
    ------
    InputError
        If shapes differ, or a score that is judged is not finite.

    Notes
    -----
    The same as `auroc` row by row; the mean over rows is the mean per regulator of
    `auroc_by_group`.

    Examples
    --------
    >>> row_auroc([[0.1, 0.9, 0.5]], [[0, 1, 0]], [[1, 1, 1]]).tolist()
    [1.0]
    """
    values = np.asarray(scores, dtype=np.float64)
    if values.ndim != 2:
        raise InputError(f"scores of shape {values.shape}", expected="rows x columns")
    truth = as_labels(labels, values.shape)
    judged = as_labels(mask, values.shape, "mask")
    bad = int(np.count_nonzero(judged & ~np.isfinite(values)))
    if bad:
        raise InputError(
            f"{bad} scores are not finite",
            where="AUROC by row",
            fix="leave entries without a score out of the mask",
        )
    # what is not judged goes last, whatever it holds
    order = np.argsort(np.where(judged, values, np.inf), axis=1)
    arranged = np.take_along_axis(values, order, axis=1)
    return np.asarray(
        _row_aurocs(arranged, np.take_along_axis(truth, order, axis=1), judged.sum(1))
    )


@njit(cache=True)
def _row_aurocs(scores, labels, judged):  # type: ignore[no-untyped-def]
    """AUROC of rows whose first `judged` entries are sorted, from sums of mid-ranks."""
    out = np.full(scores.shape[0], np.nan)
    for row in range(scores.shape[0]):
        n = judged[row]
        positives = 0
        doubled = 0  # twice the sum of the positives' mid-ranks: whole numbers, so exact
        begin = 0
        while begin < n:
            end = begin + 1
            while end < n and scores[row, end] == scores[row, begin]:
                end += 1
            inside = 0
            for k in range(begin, end):
                inside += labels[row, k]
            positives += inside
            doubled += inside * (begin + 1 + end)
            begin = end
        negatives = n - positives
        if positives and negatives:
            u = doubled - positives * (positives + 1)
            out[row] = u / (2.0 * positives * negatives)
    return out
