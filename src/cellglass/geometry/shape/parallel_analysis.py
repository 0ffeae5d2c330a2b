"""Which components of a cloud hold more variance than columns that know nothing of each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellglass.geometry.cloud import PointCloud
from cellglass.seeds import DEFAULT_SEED, generator
from cellglass.stats.permutation import NullDistribution, require_attainable

from .spectrum import Spectrum, spectrum


@dataclass(frozen=True, eq=False)
class ParallelAnalysis:
    """A spectrum beside spectra of clouds with permuted columns.

    Attributes
    ----------
    spectrum
        Of the cloud.
    draws
        Variances of the components of each permuted cloud, shape (draws, components).
    p
        (1 + draws at least as large) / (draws + 1) for each component, shape (components,).
    level
        Level at which components are counted.
    """

    spectrum: Spectrum
    draws: NDArray[np.float64]
    p: NDArray[np.float64]
    level: float

    @property
    def n_components(self) -> int:
        """Leading components with p at or below the level, up to the first that is above."""
        above = self.p > self.level
        return int(above.argmax()) if above.any() else int(self.p.size)

    def measures(self, top: int = 5) -> dict[str, NullDistribution]:
        """Each measure of the spectrum against its null.

        Parameters
        ----------
        top
            Components whose share of the variance is taken.

        Returns
        -------
        dict
            Ranks are tested for being smaller than under the null, the share for being larger:
            both mean that columns depend on one another.
        """
        n, width = self.spectrum.n, self.spectrum.width
        nulls = [Spectrum(variances, n, width).measures(top) for variances in self.draws]
        return {
            name: NullDistribution.of(
                value,
                np.array([null[name] for null in nulls]),
                "greater" if "share" in name else "less",
            )
            for name, value in self.spectrum.measures(top).items()
        }


def parallel_analysis(
    cloud: PointCloud, *, draws: int = 199, level: float = 0.05, seed: int = DEFAULT_SEED
) -> ParallelAnalysis:
    """Hold a spectrum against those of clouds whose columns are permuted one by one.

    Parameters
    ----------
    cloud
        The points.
    draws
        Permuted clouds.
    level
        Level at which components are counted.
    seed
        Root seed.

    Returns
    -------
    ParallelAnalysis
        p of each component, and the draws.

    Raises
    ------
    ResourceError
        If p cannot reach the level with so many draws.

    Notes
    -----
    Parallel analysis (Horn, Psychometrika 1965) with permutations (Buja and Eyuboglu,
    Multivariate Behavioral Research 1992). Later components are tested against a null that still
    holds the variance of the earlier ones, so the count is cautious. The null keeps each column
    and no dependence: rejecting it shows that coordinates depend on one another, and no shape.
    After a PCA of the same points columns are uncorrelated, and nothing is left to find.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> planted = rng.normal(size=(100, 6)) + 3 * rng.normal(size=(100, 1))
    >>> parallel_analysis(PointCloud.of(planted), draws=39).n_components
    1
    """
    require_attainable(draws, level, "greater")
    observed = spectrum(cloud)
    rng = generator(seed, "shape/parallel_analysis")
    drawn = np.empty((draws, observed.variances.size))
    for i in range(draws):
        permuted = rng.permuted(cloud.points, axis=0)
        drawn[i] = spectrum(PointCloud(permuted, cloud.names)).variances
    slack = 1e-12 * observed.variances[0]
    beyond = (drawn >= observed.variances - slack).sum(0)
    return ParallelAnalysis(observed, drawn, (1 + beyond) / (draws + 1), level)
