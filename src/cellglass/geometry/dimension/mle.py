"""Intrinsic dimension by maximum likelihood from the distances to k neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cellglass.errors import InputError
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.nearest import nearest
from cellglass.geometry.point_values import PointValues
from cellglass.seeds import DEFAULT_SEED

from .estimate import DimensionEstimate, Duplicates, distinct_points, require_finite
from .intervals import delete_interval

Average = Literal["inverse", "arithmetic"]


def mle(
    cloud: PointCloud,
    k: int = 10,
    *,
    average: Average = "inverse",
    duplicates: Duplicates = "refuse",
    draws: int = 0,
    level: float = 0.95,
    seed: int = DEFAULT_SEED,
) -> DimensionEstimate:
    """Estimate the dimension by maximum likelihood, at each point and of the cloud.

    Parameters
    ----------
    cloud
        The points.
    k
        Neighbours, at least 2.
    average
        ``"inverse"`` averages the inverses of the local estimates; ``"arithmetic"``, of the
        published screen, the estimates, which is too high where k is small.
    duplicates
        Whether equal points are refused or collapsed.
    draws
        Subsets for the interval; no interval where 0.
    level, seed
        Of the interval.

    Returns
    -------
    DimensionEstimate
        The average, and the local estimates.

    Raises
    ------
    InputError
        If points are equal or too few, or all neighbours of a point are equally far.

    Notes
    -----
    At a point (k - 1) / sum over j < k of ln(r_k / r_j) (Levina and Bickel, NIPS 2004); the
    inverses are averaged because they, and not the estimates, come from one likelihood (MacKay
    and Ghahramani, comment of 2005).

    Examples
    --------
    >>> square = np.random.default_rng(0).uniform(size=(800, 2))
    >>> 1.8 < mle(PointCloud.of(square)).estimate < 2.2
    True
    """
    if k < 2:
        raise InputError(f"k is {k}", where="mle", expected="at least 2")
    if average not in ("inverse", "arithmetic"):
        raise InputError(f"average is {average!r}", where="mle", expected="inverse or arithmetic")
    kept = distinct_points(cloud, k, duplicates, "mle")
    local = _local(kept, k)
    require_finite(local, kept.names, "mle")
    interval = None
    if draws:
        interval = delete_interval(
            lambda part: _average(_local(part, k), average),
            kept, draws=draws, level=level, seed=seed, task="dimension/mle",
        )  # fmt: skip
    return DimensionEstimate(
        estimator="mle",
        estimate=_average(local, average),
        interval=interval,
        per_point=PointValues(local, kept.names, "mle"),
        n=len(kept),
        k=k,
        n_collapsed=len(cloud) - len(kept),
    )


def scale_entropy(
    cloud: PointCloud,
    ks: Sequence[int] = (4, 6, 8, 10, 12),
    *,
    duplicates: Duplicates = "refuse",
) -> PointValues:
    """Measure how evenly the local dimension spreads over scales.

    Parameters
    ----------
    cloud
        The points.
    ks
        Numbers of neighbours, at least two different ones.
    duplicates
        Whether equal points are refused or collapsed.

    Returns
    -------
    PointValues
        1 where the dimension is the same at each k.

    Raises
    ------
    InputError
        If there are fewer than two k, points are equal or too few, or all neighbours of a point
        are equally far.

    Notes
    -----
    Entropy of p_k = m_k / sum m, with m_k the local estimate of `mle`, divided by ln of the number
    of k. The published screen lists an entropy over k of 4 to 12 and no formula (specification of
    geometry, 2.8); this is the plainest reading.

    Examples
    --------
    >>> cloud = PointCloud.of(np.random.default_rng(0).normal(size=(40, 3)))
    >>> bool((scale_entropy(cloud).values <= 1).all())
    True
    """
    if len(set(ks)) < 2 or min(ks) < 2:
        raise InputError(
            f"k of {list(ks)}", where="scale entropy", expected="two or more, each at least 2"
        )
    kept = distinct_points(cloud, max(ks), duplicates, "scale entropy")
    found = np.array([_local(kept, k) for k in ks])
    require_finite(found.sum(0), kept.names, "scale entropy")
    share = found / found.sum(0)
    entropy = -(share * np.log(share)).sum(0) / np.log(len(ks))
    return PointValues(entropy, kept.names, "scale_entropy")


def _local(cloud: PointCloud, k: int) -> NDArray[np.float64]:
    _, distance = nearest(cloud.points, k)
    with np.errstate(divide="ignore"):
        return (k - 1) / np.log(distance[:, -1:] / distance[:, :-1]).sum(1)


def _average(local: NDArray[np.float64], average: Average) -> float:
    return float(1 / (1 / local).mean() if average == "inverse" else local.mean())
