"""How many rows of a label matrix stand above chance, for the labels and for draws of a null."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from cellglass.errors import InputError
from cellglass.stats.arguments import Bools, Ints
from cellglass.stats.ranks import doubled_midranks, doubled_midranks_within


class RowCounts:
    """Rows whose positives rank high within their row, for any set of positives.

    Parameters
    ----------
    scores
        Shape (R, G), finite at evaluable pairs.
    mask
        Evaluable pairs, shape (R, G).
    z
        A row counts where its standardised rank sum is at least this.

    Raises
    ------
    InputError
        If shapes differ or a score is not finite.

    Notes
    -----
    The rank sum of a row is standardised with the moments of the Mann-Whitney statistic, its
    ties included. Labels and draws are counted by the same rule, so that the comparison of
    the count with its null is as exact as the null, however well z is approximated.

    Examples
    --------
    >>> scores = np.arange(20.0).reshape(2, 10)
    >>> counts = RowCounts(scores, np.ones((2, 10), bool), z=1.0)
    >>> counts.of(np.array([[9, 8, 10, 11]])).tolist()
    [1]
    """

    def __init__(self, scores: NDArray[np.floating], mask: Bools, *, z: float) -> None:
        if scores.shape != mask.shape or scores.ndim != 2:
            raise InputError(f"scores of shape {scores.shape}, mask of shape {mask.shape}")
        pairs = np.flatnonzero(mask)
        row = pairs // mask.shape[1]
        within = doubled_midranks_within(doubled_midranks(scores[mask]), row)
        self._ranks = np.zeros(mask.size, dtype=np.int32)
        self._ranks[pairs] = within
        self._n_columns = mask.shape[1]
        self._size = mask.sum(1, dtype=np.int64)
        # The variance of the ranks holds the correction for ties.
        n = np.maximum(self._size, 1)
        total = np.bincount(row, within / 2.0, minlength=mask.shape[0])
        squares = np.bincount(row, (within / 2.0) ** 2, minlength=mask.shape[0])
        self._variance = np.maximum(squares / n - (total / n) ** 2, 0.0)
        self._z = z

    def of(self, draws: Ints) -> Ints:
        """Count the rows of each set of positives.

        Parameters
        ----------
        draws
            Flat indices of evaluable pairs, shape (n, P).

        Returns
        -------
        numpy.ndarray
            int64, shape (n,).
        """
        out = np.empty(len(draws), dtype=np.int64)
        _count(self._ranks, draws, self._n_columns, self._size, self._variance, self._z, out)
        return out


@njit(cache=True)
def _count(ranks, draws, n_columns, size, variance, least, out):  # type: ignore[no-untyped-def]
    n_rows = size.size
    number = np.zeros(n_rows, dtype=np.int64)
    sums = np.zeros(n_rows, dtype=np.int64)
    for draw in range(draws.shape[0]):
        number[:] = 0
        sums[:] = 0
        for k in range(draws.shape[1]):
            row = draws[draw, k] // n_columns
            number[row] += 1
            sums[row] += ranks[draws[draw, k]]
        above = 0
        for row in range(n_rows):
            p, n = number[row], size[row]
            if p == 0 or p == n:
                continue
            spread = p * (n - p) / (n - 1.0) * variance[row]
            if spread > 0.0:
                z = (sums[row] / 2.0 - p * (n + 1) / 2.0) / np.sqrt(spread)
                above += z >= least
        out[draw] = above
