"""How paths bend and twist: turning angles and torsion in three dimensions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cellglass.errors import InputError
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.pair_features import PairFeatures
from cellglass.geometry.shape.pca import pca
from cellglass.stats.arguments import Bools

from .paths import ShortestPaths

Floats = NDArray[np.float64]

STRAIGHT = 1e-6
"""Sine of a turning angle below which two steps span no plane."""


def path_turning(
    paths: ShortestPaths, coordinates: PointCloud | None = None, *, missing: float = np.nan
) -> PairFeatures:
    """Turning angles and torsion along paths.

    Parameters
    ----------
    paths
        The paths.
    coordinates
        Of the graph's nodes, three dimensions; the first three principal components of the nodes
        where None.
    missing
        Value of a feature where a path has no such angle: turning needs two steps, torsion three
        that do not lie on a line.

    Returns
    -------
    PairFeatures
        ``turning_mean``, ``turning_sd``, ``torsion_mean``, ``torsion_sd``, ``torsion_abs_mean``,
        in radians.

    Raises
    ------
    InputError
        If the coordinates have not three dimensions or lack a node.

    Notes
    -----
    Turning: the angle between successive steps, 0 on a straight line. Torsion: the signed
    dihedral angle of three successive steps a, b, c, atan2(|b| a . (b x c), (a x b) . (b x c)),
    positive on a right-handed helix (hypothesis H126, specification of geometry, 2.10). The sign
    of a torsion changes with a reflection, and so with the sign of one principal component: it
    has a meaning within one set of coordinates only. Standard deviations divide by the number
    of angles.

    Examples
    --------
    >>> from cellglass.geometry import PointCloud, knn_graph
    >>> from cellglass.geometry.graphs.paths import shortest_paths
    >>> corner = PointCloud.of([[0, 0, 0], [1, 0, 0], [1, 1, 0], [1, 1, 1]])
    >>> found = path_turning(shortest_paths(knn_graph(corner, 1), ["0"], ["3"]), corner)
    >>> float(found["turning_mean"][0] / np.pi), float(found["torsion_mean"][0] / np.pi)
    (0.5, 0.5)
    """
    nodes = paths.graph.nodes
    held = pca(nodes, 3).scores if coordinates is None else coordinates
    if held.width != 3:
        raise InputError(
            f"coordinates of {held.width} dimensions", where="path turning", expected="3"
        )
    place = held.places(nodes.names, "coordinates")
    way = held.points[place][np.maximum(paths.nodes, 0)]
    steps = np.diff(way, axis=1)
    there = paths.nodes[:, 1:] >= 0
    length = np.linalg.norm(steps, axis=2)
    # different nodes may fall on one point of the three dimensions: such a step has no direction
    there &= length > STRAIGHT * np.where(there, length, 0.0).max(1, keepdims=True, initial=0.0)
    steps = np.divide(steps, length[..., None], out=np.zeros_like(steps), where=there[..., None])
    turning, bends = _turning(steps, there)
    torsion, twists = _torsion(steps, there)
    found = {
        "turning_mean": _mean(turning, bends, missing),
        "turning_sd": _sd(turning, bends, missing),
        "torsion_mean": _mean(torsion, twists, missing),
        "torsion_sd": _sd(torsion, twists, missing),
        "torsion_abs_mean": _mean(np.abs(torsion), twists, missing),
    }
    return PairFeatures(paths.sources, paths.targets, found)


def _turning(steps: Floats, there: Bools) -> tuple[Floats, Bools]:
    one, other = steps[:, :-1], steps[:, 1:]
    sine = np.linalg.norm(np.cross(one, other), axis=2)
    return np.arctan2(sine, (one * other).sum(2)), there[:, :-1] & there[:, 1:]


def _torsion(steps: Floats, there: Bools) -> tuple[Floats, Bools]:
    a, b, c = steps[:, :-2], steps[:, 1:-1], steps[:, 2:]
    first, second = np.cross(a, b), np.cross(b, c)
    spans = np.minimum(np.linalg.norm(first, axis=2), np.linalg.norm(second, axis=2)) > STRAIGHT
    angle = np.arctan2((a * second).sum(2), (first * second).sum(2))
    # a flat zigzag turns by half a circle: to the left or to the right is rounding
    angle = np.where(angle < -np.pi + STRAIGHT, np.pi, angle)
    return angle, there[:, :-2] & there[:, 1:-1] & there[:, 2:] & spans


def _mean(values: Floats, held: Bools, missing: float) -> Floats:
    n = held.sum(1)
    total = np.where(held, values, 0.0).sum(1)
    return np.divide(total, n, out=np.full(n.size, missing), where=n > 0)


def _sd(values: Floats, held: Bools, missing: float) -> Floats:
    off = values - _mean(values, held, 0.0)[:, None]
    spread = _mean(off**2, held, 0.0)
    return np.where(held.any(1), np.sqrt(spread), missing)
