"""Cycle rank and components of graphs that grow with distance: surrogates of persistence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from cellglass.errors import InputError
from cellglass.geometry.pair_features import PairFeatures
from cellglass.stats.arguments import Bools, Ints

from .distances import Distances, ends
from .square import square_values, symmetric

Floats = NDArray[np.float64]

DISTANCE_QUANTILES = (0.2, 0.35, 0.5, 0.65, 0.8)
SUPPORT_QUANTILES = (0.0, 0.25, 0.5, 0.75)


@dataclass(frozen=True, eq=False)
class GraphFiltration:
    """Graphs on a grid of thresholds, in numbers.

    Attributes
    ----------
    distance_at
        Largest length of an edge, one a row, shape (d,).
    support_at
        Least support of an edge, one a column, shape (s,); -inf where there is no second axis.
    edges, components
        Of each graph, shape (d, s).
    n_points
        Points, the same in each graph.

    Examples
    --------
    >>> square = Distances(np.array([[0.0, 1, 2, 1], [1, 0, 1, 2], [2, 1, 0, 1], [1, 2, 1, 0]]),
    ...                    tuple("ABCD"), tuple("ABCD"), "geodesic")
    >>> found = graph_filtration(square, quantiles=[0.5, 1.0])
    >>> found.cycle_rank.tolist(), found.components.tolist()
    ([[1], [3]], [[1], [1]])
    """

    distance_at: Floats
    support_at: Floats
    edges: Ints
    components: Ints
    n_points: int

    @property
    def cycle_rank(self) -> Ints:
        """Independent cycles, E - N + C of each graph, shape (d, s)."""
        return self.edges - self.n_points + self.components


def graph_filtration(
    distances: Distances,
    *,
    quantiles: Sequence[float] = DISTANCE_QUANTILES,
    support: ArrayLike | None = None,
    support_quantiles: Sequence[float] = SUPPORT_QUANTILES,
) -> GraphFiltration:
    """Count edges, components and cycles of graphs thresholded by distance, and by support.

    Parameters
    ----------
    distances
        Among the same points, n.
    quantiles
        Of the distances of all pairs: an edge is no longer than the threshold.
    support
        Second axis, symmetric, shape (n, n) in the order of the points: an edge has at least
        the threshold. Support by curated networks is no geometry: whoever uses it must hold the
        result against the support by itself.
    support_quantiles
        Of the support of all pairs.

    Returns
    -------
    GraphFiltration
        The counts on the grid.

    Raises
    ------
    InputError
        If distances or support are not square and symmetric, or a quantile is not in 0 to 1.

    Notes
    -----
    The cycle rank E - N + C is the first Betti number of the graph without its triangles
    (specification 2.7, H47): it grows with every edge, which Vietoris-Rips loops do not.

    Examples
    --------
    >>> line = Distances(np.array([[0.0, 1.0], [1.0, 0.0]]), ("A", "B"), ("A", "B"), "line")
    >>> graph_filtration(line, quantiles=[1.0]).components.tolist()
    [[1]]
    """
    grid = _Grid(distances, quantiles, support, support_quantiles)
    edges, components = np.zeros(grid.shape, np.int64), np.zeros(grid.shape, np.int64)
    for at, held in grid.graphs():
        edges[at] = int(held.sum()) // 2
        components[at] = connected_components(sparse.csr_matrix(held), directed=False)[0]
    return GraphFiltration(
        grid.distance_at, grid.support_at, edges, components, len(distances.sources)
    )


def filtration_features(
    distances: Distances,
    sources: Sequence[str],
    targets: Sequence[str],
    *,
    quantiles: Sequence[float] = DISTANCE_QUANTILES,
    support: ArrayLike | None = None,
    support_quantiles: Sequence[float] = SUPPORT_QUANTILES,
) -> PairFeatures:
    """Where in a filtration pairs of points are joined.

    Parameters
    ----------
    distances
        Among the same points; see `graph_filtration`.
    sources, targets
        Names of both ends, one of each a pair.
    quantiles, support, support_quantiles
        See `graph_filtration`.

    Returns
    -------
    PairFeatures
        ``cycle_rank``: mean cycle rank of the graphs that hold the pair as an edge, nan where
        none does (H47); ``joined``: share of graphs that do; ``connected``: share of graphs in
        which both ends lie in one component (H64).

    Raises
    ------
    InputError
        As `graph_filtration`, and if a name is unknown.

    Notes
    -----
    Cycle rank and joined share are functions of the pair's own distance (and support) alone:
    they rank pairs as the distance does, in steps. Only `connected` looks at other points
    (specification 2.7).

    Examples
    --------
    >>> values = np.abs(np.array([0.0, 1.0, 2.0, 9.0])[:, None] - [0.0, 1.0, 2.0, 9.0])
    >>> line = Distances(values, tuple("ABCD"), tuple("ABCD"), "line")
    >>> found = filtration_features(line, ["A", "A"], ["C", "D"], quantiles=[0.2, 1.0])
    >>> found["joined"].tolist(), found["connected"].tolist()
    ([0.5, 0.5], [1.0, 0.5])
    """
    grid = _Grid(distances, quantiles, support, support_quantiles)
    one, other, _ = ends(distances, sources, targets)
    ranks, joined, connected = (np.zeros(one.size) for _ in range(3))
    for _, held in grid.graphs():
        n, label = connected_components(sparse.csr_matrix(held), directed=False)
        edge = held[one, other]
        ranks += edge * float(int(held.sum()) // 2 - len(held) + n)
        joined += edge
        connected += label[one] == label[other]
    cells = grid.shape[0] * grid.shape[1]
    mean = np.full(one.size, np.nan)
    np.divide(ranks, joined, out=mean, where=joined > 0)
    return PairFeatures(
        tuple(sources),
        tuple(targets),
        {"cycle_rank": mean, "joined": joined / cells, "connected": connected / cells},
    )


def pair_thresholds(values: Floats, quantiles: Sequence[float], where: str) -> Floats:
    """Quantiles of the values of all pairs of different points.

    Parameters
    ----------
    values
        Symmetric, shape (n, n).
    quantiles
        From 0 to 1.
    where
        Name of the argument, for the error.

    Returns
    -------
    numpy.ndarray
        Values that occur (the next above the quantile), shape (quantiles,).

    Raises
    ------
    InputError
        If a quantile is not in 0 to 1, or there are fewer than 2 points.

    Examples
    --------
    >>> pair_thresholds(np.array([[0.0, 3.0], [3.0, 0.0]]), [0.5], "quantiles").tolist()
    [3.0]
    """
    at = np.asarray(quantiles, dtype=np.float64)
    if at.ndim != 1 or not at.size or not ((at >= 0) & (at <= 1)).all():
        raise InputError(f"{list(quantiles)}", where=where, expected="numbers from 0 to 1")
    if len(values) < 2:
        raise InputError(f"{len(values)} points", where="filtration", expected="at least 2")
    pairs = values[np.triu_indices(len(values), 1)]
    return np.asarray(np.quantile(pairs, at, method="higher"))


class _Grid:
    """Thresholds on both axes, and the graph in each cell."""

    def __init__(
        self,
        distances: Distances,
        quantiles: Sequence[float],
        support: ArrayLike | None,
        support_quantiles: Sequence[float],
    ) -> None:
        self._lengths = square_values(distances, "filtration")
        self.distance_at = pair_thresholds(self._lengths, quantiles, "quantiles")
        if support is None:
            self._support: Floats | None = None
            self.support_at = np.array([-np.inf])
        else:
            held = np.asarray(support, dtype=np.float64)
            if held.shape != self._lengths.shape or not np.isfinite(held).all():
                raise InputError(
                    f"support of shape {held.shape}", where="support",
                    expected=f"finite numbers of shape {self._lengths.shape}",
                )  # fmt: skip
            self._support = symmetric(held, "support")
            self.support_at = pair_thresholds(self._support, support_quantiles, "support_quantiles")

    @property
    def shape(self) -> tuple[int, int]:
        return self.distance_at.size, self.support_at.size

    def graphs(self) -> Iterator[tuple[tuple[int, int], Bools]]:
        """Cells and their graphs as matrices without a diagonal."""
        for j, least in enumerate(self.support_at):
            allowed = ~np.eye(len(self._lengths), dtype=bool)
            if self._support is not None:
                allowed &= self._support >= least
            for i, longest in enumerate(self.distance_at):
                yield (i, j), allowed & (self._lengths <= longest)
