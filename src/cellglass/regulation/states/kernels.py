"""Compiled loops of CSSI: aggregates of many pairs, ranks within strata."""

from __future__ import annotations

import numpy as np
from numba import njit

N_AGGREGATORS = 8
BLOCK = 1024
"""Pairs whose sums stay in the cache while all draws go over them."""


@njit(cache=True)
def add_to(total, values):  # type: ignore[no-untyped-def]
    """Add values to the head of a total, in a loop that compilers vectorise."""
    for j in range(values.size):
        total[j] += values[j]


@njit(cache=True)
def order_rows(first, second):  # type: ignore[no-untyped-def]
    """Put the smaller of each two values into the first row."""
    for j in range(first.size):
        low, high = min(first[j], second[j]), max(first[j], second[j])
        first[j], second[j] = low, high


@njit(cache=True)
def aggregate_block(values, sizes, pooled, missing, out):  # type: ignore[no-untyped-def]
    """Aggregates of some pairs, in the order of `AGGREGATORS`.

    Rows are strata and the loops run along pairs; strata are sorted by a network of
    comparisons of whole rows, which is fast because there are few.

    Parameters
    ----------
    values
        float64, strata x pairs; inf where a stratum does not see a pair. Sorted in place.
    sizes
        float64, cells of each stratum.
    pooled
        float64, score of each pair over all cells.
    missing
        What stands where no stratum sees the pair.
    out
        float64, 8 x pairs, filled.
    """
    n_strata, width = values.shape
    n_seen, total, square = np.zeros(width), np.zeros(width), np.zeros(width)
    weight, weighted, away = np.zeros(width), np.zeros(width), np.zeros(width)
    for s in range(n_strata):
        for j in range(width):
            value = values[s, j]
            if value < np.inf:
                n_seen[j] += 1.0
                total[j] += value
                weight[j] += sizes[s]
                weighted[j] += sizes[s] * value
                away[j] = max(away[j], abs(value - pooled[j]))
    mean = total / np.maximum(n_seen, 1.0)
    for s in range(n_strata):
        for j in range(width):
            if values[s, j] < np.inf:
                square[j] += (values[s, j] - mean[j]) ** 2
    for step in range(n_strata):
        for s in range(step % 2, n_strata - 1, 2):
            order_rows(values[s], values[s + 1])
    for j in range(width):
        n = int(n_seen[j])
        if n == 0:
            out[:, j] = missing
            continue
        high = values[n - 1, j]
        out[0, j] = high
        out[1, j] = weighted[j] / max(weight[j], 1e-300)
        out[2, j] = mean[j]
        out[3, j] = (values[(n - 1) // 2, j] + values[n // 2, j]) / 2.0
        out[4, j] = np.sqrt(square[j] / n)
        out[5, j] = high - values[0, j]
        out[6, j] = away[j]
        out[7, j] = weighted[j]


@njit(cache=True)
def aggregate_stack(by_stratum, sizes, pooled, missing):  # type: ignore[no-untyped-def]
    """All aggregates of scores by stratum.

    Parameters
    ----------
    by_stratum
        float64, strata x pairs; nan where a stratum does not see a pair.
    sizes
        float64, cells of each stratum.
    pooled
        float64, score of each pair over all cells.
    missing
        What stands where no stratum sees a pair.

    Returns
    -------
    numpy.ndarray
        float64, 8 x pairs.
    """
    n_strata, n_pairs = by_stratum.shape
    out = np.empty((N_AGGREGATORS, n_pairs))
    values, found = np.empty((n_strata, BLOCK)), np.empty((N_AGGREGATORS, BLOCK))
    for first in range(0, n_pairs, BLOCK):
        width = min(BLOCK, n_pairs - first)
        for s in range(n_strata):
            for j in range(width):
                value = by_stratum[s, first + j]
                values[s, j] = np.inf if np.isnan(value) else value
        aggregate_block(values[:, :width], sizes, pooled[first:], missing, found)
        out[:, first : first + width] = found[:, :width]
    return out


@njit(cache=True)
def aggregate_groups(sums, counts, assignments, sizes, pooled, missing):  # type: ignore[no-untyped-def]
    """All aggregates of attention summed by micro-group, for several assignments to strata.

    Parameters
    ----------
    sums
        float32, groups x pairs.
    counts
        Integers, groups x pairs: cells that hold both genes.
    assignments
        int64, draws x groups; -1 for groups in no stratum.
    sizes
        float64, draws x strata: cells of each stratum.
    pooled
        float64, mean attention of each pair over all cells.
    missing
        What stands where no stratum sees a pair.

    Returns
    -------
    numpy.ndarray
        float64, draws x 8 x pairs.
    """
    n_groups, n_pairs = sums.shape
    n_draws, n_strata = sizes.shape
    out = np.empty((n_draws, N_AGGREGATORS, n_pairs))
    total, cells = np.empty((n_strata, BLOCK)), np.empty((n_strata, BLOCK))
    found = np.empty((N_AGGREGATORS, BLOCK))
    for first in range(0, n_pairs, BLOCK):
        width = min(BLOCK, n_pairs - first)
        for draw in range(n_draws):
            total[:] = 0.0
            cells[:] = 0.0
            for g in range(n_groups):
                s = assignments[draw, g]
                if s >= 0:
                    add_to(total[s], sums[g, first : first + width])
                    add_to(cells[s], counts[g, first : first + width])
            for s in range(n_strata):
                for j in range(width):
                    total[s, j] = total[s, j] / cells[s, j] if cells[s, j] > 0 else np.inf
            aggregate_block(total[:, :width], sizes[draw], pooled[first:], missing, found)
            out[draw, :, first : first + width] = found[:, :width]
    return out


@njit(cache=True)
def ranks_within(order, starts, codes, places, sizes):  # type: ignore[no-untyped-def]
    """Mid-ranks of each gene within strata of cells, centred and of unit length.

    Parameters
    ----------
    order
        int32, genes x cells: cells of each gene by ascending value.
    starts
        bool, genes x cells: whether a value differs from the one before it.
    codes
        int64, stratum of each cell; -1 for none.
    places
        int64, where each cell stands in the result: stratum by stratum.
    sizes
        int64, cells of each stratum.

    Returns
    -------
    numpy.ndarray
        float64, genes x cells in strata; 0 for a gene that does not vary in a stratum.
    """
    n_genes, n_cells = order.shape
    n_strata = sizes.size
    out = np.zeros((n_genes, sizes.sum()))
    before = np.empty(n_strata, dtype=np.int64)
    tied = np.zeros(n_strata, dtype=np.int64)
    square = np.empty(n_strata)
    for gene in range(n_genes):
        before[:] = 0
        square[:] = 0.0
        begin = 0
        while begin < n_cells:
            end = begin + 1
            while end < n_cells and not starts[gene, end]:
                end += 1
            for i in range(begin, end):
                if codes[order[gene, i]] >= 0:
                    tied[codes[order[gene, i]]] += 1
            for i in range(begin, end):
                cell = order[gene, i]
                s = codes[cell]
                if s >= 0:
                    rank = before[s] + (tied[s] + 1) / 2.0 - (sizes[s] + 1) / 2.0
                    out[gene, places[cell]] = rank
                    square[s] += rank * rank
            for s in range(n_strata):
                before[s] += tied[s]
                tied[s] = 0
            begin = end
        for cell in range(n_cells):
            s = codes[cell]
            if s >= 0 and square[s] > 0:
                out[gene, places[cell]] /= np.sqrt(square[s])
    return out
