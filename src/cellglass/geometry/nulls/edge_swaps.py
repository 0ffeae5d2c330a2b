"""Swaps of the ends of two edges of an undirected graph, compiled.

A graph is one array of half-edges: those of node i are ``ends[start[i]:start[i + 1]]``, each
the node at the other end. A swap keeps degrees, so that the array keeps its layout. Two edges
a-b, c-d become a-d, c-b unless that makes a loop or an edge that exists.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from cellglass.stats.nulls.kernels import below


@njit(cache=True)
def _slot(start, ends, node, other):  # type: ignore[no-untyped-def]
    """Place of a neighbour among the half-edges of a node; -1 where it is none."""
    for k in range(start[node], start[node + 1]):
        if ends[k] == other:
            return k
    return -1


@njit(cache=True)
def _allowed(start, ends, a, b, c, d):  # type: ignore[no-untyped-def]
    """Whether a-b, c-d may become a-d, c-b."""
    if a in (c, d) or b in (c, d):
        return False
    return _slot(start, ends, a, d) < 0 and _slot(start, ends, c, b) < 0


@njit(cache=True)
def _swap(start, ends, a, b, c, d):  # type: ignore[no-untyped-def]
    ends[_slot(start, ends, a, b)] = d
    ends[_slot(start, ends, b, a)] = c
    ends[_slot(start, ends, c, d)] = b
    ends[_slot(start, ends, d, c)] = a


@njit(cache=True)
def free_swaps(start, owner, ends, steps, state):  # type: ignore[no-untyped-def]
    """Try `steps` swaps of two random edges; return how many were made.

    Attempts count, not successes: which edges are tried does not depend on the graph, so that
    the uniform distribution over graphs with these degrees stays as it is.

    Parameters
    ----------
    start, owner
        First half-edge of each node, and the node of each half-edge.
    ends
        The graph; changed in place.
    steps
        Attempts.
    state
        One 64-bit word of random state.
    """
    made = 0
    for _ in range(steps):
        p, q = below(state, ends.size), below(state, ends.size)
        a, b, c, d = owner[p], ends[p], owner[q], ends[q]
        if _allowed(start, ends, a, b, c, d):
            _swap(start, ends, a, b, c, d)
            made += 1
    return made


@njit(cache=True)
def _bin(points, edges, i, j):  # type: ignore[no-untyped-def]
    """Bin of the distance of two points; the last bin holds what no edge is as long as."""
    total = 0.0
    for f in range(points.shape[1]):
        gap = points[i, f] - points[j, f]
        total += gap * gap
    return np.searchsorted(edges, np.sqrt(total))


@njit(cache=True)
def _distance_if(histogram, wanted, distance, old_1, old_2, new_1, new_2):  # type: ignore[no-untyped-def]
    """Take two bins out of a histogram and put two in; return its new L1 distance."""
    for bin_, change in ((old_1, -1), (old_2, -1), (new_1, 1), (new_2, 1)):
        distance -= abs(histogram[bin_] - wanted[bin_])
        histogram[bin_] += change
        distance += abs(histogram[bin_] - wanted[bin_])
    return distance


@njit(cache=True)
def matched_swaps(start, owner, ends, points, edges, wanted, slack, steps, state):  # type: ignore[no-untyped-def]
    """Try `steps` swaps that keep the histogram of edge lengths within `slack` of the wanted.

    A swap that would leave the slack is not made, and counts as an attempt, so that the uniform
    distribution over the graphs within the slack stays as it is.

    Parameters
    ----------
    start, owner, ends, steps, state
        See `free_swaps`; the graph is within the slack.
    points
        Of the nodes.
    edges
        Upper edges of the bins of length.
    wanted
        Edges in each bin, and 0 for the bin beyond the last.
    slack
        Largest sum of absolute differences of the two histograms.

    Returns
    -------
    int
        Swaps made.
    """
    histogram = np.zeros_like(wanted)
    for p in range(ends.size):
        if owner[p] < ends[p]:
            histogram[_bin(points, edges, owner[p], ends[p])] += 1
    distance = np.abs(histogram - wanted).sum()
    made = 0
    for _ in range(steps):
        p, q = below(state, ends.size), below(state, ends.size)
        a, b, c, d = owner[p], ends[p], owner[q], ends[q]
        if not _allowed(start, ends, a, b, c, d):
            continue
        ab, cd = _bin(points, edges, a, b), _bin(points, edges, c, d)
        ad, cb = _bin(points, edges, a, d), _bin(points, edges, c, b)
        after = _distance_if(histogram, wanted, distance, ab, cd, ad, cb)
        if after > slack:
            _distance_if(histogram, wanted, after, ad, cb, ab, cd)
            continue
        distance = after
        _swap(start, ends, a, b, c, d)
        made += 1
    return made
