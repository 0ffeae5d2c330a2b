"""Mean and covariance of a cloud, and how to give another cloud the very same."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cellglass.errors import InputError
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.shape.pca import numerical_rank

Floats = NDArray[np.float64]


class CovarianceFrame:
    """The mean and the covariance of a cloud, which draws of a null are brought to.

    Parameters
    ----------
    cloud
        The observed cloud.

    Attributes
    ----------
    rank
        Dimensions that the cloud spans, r.
    whitened
        The cloud in coordinates of mean 0 and summed squares 1, uncorrelated, shape (n, r).

    Raises
    ------
    InputError
        If all points are equal.

    Notes
    -----
    With X - mean = U S V', U (n x r, orthonormal columns, each of sum 0) is the whitened cloud.
    Of a Gaussian cloud U is uniform over all such frames and independent of S and V: drawing it
    anew while S and V stay is an exact test, also on leading components (conditional on the
    sufficient statistics; Muirhead, Aspects of Multivariate Statistical Theory, 1982, 2.1 and
    Basu's theorem). A draw whose covariance is only alike in the mean is not: its columns
    correlate by chance where principal components do not.

    Examples
    --------
    >>> cloud = PointCloud.of([[0.0, 0.0], [4.0, 0.0], [0.0, 2.0], [4.0, 2.0]])
    >>> frame = CovarianceFrame(cloud)
    >>> drawn = frame.imposed(np.random.default_rng(0).normal(size=(4, 2)))
    >>> np.cov(drawn.points.T).round(6).tolist(), drawn.points.mean(0).round(6).tolist()
    ([[5.333333, -0.0], [-0.0, 1.333333]], [2.0, 1.0])
    """

    def __init__(self, cloud: PointCloud) -> None:
        self.names = cloud.names
        self._mean = cloud.points.mean(0)
        left, size, right = np.linalg.svd(cloud.points - self._mean, full_matrices=False)
        self.rank = numerical_rank(cloud, size)
        self.whitened: Floats = left[:, : self.rank]
        self._map: Floats = size[: self.rank, None] * right[: self.rank]
        self._back: Floats = right[: self.rank].T / size[: self.rank]

    def whiten(self, points: Floats) -> Floats:
        """Other points in the whitened coordinates of the cloud, shape (n, r).

        Parameters
        ----------
        points
            Of the width of the cloud, shape (n, d).
        """
        return np.asarray((points - points.mean(0)) @ self._back)

    def imposed(self, coordinates: Floats) -> PointCloud:
        """The cloud that has the observed mean and covariance and is closest to some coordinates.

        Parameters
        ----------
        coordinates
            Whitened coordinates, shape (n, r).

        Raises
        ------
        InputError
            If the coordinates span fewer dimensions than the cloud.
        """
        return PointCloud(self._mean + orthonormal(coordinates) @ self._map, self.names)


def orthonormal(coordinates: Floats) -> Floats:
    """The closest frame: columns of sum 0, orthonormal.

    Parameters
    ----------
    coordinates
        Shape (n, r), r below n.

    Returns
    -------
    numpy.ndarray
        C (C'C)^(-1/2) of the centred coordinates C, shape (n, r).

    Raises
    ------
    InputError
        If the coordinates span fewer than r dimensions.

    Examples
    --------
    >>> orthonormal(np.array([[0.0], [6.0]])).round(6).tolist()
    [[-0.707107], [0.707107]]
    """
    centred = coordinates - coordinates.mean(0)
    values, vectors = np.linalg.eigh(centred.T @ centred)
    if not values[0] > np.finfo(np.float64).eps * len(centred) * values[-1]:
        raise InputError(
            f"a draw spans fewer than {centred.shape[1]} dimensions",
            where="covariance of a draw",
            expected="as many as the observed cloud",
            fix="take more points, or fewer components",
        )
    return np.asarray(centred @ ((vectors / np.sqrt(values)) @ vectors.T))
