"""Cycles in the neighbourhood of a pair of points (H82)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cellglass.errors import InputError
from cellglass.geometry.blocks import blocks
from cellglass.geometry.pair_features import PairFeatures
from cellglass.stats.arguments import Ints

from .distances import Distances, ends
from .filtration import DISTANCE_QUANTILES, pair_thresholds
from .square import square_values

Floats = NDArray[np.float64]

NEIGHBOURS = 24


def local_cycle_rank(
    distances: Distances,
    sources: Sequence[str],
    targets: Sequence[str],
    *,
    neighbours: int = NEIGHBOURS,
    quantiles: Sequence[float] = DISTANCE_QUANTILES,
) -> PairFeatures:
    """Cycle rank around pairs of points, a node.

    Parameters
    ----------
    distances
        Among the same points, such as geodesic ones. Take distinct points: copies of a point
        are neighbours of their own.
    sources, targets
        Names of both ends, one of each a pair.
    neighbours
        Points with the smallest sum of distances to both ends, taken with the ends as nodes.
    quantiles
        Thresholds, as quantiles of the distances of all pairs of points.

    Returns
    -------
    PairFeatures
        ``cycle_rank``: mean over thresholds of (E - N + C) / N among the nodes.

    Raises
    ------
    InputError
        If distances are not square and symmetric, a name is unknown, both ends are one point,
        or there are too few points.

    Notes
    -----
    Specification 2.7, H82. It does not say whether the quantiles were those of all pairs or of
    the pairs among the nodes; with the latter E is the same for every pair, so all pairs are
    taken. C comes from a minimum spanning tree: N minus its edges within the threshold. Dense
    neighbourhoods have more edges and so more cycles: hold the result against the distance and
    the local density.

    Examples
    --------
    >>> place = np.array([0.0, 1.0, 2.0, 10.0, 20.0])
    >>> line = Distances(np.abs(place[:, None] - place), tuple("ABCDE"), tuple("ABCDE"), "line")
    >>> local_cycle_rank(line, ["A"], ["B"], neighbours=1, quantiles=[0.0, 0.3])[
    ...     "cycle_rank"
    ... ].round(3).tolist()
    [0.167]
    """
    lengths = square_values(distances, "local cycle rank")
    thresholds = pair_thresholds(lengths, quantiles, "quantiles")
    one, other, _ = ends(distances, sources, targets)
    if not 1 <= neighbours <= len(lengths) - 2:
        raise InputError(
            f"{neighbours} neighbours of a pair among {len(lengths)} points",
            where="local cycle rank",
            expected=f"1 to {len(lengths) - 2}",
            fix="lower neighbours, or take more points",
        )
    same = np.flatnonzero(one == other)
    if same.size:
        raise InputError(
            f"{same.size} pairs are a point with itself, the first {sources[same[0]]}",
            where="local cycle rank",
        )
    values = np.empty(one.size)
    for part in blocks(one.size, max(len(lengths), (neighbours + 2) ** 2)):
        nodes = _nodes(lengths, one[part], other[part], neighbours)
        among = lengths[nodes[:, :, None], nodes[:, None, :]]
        values[part] = _mean_rank(among, thresholds)
    return PairFeatures(tuple(sources), tuple(targets), {"cycle_rank": values})


def _nodes(lengths: Floats, one: Ints, other: Ints, neighbours: int) -> Ints:
    """Both ends and the points nearest to both, ties in the order of the points."""
    total = lengths[one] + lengths[other]
    rows = np.arange(one.size)
    total[rows, one] = total[rows, other] = np.inf
    near = np.argsort(total, axis=1, kind="stable")[:, :neighbours]
    return np.column_stack([one, other, near])


def _mean_rank(among: Floats, thresholds: Floats) -> Floats:
    pairs, n, _ = among.shape
    upper = np.triu_indices(n, 1)
    edges = among[:, upper[0], upper[1]]
    tree = _tree_lengths(among)
    rank = np.zeros(pairs)
    for longest in thresholds:
        components = n - (tree <= longest).sum(1)
        rank += ((edges <= longest).sum(1) - n + components) / n
    return rank / thresholds.size


def _tree_lengths(among: Floats) -> Floats:
    """Edge lengths of a minimum spanning tree of each matrix: Prim, all matrices at once."""
    pairs, n, _ = among.shape
    rows = np.arange(pairs)
    nearest = among[:, 0].copy()
    nearest[:, 0] = np.inf
    inside = np.zeros((pairs, n), dtype=bool)
    inside[:, 0] = True
    lengths = np.empty((pairs, n - 1))
    for step in range(n - 1):
        at = nearest.argmin(1)
        lengths[:, step] = nearest[rows, at]
        inside[rows, at] = True
        nearest = np.where(inside, np.inf, np.minimum(nearest, among[rows, at]))
    return lengths
