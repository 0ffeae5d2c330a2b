"""A null of no shape at all: Gaussian clouds of the observed mean and covariance."""

from __future__ import annotations

import numpy as np

from cellglass.geometry.cloud import PointCloud

from .cloud_null import CloudNull
from .covariance_frame import CovarianceFrame


class GaussianCloud(CloudNull):
    """Gaussian clouds with exactly the mean and the covariance of the observed one.

    Parameters
    ----------
    cloud
        The observed cloud.

    Raises
    ------
    InputError
        If all points are equal.

    Notes
    -----
    Draws are distributed as a Gaussian sample given its mean and covariance, so that a test
    against them is exact for Gaussian clouds of any covariance, also after PCA (see
    `CovarianceFrame`). Heavy tails, clusters and loops all differ from it: a rejection says
    "not Gaussian", in the direction of the statistic.

    Examples
    --------
    >>> cloud = PointCloud.of(np.random.default_rng(0).normal(size=(20, 3)))
    >>> drawn = GaussianCloud(cloud).draw(np.random.default_rng(1))
    >>> bool(np.allclose(np.cov(drawn.points.T), np.cov(cloud.points.T)))
    True
    """

    name = "gaussian"
    preserves = "the mean and the covariance of the cloud, exactly"

    def __init__(self, cloud: PointCloud) -> None:
        super().__init__(cloud)
        self._frame = CovarianceFrame(cloud)

    def draw(self, rng: np.random.Generator) -> PointCloud:
        """Draw one cloud; see `CloudNull.draw`."""
        return self._frame.imposed(rng.normal(size=self._frame.whitened.shape))
