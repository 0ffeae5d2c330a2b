"""The same genes in two models, and what single genes and co-expression say of both."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellglass.errors import NotApplicableError
from cellglass.geometry.alignment.cka import cka
from cellglass.geometry.alignment.matched import MatchCounts, Matched
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.shape.pca import pca
from cellglass.geometry.states.collect import ALL
from cellglass.geometry.states.gene_states import GeneStates
from cellglass.models.datasets import StudyCells
from cellglass.runs.geometry_section import AlignmentConfig
from cellglass.seeds import generator
from cellglass.stats import midranks
from cellglass.stats.arguments import Ints

from .domain_cloud import FEWEST_GENES, domain_cloud
from .expression import STATISTICS, log_expression

COMPONENTS = 20
"""Principal components of expression that are taken out as co-expression, at most."""
RANK = 1e-8
"""Share of the largest singular value below which covariates say nothing new."""
GENES_A_COMPONENT = 20
"""Genes for each of them: what is taken out of both sides alike makes few genes alike."""


@dataclass(frozen=True, eq=False)
class Sides:
    """The same genes in two models.

    Attributes
    ----------
    first, second
        Clouds of the last layers.
    genes
        Statistics of the genes, in the order of the first cloud.
    counts
        What became of the genes of both models.
    """

    first: PointCloud
    second: PointCloud
    genes: pd.DataFrame
    counts: MatchCounts

    @property
    def told(self) -> str:
        """How many genes were matched and drawn, as a phrase."""
        n, held = len(self.first), self.counts
        drawn = f", {n:,} of them drawn at random" if n < held.matched else ""
        dropped = held.shared - held.matched
        copies = f", {dropped:,} left out as rows of zeros or copies" if dropped else ""
        return (
            f"{held.matched:,} of {held.first:,} and {held.second:,} genes with a state "
            f"matched by name{copies}{drawn}"
        )


def shared_sides(
    first: GeneStates,
    second: GeneStates,
    genes: pd.DataFrame,
    domain: str,
    config: AlignmentConfig,
    seed: int,
) -> Sides:
    """Genes of the last layers that both models have a state of, at most as many as asked.

    Parameters
    ----------
    first, second
        States of both models.
    genes
        Statistics of the genes of the first.
    domain
        Of the cells, for models that know it.
    config
        Largest number of genes.
    seed
        Of the genes drawn where there are more.

    Raises
    ------
    NotApplicableError
        If too few genes are shared.
    """
    clouds = [side_cloud(s, s.layers[-1], domain) for s in (first, second)]
    n = len(set(clouds[0].names) & set(clouds[1].names))
    matched = Matched.of(*clouds) if n else None
    if matched is None or matched.counts is None or len(matched) < FEWEST_GENES:
        raise NotApplicableError(
            f"{len(matched) if matched else 0} genes have a state of their own in both models; "
            f"{FEWEST_GENES} are needed"
        )
    shared = list(matched.names)
    if len(shared) > config.max_genes:
        drawn = generator(seed, "geometry.alignment/genes").choice(
            len(shared), config.max_genes, replace=False
        )
        shared = [shared[i] for i in np.sort(drawn)]
    table = genes.set_index("gene").loc[shared].rename_axis("gene").reset_index()
    return Sides(clouds[0].take(shared), clouds[1].take(shared), table, matched.counts)


def without(
    cloud: PointCloud, covariates: NDArray[np.float64], kinds: Ints | None = None
) -> PointCloud:
    """Take what covariates of genes say linearly out of a cloud.

    Parameters
    ----------
    cloud
        Genes in the order of the covariates.
    covariates
        Shape (genes, columns).
    kinds
        Kind of each gene, within which slopes are fitted; all genes are one kind where None.

    Returns
    -------
    PointCloud
        Residuals of least squares, in float64: of the whole states where there is one kind,
        with the kinds left in where there are more.

    Notes
    -----
    Slopes of few genes in clumps are noisy by the width of the clumps, and the noise times the
    covariates of a gene is a mark of that gene, the same in two models that share the clumps:
    taking covariates out would put them in. In 150 genes of 6 shared clumps with nothing else
    in common, a map found 7.0 times as many genes as chance, where like genes exchanged found
    5.0; with slopes fitted within clumps, 5.5 and 5.2.
    """
    scale = covariates.std(0)
    design = (covariates - covariates.mean(0)) / np.where(scale > 0, scale, 1.0)
    kind = np.zeros(len(cloud), dtype=np.int64) if kinds is None else kinds
    fit, *_ = np.linalg.lstsq(
        _within(design, kind), _within(cloud.points, kind), rcond=RANK
    )  # fmt: skip
    left = cloud.points - design @ fit
    return PointCloud(left - left.mean(0), cloud.names)


def _within(values: NDArray[np.float64], kind: Ints) -> NDArray[np.float64]:
    """Deviations from the mean of each kind."""
    sums = np.zeros((int(kind.max()) + 1, values.shape[1]))
    np.add.at(sums, kind, values)
    return values - (sums / np.maximum(np.bincount(kind), 1)[:, None])[kind]


def statistics_of(genes: pd.DataFrame) -> NDArray[np.float64]:
    """Values, ranks and squared ranks of the statistics of genes.

    Both models read expression, so that two genes of one level are alike in both: that alone
    retrieves genes, and is no shared knowledge of them.

    Parameters
    ----------
    genes
        With mean, variance and detection.
    """
    columns = []
    for name in STATISTICS:
        values = genes[name].to_numpy(np.float64)
        ranks = midranks(values) / len(values)
        columns += [values, ranks, ranks**2]
    return np.column_stack(columns)


def coexpression_components(
    cells: StudyCells, genes: pd.DataFrame, inside: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Principal components of the log expression of genes over cells: what needs no model.

    Parameters
    ----------
    cells, inside
        The cells, and which of them count.
    genes
        With the ``column`` of each in the counts.

    Returns
    -------
    numpy.ndarray
        Shape (genes, components): at most `COMPONENTS`, and one for 20 genes.
    """
    values = log_expression(cells, genes, inside)
    spread = values.std(0)
    profiles = PointCloud.of((values / np.where(spread > 0, spread, 1.0)).T)
    n = min(COMPONENTS, len(profiles) // GENES_A_COMPONENT, profiles.width)
    return pca(profiles, n).scores.points


def side_cloud(states: GeneStates, layer: int, domain: str) -> PointCloud:
    """Cloud of a layer and domain; what a user brings is the same in all domains.

    Parameters
    ----------
    states, layer, domain
        See `domain_cloud`.
    """
    return domain_cloud(states, layer, ALL if states.domains == (ALL,) else domain)


def layer_similarity(first: GeneStates, second: GeneStates, domain: str) -> pd.DataFrame:
    """Unbiased linear CKA of every layer of one model with every layer of the other.

    Parameters
    ----------
    first, second, domain
        As `shared_sides`.

    Returns
    -------
    pandas.DataFrame
        ``first_layer``, ``second_layer`` and ``cka``.
    """
    rows = []
    for one, other in product(first.layers, second.layers):
        matched = Matched.of(side_cloud(first, one, domain), side_cloud(second, other, domain))
        rows.append({"first_layer": one, "second_layer": other, "cka": cka(matched)})
    return pd.DataFrame(rows)
