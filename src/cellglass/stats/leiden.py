"""The Leiden algorithm for modularity, seeded."""

from __future__ import annotations

import numpy as np
from numba import njit
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from cellglass.errors import InputError
from cellglass.seeds import DEFAULT_SEED, generator
from cellglass.stats.arguments import Ints
from cellglass.stats.modularity import modularity, require_weights

_TIE = 1e-10
"""Gain, in units of a node's strength, that a move must bring: rounding brings less."""

_PASSES = 10


def leiden(
    weights: sparse.csr_matrix, *, resolution: float = 1.0, seed: int = DEFAULT_SEED
) -> Ints:
    """Partition a graph so that its modularity is large.

    Parameters
    ----------
    weights
        Symmetric, not negative, shape (m, m).
    resolution
        Above 1 favours small communities.
    seed
        Of the order in which nodes are visited.

    Returns
    -------
    numpy.ndarray
        Community of each node, shape (m,), the largest first. Each is connected.

    Raises
    ------
    InputError
        If the weights are not those of an undirected graph, or the resolution is not positive.

    Notes
    -----
    Traag, Waltman and van Eck (Scientific Reports 2019): nodes move to the community of largest
    gain, communities are refined from single nodes with merges inside them only, the refined
    ones become the nodes of the next round, until a pass gains nothing. A node that refines
    takes the largest gain instead of drawing among gains.

    Why not the Leiden of scikit-network (0.33): it draws from the C library's rand(), which no
    seed argument reaches, so that what it finds depends on what the process ran before; and where
    gains tie, as on a periodic grid, its refinement can go round for ever. Its Louvain has
    neither fault.

    Examples
    --------
    >>> blocks = sparse.csr_matrix(np.kron(np.eye(2), np.ones((3, 3)) - np.eye(3)))
    >>> leiden(blocks).tolist()
    [0, 0, 0, 1, 1, 1]
    """
    require_weights(weights, "leiden")
    if not resolution > 0:
        raise InputError(f"resolution is {resolution}", where="leiden", expected="above 0")
    rng = generator(seed, "graphs/leiden")
    graph = sparse.csr_matrix(weights, dtype=np.float64, copy=True)
    graph.eliminate_zeros()
    labels = np.arange(graph.shape[0])
    best = modularity(graph, labels, resolution=resolution)
    for _ in range(_PASSES):
        found = _connected(graph, _pass(graph, labels, resolution, rng))
        value = modularity(graph, found, resolution=resolution)
        if not value > best + _TIE:
            break
        labels, best = found, value
    return by_size(labels)


def by_size(labels: Ints) -> Ints:
    """Number communities from the largest to the smallest.

    Parameters
    ----------
    labels
        Community of each node.

    Returns
    -------
    numpy.ndarray
        The same partition; of equal sizes the one that comes first is first.

    Examples
    --------
    >>> by_size(np.array([7, 3, 3, 5])).tolist()
    [1, 0, 0, 2]
    """
    _, first, codes, size = np.unique(
        labels, return_index=True, return_inverse=True, return_counts=True
    )
    place = np.empty(size.size, dtype=np.int64)
    place[np.lexsort((first, -size))] = np.arange(size.size)
    return place[codes]


def _pass(
    graph: sparse.csr_matrix, start: Ints, resolution: float, rng: np.random.Generator
) -> Ints:
    """One pass from a partition: move, refine and aggregate until nothing merges."""
    strength = np.asarray(graph.sum(1)).ravel()
    total = float(strength.sum())
    member = np.arange(graph.shape[0])  # node of the aggregated graph for each node
    labels = start
    while True:
        n = graph.shape[0]
        csr = (graph.indptr.astype(np.int64), graph.indices.astype(np.int64), graph.data)
        _, labels = np.unique(labels, return_inverse=True)
        labels = labels.astype(np.int64)
        _move(*csr, strength, labels, rng.permutation(n), resolution / total)
        refined = _refine(*csr, strength, labels, rng.permutation(n), resolution / total)
        kept, refined = np.unique(refined, return_inverse=True)
        if kept.size == n:  # nothing merges any more
            return np.asarray(labels[member], dtype=np.int64)
        merge = sparse.csr_matrix((np.ones(n), (refined, np.arange(n))), shape=(kept.size, n))
        graph = sparse.csr_matrix(merge @ graph @ merge.T)
        strength = merge @ strength
        labels = labels[kept]  # a refined community bears the number of one of its nodes
        member = refined[member]


