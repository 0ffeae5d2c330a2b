"""Curveball trades on a label matrix with fixed margins and structural zeros, compiled."""

from __future__ import annotations

import numpy as np
from numba import njit

from cellglass.stats.nulls.kernels import below


@njit(cache=True)
def curveball_steps(cells, rows, columns, start, steps, state, pool, slot):  # type: ignore[no-untyped-def]
    """Make `steps` trades between two rows (Strona et al., Nature Communications 2014).

    Two rows pool the columns that one of them has and the other lacks and may have, and deal
    them out again at random, each row getting as many as it gave. `columns[start[r]:start[r+1]]`
    are the columns of row r; cells are 0 free, 1 positive, 2 structural zero.

    The first row is that of a random positive. Long rows need more trades to forget where
    they began, and row sums never change, so that a trade stays as likely as its reversal.
    """
    n_rows = cells.shape[0]
    for _ in range(steps):
        a = rows[below(state, columns.size)]
        b = below(state, n_rows - 1)
        if b >= a:
            b += 1
        n = 0
        for k in range(start[a], start[a + 1]):
            pool[n] = columns[k]
            slot[n] = k
            n += cells[b, columns[k]] == 0
        from_a = n
        for k in range(start[b], start[b + 1]):
            pool[n] = columns[k]
            slot[n] = k
            n += cells[a, columns[k]] == 0
        if from_a in (0, n):
            continue
        if 2 * from_a <= n:
            for t in range(from_a):
                other = t + below(state, n - t)
                pool[t], pool[other] = pool[other], pool[t]
        else:
            for t in range(n - 1, from_a - 1, -1):
                other = below(state, t + 1)
                pool[t], pool[other] = pool[other], pool[t]
        for t in range(n):
            columns[slot[t]] = pool[t]
            cells[a, pool[t]] = t < from_a
            cells[b, pool[t]] = t >= from_a


@njit(cache=True)
def curveball_paths(cells, rows, columns, start, stops, seeds, ends):  # type: ignore[no-untyped-def]
    """Run one chain a seed from the given state, writing its columns at each stop.

    Parameters
    ----------
    cells
        The state: 0 free, 1 positive, 2 structural zero (uint8); it is not changed.
    rows, columns
        Row and column of each positive (int32), rows ascending; not changed.
    start
        First positive of each row, and the number of positives.
    stops
        Numbers of trades, ascending.
    seeds
        One 64-bit seed a chain.
    ends
        Filled with the column of each positive, chains x stops x positives.
    """
    state = np.empty(1, dtype=np.uint64)
    pool = np.empty(2 * cells.shape[1] + 1, dtype=columns.dtype)
    slot = np.empty(2 * cells.shape[1] + 1, dtype=np.int64)
    for chain in range(seeds.size):
        state[0] = seeds[chain]
        work = cells.copy()
        at = columns.copy()
        done = 0
        for stop in range(stops.size):
            curveball_steps(work, rows, at, start, stops[stop] - done, state, pool, slot)
            done = stops[stop]
            ends[chain, stop] = at
