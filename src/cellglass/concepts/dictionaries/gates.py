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
def _scan(row, columns, bar, values, indices, size):  # type: ignore[no-untyped-def]
    """Collect into a heap the largest positive entries that are not below a bar."""
    k = len(values)
    count = 0
    for start in range(0, size, 32):
        stop = min(start + 32, size)
        if not len(columns) and start + 32 <= size:
            block = row[start : start + 32]
            hits = np.int32(0)  # counting has no branches, so many entries are compared at once
            for j in range(32):
                hits += np.int32(block[j] >= bar)
            if hits == 0:
                continue
        for j in range(start, stop):
            column = columns[j] if len(columns) else j
            value = row[column]
            if not (value >= bar and value > 0):
                continue
            if count < k:
                values[count], indices[count] = value, column
                count += 1
                if count == k:
                    for place in range(k // 2 - 1, -1, -1):
                        _sift(values, indices, place, k)
            elif value > values[0]:
                values[0], indices[0] = value, column
                _sift(values, indices, 0, k)
    return count


@njit(cache=True, nogil=True)
def _bar(row, values, indices):  # type: ignore[no-untyped-def]
    """Find a value that the k-th largest entry does not fall below, to skip most of a row.

    Of the maxima of disjoint groups, the k-th largest is such a value.
    """
    k = len(values)
    groups = 2 * k
    if len(row) < 4 * groups:
        return np.float32(0)
    maxima = row[:groups].copy()
    for start in range(groups, len(row) - groups + 1, groups):
        part = row[start : start + groups]
        for j in range(groups):
            maxima[j] = part[j] if part[j] > maxima[j] else maxima[j]
    nowhere = np.empty(0, np.int64)
    count = _scan(maxima, nowhere, np.float32(0), values, indices, groups)
    return values[0] if count == k else np.float32(0)


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
    if len(values) == 0:
        return 0
    if len(columns):
        count = _scan(row, columns, np.float32(0), values, indices, len(columns))
    else:
        bar = _bar(row, values, indices)
        count = _scan(row, columns, bar, values, indices, len(row))
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
