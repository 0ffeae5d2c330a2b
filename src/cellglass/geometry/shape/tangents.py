"""How far the tangent spaces of two points are turned against each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellglass.errors import InputError
from cellglass.geometry.blocks import blocks
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.named import pair_ends
from cellglass.geometry.pair_features import PairFeatures

from .neighbourhoods import neighbourhoods

_FLAT = 1e-9


@dataclass(frozen=True, eq=False)
class Tangents:
    """Basis of the tangent space at each point: the leading directions of its neighbourhood.

    Attributes
    ----------
    cloud
        The points, n.
    bases
        Orthonormal rows, shape (n, dimension, d).
    k
        Neighbours.
    """

    cloud: PointCloud
    bases: NDArray[np.float64]
    k: int

    def angles(self, sources: Sequence[str], targets: Sequence[str]) -> NDArray[np.float64]:
        """Principal angles between the tangent spaces of each pair.

        Parameters
        ----------
        sources, targets
            Names, one pair an entry.

        Returns
        -------
        numpy.ndarray
            Radians, the smallest first, shape (pairs, dimension).

        Raises
        ------
        InputError
            If a name is unknown or the lengths differ.

        Notes
        -----
        Angles below 45 degrees come from their sines, larger ones from their cosines (Bjorck and
        Golub, Mathematics of Computation 1973): the cosine alone cannot tell an angle below 1e-8
        from 0.
        """
        s, t = pair_ends(self.cloud, sources, targets)
        found = np.empty((len(s), self.bases.shape[1]))
        for rows in blocks(len(s), self.bases[0].size):
            found[rows] = _angles(self.bases[s[rows]], self.bases[t[rows]])
        return found

    def pairs(self, sources: Sequence[str], targets: Sequence[str]) -> PairFeatures:
        """Mean, largest and smallest principal angle of each pair, in radians.

        Parameters
        ----------
        sources, targets
            Names, one pair an entry.

        Returns
        -------
        PairFeatures
            ``tangent_angle_mean``, ``tangent_angle_largest``, ``tangent_angle_smallest``.

        Raises
        ------
        InputError
            If a name is unknown or the lengths differ.
        """
        found = self.angles(sources, targets)
        angles = {
            "tangent_angle_mean": found.mean(1),
            "tangent_angle_largest": found[:, -1],
            "tangent_angle_smallest": found[:, 0],
        }
        return PairFeatures(tuple(sources), tuple(targets), angles)


def tangents(cloud: PointCloud, k: int = 12, *, dimension: int = 2) -> Tangents:
    """Tangent space of each point, by the principal components of its neighbourhood.

    Parameters
    ----------
    cloud
        The points.
    k
        Neighbours.
    dimension
        Of the tangent spaces.

    Returns
    -------
    Tangents
        Bases; equal points share theirs.

    Raises
    ------
    InputError
        If there are fewer distinct points than k + 1, the dimension is not in 1 to min(k, d),
        or a neighbourhood spans fewer dimensions.

    Examples
    --------
    >>> corner = [[0.0, 0.0], [1.0, 0.0], [2.0, 0.0], [9.0, 0.0], [9.0, 1.0], [9.0, 2.0]]
    >>> found = tangents(PointCloud.of(corner), 2, dimension=1)
    >>> round(float(found.pairs(["0"], ["5"])["tangent_angle_mean"][0] / np.pi), 6)
    0.5
    """
    if dimension < 1:
        raise InputError(f"dimension is {dimension}", where="tangents", expected="at least 1")
    found = neighbourhoods(cloud, k, directions=dimension)
    flat = found.variances[:, dimension - 1] <= _FLAT**2 * found.variances[:, 0]
    if flat.any():
        name = cloud.distinct().names[int(flat.argmax())]
        raise InputError(
            f"{int(flat.sum())} neighbourhoods span fewer than {dimension} dimensions, the first "
            f"that of {name}",
            where="tangents",
            expected="a tangent space of that dimension at every point",
            fix="lower the dimension, or raise k",
        )
    return Tangents(cloud, found.directions[found.node], k)


def angle_trajectory(angles: ArrayLike) -> dict[str, NDArray]:
    """How the tangent angle of pairs moves over layers.

    Parameters
    ----------
    angles
        Mean angle of each pair in each layer, in the order of the layers, shape
        (layers, pairs), at least 3 layers.

    Returns
    -------
    dict
        ``slope`` of the least-squares line over layers, ``acceleration`` the mean absolute
        second difference, ``unevenness`` the variance of the first differences, each of shape
        (pairs,).

    Raises
    ------
    InputError
        If there are fewer than 3 layers or an angle is not finite.

    Notes
    -----
    Hypothesis H115 (specification of geometry, 2.10).

    Examples
    --------
    >>> {k: v.round(9).tolist() for k, v in angle_trajectory([[0.0], [1.0], [4.0]]).items()}
    {'slope': [2.0], 'acceleration': [2.0], 'unevenness': [1.0]}
    """
    held = np.asarray(angles, dtype=np.float64)
    if held.ndim != 2 or len(held) < 3 or not np.isfinite(held).all():
        raise InputError(
            f"angles of shape {held.shape}",
            where="angle trajectory",
            expected="layers x pairs, at least 3 layers, finite",
        )
    depth = np.arange(len(held)) - (len(held) - 1) / 2
    steps = np.diff(held, axis=0)
    return {
        "slope": depth @ held / (depth @ depth),
        "acceleration": np.abs(np.diff(steps, axis=0)).mean(0),
        "unevenness": steps.var(0),
    }


def _angles(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """Principal angles of stacks of bases with orthonormal rows, the smallest first."""
    inner = one @ other.transpose(0, 2, 1)
    cosine = np.clip(np.linalg.svd(inner, compute_uv=False), 0.0, 1.0)
    beside = other - inner.transpose(0, 2, 1) @ one
    sine = np.clip(np.linalg.svd(beside, compute_uv=False), 0.0, 1.0)[:, ::-1]
    return np.where(cosine**2 >= 0.5, np.arcsin(sine), np.arccos(cosine))
