"""Dimension of each point's neighbourhood, from its principal components."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cellglass.errors import InputError
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.point_values import PointValues
from cellglass.geometry.shape.neighbourhoods import neighbourhoods
from cellglass.seeds import DEFAULT_SEED
from cellglass.stats.arguments import as_fraction

from .estimate import DimensionEstimate, Duplicates, distinct_points
from .intervals import delete_interval

Rule = Literal["share", "participation"]


def local_pca(
    cloud: PointCloud,
    k: int = 20,
    *,
    rule: Rule = "share",
    share: float = 0.95,
    duplicates: Duplicates = "refuse",
    draws: int = 0,
    level: float = 0.95,
    seed: int = DEFAULT_SEED,
) -> DimensionEstimate:
    """Estimate the dimension by the principal components of neighbourhoods.

    Parameters
    ----------
    cloud
        The points.
    k
        Neighbours; no neighbourhood can have a dimension above k.
    rule
        ``"share"`` counts the components that hold `share` of the variance; ``"participation"``
        takes the participation ratio of the variances.
    share
        See `rule`.
    duplicates
        Whether equal points are refused or collapsed.
    draws
        Subsets for the interval; no interval where 0.
    level, seed
        Of the interval.

    Returns
    -------
    DimensionEstimate
        The mean over points, and the value at each.

    Raises
    ------
    InputError
        If points are equal or too few, or the rule is unknown.

    Notes
    -----
    Fukunaga and Olsen (IEEE Transactions on Computers 1971), by variance share; participation
    ratio (sum l)^2 / sum l^2 as in the published screen (specification of geometry, 2.8). k
    neighbours of a d-dimensional space show fewer than d dimensions unless k is much above d,
    and noise across the manifold counts as dimensions.

    Examples
    --------
    >>> sheet = np.random.default_rng(0).uniform(size=(300, 2)) @ np.eye(2, 5)
    >>> local_pca(PointCloud.of(sheet), 10, share=0.99).estimate
    2.0
    """
    if rule not in ("share", "participation"):
        raise InputError(f"rule is {rule!r}", where="local_pca", expected="share or participation")
    as_fraction(share, "share")
    kept = distinct_points(cloud, k, duplicates, "local_pca")
    local = _local(kept, k, rule, share)
    interval = None
    if draws:
        interval = delete_interval(
            lambda part: float(_local(part, k, rule, share).mean()),
            kept, draws=draws, level=level, seed=seed, task=f"dimension/local_pca/{rule}",
        )  # fmt: skip
    name = f"local_pca_{rule}"
    return DimensionEstimate(
        estimator=name,
        estimate=float(local.mean()),
        interval=interval,
        per_point=PointValues(local, kept.names, name),
        n=len(kept),
        k=k,
        n_collapsed=len(cloud) - len(kept),
    )


def local_residual(cloud: PointCloud, k: int = 12, *, dimension: int = 4) -> PointValues:
    """Share of each neighbourhood's variance outside its leading components.

    Parameters
    ----------
    cloud
        The points; equal ones share a neighbourhood.
    k
        Neighbours.
    dimension
        Leading components, below min(k, d).

    Returns
    -------
    PointValues
        0 where the neighbourhood is flat of that dimension.

    Raises
    ------
    InputError
        If there are too few points, or the dimension leaves no component out.

    Notes
    -----
    1 - the share of the variance in the first 4 local components: "local linearity" of the
    published screen (specification of geometry, 2.8), which is large where a neighbourhood is
    not linear.

    Examples
    --------
    >>> sheet = np.random.default_rng(0).uniform(size=(30, 2)) @ np.eye(2, 5)
    >>> bool(local_residual(PointCloud.of(sheet), 8, dimension=2).values.max() < 1e-12)
    True
    """
    found = neighbourhoods(cloud, k, directions=0)
    if not 1 <= dimension < found.variances.shape[1]:
        raise InputError(
            f"{dimension} of {found.variances.shape[1]} components",
            where="local residual",
            expected="at least 1, and at least one component left out",
            fix="raise k, or lower the dimension",
        )
    outside = found.variances[:, dimension:].sum(1) / found.variances.sum(1)
    return PointValues(outside[found.node], cloud.names, "local_residual")


def _local(cloud: PointCloud, k: int, rule: Rule, share: float) -> NDArray[np.float64]:
    variances = neighbourhoods(cloud, k, directions=0).variances
    if rule == "participation":
        return np.asarray(variances.sum(1) ** 2 / (variances**2).sum(1))
    held = variances.cumsum(1) / variances.sum(1, keepdims=True)
    # a share that is reached up to rounding is reached
    return np.asarray(1.0 + (held < share - 1e-12).sum(1))
