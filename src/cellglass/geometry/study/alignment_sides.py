"""The same genes in two models, and what single genes and co-expression say of both."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellglass.errors import NotApplicableError
from cellglass.geometry.alignment.cka import cka
from cellglass.geometry.alignment.compare import FEWEST_GENES
from cellglass.geometry.alignment.matched import Matched
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.shape.pca import pca
from cellglass.geometry.states.gene_states import GeneStates
from cellglass.models.datasets import StudyCells
from cellglass.runs.geometry_section import AlignmentConfig
from cellglass.seeds import generator

from .expression import log_expression

STATISTICS = ("mean", "variance", "detection")
COMPONENTS = 20
"""Principal components of expression that are taken out as co-expression."""


@dataclass(frozen=True, eq=False)
class Sides:
    """The same genes in two models.

    Attributes
    ----------
    first, second
        Clouds of the last layers.
    genes
        Statistics of the genes, in the order of the first cloud.
    """

    first: PointCloud
    second: PointCloud
    genes: pd.DataFrame


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
    clouds = [_last(s, domain).distinct() for s in (first, second)]
    there = set(clouds[1].names)
    shared = [g for g in clouds[0].names if g in there]
    if len(shared) < FEWEST_GENES:
        raise NotApplicableError(
            f"{len(shared)} genes have a state in both models; {FEWEST_GENES} are needed"
        )
    if len(shared) > config.max_genes:
        drawn = generator(seed, "geometry.alignment/genes").choice(
            len(shared), config.max_genes, replace=False
        )
        shared = [shared[i] for i in np.sort(drawn)]
    table = genes.set_index("gene").loc[shared].rename_axis("gene").reset_index()
    return Sides(clouds[0].take(shared), clouds[1].take(shared), table)


def without(cloud: PointCloud, covariates: NDArray[np.float64]) -> PointCloud:
    """Take what covariates of genes say linearly out of a cloud.

    Parameters
    ----------
    cloud
        Genes in the order of the covariates.
    covariates
        Shape (genes, columns).

    Returns
    -------
    PointCloud
        Residuals of least squares with intercept, in float64.
    """
    design = np.column_stack([np.ones(len(cloud)), covariates - covariates.mean(0)])
    fit, *_ = np.linalg.lstsq(design, cloud.points, rcond=None)
    return PointCloud(cloud.points - design @ fit, cloud.names)


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
        ranks = values.argsort().argsort() / len(values)
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
        Shape (genes, components), at most `COMPONENTS`.
    """
    values = log_expression(cells, genes, inside)
    spread = values.std(0)
    profiles = PointCloud.of((values / np.where(spread > 0, spread, 1.0)).T)
    return pca(profiles, min(COMPONENTS, len(profiles) - 1, profiles.width)).scores.points


def _last(states: GeneStates, domain: str) -> PointCloud:
    """Cloud of the last layer; a cloud of a user knows one domain."""
    own = domain if domain in states.domains else None
    return states.cloud(states.layers[-1], domain=own)


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
        clouds = []
        for states, layer in ((first, one), (second, other)):
            own = domain if domain in states.domains else None
            clouds.append(states.cloud(layer, domain=own))
        matched = Matched.of(*clouds)
        rows.append({"first_layer": one, "second_layer": other, "cka": cka(matched)})
    return pd.DataFrame(rows)
