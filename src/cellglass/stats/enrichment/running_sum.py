"""The weighted running sum of gene set enrichment analysis, compiled.

Sides: 0 takes the larger of both deviations (positive where they are equal), 1 the largest
positive one, -1 the largest negative one.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from cellglass.stats.nulls.kernels import below

_FEW = 32


@njit(cache=True, nogil=True)
def deviation(positions, n_hits, weights, n_genes, side):  # type: ignore[no-untyped-def]
    """Enrichment score of the genes at sorted positions, and the position of its peak."""
    total = 0.0
    for j in range(n_hits):
        total += weights[positions[j]]
    flat = total <= 0.0  # all hits have score 0: every hit counts alike
    scale = 1.0 / n_hits if flat else 1.0 / total
    misses = n_genes - n_hits
    step = 1.0 / misses if misses else 0.0
    high, low, high_at, low_at = 0.0, 0.0, positions[0], positions[0]
    seen = 0.0
    for j in range(n_hits):
        at = positions[j]
        down = (at - j) * step
        value = seen * scale - down
        if value < low:
            low, low_at = value, at
        seen += 1.0 if flat else weights[at]
        value = seen * scale - down
        if value > high:
            high, high_at = value, at
    if side > 0 or (side == 0 and high >= -low):
        return high, high_at
    return low, low_at


@njit(cache=True, nogil=True)
def set_scores(start, positions, weights, side):  # type: ignore[no-untyped-def]
    """Scores and peaks of many sets; set s has ``positions[start[s]:start[s + 1]]``, sorted."""
    n = start.size - 1
    scores = np.full(n, np.nan)
    peaks = np.zeros(n, dtype=np.int64)
    for s in range(n):
        hits = start[s + 1] - start[s]
        if hits:
            scores[s], peaks[s] = deviation(
                positions[start[s] : start[s + 1]], hits, weights, weights.size, side
            )
    return scores, peaks


@njit(cache=True, nogil=True)
def _sort(values, n):  # type: ignore[no-untyped-def]
    """Sort the first n values."""
    if n > _FEW:
        values[:n].sort()
        return
    for k in range(1, n):
        value = values[k]
        at = k
        while at > 0 and values[at - 1] > value:
            values[at] = values[at - 1]
            at -= 1
        values[at] = value


@njit(cache=True, nogil=True)
def _merge(held, n_held, fresh, n_fresh):  # type: ignore[no-untyped-def]
    """Merge sorted values into sorted ones that have room behind them, from the end."""
    i, j, k = n_held - 1, n_fresh - 1, n_held + n_fresh - 1
    while j >= 0:
        if i >= 0 and held[i] > fresh[j]:
            held[k] = held[i]
            i -= 1
        else:
            held[k] = fresh[j]
            j -= 1
        k -= 1


@njit(cache=True, nogil=True)
def null_scores(sizes, weights, seeds, side):  # type: ignore[no-untyped-def]
    """Scores of random sets, sizes x permutations.

    The first `sizes[i]` genes of one random order are the random set of that size, so that one
    order serves all sizes; sizes must grow. Sets of different permutations are independent.
    """
    n_genes = weights.size
    largest = sizes[-1]
    out = np.empty((sizes.size, seeds.size))
    order = np.arange(n_genes)
    swaps = np.empty(largest, dtype=np.int64)
    held = np.empty(largest, dtype=np.int64)
    fresh = np.empty(largest, dtype=np.int64)
    state = np.empty(1, dtype=np.uint64)
    for b in range(seeds.size):
        state[0] = seeds[b]
        filled = 0
        for i in range(sizes.size):
            n_fresh = sizes[i] - filled
            for k in range(n_fresh):
                other = filled + k + below(state, n_genes - filled - k)
                swaps[filled + k] = other
                order[filled + k], order[other] = order[other], order[filled + k]
                fresh[k] = order[filled + k]
            _sort(fresh, n_fresh)
            _merge(held, filled, fresh, n_fresh)
            filled = sizes[i]
            out[i, b] = deviation(held, filled, weights, n_genes, side)[0]
        for k in range(filled - 1, -1, -1):  # back to the start: a draw depends on its seed only
            other = swaps[k]
            order[k], order[other] = order[other], order[k]
    return out


@njit(cache=True, nogil=True)
def against_null(scores, size_of, null, side):  # type: ignore[no-untyped-def]
    """Normalised scores and p values against the null of each set's size.

    Both are taken among the random sets with a score of the same sign (Subramanian et al. 2005);
    p counts the observed set among them.
    """
    n_sizes, n_draws = null.shape
    positive = np.zeros(n_sizes)
    negative = np.zeros(n_sizes)
    n_positive = np.zeros(n_sizes, dtype=np.int64)
    for i in range(n_sizes):
        for b in range(n_draws):
            value = null[i, b]
            if value > 0 or (value == 0 and side >= 0):
                positive[i] += value
                n_positive[i] += 1
            else:
                negative[i] += value
    normalised = np.full(scores.size, np.nan)
    p = np.full(scores.size, np.nan)
    for s in range(scores.size):
        score, i = scores[s], size_of[s]
        if i < 0 or np.isnan(score):
            continue
        up = score > 0 or (score == 0 and side >= 0)
        n_same = n_positive[i] if up else n_draws - n_positive[i]
        total = positive[i] if up else -negative[i]
        reached = 0
        # equal sets may differ by rounding, since the order of addition differs
        limit = abs(score) * (1 - 1e-12) - 1e-12
        for b in range(n_draws):
            value = null[i, b]
            same = (value > 0 or (value == 0 and side >= 0)) == up
            if same and abs(value) >= limit:
                reached += 1
        p[s] = (reached + 1.0) / (n_same + 1.0)
        if n_same and total > 0:
            normalised[s] = score * n_same / total
    return normalised, p
