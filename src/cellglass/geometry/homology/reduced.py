"""The points that homology is taken of: a sample, on principal components."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cellglass.errors import InputError
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.shape.pca import pca
from cellglass.seeds import DEFAULT_SEED, generator

from .zero_rows import Zeros, without_zero_rows


@dataclass(frozen=True, eq=False)
class Reduced:
    """A cloud made ready for homology, and what it took.

    Attributes
    ----------
    cloud
        The points, on principal components if any were asked for.
    n_components
        Principal components; None where the columns are those of the cloud.
    share
        Share of the sample's variance on the components.
    n_zero
        Rows of zeros that were left out before the sample was drawn.
    n_duplicates
        Points equal to an earlier one that were left out before the sample was drawn.
    """

    cloud: PointCloud
    n_components: int | None
    share: float
    n_zero: int
    n_duplicates: int


def reduced_cloud(
    cloud: PointCloud,
    *,
    n_points: int | None = None,
    n_components: int | None = 20,
    zeros: Zeros = "raise",
    duplicates: bool = False,
    seed: int = DEFAULT_SEED,
) -> Reduced:
    """Draw a sample of points and take their principal components.

    Parameters
    ----------
    cloud
        The points.
    n_points
        Size of the sample, without repeats; all points where None.
    n_components
        Principal components of the sample, centred and not scaled; the columns as they are where
        None.
    zeros
        What to do with rows of zeros; see `persistence`.
    duplicates
        Whether points equal to an earlier one stay. Nulls pull them apart, so that they differ
        from the cloud by that alone.
    seed
        Of the sample.

    Returns
    -------
    Reduced
        The cloud, with points in their former order.

    Raises
    ------
    InputError
        If there are rows of zeros and nothing was said about them, fewer points than asked for,
        or fewer dimensions than components.

    Examples
    --------
    >>> cloud = PointCloud.of(np.random.default_rng(0).normal(size=(30, 5)))
    >>> found = reduced_cloud(cloud, n_points=20, n_components=2)
    >>> len(found.cloud), found.cloud.width, 0 < found.share < 1
    (20, 2, True)
    """
    kept, n_zero = without_zero_rows(cloud, zeros, "homology")
    distinct = kept if duplicates else kept.distinct()
    n_duplicates = len(kept) - len(distinct)
    if n_points is not None:
        if not 2 <= n_points <= len(distinct):
            left_out = f" ({n_zero} rows of zeros and {n_duplicates} duplicates left out)"
            raise InputError(
                f"a sample of {n_points} of {len(distinct)} points"
                + (left_out if n_zero + n_duplicates else ""),
                where="n_points",
                expected=f"2 to {len(distinct)}",
                fix="take a smaller sample, or more genes",
            )
        rng = generator(seed, "homology/sample")
        distinct = distinct.take(np.sort(rng.choice(len(distinct), n_points, replace=False)))
    if n_components is None:
        return Reduced(distinct, None, 1.0, n_zero, n_duplicates)
    found = pca(distinct, n_components)
    share = float(found.shares.sum())
    return Reduced(found.scores, n_components, share, n_zero, n_duplicates)
