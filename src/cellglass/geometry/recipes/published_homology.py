"""The published test of loops in gene space (H01), and what in a cloud makes it positive."""

from __future__ import annotations

from dataclasses import dataclass

from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.homology.calibrated import calibrated_homology
from cellglass.geometry.nulls.feature_shuffle import FeatureShuffle
from cellglass.geometry.shape.spectrum import spectrum
from cellglass.seeds import DEFAULT_SEED
from cellglass.stats.permutation import NullDistribution, attainable_p


@dataclass(frozen=True, eq=False)
class PublishedHomology:
    """The published summary, its null, and what the cloud holds that feigns loops.

    Attributes
    ----------
    result
        Sum of H1 lifetimes of the sample against its column shuffles: observed, z and p.
    n_points
        Points of the sample.
    n_zero, n_duplicates
        Rows of zeros in the sample, and rows equal to an earlier one (rows of zeros but the
        first among them).
    participation_ratio, top_share
        Of the variances on the components: (sum)^2 / sum of squares, and the share of the first
        5 (of all, where there are fewer).
    artefacts
        One sentence for each thing that makes the result say something else than it seems to;
        empty where nothing was found.
    repaired
        The same test of points without rows of zeros and duplicates, with draws brought to the
        covariance of the cloud; None where neither was there.
    attainable_p
        Smallest p that so many draws can give: 1/21 in the published runs, which no correction
        for 12 layers survives.
    """

    result: NullDistribution
    n_points: int
    n_zero: int
    n_duplicates: int
    participation_ratio: float
    top_share: float
    artefacts: tuple[str, ...]
    repaired: NullDistribution | None
    attainable_p: float

    @property
    def excess(self) -> float:
        """Observed sum of lifetimes minus the mean of the null, the published Delta."""
        return self.result.observed - self.result.mean


def published_homology(
    cloud: PointCloud,
    *,
    n_points: int = 350,
    n_components: int = 20,
    draws: int = 20,
    seed: int = DEFAULT_SEED,
) -> PublishedHomology:
    """Repeat hypothesis H01 as it was run, and say what is wrong with it on this cloud.

    Parameters
    ----------
    cloud
        All genes of the universe, rows of zeros included.
    n_points
        Genes drawn at random.
    n_components
        Principal components.
    draws
        Column shuffles.
    seed
        Of the sample and the shuffles.

    Returns
    -------
    PublishedHomology
        Result, diagnostics, artefacts, and the repaired test.

    Raises
    ------
    InputError
        If the cloud has fewer points than the sample, or fewer dimensions than components; also
        without its rows of zeros and duplicates.

    Notes
    -----
    Random genes of the whole universe, centred, principal components, Vietoris-Rips, sum of
    finite H1 lifetimes; the null permutes every component over the points (specification of
    geometry, 2.3, 2.7 and 3.1). Decompositions are exact here, they were randomised there.

    Genes that no sampled cell contains had rows of zeros. A Gaussian cloud away from the origin
    with 30 % of such rows gives z above 2 without any loop: shuffled columns scatter the point
    that a third of the genes share (0.5). Even without them the null differs from a Gaussian
    cloud, because principal components are uncorrelated and shuffled ones only nearly.

    Examples
    --------
    >>> import numpy as np
    >>> points = np.random.default_rng(0).normal(5.0, 1.0, size=(80, 12))
    >>> points[:24] = 0.0
    >>> found = published_homology(PointCloud.of(points), n_points=50, n_components=6, seed=1)
    >>> found.n_zero > 5, len(found.artefacts) > 0, found.repaired is not None
    (True, True, True)
    """
    run = calibrated_homology(
        cloud,
        FeatureShuffle,
        n_points=n_points,
        n_components=n_components,
        statistics="total",
        zeros="keep",
        duplicates=True,
        match_covariance=False,
        draws=draws,
        level=None,
        seed=seed,
    )
    sample = cloud.take(run.reduced.cloud.names)
    repaired = None
    if sample.n_duplicates or sample.n_zero:
        left = cloud.without_zeros().distinct()
        repaired = calibrated_homology(
            left,
            FeatureShuffle,
            n_points=min(n_points, len(left)),
            n_components=n_components,
            statistics="total",
            draws=draws,
            level=None,
            seed=seed,
        ).results["total"]
    shape = spectrum(run.reduced.cloud)
    return PublishedHomology(
        result=run.results["total"],
        n_points=len(sample),
        n_zero=sample.n_zero,
        n_duplicates=sample.n_duplicates,
        participation_ratio=shape.participation_ratio,
        top_share=shape.top_share(min(5, n_components)),
        artefacts=_artefacts(sample, repaired),
        repaired=repaired,
        attainable_p=attainable_p(draws),
    )


def _artefacts(sample: PointCloud, repaired: NullDistribution | None) -> tuple[str, ...]:
    n = len(sample)
    said = []
    if sample.n_zero:
        said.append(
            f"{sample.n_zero} of {n} points are rows of zeros (genes without an embedding): they "
            "share one place, which shuffled columns scatter, so that the sum of lifetimes "
            "exceeds its null without any loop."
        )
    others = sample.without_zeros() if sample.n_zero < n else sample
    if others.n_duplicates:
        said.append(
            f"{others.n_duplicates} of {n} points equal an earlier one; the null pulls them apart."
        )
    if repaired is not None:
        said.append(
            f"Without these points z is {repaired.z:.2f} and p {repaired.p:.3g} "
            f"({repaired.draws} draws)."
        )
    return tuple(said)
