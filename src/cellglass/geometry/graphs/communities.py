"""Communities of a graph of nearest neighbours, and which pairs share one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
from scipy import sparse

from cellglass.errors import InputError
from cellglass.geometry.named import pair_ends
from cellglass.geometry.pair_features import PairFeatures
from cellglass.seeds import DEFAULT_SEED, integer_seed
from cellglass.stats.arguments import Bools, Ints
from cellglass.stats.leiden import by_size, leiden
from cellglass.stats.modularity import modularity

from .knn import KnnGraph
from .label_propagation import label_propagation

Method = Literal["leiden", "louvain", "label_propagation"]
Weights = Literal["similarity", "none", "distance"]


@dataclass(frozen=True, eq=False)
class Partition:
    """Communities of the points of a graph.

    Attributes
    ----------
    graph
        The graph.
    labels
        Community of each node, the largest first, shape (m,).
    modularity
        Of the partition, with the weights and resolution it was made with.
    method, weights, resolution, seed
        How it was made.
    """

    graph: KnnGraph
    labels: Ints
    modularity: float
    method: Method
    weights: Weights
    resolution: float
    seed: int

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the points."""
        return self.graph.cloud.names

    @property
    def of_points(self) -> Ints:
        """Community of each point, shape (n,); equal points share one."""
        return self.labels[self.graph.node]

    @property
    def n_communities(self) -> int:
        """Communities."""
        return int(self.labels.max()) + 1

    @property
    def sizes(self) -> Ints:
        """Points of each community."""
        return np.bincount(self.of_points, minlength=self.n_communities)

    def same(self, sources: Sequence[str], targets: Sequence[str]) -> Bools:
        """Whether source and target share a community, for all of both.

        Parameters
        ----------
        sources, targets
            Names of rows and columns, as in `Pairs`.

        Returns
        -------
        numpy.ndarray
            Shape (sources, targets).

        Raises
        ------
        InputError
            If a name is unknown.
        """
        rows = self.labels[self.graph.places(sources, "sources")]
        return np.asarray(rows[:, None] == self.labels[self.graph.places(targets, "targets")])

    def pairs(self, sources: Sequence[str], targets: Sequence[str]) -> PairFeatures:
        """Whether both ends of each pair share a community.

        Parameters
        ----------
        sources, targets
            Names, one pair an entry.

        Returns
        -------
        PairFeatures
            ``same_community``, 1 or 0.

        Raises
        ------
        InputError
            If a name is unknown or the lengths differ.
        """
        one, other = (self.labels[at] for at in pair_ends(self.graph, sources, targets))
        same = (one == other).astype(np.float64)
        return PairFeatures(tuple(sources), tuple(targets), {"same_community": same})


def communities(
    graph: KnnGraph,
    *,
    method: Method = "leiden",
    weights: Weights = "similarity",
    resolution: float = 1.0,
    seed: int = DEFAULT_SEED,
) -> Partition:
    """Partition a graph of nearest neighbours into communities.

    Parameters
    ----------
    graph
        The graph; of several components, each has communities of its own.
    method
        ``"leiden"``, ``"louvain"`` (of scikit-network) or ``"label_propagation"``, which knows no
        weights and no resolution.
    weights
        ``"similarity"`` is exp(-d^2 / 2 sigma^2), sigma the median length; ``"none"`` is 1;
        ``"distance"`` is a published error: with lengths as weights, far neighbours hold together
        more than near ones. It is there to reproduce results.
    resolution
        Above 1 favours small communities.
    seed
        Of the order in which nodes are visited.

    Returns
    -------
    Partition
        Communities and their modularity.

    Raises
    ------
    InputError
        If a method or kind of weights is unknown, the resolution is not positive, or label
        propagation is given weights or a resolution.

    Notes
    -----
    Leiden: see `cellglass.stats.leiden`. Louvain: Blondel et al. (J. Statistical Mechanics 2008),
    with shuffled nodes. Label propagation: see `label_propagation`. The published screen took
    greedy modularity with lengths as weights (H16, H19) and label propagation (H118 on;
    specification of geometry, 2.9).

    Examples
    --------
    >>> from cellglass.geometry import PointCloud, knn_graph
    >>> rng = np.random.default_rng(0)
    >>> two = np.vstack([rng.normal(size=(30, 4)), rng.normal(size=(30, 4)) + 9.0])
    >>> found = communities(knn_graph(PointCloud.of(two), 6), resolution=0.3)
    >>> found.n_communities, found.same(["0"], ["5", "45"]).tolist()
    (2, [[True, False]])
    """
    weighted = edge_weights(graph, weights)
    if method == "leiden":
        labels = leiden(weighted, resolution=resolution, seed=seed)
    elif method == "louvain":
        labels = _louvain(weighted, resolution, seed)
    elif method == "label_propagation":
        if weights != "none" or resolution != 1.0:
            raise InputError(
                f"weights {weights!r} and resolution {resolution} for label propagation",
                where="communities",
                expected="weights='none' and no resolution: it counts neighbours",
            )
        labels = label_propagation(weighted, seed=seed)
    else:
        raise InputError(
            f"method is {method!r}", where="communities",
            expected="leiden, louvain or label_propagation",
        )  # fmt: skip
    value = modularity(weighted, labels, resolution=resolution)
    return Partition(graph, labels, value, method, weights, resolution, seed)


