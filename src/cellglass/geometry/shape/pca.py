"""Principal components of a cloud, exact and with fixed signs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellglass.errors import InputError
from cellglass.geometry.cloud import PointCloud

_TIE = 1e-6


@dataclass(frozen=True, eq=False)
class Pca:
    """A cloud in the coordinates of its leading principal components.

    Attributes
    ----------
    scores
        The points on the components, shape (n, components), with their names.
    components
        Directions, orthonormal rows, shape (components, d).
    variances
        Variance along each component, divided by n - 1, shape (components,).
    total
        Variance of the cloud along all directions.
    mean
        Of the points, shape (d,).
    """

    scores: PointCloud
    components: NDArray[np.float64]
    variances: NDArray[np.float64]
    total: float
    mean: NDArray[np.float64]

    @property
    def shares(self) -> NDArray[np.float64]:
        """Share of the cloud's variance along each component, shape (components,)."""
        return self.variances / self.total

    def transform(self, cloud: PointCloud) -> PointCloud:
        """Other points on the same components.

        Parameters
        ----------
        cloud
            Points of the same width.

        Raises
        ------
        InputError
            If the width differs.
        """
        if cloud.width != self.mean.size:
            raise InputError(
                f"points of {cloud.width} dimensions", where="pca", expected=f"{self.mean.size}"
            )
        return PointCloud((cloud.points - self.mean) @ self.components.T, cloud.names)


def pca(cloud: PointCloud, n_components: int) -> Pca:
    """Principal components by an exact singular value decomposition.

    Parameters
    ----------
    cloud
        The points. Rows of zeros and duplicates count like any other: drop them before.
    n_components
        Components to keep; the published screen kept 14 to 64.

    Returns
    -------
    Pca
        Scores, directions and variances, the largest first.

    Raises
    ------
    InputError
        If the points span fewer dimensions than components are wanted, or are all equal.

    Notes
    -----
    Columns are centred and nothing is scaled; X - mean = U S V', scores U S, variances
    S^2 / (n - 1) (Jolliffe, Principal Component Analysis, 2002). The sign of a component makes
    its largest loading positive, the first of those that tie. The published code drew the
    components at random (randomised decomposition), so that its graphs changed with rounding
    (specification of geometry, 0.3). Components of equal variance have no direction of their own.

    Examples
    --------
    >>> found = pca(PointCloud.of([[1.0, 5.0], [2.0, 5.0], [3.0, 5.0]]), 1)
    >>> found.components.tolist(), found.variances.round(9).tolist()
    ([[1.0, 0.0]], [1.0])
    """
    mean = cloud.points.mean(0)
    centred = cloud.points - mean
    if n_components < 1:
        raise InputError(f"n_components is {n_components}", where="pca", expected="at least 1")
    most = min(len(cloud) - 1, cloud.width)
    left, size, right = np.linalg.svd(centred, full_matrices=False)
    rank = numerical_rank(cloud, size)
    if n_components > rank:
        raise InputError(
            f"{n_components} components of {len(cloud)} points that span {rank} dimensions",
            where="pca",
            expected=f"at most {rank} (points - 1 and columns allow {most})",
            fix="lower the number of components, or take more points",
        )
    sign = _signs(right[:n_components])
    components = right[:n_components] * sign[:, None]
    return Pca(
        scores=PointCloud(left[:, :n_components] * size[:n_components] * sign, cloud.names),
        components=components + 0.0,  # no negative zeros
        variances=size[:n_components] ** 2 / (len(cloud) - 1),
        total=float((size**2).sum() / (len(cloud) - 1)),
        mean=mean,
    )


def numerical_rank(cloud: PointCloud, sizes: NDArray[np.float64]) -> int:
    """Count the dimensions that a cloud spans, beyond rounding.

    Parameters
    ----------
    cloud
        The points.
    sizes
        Singular values of the centred points, the largest first.

    Returns
    -------
    int
        Singular values above the rounding of the centring.

    Raises
    ------
    InputError
        If all points are equal.

    Examples
    --------
    >>> numerical_rank(PointCloud.of([[0.0, 0.0], [1.0, 0.0]]), np.array([0.7, 1e-18]))
    1
    """
    n, d = cloud.points.shape
    # centring leaves errors of the size of the points, not of their spread
    floor = np.finfo(np.float64).eps * max(n, d) * max(
        float(sizes[0]), float(np.abs(cloud.points).max())
    )  # fmt: skip
    rank = int((sizes > floor).sum())
    if rank == 0:
        raise InputError(
            f"all {n} points are equal",
            where="points",
            expected="points that differ",
            fix="drop rows of zeros and duplicates, and look at what made the embedding",
        )
    return rank


def _signs(directions: NDArray[np.float64]) -> NDArray[np.float64]:
    size = np.abs(directions)
    at = (size >= (1 - _TIE) * size.max(1, keepdims=True)).argmax(1)
    return np.asarray(np.where(directions[np.arange(len(at)), at] < 0, -1.0, 1.0))
