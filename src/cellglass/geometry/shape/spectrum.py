"""Spectrum of a cloud, and how many dimensions it fills."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellglass.errors import InputError
from cellglass.geometry.cloud import PointCloud
from cellglass.seeds import DEFAULT_SEED, generator
from cellglass.stats.arguments import as_fraction
from cellglass.stats.interval import Interval

from .pca import numerical_rank


@dataclass(frozen=True, eq=False)
class Spectrum:
    """Variances along the principal components, and what they say of the dimension.

    Attributes
    ----------
    variances
        Eigenvalues of the covariance (divided by n - 1), the largest first, shape
        (min(n - 1, d),).
    n
        Points.
    width
        Columns.

    Notes
    -----
    With l the eigenvalues and s = sqrt(l) the singular values of the centred points up to a
    factor:

    - participation ratio (sum l)^2 / sum l^2 (Gao et al., bioRxiv 2017);
    - effective rank exp(-sum p ln p), p = s / sum s (Roy and Vetterli, EUSIPCO 2007);
    - stable rank sum l / l_1 (Rudelson and Vershynin, J. ACM 2007).

    All three are d for a cloud that is alike in d directions, and 1 for a line.

    Examples
    --------
    >>> square = PointCloud.of([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]])
    >>> found = spectrum(square)
    >>> round(found.participation_ratio, 6), round(found.stable_rank, 6), found.top_share(1)
    (2.0, 2.0, 0.5)
    """

    variances: NDArray[np.float64]
    n: int
    width: int

    @property
    def participation_ratio(self) -> float:
        """Square of the summed variances over the sum of their squares."""
        return float(self.variances.sum() ** 2 / (self.variances**2).sum())

    @property
    def effective_rank(self) -> float:
        """Exponential of the entropy of the singular values."""
        sizes = np.sqrt(self.variances)
        share = sizes[sizes > 0] / sizes.sum()
        return float(np.exp(-(share * np.log(share)).sum()))

    @property
    def stable_rank(self) -> float:
        """Summed variances over the largest."""
        return float(self.variances.sum() / self.variances[0])

    def top_share(self, k: int = 5) -> float:
        """Share of the variance along the first k components.

        Parameters
        ----------
        k
            Components.

        Raises
        ------
        InputError
            If there are fewer components.
        """
        if not 1 <= k <= self.variances.size:
            raise InputError(
                f"{k} of {self.variances.size} components",
                where="top share",
                expected=f"1 to {self.variances.size}",
            )
        return float(self.variances[:k].sum() / self.variances.sum())

    def measures(self, top: int = 5) -> dict[str, float]:
        """Participation ratio, effective rank, stable rank and the share of the first `top`."""
        return {
            "participation_ratio": self.participation_ratio,
            "effective_rank": self.effective_rank,
            "stable_rank": self.stable_rank,
            f"top_{top}_share": self.top_share(top),
        }


def spectrum(cloud: PointCloud) -> Spectrum:
    """Eigenvalues of the covariance of a cloud.

    Parameters
    ----------
    cloud
        The points; rows of zeros pull the spectrum to one direction, drop them before.

    Returns
    -------
    Spectrum
        The eigenvalues and the measures made of them.

    Raises
    ------
    InputError
        If there are fewer than 2 points, or all are equal.

    Examples
    --------
    >>> spectrum(PointCloud.of([[0.0, 1.0], [2.0, 1.0]])).variances.round(9).tolist()
    [2.0]
    """
    cloud.require_points(2, "spectrum")
    centred = cloud.points - cloud.points.mean(0)
    sizes = np.linalg.svd(centred, compute_uv=False)
    numerical_rank(cloud, sizes)
    most = min(len(cloud) - 1, cloud.width)
    return Spectrum(sizes[:most] ** 2 / (len(cloud) - 1), len(cloud), cloud.width)


def spectrum_intervals(
    cloud: PointCloud,
    *,
    top: int = 5,
    draws: int = 200,
    level: float = 0.95,
    seed: int = DEFAULT_SEED,
) -> dict[str, Interval]:
    """Intervals of the measures of a spectrum, by a bootstrap over points.

    Parameters
    ----------
    cloud
        The points.
    top
        Components whose share of the variance is taken.
    draws
        Resamples.
    level
        Confidence.
    seed
        Root seed; resample i is the i-th of the task.

    Returns
    -------
    dict
        An interval for each of `Spectrum.measures`.

    Raises
    ------
    InputError
        If there are too few draws for the level, or the cloud has no spectrum.

    Notes
    -----
    Basic bootstrap on the logarithm, [t^2 / q_high, t^2 / q_low] (Davison and Hinkley, 1997,
    5.2.1). All measures are biased towards few dimensions where points are few, and a resample
    doubles the bias; the basic interval takes it off once, a percentile interval would put it
    on. On Gaussian clouds of 100 to 300 points 95 % intervals held the truth in 86 to 95 % of
    the cases. They miss it where large eigenvalues are equal, for the stable rank and the share
    of a top that cuts through them: the bootstrap is not consistent there (Beran and Srivastava,
    Annals of Statistics 1985). Points are resampled as if they were independent, which genes of
    one pathway are not.

    Examples
    --------
    >>> cloud = PointCloud.of(np.random.default_rng(0).normal(size=(200, 3)))
    >>> found = spectrum_intervals(cloud, top=1, draws=100)["participation_ratio"]
    >>> 2.8 < found.low < found.high <= 3.0
    True
    """
    as_fraction(level, "level")
    if draws * (1 - level) < 2:
        raise InputError(
            f"{draws} draws",
            where="draws",
            expected=f"at least {int(np.ceil(2 / (1 - level)))} for level {level}",
        )
    whole = spectrum(cloud)
    observed = whole.measures(top)
    rng = generator(seed, "shape/spectrum/bootstrap")
    n = len(cloud)
    drawn: dict[str, list[float]] = {name: [] for name in observed}
    of = _resampled(cloud, whole)
    for _ in range(draws):
        weights = rng.multinomial(n, np.full(n, 1 / n)).astype(np.float64)
        for name, value in of(weights).measures(top).items():
            drawn[name].append(value)
    highest = {name: 1.0 if "share" in name else float(whole.variances.size) for name in observed}
    lowest = {name: 0.0 if "share" in name else 1.0 for name in observed}
    tail = (1 - level) / 2
    found = {}
    for name, value in observed.items():
        low, high = value**2 / np.quantile(drawn[name], [1 - tail, tail])
        ends = np.clip([low, high], lowest[name], highest[name])
        method = f"basic bootstrap of the logarithm, {draws} resamples"
        found[name] = Interval(float(ends[0]), float(ends[1]), level, method, "point", n)
    return found


def _resampled(cloud: PointCloud, whole: Spectrum) -> Callable[[NDArray[np.float64]], Spectrum]:
    """Spectrum of points that count several times, from the smaller of both product matrices."""
    centred = cloud.points - cloud.points.mean(0)
    n, size = whole.n, whole.variances.size

    def of(weights: NDArray[np.float64]) -> Spectrum:
        points = (centred - weights @ centred / n) * np.sqrt(weights)[:, None]
        points = points[weights > 0]
        wide = points.shape[1] > points.shape[0]
        product = points @ points.T if wide else points.T @ points
        values = np.maximum(np.linalg.eigvalsh(product)[::-1], 0.0)
        padded = np.zeros(size)
        padded[: min(size, values.size)] = values[:size]
        return Spectrum(padded / (n - 1), n, whole.width)

    return of
