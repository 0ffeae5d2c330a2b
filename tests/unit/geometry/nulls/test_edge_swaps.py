"""Compiled swaps of edges against plain Python and against enumeration."""

from collections import Counter
from itertools import combinations

import networkx as nx
import numpy as np

from cellglass.geometry.nulls.edge_swaps import free_swaps, matched_swaps


def arrays(graph):
    """Half-edges of a networkx graph on nodes 0 .. n - 1."""
    neighbours = [sorted(graph[i]) for i in range(len(graph))]
    start = np.concatenate([[0], np.cumsum([len(x) for x in neighbours])]).astype(np.int64)
    ends = np.concatenate(neighbours).astype(np.int64)
    return start, np.repeat(np.arange(len(graph)), np.diff(start)), ends


def edges(owner, ends):
    return frozenset((int(a), int(b)) for a, b in zip(owner, ends, strict=True) if a < b)


def by_hand(graph, wanted, bin_of, slack, words):
    """The same swaps with sets, from the same random numbers."""
    start, owner, ends = arrays(graph)
    ends = ends.tolist()
    present = set(edges(owner, ends))
    held = Counter(bin_of(a, b) for a, b in present)
    for p, q in words:
        a, b, c, d = int(owner[p]), ends[p], int(owner[q]), ends[q]
        new = [tuple(sorted((a, d))), tuple(sorted((c, b)))]
        if len({a, b, c, d}) < 4 or present & set(new):
            continue
        after = held.copy()
        after.subtract([bin_of(a, b), bin_of(c, d)])
        after.update([bin_of(*new[0]), bin_of(*new[1])])
        if sum(abs(after[x] - wanted[x]) for x in set(after) | set(wanted)) > slack:
            continue
        held = after
        present -= {tuple(sorted((a, b))), tuple(sorted((c, d)))}
        present |= set(new)
        for node, old, put in ((a, b, d), (b, a, c), (c, d, b), (d, c, a)):
            at = next(k for k in range(start[node], start[node + 1]) if ends[k] == old)
            ends[at] = put
    return frozenset(present)


def random_words(seed, size, n):
    """The pairs of half-edges that the kernel draws: splitmix64, multiply and shift."""
    mask, state = 2**64 - 1, seed

    def below():
        nonlocal state
        while True:
            state = (state + 0x9E3779B97F4A7C15) & mask
            word = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & mask
            word = ((word ^ (word >> 27)) * 0x94D049BB133111EB) & mask
            product = ((word ^ (word >> 31)) >> 32) * size
            if product % 2**32 >= (2**32 - size) % size:
                return product >> 32

    return [(below(), below()) for _ in range(n)]


GRAPH = nx.gnm_random_graph(14, 30, seed=3)
POINTS = np.random.default_rng(0).normal(size=(14, 2))


def test_free_swaps_are_those_done_by_hand():
    start, owner, ends = arrays(GRAPH)
    made = free_swaps(start, owner, ends, 400, np.array([5], dtype=np.uint64))
    words = random_words(5, ends.size, 400)
    assert edges(owner, ends) == by_hand(GRAPH, {0: 0}, lambda a, b: 0, 10**9, words)
    assert 0 < made < 400
    new = nx.Graph(list(edges(owner, ends)))
    assert dict(new.degree) == {n: d for n, d in GRAPH.degree if d}
    assert nx.number_of_selfloops(new) == 0
    assert new.number_of_edges() == 30


def test_matched_swaps_are_those_done_by_hand_and_stay_within_the_slack():
    start, owner, ends = arrays(GRAPH)
    lengths = [np.linalg.norm(POINTS[a] - POINTS[b]) for a, b in GRAPH.edges]
    cut = np.quantile(lengths, [0.25, 0.5, 0.75, 1.0])
    cut[-1] += 1e-9

    def bin_of(a, b):
        return int(np.searchsorted(cut, np.linalg.norm(POINTS[a] - POINTS[b])))

    wanted = Counter(bin_of(a, b) for a, b in GRAPH.edges)
    as_array = np.array([wanted[x] for x in range(5)])
    for slack in (0, 4, 60):
        moved = ends.copy()
        state = np.array([7], dtype=np.uint64)
        matched_swaps(start, owner, moved, POINTS, cut, as_array, slack, 600, state)
        found = edges(owner, moved)
        assert found == by_hand(GRAPH, wanted, bin_of, slack, random_words(7, ends.size, 600))
        now = Counter(bin_of(a, b) for a, b in found)
        assert sum(abs(now[x] - wanted[x]) for x in range(5)) <= slack
        assert found != edges(owner, ends)


def test_free_swaps_reach_all_graphs_with_the_degrees_alike():
    path = nx.path_graph(5)  # degrees 1, 2, 2, 2, 1
    degrees = [d for _, d in sorted(path.degree)]
    every = {
        frozenset(chosen)
        for chosen in combinations(list(combinations(range(5), 2)), 4)
        if np.bincount(np.ravel(chosen), minlength=5).tolist() == degrees
    }
    start, owner, begin = arrays(path)
    counts = Counter()
    n = 7000
    for seed in range(n):
        ends = begin.copy()
        free_swaps(start, owner, ends, 60, np.array([seed], dtype=np.uint64))
        counts[edges(owner, ends)] += 1
    assert set(counts) == every
    expected = n / len(every)
    assert max(abs(c - expected) for c in counts.values()) < 4.5 * np.sqrt(expected)
