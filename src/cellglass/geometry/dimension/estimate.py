"""An estimate of intrinsic dimension, and the points it may be made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cellglass.errors import InputError
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.point_values import PointValues
from cellglass.stats.interval import Interval

Duplicates = Literal["refuse", "collapse"]


@dataclass(frozen=True, eq=False)
class DimensionEstimate:
    """Intrinsic dimension of a cloud, with its interval and the estimate at each point.

    Attributes
    ----------
    estimator
        Its name, for example ``"two_nn"``.
    estimate
        Dimension of the cloud.
    interval
        Of the estimate; None where none was asked for.
    per_point
        Estimate at each of the points that were used, with their names.
    n
        Points used.
    k
        Neighbours of each that were used.
    n_collapsed
        Points left out because they equal another.
    """

    estimator: str
    estimate: float
    interval: Interval | None
    per_point: PointValues
    n: int
    k: int
    n_collapsed: int


def distinct_points(cloud: PointCloud, k: int, duplicates: Duplicates, where: str) -> PointCloud:
    """Return the points that a nearest-neighbour estimator may use.

    Parameters
    ----------
    cloud
        The points.
    k
        Neighbours that the estimator needs.
    duplicates
        ``"refuse"`` raises where points are equal, ``"collapse"`` keeps the first of each set.
    where
        Name of the estimator, for the message.

    Returns
    -------
    PointCloud
        Distinct points, at least k + 2.

    Raises
    ------
    InputError
        If points are equal and that is to be refused, or too few are distinct.

    Notes
    -----
    The distance between equal points is 0, and each estimator divides by distances or takes
    their logarithm. Published code gave such points the bound of a clip instead.

    Examples
    --------
    >>> cloud = PointCloud.of([[0.0], [1.0], [1.0], [3.0]])
    >>> len(distinct_points(cloud, 1, "collapse", "two_nn"))
    3
    """
    if duplicates not in ("refuse", "collapse"):
        raise InputError(
            f"duplicates is {duplicates!r}", where=where, expected="refuse or collapse"
        )
    if duplicates == "refuse" and cloud.n_duplicates:
        zeros = f", {cloud.n_zero} rows are zeros" if cloud.n_zero else ""
        raise InputError(
            f"{cloud.n_duplicates} of {len(cloud)} points equal an earlier one{zeros}",
            where=where,
            expected="distinct points: a distance of 0 has no logarithm",
            fix="drop rows of zeros (PointCloud.without_zeros), then give duplicates='collapse', "
            "which keeps one of each set and says how many it left out",
        )
    if k < 1:
        raise InputError(f"k is {k}", where=where, expected="at least 1")
    kept = cloud.distinct()
    kept.require_points(k + 2, f"{where} with {k} neighbours, distinct points")
    return kept


def require_finite(values: NDArray[np.float64], names: tuple[str, ...], where: str) -> None:
    """Refuse estimates that are not finite.

    Parameters
    ----------
    values
        Estimates, one a point.
    names
        Of the points.
    where
        Name of the estimator.

    Raises
    ------
    InputError
        If one is not finite; it names the first.

    Examples
    --------
    >>> require_finite(np.array([1.0, 2.0]), ("A", "B"), "mle")
    """
    bad = np.flatnonzero(~np.isfinite(values))
    if bad.size:
        raise InputError(
            f"the dimension at {bad.size} points is not finite, the first {names[bad[0]]}: all "
            "their neighbours are equally far",
            where=where,
            expected="neighbours at different distances",
            fix="raise k, or look at where the points come from: a grid has no such dimension",
        )