def _connected(graph: sparse.csr_matrix, labels: Ints) -> Ints:
    """Split communities that hang together through other nodes only: modularity grows by it."""
    held = graph.tocoo()
    inside = labels[held.row] == labels[held.col]
    kept = sparse.csr_matrix(
        (held.data[inside], (held.row[inside], held.col[inside])), shape=graph.shape
    )
    _, found = connected_components(kept, directed=False)
    return np.asarray(found, dtype=np.int64)


@njit(cache=True)
def _move(starts, ends, data, strength, labels, order, rate):  # type: ignore[no-untyped-def]
    """Move nodes to the community of largest gain until none gains; `labels` changes in place."""
    n = labels.size
    mass, size = np.zeros(n), np.zeros(n, dtype=np.int64)
    for i in range(n):
        mass[labels[i]] += strength[i]
        size[labels[i]] += 1
    empty = [c for c in range(n) if size[c] == 0]
    link = np.zeros(n)
    near = np.empty(n, dtype=np.int64)
    queue, waits = order.copy(), np.ones(n, dtype=np.bool_)
    first, held = 0, n
    while held:
        i = queue[first]
        first, held = (first + 1) % n, held - 1
        waits[i] = False
        own = labels[i]
        n_near = 0
        for e in range(starts[i], starts[i + 1]):
            j = ends[e]
            if j != i:
                c = labels[j]
                if link[c] == 0.0:
                    near[n_near] = c
                    n_near += 1
                link[c] += data[e]
        mass[own] -= strength[i]
        stay = link[own] - rate * strength[i] * mass[own]
        best, gain = own, stay + _TIE * strength[i]
        for a in range(n_near):
            c = near[a]
            value = link[c] - rate * strength[i] * mass[c]
            if value > gain:
                best, gain = c, value
        if gain < 0.0 and size[own] > 1:  # better alone than in any community
            best = empty.pop()
        for a in range(n_near):
            link[near[a]] = 0.0
        mass[best] += strength[i]
        if best == own:
            continue
        labels[i] = best
        size[own] -= 1
        size[best] += 1
        if size[own] == 0:
            empty.append(own)
        for e in range(starts[i], starts[i + 1]):
            j = ends[e]
            if labels[j] != best and not waits[j]:
                queue[(first + held) % n] = j
                held += 1
                waits[j] = True


@njit(cache=True)
def _refine(starts, ends, data, strength, labels, order, rate):  # type: ignore[no-untyped-def]
    """Merge single nodes inside communities; each node moves at most once."""
    n = labels.size
    whole, inner = np.zeros(n), np.zeros(n)
    for i in range(n):
        whole[labels[i]] += strength[i]
        for e in range(starts[i], starts[i + 1]):
            if ends[e] != i and labels[ends[e]] == labels[i]:
                inner[i] += data[e]
    refined = np.arange(n)
    mass, size, out = strength.copy(), np.ones(n, dtype=np.int64), inner.copy()
    link = np.zeros(n)
    near = np.empty(n, dtype=np.int64)
    for i in order:
        around = whole[labels[i]]
        slack = _TIE * strength[i]
        if size[refined[i]] > 1 or inner[i] < rate * strength[i] * (around - strength[i]) - slack:
            continue
        n_near = 0
        for e in range(starts[i], starts[i + 1]):
            j = ends[e]
            if j != i and labels[j] == labels[i]:
                r = refined[j]
                if link[r] == 0.0:
                    near[n_near] = r
                    n_near += 1
                link[r] += data[e]
        best, gain = refined[i], slack
        for a in range(n_near):
            r = near[a]
            fits = out[r] >= rate * mass[r] * (around - mass[r]) - slack
            value = link[r] - rate * strength[i] * mass[r]
            if fits and value > gain:
                best, gain = r, value
        if best != refined[i]:
            size[refined[i]] = 0
            refined[i] = best
            size[best] += 1
            mass[best] += strength[i]
            out[best] += inner[i] - 2.0 * link[best]
        for a in range(n_near):
            link[near[a]] = 0.0
    return refined