def edge_weights(graph: KnnGraph, weights: Weights = "similarity") -> sparse.csr_matrix:
    """Weights of the edges of a graph of nearest neighbours.

    Parameters
    ----------
    graph
        The graph.
    weights
        See `communities`.

    Returns
    -------
    scipy.sparse.csr_matrix
        Symmetric, shape (m, m).

    Raises
    ------
    InputError
        If the kind of weights is unknown.

    Notes
    -----
    Edges so much longer than the median that their similarity is not told from 0 are no edges.

    Examples
    --------
    >>> from cellglass.geometry import PointCloud, knn_graph
    >>> edge_weights(knn_graph(PointCloud.of([[0.0], [1.0], [2.0]]), 1)).max().round(3)
    np.float64(0.607)
    """
    if weights == "none":
        return graph.adjacency
    held = graph.lengths.copy()
    if weights == "similarity":
        held.data = np.exp(-(held.data**2) / (2 * np.median(held.data) ** 2))
    elif weights != "distance":
        raise InputError(
            f"weights is {weights!r}", where="communities", expected="similarity, none or distance"
        )
    return held


def stability(partitions: Sequence[Partition]) -> float:
    """Mean agreement of partitions of the same points, such as those of several seeds.

    Parameters
    ----------
    partitions
        At least two.

    Returns
    -------
    float
        1 where all agree, about 0 where they agree as chance does.

    Raises
    ------
    InputError
        If there are fewer than two, or their points differ.

    Notes
    -----
    Mean over pairs of the adjusted Rand index (Hubert and Arabie, J. Classification 1985) on
    the points. A test that rests on one partition of low stability rests on its seed.

    Examples
    --------
    >>> from cellglass.geometry import PointCloud, knn_graph
    >>> graph = knn_graph(PointCloud.of(np.random.default_rng(0).normal(size=(40, 3))), 5)
    >>> stability([communities(graph, seed=1), communities(graph, seed=1)])
    1.0
    """
    from sklearn.metrics import adjusted_rand_score

    if len(partitions) < 2 or len({p.names for p in partitions}) > 1:
        raise InputError(
            f"{len(partitions)} partitions of {len({p.names for p in partitions})} sets of points",
            where="stability",
            expected="at least two partitions of the same points",
        )
    scores = [adjusted_rand_score(a.of_points, b.of_points) for a, b in combinations(partitions, 2)]
    return float(np.mean(scores))


def _louvain(weights: sparse.csr_matrix, resolution: float, seed: int) -> Ints:
    from sknetwork.clustering import Louvain

    if not resolution > 0:
        raise InputError(f"resolution is {resolution}", where="louvain", expected="above 0")
    # without shuffled nodes the seed has no effect
    found = Louvain(
        resolution=resolution,
        modularity="newman",
        shuffle_nodes=True,
        random_state=integer_seed(seed, "graphs/louvain"),
    )
    return by_size(np.asarray(found.fit_predict(weights), dtype=np.int64))
