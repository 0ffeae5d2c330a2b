"""Which concepts of a cell are active: the k largest, or those above a threshold."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy import sparse


@njit(cache=True, nogil=True)
def _below(value: float, index: int, other: float, other_index: int) -> bool:
    """Whether one entry ranks behind another: smaller, or equal and further right."""
    return value < other or (value == other and index > other_index)


@njit(cache=True, nogil=True)
def _sift(values, indices, start, size):  # type: ignore[no-untyped-def]
    """Restore a heap whose root ranks last."""
    root = start
    value, index = values[root], indices[root]
    while True:
        child = 2 * root + 1
        if child >= size:
            break
        right = child + 1
        if right < size and _below(values[right], indices[right], values[child], indices[child]):
            child = right
        if not _below(values[child], indices[child], value, index):
            break
        values[root], indices[root] = values[child], indices[child]
        root = child
    values[root], indices[root] = value, index


@njit(cache=True, nogil=True)
def top_of_row(row, columns, values, indices):  # type: ignore[no-untyped-def]
    """Find the largest positive entries of a row among some columns.

    Parameters
    ----------
    row
        Pre-activations of one cell, shape (concepts,).
    columns
        Candidates, ascending; an empty array means all columns.
    values, indices
        Written: at most ``len(values)`` entries, in ascending order of their column. Of equal
        values, those furthest left are kept.

    Returns
    -------
    int
        How many entries are positive and were kept.
    """
    k = len(values)
    n = len(columns) if len(columns) else len(row)
    count = 0
    if k == 0:
        return count
    for j in range(n):
        column = columns[j] if len(columns) else j
        value = row[column]
        if not value > 0:
            continue
        if count < k:
            values[count], indices[count] = value, column
            count += 1
            if count == k:
                for start in range(k // 2 - 1, -1, -1):
                    _sift(values, indices, start, k)
        elif value > values[0]:
            values[0], indices[0] = value, column
            _sift(values, indices, 0, k)
    for i in range(1, count):  # few entries: sorting by insertion is the fastest
        value, column = values[i], indices[i]
        j = i - 1
        while j >= 0 and indices[j] > column:
            values[j + 1], indices[j + 1] = values[j], indices[j]
            j -= 1
        values[j + 1], indices[j + 1] = value, column
    return count


@njit(cache=True, nogil=True)
def top_of_rows(pre, columns, values, indices, counts, start, stop):  # type: ignore[no-untyped-def]
    """See `top_of_row`: rows `start` to `stop` of a block of cells."""
    for i in range(start, stop):
        counts[i] = top_of_row(pre[i], columns, values[i], indices[i])


def top_k(pre: NDArray[np.float32], k: int) -> sparse.csr_matrix:
    """Keep the k largest positive pre-activations of each cell.

    Parameters
    ----------
    pre
        Pre-activations, cells x concepts.
    k
        How many are kept at most; of equal values, those of the lower concepts.

    Returns
    -------
    scipy.sparse.csr_matrix
        Codes, cells x concepts.

    Examples
    --------
    >>> top_k(np.array([[0.5, -1.0, 2.0, 1.0]], np.float32), 2).toarray().tolist()
    [[0.0, 0.0, 2.0, 1.0]]
    """
    n, width = pre.shape
    k = min(k, width)
    values = np.empty((n, k), np.float32)
    indices = np.empty((n, k), np.int32)
    counts = np.empty(n, np.int64)
    all_columns = np.empty(0, np.int64)
    top_of_rows(np.ascontiguousarray(pre), all_columns, values, indices, counts, 0, n)
    kept = np.arange(k) < counts[:, None]
    starts = np.concatenate([[0], np.cumsum(counts)])
    return sparse.csr_matrix((values[kept], indices[kept], starts), shape=(n, width))


def above(pre: NDArray[np.float32], threshold: NDArray[np.float32] | None) -> sparse.csr_matrix:
    """Keep positive pre-activations above a threshold.

    Parameters
    ----------
    pre
        Pre-activations, cells x concepts.
    threshold
        One a concept; none where being positive is enough.

    Returns
    -------
    scipy.sparse.csr_matrix
        Codes, cells x concepts.
    """
    active = pre > 0 if threshold is None else pre > np.maximum(threshold, 0)
    rows, columns = np.nonzero(active)
    starts = np.searchsorted(rows, np.arange(len(pre) + 1))
    return sparse.csr_matrix((pre[rows, columns], columns, starts), shape=pre.shape)
