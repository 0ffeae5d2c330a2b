"""Adding a tile of attention weights to gene x gene sums, head by head or their mean.

Compiled, because the obvious NumPy (`numpy_add_mean`, which tests compare with) costs as much as
the attention itself.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True)
def add_mean(
    target: NDArray[np.float32],
    weights: NDArray[np.float32],
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
) -> None:
    """Add the mean over heads of `weights` (heads x r x n) at ``rows x columns``; -1 is skipped."""
    n_heads, n_rows, n = weights.shape
    scale = np.float32(1.0 / n_heads)
    line = np.empty(n, np.float32)
    for i in range(n_rows):
        row = rows[i]
        if row < 0:
            continue
        first = weights[0, i]
        for j in range(n):
            line[j] = first[j]
        for head in range(1, n_heads):
            part = weights[head, i]
            for j in range(n):
                line[j] += part[j]
        out = target[row]
        for j in range(n):
            column = columns[j]
            if column >= 0:
                out[column] += line[j] * scale


@njit(cache=True)
def add_heads(
    target: NDArray[np.float32],
    weights: NDArray[np.float32],
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
) -> None:
    """Add `weights` (heads x r x n) at ``rows x columns`` of each head; -1 is skipped."""
    n_heads, n_rows, n = weights.shape
    for head in range(n_heads):
        for i in range(n_rows):
            row = rows[i]
            if row < 0:
                continue
            part = weights[head, i]
            out = target[head, row]
            for j in range(n):
                column = columns[j]
                if column >= 0:
                    out[column] += part[j]


def numpy_add_mean(
    target: NDArray[np.float32],
    weights: NDArray[np.float32],
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
) -> None:
    """Do what `add_mean` does, obviously: the oracle of its test."""
    listed_rows, listed_columns = rows >= 0, columns >= 0
    mean = weights.mean(0)[listed_rows][:, listed_columns]
    target[np.ix_(rows[listed_rows], columns[listed_columns])] += mean
