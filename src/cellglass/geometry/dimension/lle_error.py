"""How well a point is a weighted mean of its neighbours."""

from __future__ import annotations

from typing import Literal

import numpy as np

from cellglass.errors import InputError
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.nearest import nearest
from cellglass.geometry.point_values import PointValues

from .estimate import Duplicates, distinct_points

Unit = Literal["norm", "neighbours"]

RIDGE = 1e-3
"""Added to the diagonal of the local Gram matrix, in units of its trace."""


def lle_error(
    cloud: PointCloud,
    k: int = 12,
    *,
    ridge: float = RIDGE,
    unit: Unit = "norm",
    duplicates: Duplicates = "refuse",
) -> PointValues:
    """Error of reconstructing each point from its neighbours by locally linear weights.

    Parameters
    ----------
    cloud
        The points; the published screen took them after centring and PCA.
    k
        Neighbours.
    ridge
        Part of the trace of the local Gram matrix that is added to its diagonal.
    unit
        ``"norm"`` divides the error by the squared norm of the point, as published: it changes
        with the origin. ``"neighbours"`` divides by the mean squared distance to the neighbours.
    duplicates
        Whether equal points are refused or collapsed.

    Returns
    -------
    PointValues
        Relative squared errors of the distinct points.

    Raises
    ------
    InputError
        If points are equal or too few, a point lies at the origin that the norm is taken from, or
        the ridge is not positive.

    Notes
    -----
    Weights w minimise |x - sum w_j x_j|^2 with sum w = 1: G w = 1, G_jl = (x - x_j)(x - x_l),
    with ridge times the trace of G on its diagonal (Roweis and Saul, Science 2000). Error
    |x - sum w_j x_j|^2 / |x|^2 (specification of geometry, 2.8).

    Examples
    --------
    >>> line = PointCloud.of([[1.0, 1.0], [2.0, 1.0], [3.0, 1.0], [4.0, 1.0], [5.0, 1.0]])
    >>> bool(lle_error(line, 2).values[2] < 1e-12)
    True
    """
    if not ridge > 0 or unit not in ("norm", "neighbours"):
        raise InputError(
            f"ridge {ridge} and unit {unit!r}",
            where="lle_error",
            expected="a positive ridge, and norm or neighbours",
        )
    kept = distinct_points(cloud, k, duplicates, "lle_error")
    near, distance = nearest(kept.points, k)
    apart = kept.points[near] - kept.points[:, None]
    gram = apart @ apart.transpose(0, 2, 1)
    trace = np.trace(gram, axis1=1, axis2=2)
    gram[:, np.arange(k), np.arange(k)] += ridge * trace[:, None]
    weights = np.linalg.solve(gram, np.ones((len(kept), k, 1)))[..., 0]
    weights /= weights.sum(1, keepdims=True)
    error = ((weights[:, :, None] * apart).sum(1) ** 2).sum(1)
    by = (kept.points**2).sum(1) if unit == "norm" else (distance**2).mean(1)
    if not by.all():
        raise InputError(
            f"{kept.names[int(by.argmin())]} lies at the origin",
            where="lle_error",
            expected="points away from the origin: the error is divided by their norm",
            fix="drop rows of zeros (PointCloud.without_zeros), or take unit='neighbours'",
        )
    return PointValues(error / by, kept.names, "lle_error")
