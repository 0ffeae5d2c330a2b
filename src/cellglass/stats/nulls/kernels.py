"""Random numbers and sampling without replacement, compiled.

A draw of a null is a pure function of one 64-bit seed, so that draws do not depend on how many
are asked for at a time.
"""

from __future__ import annotations

import numpy as np
from numba import njit

_GAMMA = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S32 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)
_TWO_32 = np.uint64(0x100000000)


@njit(cache=True)
def next_word(state):  # type: ignore[no-untyped-def]
    """Advance a one-word state and return 64 random bits (splitmix64, Steele et al. 2014)."""
    state[0] += _GAMMA
    word = state[0]
    word = (word ^ (word >> _S30)) * _MIX_1
    word = (word ^ (word >> _S27)) * _MIX_2
    return word ^ (word >> _S31)


@njit(cache=True)
def below(state, bound):  # type: ignore[no-untyped-def]
    """Return a uniform integer in 0 .. bound - 1, without bias, for bounds below 2^32.

    Multiply-and-shift with rejection (Lemire, ACM TOMACS 2019).
    """
    width = np.uint64(bound)
    product = (next_word(state) >> _S32) * width
    if (product & _LOW) < width:
        threshold = (_TWO_32 - width) % width
        while (product & _LOW) < threshold:
            product = (next_word(state) >> _S32) * width
    return np.int64(product >> _S32)


@njit(cache=True)
def sample_strata(start, members, take, seeds, out):  # type: ignore[no-untyped-def]
    """Draw `take[s]` distinct members of each stratum, for every seed.

    Parameters
    ----------
    start
        First position of each stratum in `members`, and the end of the last; strata + 1.
    members
        Flat indices of the pairs, stratum after stratum.
    take
        How many to draw of each stratum.
    seeds
        One 64-bit seed a draw.
    out
        Filled with flat indices, draws x sum of `take`.
    """
    taken = np.zeros(members.size, dtype=np.bool_)
    state = np.empty(1, dtype=np.uint64)
    for draw in range(seeds.size):
        state[0] = seeds[draw]
        at = 0
        for stratum in range(take.size):
            begin = start[stratum]
            size = start[stratum + 1] - begin
            wanted = take[stratum]
            # Choosing the smaller side keeps the rejections below one a choice.
            leave_out = 2 * wanted > size
            choices = size - wanted if leave_out else wanted
            for k in range(choices):
                pick = begin + below(state, size)
                while taken[pick]:
                    pick = begin + below(state, size)
                taken[pick] = True
                if not leave_out:
                    out[draw, at + k] = pick
            if leave_out:
                filled = at
                for pick in range(begin, begin + size):
                    if taken[pick]:
                        taken[pick] = False
                    else:
                        out[draw, filled] = members[pick]
                        filled += 1
            else:
                for k in range(at, at + wanted):
                    taken[out[draw, k]] = False
                    out[draw, k] = members[out[draw, k]]
            at += wanted


@njit(cache=True)
def tally(draws, observed, mask, row_sums, column_sums, column_ranks):  # type: ignore[no-untyped-def]
    """Count, for each draw, what `NullCheck` reports.

    Parameters
    ----------
    draws
        Flat indices, draws x positives.
    observed, mask
        Labels and evaluable pairs, regulators x genes.
    row_sums, column_sums
        Sums of the observed labels.
    column_ranks
        Twice the mid-rank, over all evaluable pairs, of a score that depends on the column only.

    Returns
    -------
    numpy.ndarray
        int64, draws x 6: positives kept in place, positives outside the mask, duplicates,
        whether a row sum differs, whether a column sum differs, sum of `column_ranks`.
    """
    n_rows, n_columns = observed.shape
    counts = np.zeros((draws.shape[0], 6), dtype=np.int64)
    seen = np.zeros(observed.shape, dtype=np.bool_)
    rows = np.zeros(n_rows, dtype=np.int64)
    columns = np.zeros(n_columns, dtype=np.int64)
    for draw in range(draws.shape[0]):
        rows[:] = 0
        columns[:] = 0
        for k in range(draws.shape[1]):
            row = draws[draw, k] // n_columns
            column = draws[draw, k] - row * n_columns
            rows[row] += 1
            columns[column] += 1
            counts[draw, 5] += column_ranks[column]
            if observed[row, column]:
                counts[draw, 0] += 1
            if not mask[row, column]:
                counts[draw, 1] += 1
            if seen[row, column]:
                counts[draw, 2] += 1
            seen[row, column] = True
        for k in range(draws.shape[1]):
            seen[draws[draw, k] // n_columns, draws[draw, k] % n_columns] = False
        counts[draw, 3] = 0 if np.array_equal(rows, row_sums) else 1
        counts[draw, 4] = 0 if np.array_equal(columns, column_sums) else 1
    return counts
