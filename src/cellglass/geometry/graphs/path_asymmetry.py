"""Is the way from source to target shorter than the way back, where evidence shortens edges?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from cellglass.errors import InputError
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.pair_features import PairFeatures
from cellglass.geometry.support import Support

from .knn import KnnGraph
from .path_turning import path_turning
from .paths import ShortestPaths, shortest_paths

FLOOR = 0.35
"""Added to the support that divides a length, as published."""


def path_asymmetry(
    graph: KnnGraph,
    support: Support,
    sources: Sequence[str],
    targets: Sequence[str],
    *,
    floor: float = FLOOR,
) -> PairFeatures:
    """Compare the way there with the way back on edges shortened by directed evidence.

    Parameters
    ----------
    graph
        The graph, without duplicates.
    support
        Evidence for each ordered pair of its points.
    sources, targets
        Names of both ends, one pair an entry.
    floor
        Added to the support.

    Returns
    -------
    PairFeatures
        ``path_log_ratio`` ln(back / there), ``path_there``, ``path_back``, ``path_hop_gap`` (hops
        back - there), ``path_support_gap`` (mean support of the edges there - back),
        ``path_mean`` of both lengths, and ``path_margin`` S_st - S_ts. Positive gaps say that the
        way there is the easier one. They carry the provenance of the support.

    Raises
    ------
    InputError
        If points are equal, the graph is not connected, a name is unknown, or the floor is not
        positive.

    Notes
    -----
    Edge u to v has the length |x_u - x_v| / (0.35 + S_uv) (hypothesis H121, specification of
    geometry, 2.4 and 2.10). All asymmetry comes from the support: where all of it is 0, every
    gap is 0.

    Examples
    --------
    >>> from cellglass.geometry import PointCloud, knn_graph
    >>> line = knn_graph(PointCloud.of([[0.0], [1.0], [2.1]], list("ABC")), 1)
    >>> along = Support(np.eye(3, k=1) * 0.65, tuple("ABC"), tuple("ABC"), ("made up",))
    >>> found = path_asymmetry(line, along, ["A"], ["C"])
    >>> found["path_there"].round(6).tolist(), found["path_back"].round(6).tolist()
    ([2.1], [6.0])
    """
    there, back = _both_ways(graph, support, sources, targets, floor)
    return PairFeatures(there.sources, there.targets, _gaps(there, back, support))


def torsion_asymmetry(
    graph: KnnGraph,
    support: Support,
    sources: Sequence[str],
    targets: Sequence[str],
    *,
    coordinates: PointCloud | None = None,
    floor: float = FLOOR,
    missing: float = np.nan,
) -> PairFeatures:
    """Compare how the ways there and back bend and twist.

    Parameters
    ----------
    graph, support, sources, targets, floor
        As of `path_asymmetry`.
    coordinates, missing
        As of `path_turning`.

    Returns
    -------
    PairFeatures
        17 features: mean turning, and mean, standard deviation and absolute mean of torsion,
        ``_there``, ``_back`` and ``_gap`` (there - back); and of `path_asymmetry` the ratio, the
        gaps of hops and support, the mean and the margin.

    Raises
    ------
    InputError
        As `path_asymmetry`, or if the coordinates do not fit.

    Notes
    -----
    Hypothesis H126 (specification of geometry, 2.10). The publication does not list its 17
    features; these are four of `path_turning` in three forms and the five that it names. A way
    and the same way backwards bend and twist alike: gaps are 0 where both take the same way.

    Examples
    --------
    >>> from cellglass.geometry import PointCloud, knn_graph
    >>> cloud = PointCloud.of(np.random.default_rng(0).normal(size=(9, 3)))
    >>> none = Support(np.zeros((9, 9)), cloud.names, cloud.names, ("none",))
    >>> found = torsion_asymmetry(knn_graph(cloud, 3), none, ["0"], ["5"], missing=0.0)
    >>> len(found.values), found["turning_mean_gap"].round(6).tolist()
    (17, [0.0])
    """
    there, back = _both_ways(graph, support, sources, targets, floor)
    found: dict[str, NDArray[np.float64]] = {}
    forms = [path_turning(way, coordinates, missing=missing) for way in (there, back)]
    for name in ("turning_mean", "torsion_mean", "torsion_sd", "torsion_abs_mean"):
        one, other = (form[name] for form in forms)
        found |= {f"{name}_there": one, f"{name}_back": other, f"{name}_gap": one - other}
    gaps = _gaps(there, back, support)
    kept = ("path_log_ratio", "path_hop_gap", "path_support_gap", "path_mean", "path_margin")
    found |= {name: gaps[name] for name in kept}
    return PairFeatures(there.sources, there.targets, found)


def _both_ways(
    graph: KnnGraph,
    support: Support,
    sources: Sequence[str],
    targets: Sequence[str],
    floor: float,
) -> tuple[ShortestPaths, ShortestPaths]:
    """Paths there, and paths back written from source to target.

    A way back is a way there on the reversed edges: both are searched from the sources only.
    """
    if not floor > 0:
        raise InputError(f"floor is {floor}", where="path asymmetry", expected="above 0")
    if graph.cloud.n_duplicates:
        raise InputError(
            f"{graph.cloud.n_duplicates} points equal an earlier one",
            where="path asymmetry",
            expected="distinct points: names of one point would have different support",
            fix="build the graph on PointCloud.distinct",
        )
    held = graph.lengths.tocoo()
    between = support.block(graph.nodes.names, graph.nodes.names)
    lengths = held.data / (floor + between[held.row, held.col])
    forth = sparse.csr_matrix((lengths, (held.row, held.col)), shape=held.shape)
    return (
        shortest_paths(graph, sources, targets, lengths=forth),
        shortest_paths(graph, sources, targets, lengths=forth.T.tocsr()),
    )


def _gaps(
    there: ShortestPaths, back: ShortestPaths, support: Support
) -> dict[str, NDArray[np.float64]]:
    names = there.graph.nodes.names
    between = support.block(names, names)
    _, one, other = there.steps
    along_there = there.mean_of_steps(between[one, other])
    _, one, other = back.steps
    along_back = back.mean_of_steps(between[other, one])
    ratio = np.divide(
        back.length, there.length, out=np.full(there.length.size, np.nan), where=there.length > 0
    )
    return {
        "path_log_ratio": np.log(ratio),
        "path_there": there.length,
        "path_back": back.length,
        "path_hop_gap": (back.hops - there.hops).astype(np.float64),
        "path_support_gap": along_there - along_back,
        "path_mean": (there.length + back.length) / 2,
        "path_margin": support.pairs(there.sources, there.targets)
        - support.pairs(there.targets, there.sources),
    }
