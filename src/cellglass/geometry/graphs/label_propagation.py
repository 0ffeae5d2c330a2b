"""Communities by label propagation, node after node."""

from __future__ import annotations

import numpy as np
from numba import njit
from scipy import sparse

from cellglass.errors import InputError
from cellglass.seeds import DEFAULT_SEED, generator
from cellglass.stats.arguments import Ints
from cellglass.stats.leiden import by_size

SWEEPS = 20


def label_propagation(
    edges: sparse.csr_matrix, *, sweeps: int = SWEEPS, seed: int = DEFAULT_SEED
) -> Ints:
    """Let each node take the label that most of its neighbours have.

    Parameters
    ----------
    edges
        Symmetric; what is not 0 is an edge, shape (m, m).
    sweeps
        Most sweeps over all nodes.
    seed
        Of the order of the nodes and of the choice among labels that tie.

    Returns
    -------
    numpy.ndarray
        Community of each node, shape (m,), the largest first.

    Raises
    ------
    InputError
        If there is no sweep.

    Notes
    -----
    Raghavan, Albert and Kumara (Physical Review E 2007), asynchronous, without weights: nodes
    start with labels of their own, are visited in a new order in each sweep and see labels of
    the same sweep; a label is drawn among those that tie. It stops when each node has a label
    that no other outnumbers among its neighbours, or after the last sweep (specification of
    geometry, 2.9). It maximises nothing, and may end with one community or change with the seed:
    look at the stability over seeds.

    Examples
    --------
    >>> blocks = sparse.csr_matrix(np.kron(np.eye(2), np.ones((4, 4)) - np.eye(4)))
    >>> label_propagation(blocks).tolist()
    [0, 0, 0, 0, 1, 1, 1, 1]
    """
    if sweeps < 1:
        raise InputError(f"{sweeps} sweeps", where="label propagation", expected="at least 1")
    graph = sparse.csr_matrix(edges, copy=True)
    graph.eliminate_zeros()
    starts, ends = graph.indptr.astype(np.int64), graph.indices.astype(np.int64)
    n = graph.shape[0]
    rng = generator(seed, "graphs/label_propagation")
    labels = np.arange(n)
    for _ in range(sweeps):
        _sweep(starts, ends, labels, rng.permutation(n), rng.random(n))
        if _settled(starts, ends, labels):
            break
    return by_size(labels)


@njit(cache=True)
def _sweep(starts, ends, labels, order, uniform):  # type: ignore[no-untyped-def]
    """One label after the other; `uniform` draws among those that tie."""
    count = np.zeros(labels.size, dtype=np.int64)
    for i in order:
        most, ties = 0, 0
        for e in range(starts[i], starts[i + 1]):
            count[labels[ends[e]]] += 1
        for e in range(starts[i], starts[i + 1]):
            most = max(most, count[labels[ends[e]]])
        # labels are met once for each neighbour: one that ties is met `most` times
        for e in range(starts[i], starts[i + 1]):
            if count[labels[ends[e]]] == most:
                ties += 1
        pick, chosen = int(uniform[i] * ties), -1
        for e in range(starts[i], starts[i + 1]):
            if count[labels[ends[e]]] == most:
                if pick == 0:
                    chosen = labels[ends[e]]
                pick -= 1
        for e in range(starts[i], starts[i + 1]):
            count[labels[ends[e]]] = 0
        if chosen >= 0:
            labels[i] = chosen


@njit(cache=True)
def _settled(starts, ends, labels):  # type: ignore[no-untyped-def]
    """Whether no node is outnumbered by another label among its neighbours."""
    count = np.zeros(labels.size, dtype=np.int64)
    settled = True
    for i in range(labels.size):
        for e in range(starts[i], starts[i + 1]):
            count[labels[ends[e]]] += 1
        for e in range(starts[i], starts[i + 1]):
            if count[labels[ends[e]]] > count[labels[i]]:
                settled = False
        for e in range(starts[i], starts[i + 1]):
            count[labels[ends[e]]] = 0
    return settled
