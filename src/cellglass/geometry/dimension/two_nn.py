"""Intrinsic dimension from the ratio of the distances to the two nearest neighbours."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cellglass.errors import InputError
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.nearest import nearest
from cellglass.geometry.point_values import PointValues
from cellglass.seeds import DEFAULT_SEED

from .estimate import DimensionEstimate, Duplicates, distinct_points
from .intervals import delete_interval

CLIP = (0.1, 200.0)
"""Bounds of the local ratio in the published screen; H18 to H38 took (0, 100)."""


def two_nn(
    cloud: PointCloud,
    *,
    discard: float = 0.1,
    clip: tuple[float, float] = CLIP,
    duplicates: Duplicates = "refuse",
    draws: int = 0,
    level: float = 0.95,
    seed: int = DEFAULT_SEED,
) -> DimensionEstimate:
    """Estimate the dimension by TwoNN.

    Parameters
    ----------
    cloud
        The points.
    discard
        Share of the largest ratios that the fit leaves out; at least one point.
    clip
        Bounds of the estimates at single points.
    duplicates
        Whether equal points are refused or collapsed.
    draws
        Subsets for the interval; no interval where 0.
    level, seed
        Of the interval.

    Returns
    -------
    DimensionEstimate
        The global estimate; at each point the local ratio, clipped.

    Raises
    ------
    InputError
        If points are equal, too few, or all ratios are 1.

    Notes
    -----
    With m = r2 / r1 sorted and F(m_i) = i / n, the slope through 0 of -ln(1 - F) on ln m, without
    the largest m (Facco, d'Errico, Rodriguez and Laio, Scientific Reports 2017). At a point
    1 / ln m (specification of geometry, 2.8): its expectation is infinite, hence the clip, and
    its mean over points is no estimate of the dimension.

    Examples
    --------
    >>> square = np.random.default_rng(0).uniform(size=(800, 2))
    >>> found = two_nn(PointCloud.of(np.column_stack([square, square.sum(1)])))
    >>> 1.8 < found.estimate < 2.2
    True
    """
    kept = distinct_points(cloud, 2, duplicates, "two_nn")
    if not 0.0 <= discard < 1.0:
        raise InputError(f"discard is {discard}", where="two_nn", expected="0 to below 1")
    ratio = _log_ratios(kept)
    interval = None
    if draws:
        interval = delete_interval(
            lambda part: _slope(_log_ratios(part), discard),
            kept, draws=draws, level=level, seed=seed, task="dimension/two_nn",
        )  # fmt: skip
    with np.errstate(divide="ignore"):
        local = np.clip(1.0 / ratio, *clip)
    return DimensionEstimate(
        estimator="two_nn",
        estimate=_slope(ratio, discard),
        interval=interval,
        per_point=PointValues(local, kept.names, "two_nn"),
        n=len(kept),
        k=2,
        n_collapsed=len(cloud) - len(kept),
    )


def _log_ratios(cloud: PointCloud) -> NDArray[np.float64]:
    _, distance = nearest(cloud.points, 2)
    return np.log(distance[:, 1] / distance[:, 0])


def _slope(log_ratio: NDArray[np.float64], discard: float) -> float:
    n = log_ratio.size
    kept = min(int(n * (1 - discard)), n - 1)
    x = np.sort(log_ratio)[:kept]
    if kept < 2 or not x[-1] > 0:
        raise InputError(
            f"the two nearest neighbours are equally far at {int((log_ratio <= 0).sum())} of {n} "
            f"points, and {kept} ratios are fitted",
            where="two_nn",
            expected="ratios that differ from 1",
            fix="discard less, or look at where the points come from: a grid has no such dimension",
        )
    y = -np.log1p(-np.arange(1, kept + 1) / n)
    return float(x @ y / (x @ x))
