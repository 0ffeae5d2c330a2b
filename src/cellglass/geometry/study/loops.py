"""Loops in gene space: H1 of disjoint samples of genes against three kinds of null cloud."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellglass.errors import NotApplicableError
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.homology.calibrated import calibrated_homology
from cellglass.geometry.nulls.cloud_null import CloudNull
from cellglass.geometry.nulls.elliptical_cloud import EllipticalCloud
from cellglass.geometry.nulls.feature_shuffle import FeatureShuffle
from cellglass.geometry.nulls.gaussian_cloud import GaussianCloud
from cellglass.geometry.states.gene_states import GeneStates
from cellglass.runs.geometry_section import HomologyConfig
from cellglass.seeds import generator, integer_seed
from cellglass.stats.combined_p import cauchy_combination

STATISTICS = ("total", "longest")
NULLS: Mapping[str, Callable[[PointCloud], CloudNull]] = {
    "gaussian": GaussianCloud, "elliptical": EllipticalCloud, "feature shuffle": FeatureShuffle,
}  # fmt: skip
"""The first keeps covariance, the second radii too; the last is that of the published screen."""
FEWEST_POINTS = 30
LEAST = 1e-12


@dataclass(frozen=True, eq=False)
class Loops:
    """Summaries of H1 by layer and sample, observed and under every null.

    Attributes
    ----------
    layers
        Of the first axis.
    samples
        Names of the genes of each sample.
    components
        Principal components.
    observed
        By statistic, shape (layers, samples).
    drawn
        By statistic and null, shape (layers, samples, draws).
    """

    layers: tuple[int, ...]
    samples: tuple[tuple[str, ...], ...]
    components: int
    observed: Mapping[str, NDArray[np.float64]]
    drawn: Mapping[tuple[str, str], NDArray[np.float64]]

    def log_ratios(self, statistic: str) -> NDArray[np.float64]:
        """Logarithm of observed over mean null value, the null with the smallest ratio.

        Parameters
        ----------
        statistic
            Of `STATISTICS`.

        Returns
        -------
        numpy.ndarray
            Shape (layers, samples).
        """
        ratios = [
            _log(self.observed[statistic]) - _log(self.drawn[statistic, null].mean(-1))
            for null in NULLS
        ]
        return np.asarray(np.min(ratios, axis=0))

    def layer_p(self, statistic: str, null: str) -> NDArray[np.float64]:
        """P of the mean over samples of the logarithm, layer by layer.

        Samples share no gene and have draws of their own, so that draw i of all samples together
        is a draw of the mean.

        Parameters
        ----------
        statistic, null
            Which.
        """
        observed = _log(self.observed[statistic]).mean(1)
        drawn = _log(self.drawn[statistic, null]).mean(1)
        reached = (drawn >= observed[:, None] - 1e-12).sum(1)
        return np.asarray((1 + reached) / (1 + drawn.shape[1]))

    def p(self, statistic: str) -> dict[str, float]:
        """P against each null over all layers: Cauchy combination, for layers share genes."""
        return {null: float(cauchy_combination(self.layer_p(statistic, null))) for null in NULLS}

    def table(self, statistic: str) -> pd.DataFrame:
        """One row a layer: values, ratio and p against every null."""
        rows = []
        ratios = self.log_ratios(statistic)
        for i, layer in enumerate(self.layers):
            means = {n: float(self.drawn[statistic, n][i].mean()) for n in NULLS}
            p_of = {n: float(self.layer_p(statistic, n)[i]) for n in NULLS}
            rows.append({
                "statistic": statistic, "layer": layer, "log_ratio": float(ratios[i].mean()),
                "lifetime": float(self.observed[statistic][i].mean()),
                "null_lifetime": max(means.values()),
                "p_max": max(p_of.values()),
                **{f"null_{n}": m for n, m in means.items()},
                **{f"p_{n}": p for n, p in p_of.items()},
            })  # fmt: skip
        return pd.DataFrame(rows)


def _log(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Logarithm; of a sample without any loop, that of a lifetime far below all others."""
    return np.asarray(np.log(np.maximum(values, LEAST)))


def usable_genes(states: GeneStates, domain: str) -> tuple[str, ...]:
    """Genes with a state of their own in every layer: no row of zeros, no copy of another.

    Parameters
    ----------
    states, domain
        The gene states.
    """
    kept: list[str] | None = None
    for layer in states.layers:
        found = states.cloud(layer, domain=domain).without_zeros().distinct().names
        there = set(found)
        kept = list(found) if kept is None else [g for g in kept if g in there]
    return tuple(kept or ())


def gene_samples(
    genes: tuple[str, ...], config: HomologyConfig, seed: int
) -> tuple[tuple[str, ...], ...]:
    """Disjoint random samples of genes, all of one size.

    Parameters
    ----------
    genes
        To choose from.
    config
        How many, and how large at most.
    seed
        Root seed.

    Raises
    ------
    NotApplicableError
        If there are too few genes.
    """
    size = min(config.points, len(genes) // config.samples)
    if size < FEWEST_POINTS:
        raise NotApplicableError(
            f"{len(genes)} genes make {config.samples} samples of {size}; "
            f"{FEWEST_POINTS} points are needed to look for loops"
        )
    order = generator(seed, "geometry.homology/samples").permutation(len(genes))
    return tuple(
        tuple(genes[j] for j in np.sort(order[i * size : (i + 1) * size]))
        for i in range(config.samples)
    )


def find_loops(
    states: GeneStates,
    domain: str,
    samples: tuple[tuple[str, ...], ...],
    config: HomologyConfig,
    draws: int,
    seed: int,
) -> Loops:
    """Take H1 of every sample in every layer, and of its null clouds.

    Parameters
    ----------
    states, domain
        The gene states.
    samples
        Of `gene_samples`.
    config
        Components.
    draws
        Null clouds of each kind, layer and sample.
    seed
        Root seed.

    Returns
    -------
    Loops
        All of it.
    """
    size = len(samples[0])
    shape = (len(states.layers), len(samples))
    observed = {s: np.empty(shape) for s in STATISTICS}
    drawn = {(s, n): np.empty((*shape, draws)) for s in STATISTICS for n in NULLS}
    components = min(config.components, size // 2, states.sums.shape[-1])
    for i, layer in enumerate(states.layers):
        cloud = states.cloud(layer, domain=domain)
        for j, genes in enumerate(samples):
            for name, null in NULLS.items():
                found = calibrated_homology(
                    cloud.take(genes), null, n_components=components, statistics=STATISTICS,
                    draws=draws, level=None,
                    seed=integer_seed(seed, f"geometry.homology/{layer}/{j}"),
                )  # fmt: skip
                for statistic in STATISTICS:
                    observed[statistic][i, j] = found.results[statistic].observed
                    drawn[statistic, name][i, j] = found.drawn[statistic]
    return Loops(states.layers, samples, components, observed, drawn)
