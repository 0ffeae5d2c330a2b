"""How many scores each step of a study judges."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cellglass.data import EdgeTable
from cellglass.errors import NetworkError
from cellglass.models.gene_choice import MIN_ROWS, UNDIRECTED_ROWS
from cellglass.models.inputs import network_or_none

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cellglass.models.contract import TransformerModel
    from cellglass.runs.study import Study

    from .samples import Sample


@dataclass(frozen=True)
class Axes:
    """Rows and columns of a subject's edges in a data set, as far as a sample tells.

    Attributes
    ----------
    n_rows, n_columns
        Size of the edge tables.
    by_network
        Regulators that each reference network judges among the rows.
    perturbed
        Rows that are perturbed in a screen.
    """

    n_rows: int
    n_columns: int
    by_network: dict[str, int]
    perturbed: int


def axes_of_model(
    study: Study, sample: Sample, model: TransformerModel, seen: NDArray[np.int64], *, own: bool
) -> Axes:
    """Edge tables of a model in a data set.

    Parameters
    ----------
    study, sample, model
        The study, cells of the data set, the model.
    seen
        Cells of the sample in which each gene of the vocabulary is a token.
    own
        Whether these are the study's own cells; in the controls of a screen only perturbed genes
        are rows.
    """
    genes = list(dict.fromkeys(str(g) for g in model.vocabulary.labels[seen > 0]))
    n_columns = int(min(study.genes.max_genes, (seen > 0).sum()))
    return _axes(study, sample, genes, n_columns, set(genes), own=own)


def axes_of_table(study: Study, sample: Sample, edges: EdgeTable, *, own: bool) -> Axes:
    """Edge tables of another method in a data set.

    Parameters
    ----------
    study, sample, edges
        The study, cells of the data set, the table.
    own
        As in `axes_of_model`.
    """
    expressed = np.asarray((sample.cells.X > 0).sum(0)).ravel() > 0
    measured = {str(g) for g in sample.cells.var_names[expressed]}
    genes = [g for g in dict.fromkeys((*edges.targets, *edges.sources)) if g in measured]
    n_columns = min(study.genes.max_genes, len(genes))
    return _axes(study, sample, genes, n_columns, set(edges.sources), own=own)


def _axes(
    study: Study,
    sample: Sample,
    genes: list[str],
    n_columns: int,
    sources: Collection[str],
    *,
    own: bool,
) -> Axes:
    possible = set(genes).intersection(sources)
    perturbed = possible.intersection(sample.forced)
    if not own:
        return Axes(len(perturbed), n_columns, {}, len(perturbed))
    wanted = study.genes.regulators
    listed = set(wanted) if isinstance(wanted, list) else None
    by_network, regulators, partners = _regulators(
        study, genes, possible if listed is None else listed
    )
    if listed is not None:
        regulators, partners = listed & possible, set()
    n_partners = min(len(partners), UNDIRECTED_ROWS, n_columns)
    n_rows = max(len(regulators | perturbed), n_partners)
    if wanted == "all":
        n_rows = min(len(possible), n_columns)
    elif wanted == "networks":
        n_rows = min(max(n_rows, MIN_ROWS), len(possible), n_columns)
    by_network = {name: min(n, n_rows) for name, n in by_network.items()}
    return Axes(n_rows, n_columns, by_network, len(perturbed))


def _regulators(
    study: Study, genes: list[str], possible: Collection[str]
) -> tuple[dict[str, int], set[str], set[str]]:
    """Regulators of each network at hand, all of directed ones, all genes of undirected ones."""
    found: dict[str, int] = {}
    together: dict[bool, set[str]] = {True: set(), False: set()}
    for config in study.networks:
        network = network_or_none(config.source, config.options)
        if network is None:
            continue
        try:
            universe = network.universe(genes, min_targets=study.genes.min_targets)
        except NetworkError:  # as in the run, where another network may have some
            found[config.label] = 0
            continue
        here = set(universe.sources).intersection(possible)
        found[config.label] = len(here)
        together[network.directed] |= here
    return found, together[True], together[False]
