"""Is the neighbourhood of a point a line, a sheet or a ball, and do pairs lie along it?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellglass.errors import InputError
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.named import pair_ends
from cellglass.geometry.pair_features import PairFeatures

from .neighbourhoods import neighbourhoods


@dataclass(frozen=True, eq=False)
class LocalShape:
    """Form of each point's neighbourhood, from its three largest variances.

    Attributes
    ----------
    cloud
        The points, n.
    eigenvalues
        The three largest of the neighbourhood's covariance, l1 >= l2 >= l3, shape (n, 3).
    first
        Direction of the largest, up to its sign, shape (n, d).
    k
        Neighbours.

    Notes
    -----
    Anisotropy (l1 - l2) / (l1 + l2 + l3), planarity (l2 - l3) / l1, omnivariance
    (l1 l2 l3)^(1/3) / (l1 + l2 + l3): specification of geometry, 2.10, after the features of
    point clouds of Weinmann et al. (ISPRS Journal 2015).
    """

    cloud: PointCloud
    eigenvalues: NDArray[np.float64]
    first: NDArray[np.float64]
    k: int

    @property
    def anisotropy(self) -> NDArray[np.float64]:
        """1 where the neighbourhood is a line, 0 where two directions are alike, shape (n,)."""
        return (self.eigenvalues[:, 0] - self.eigenvalues[:, 1]) / self.eigenvalues.sum(1)

    @property
    def planarity(self) -> NDArray[np.float64]:
        """1 where the neighbourhood is a disc, 0 where it is a line or a ball, shape (n,)."""
        return (self.eigenvalues[:, 1] - self.eigenvalues[:, 2]) / self.eigenvalues[:, 0]

    @property
    def omnivariance(self) -> NDArray[np.float64]:
        """1/3 where the neighbourhood is a ball, 0 where it is flat, shape (n,)."""
        return np.asarray(np.cbrt(self.eigenvalues.prod(1)) / self.eigenvalues.sum(1))

    def pairs(self, sources: Sequence[str], targets: Sequence[str]) -> PairFeatures:
        """Features of pairs: form at both ends, and how the pair lies to both.

        Parameters
        ----------
        sources, targets
            Names, one pair an entry.

        Returns
        -------
        PairFeatures
            The features of hypotheses H136 and H139 but the two that use curated priors.
            ``along_source`` is |p_s . e|, with p the first direction and e the unit vector of the
            pair: nan between equal points, which have no direction.

        Raises
        ------
        InputError
            If a name is unknown or the lengths differ.
        """
        s, t = pair_ends(self.cloud, sources, targets)
        step = self.cloud.points[t] - self.cloud.points[s]
        step[self.cloud.first_of[s] == self.cloud.first_of[t]] = np.nan
        step /= np.linalg.norm(step, axis=1, keepdims=True)
        form, flat, volume = self.anisotropy, self.planarity, self.omnivariance
        together = np.abs((self.first[s] * self.first[t]).sum(1))
        mean = (form[s] + form[t]) / 2
        found = {
            "anisotropy_source": form[s],
            "anisotropy_target": form[t],
            "anisotropy_gap": np.abs(form[s] - form[t]),
            "anisotropy_mean": mean,
            "planarity_mean": (flat[s] + flat[t]) / 2,
            "omnivariance_mean": (volume[s] + volume[t]) / 2,
            "along_source": np.abs((self.first[s] * step).sum(1)),
            "along_target": np.abs((self.first[t] * step).sum(1)),
            "directions_together": together,
            "anisotropy_together": mean * together,
        }
        return PairFeatures(tuple(sources), tuple(targets), found)


def local_shape(cloud: PointCloud, k: int = 12) -> LocalShape:
    """Form of the neighbourhood of each point.

    Parameters
    ----------
    cloud
        The points.
    k
        Neighbours, at least 3; the published screen took 8 to 16.

    Returns
    -------
    LocalShape
        Eigenvalues and first directions; equal points share theirs.

    Raises
    ------
    InputError
        If k is below 3, or there are fewer distinct points than k + 1.

    Notes
    -----
    Clouds of one or two dimensions have eigenvalues of 0 for the others. Where the two largest
    variances are alike, the first direction is decided by chance.

    Examples
    --------
    >>> line = PointCloud.of([[float(i), 0.0, 0.0] for i in range(6)])
    >>> local_shape(line, 3).anisotropy.round(6).tolist()
    [1.0, 1.0, 1.0, 1.0, 1.0, 1.0]
    """
    if k < 3:
        raise InputError(
            f"k is {k}", where="local shape", expected="at least 3: three variances are compared"
        )
    found = neighbourhoods(cloud, k, directions=1)
    held = found.variances[:, :3]
    padded = np.zeros((len(held), 3))
    padded[:, : held.shape[1]] = held
    return LocalShape(cloud, padded[found.node], found.directions[found.node, 0], k)
