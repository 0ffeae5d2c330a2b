"""Diffusion distances: how differently two random walks are spread after some steps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from cellglass.errors import InputError
from cellglass.geometry.blocks import blocks
from cellglass.stats.arguments import Ints

from .distances import Distances
from .geodesics import require_connected
from .knn import KnnGraph

Floats = NDArray[np.float64]

TIMES = (1, 2, 4, 8)
"""Steps of the published screen (2.5)."""

_HELD = 8
"""Walks from the rows are held, one for each time: so many times the entries of a block."""
"""Numbers of a block of targets, 32 MiB, and of sources, 256 MiB."""


def diffusion_distances(
    graph: KnnGraph,
    sources: Sequence[str] | None = None,
    targets: Sequence[str] | None = None,
    *,
    times: Sequence[int] = TIMES,
    weighted: bool = False,
) -> dict[int, Distances]:
    """Diffusion distances after several numbers of steps.

    Parameters
    ----------
    graph
        The graph.
    sources, targets
        Names of the points to start from and to reach; all where None.
    times
        Numbers of steps t, each at least 1.
    weighted
        Whether to divide by the stationary distribution, as textbooks do.

    Returns
    -------
    dict
        Number of steps to distances, shape (sources, targets), in the order of `times`.

    Raises
    ------
    InputError
        If the graph is not connected: distances across components would compare only how far
        either walk has spread; if a name is unknown or a time below 1; with `weighted`, if a
        node has so little weight that the distance divides by 0.

    Notes
    -----
    ``W = exp(-d^2 / (2 sigma^2))`` on the edges, sigma the median length of an edge, no loops;
    P its rows divided by their sums; ``D_t(i, j) = norm(P^t_i - P^t_j)``, Euclidean
    (specification 2.5). Weighted: each squared difference over the stationary distribution at
    its node (Coifman and Lafon, Applied and Computational Harmonic Analysis 21, 2006). Rows of
    P^t are made in blocks of sources and of targets: beside the result, memory does not grow
    with the square of n.

    Examples
    --------
    >>> from cellglass.geometry import PointCloud, knn_graph
    >>> graph = knn_graph(PointCloud.of([[0.0], [1.0], [2.0]], ["A", "B", "C"]), 1)
    >>> diffusion_distances(graph, ["A"], times=[1])[1].values.round(3).tolist()
    [[0.0, 1.225, 0.0]]
    """
    require_connected(graph, "diffusion distances")
    steps = sorted(set(times))
    if not steps or any(t < 1 or t != int(t) for t in steps):
        raise InputError(f"times {list(times)}", where="times", expected="whole numbers above 0")
    starts = graph.cloud.names if sources is None else tuple(sources)
    ends = graph.cloud.names if targets is None else tuple(targets)
    row, from_row = np.unique(graph.places(starts, "sources"), return_inverse=True)
    column, from_column = np.unique(graph.places(ends, "targets"), return_inverse=True)
    step, stationary = transitions(graph)
    back, scale = step.T.tocsr(), _scale(stationary, weighted)
    distance = {t: np.empty((row.size, column.size)) for t in steps}
    for left in blocks(row.size, stationary.size * len(steps), times=_HELD):
        begun = dict(_walks(back, stationary, row[left], steps))
        for right in blocks(column.size, stationary.size):
            for t, walk in _walks(back, stationary, column[right], steps):
                between = _between(begun[t] * scale[:, None], walk * scale[:, None])
                between[row[left][:, None] == column[right]] = 0.0
                distance[t][left, right] = between
    spread = np.ix_(from_row, from_column)
    return {t: Distances(distance[t][spread], starts, ends, f"diffusion {t}") for t in times}


def transitions(graph: KnnGraph) -> tuple[sparse.csr_matrix, Floats]:
    """Probabilities of one step of the walk, and where it stays in the long run.

    Parameters
    ----------
    graph
        The graph.

    Returns
    -------
    step : scipy.sparse.csr_matrix
        Shape (m, m), rows sum to 1.
    stationary : numpy.ndarray
        Shape (m,), sums to 1; the stationary distribution where the graph is connected.

    Notes
    -----
    Each row is divided by its largest weight before the exponential is taken, so that a node
    whose neighbours are all far away has transitions as well.

    Examples
    --------
    >>> from cellglass.geometry import PointCloud, knn_graph
    >>> step, stationary = transitions(knn_graph(PointCloud.of([[0.0], [1.0], [2.0]]), 1))
    >>> step.toarray().tolist(), stationary.tolist()
    ([[0.0, 1.0, 0.0], [0.5, 0.0, 0.5], [0.0, 1.0, 0.0]], [0.25, 0.5, 0.25])
    """
    lengths = graph.lengths
    exponent = lengths.data**2 / (2.0 * np.median(lengths.data) ** 2)
    row = np.repeat(np.arange(lengths.shape[0]), np.diff(lengths.indptr))
    least = np.minimum.reduceat(exponent, lengths.indptr[:-1])
    weight = np.exp(least[row] - exponent)
    total = np.bincount(row, weight)
    step = sparse.csr_matrix((weight / total[row], lengths.indices, lengths.indptr), lengths.shape)
    mass = total * np.exp(-least)
    return step, mass / mass.sum()


def _scale(stationary: Floats, weighted: bool) -> Floats:
    if not weighted:
        return np.ones(stationary.size)
    few = int((stationary < np.finfo(np.float64).tiny).sum())
    if few:
        raise InputError(
            f"{few} nodes whose neighbours are so far away that no walk stays there",
            where="diffusion distances, weighted",
            expected="a stationary distribution above 0",
            fix="drop these points, or take weighted=False",
        )
    return np.asarray(1.0 / np.sqrt(stationary))


def _walks(
    back: sparse.csr_matrix, stationary: Floats, nodes: Ints, times: Sequence[int]
) -> Iterator[tuple[int, Floats]]:
    """Where walks from some nodes are after each time, less the stationary distribution.

    Shape (m, nodes). What is taken off is the same for all walks, and so no part of a distance;
    without it, long walks are nearly equal and their distance is lost in rounding.
    """
    walk = np.repeat(-stationary[:, None], nodes.size, axis=1)
    walk[nodes, np.arange(nodes.size)] += 1.0
    done = 0
    for t in times:
        for _ in range(t - done):
            walk = back @ walk
        done = t
        yield t, walk


def _between(one: Floats, other: Floats) -> Floats:
    """Euclidean distances of columns."""
    square = (one**2).sum(0)[:, None] + (other**2).sum(0) - 2.0 * (one.T @ other)
    return np.sqrt(np.maximum(square, 0.0))
