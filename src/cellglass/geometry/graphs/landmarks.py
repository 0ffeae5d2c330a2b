"""Geodesics through landmarks: bounds for any pair where all pairs are too many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import dijkstra

from cellglass.errors import InputError
from cellglass.geometry.blocks import blocks
from cellglass.geometry.named import pair_ends
from cellglass.seeds import DEFAULT_SEED, generator
from cellglass.stats.arguments import Ints

from .geodesics import geodesic_rows, require_connected
from .knn import KnnGraph

Floats = NDArray[np.float64]
Choice = Literal["maxmin", "random"]


@dataclass(frozen=True, eq=False)
class Landmarks:
    """Geodesic distances from a few nodes to all, and what they say about any pair.

    Attributes
    ----------
    graph
        The graph.
    nodes
        Nodes that are landmarks, in the order in which they were chosen.
    distances
        From landmarks to all nodes, shape (landmarks, m).
    reach
        Largest distance of a node from its nearest landmark.

    Notes
    -----
    By the triangle inequality ``max_l |D(l,u) - D(l,v)| <= D(u,v) <= min_l D(l,u) + D(l,v)``.
    The upper bound is at most ``2 reach`` too long, and both meet where one end is a landmark.
    """

    graph: KnnGraph
    nodes: Ints
    distances: Floats
    reach: float

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the landmarks."""
        return tuple(self.graph.nodes.names[i] for i in self.nodes)

    def bounds(self, sources: Sequence[str], targets: Sequence[str]) -> tuple[Floats, Floats]:
        """Lower and upper bound of the geodesic distance of each named pair.

        Parameters
        ----------
        sources, targets
            Names of both ends, one of each a pair.

        Returns
        -------
        lower, upper : numpy.ndarray
            Shape (pairs,); both 0 between equal points.

        Raises
        ------
        InputError
            If a name is unknown, or there is not one target a source.
        """
        return self._bounds(*pair_ends(self.graph, sources, targets))

    def _bounds(self, one: Ints, other: Ints) -> tuple[Floats, Floats]:
        lower, upper = np.empty(one.size), np.empty(one.size)
        for part in blocks(one.size, self.nodes.size):
            a, b = self.distances[:, one[part]], self.distances[:, other[part]]
            lower[part], upper[part] = np.abs(a - b).max(0), (a + b).min(0)
        upper[one == other] = 0.0
        return lower, upper

    def error(self, n_sources: int = 20, *, seed: int = DEFAULT_SEED) -> LandmarkError:
        """Hold the bounds against exact geodesics from some nodes drawn at random.

        Parameters
        ----------
        n_sources
            Nodes that are no landmarks and from which all others are reached exactly; all
            where there are fewer.
        seed
            Of the draw.

        Raises
        ------
        InputError
            If every node is a landmark, or no source is asked for.
        """
        rest = np.setdiff1d(np.arange(len(self.graph.nodes)), self.nodes)
        if not rest.size or n_sources < 1:
            raise InputError(
                f"{n_sources} of {rest.size} nodes to start from", where="error of landmarks",
                expected="at least 1 node that is no landmark",
            )  # fmt: skip
        rng = generator(seed, "landmarks/error")
        drawn = np.sort(rng.choice(rest, min(n_sources, rest.size), replace=False))
        low, high = [], []
        for block, exact in geodesic_rows(self.graph, drawn):
            for source, row in zip(drawn[block], exact, strict=True):
                others = rest[rest != source]
                if others.size:
                    lower, upper = self._bounds(np.full(others.size, source), others)
                    low.append(1.0 - lower / row[others])
                    high.append(upper / row[others] - 1.0)
        if not low:
            raise InputError("one node is no landmark", where="error of landmarks")
        return LandmarkError.of(drawn.size, np.concatenate(low), np.concatenate(high))


@dataclass(frozen=True)
class LandmarkError:
    """How far the bounds are from exact distances, relative to these, on a sample of pairs.

    Attributes
    ----------
    n_sources, n_pairs
        Nodes from which exact distances were found, and pairs that were compared; no pair has a
        landmark.
    upper_median, upper_q95, upper_max
        Of upper / exact - 1.
    lower_median, lower_q95, lower_max
        Of 1 - lower / exact.
    """

    n_sources: int
    n_pairs: int
    upper_median: float
    upper_q95: float
    upper_max: float
    lower_median: float
    lower_q95: float
    lower_max: float

    @classmethod
    def of(cls, n_sources: int, lower: Floats, upper: Floats) -> LandmarkError:
        """Summarize the relative errors of both bounds.

        Parameters
        ----------
        n_sources
            Nodes from which exact distances were found.
        lower, upper
            Relative errors, one a pair.
        """
        told = [float(np.quantile(v, q)) for v in (upper, lower) for q in (0.5, 0.95, 1.0)]
        return cls(n_sources, lower.size, *told)


def landmarks(
    graph: KnnGraph, n: int, *, choice: Choice = "maxmin", seed: int = DEFAULT_SEED
) -> Landmarks:
    """Choose landmarks and find their geodesic distances to all nodes.

    Parameters
    ----------
    graph
        The graph.
    n
        Number of landmarks.
    choice
        ``"maxmin"``: the first at random, each other the node that is farthest from all before
        it; ``"random"``: all at random.
    seed
        Of the draw.

    Returns
    -------
    Landmarks
        Distances and the bounds that follow from them.

    Raises
    ------
    InputError
        If the graph is not connected, n is not between 1 and the number of nodes, or the choice
        is unknown.

    Notes
    -----
    Max-min is the greedy solution of the k-centre problem: its reach is at most twice the
    smallest possible (Gonzalez, Theoretical Computer Science 38, 1985). It tells outliers first;
    random landmarks are nearer to where most points are. Time is one run of Dijkstra a landmark,
    memory landmarks x nodes.

    Examples
    --------
    >>> from cellglass.geometry import PointCloud, knn_graph
    >>> line = PointCloud.of([[0.0], [1.0], [2.0], [3.0]], ["A", "B", "C", "D"])
    >>> held = landmarks(knn_graph(line, 1), 2)
    >>> sorted(held.names), held.bounds(["B"], ["C"])
    (['A', 'D'], (array([1.]), array([3.])))
    """
    require_connected(graph, "landmarks")
    m = len(graph.nodes)
    if not 1 <= n <= m:
        raise InputError(f"{n} landmarks", where="landmarks", expected=f"1 to {m}, the nodes")
    if choice not in get_args(Choice):
        raise InputError(
            f"choice is {choice!r}", where="landmarks", expected=" or ".join(get_args(Choice))
        )
    rng = generator(seed, f"landmarks/{choice}")
    if choice == "random":
        nodes = rng.choice(m, n, replace=False).astype(np.int64)
        distances = np.concatenate([found for _, found in geodesic_rows(graph, nodes)])
        return Landmarks(graph, nodes, distances, float(distances.min(0).max()))
    nodes, distances = np.empty(n, dtype=np.int64), np.empty((n, m))
    nearest = np.full(m, np.inf)
    for i in range(n):
        nodes[i] = nearest.argmax() if i else rng.integers(m)
        distances[i] = dijkstra(graph.lengths, directed=True, indices=nodes[i])
        np.minimum(nearest, distances[i], out=nearest)
    return Landmarks(graph, nodes, distances, float(nearest.max()))
