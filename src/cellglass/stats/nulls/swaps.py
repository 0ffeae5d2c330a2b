"""Checkerboard swaps on a label matrix with fixed margins and structural zeros, compiled.

The matrix of cells that are taken or forbidden is packed 32 to a word, which keeps it in
cache; the move itself has no branch, because its outcome cannot be predicted.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from cellglass.stats.arguments import Bools
from cellglass.stats.nulls.kernels import next_word

_LOW = np.uint64(0xFFFFFFFF)
_S32 = np.uint64(32)


def pack(blocked: Bools) -> tuple[NDArray[np.uint32], int]:
    """Pack a boolean matrix into 32-bit words, row by row.

    Parameters
    ----------
    blocked
        True at positives and at structural zeros, rows x columns.

    Returns
    -------
    words, stride
        The words of all rows in one array, and the words a row takes.

    Examples
    --------
    >>> pack(np.array([[True, False, True]]))[0].tolist()
    [5]
    """
    rows, columns = blocked.shape
    stride = (columns + 31) // 32
    padded = np.zeros((rows, stride * 32), dtype=np.bool_)
    padded[:, :columns] = blocked
    packed = np.packbits(padded, axis=1, bitorder="little")
    return packed.view("<u4").astype(np.uint32).ravel(), stride


@njit(cache=True)
def swap_steps(words, stride, rows, columns, steps, state):  # type: ignore[no-untyped-def]
    """Try `steps` swaps of two random positives; return how many were accepted.

    Positives (a, c), (b, d) become (a, d), (b, c) where both cells are free. Which positives
    are tried does not depend on the state, so a move and its reversal are equally likely and
    the uniform distribution over reachable matrices stays as it is (Artzy-Randrup and Stone,
    Physical Review E 2005: attempts count, not successes).
    """
    n = np.uint64(columns.size)
    accepted = 0
    for _ in range(steps):
        word = next_word(state)
        i = np.int64(((word >> _S32) * n) >> _S32)
        j = np.int64(((word & _LOW) * n) >> _S32)
        c = columns[i]
        d = columns[j]
        row_a = rows[i] * stride
        row_b = rows[j] * stride
        at_c = np.uint32(c & 31)
        at_d = np.uint32(d & 31)
        free = np.uint32(1) & ~(
            (words[row_a + (d >> 5)] >> at_d) | (words[row_b + (c >> 5)] >> at_c)
        )
        flip_c = free << at_c
        flip_d = free << at_d
        words[row_a + (c >> 5)] ^= flip_c
        words[row_b + (d >> 5)] ^= flip_d
        words[row_a + (d >> 5)] ^= flip_d
        words[row_b + (c >> 5)] ^= flip_c
        exchange = np.int32(free) * (c ^ d)
        columns[i] = c ^ exchange
        columns[j] = d ^ exchange
        accepted += int(free)
    return accepted


@njit(cache=True)
def swap_paths(words, stride, rows, columns, stops, seeds, ends):  # type: ignore[no-untyped-def]
    """Run one chain a seed from the given state, writing its columns at each stop.

    Parameters
    ----------
    words, stride
        The state, from `pack`; it is not changed.
    rows, columns
        Row and column of each positive (int32); not changed.
    stops
        Numbers of attempts, ascending.
    seeds
        One 64-bit seed a chain.
    ends
        Filled with the column of each positive, chains x stops x positives.

    Returns
    -------
    int
        Swaps accepted, over all chains.
    """
    state = np.empty(1, dtype=np.uint64)
    accepted = np.int64(0)
    for chain in range(seeds.size):
        state[0] = seeds[chain]
        work = words.copy()
        at = columns.copy()
        done = 0
        for stop in range(stops.size):
            accepted += swap_steps(work, stride, rows, at, stops[stop] - done, state)
            done = stops[stop]
            ends[chain, stop] = at
    return accepted
