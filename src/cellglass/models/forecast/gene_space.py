"""How large gene space is in a study: genes with a state, regulators, pairs of each network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from cellglass.data.screens.symbols import gene_symbols
from cellglass.data.strata import column
from cellglass.errors import NetworkError
from cellglass.models.inputs import network_or_none
from cellglass.runs.geometry_section import GeometryConfig
from cellglass.runs.study import SCREEN

from .clouds import read_size

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cellglass.data import Network, Universe
    from cellglass.models.contract import TransformerModel
    from cellglass.runs.geometry_section import CloudConfig
    from cellglass.runs.study import Study

    from .samples import Sample


@dataclass(frozen=True)
class GeneSpace:
    """Gene states of a model or of a cloud, as far as a sample of the cells tells.

    Attributes
    ----------
    n_kept
        Genes whose states are summed.
    n_genes
        Genes that enough cells of a domain contain: the points.
    n_regulators
        Of them, sources of any network.
    pairs
        Pairs that each network judges.
    width, n_layers
        Of the states; the static table of genes counts as a layer.
    n_groups, n_domains
        Groups of cells whose states are summed apart, and domains among them.
    n_cells
        Cells of a domain.
    n_copies
        1, or 2 with an untrained copy.
    """

    n_kept: int
    n_genes: int
    n_regulators: int = 0
    pairs: dict[str, int] = field(default_factory=dict)
    width: int = 1
    n_layers: int = 1
    n_groups: int = 1
    n_domains: int = 1
    n_cells: int = 0
    n_copies: int = 1


def space_of_model(
    study: Study, sample: Sample, model: TransformerModel, seen: NDArray[np.int64]
) -> GeneSpace:
    """Gene space of a model.

    Parameters
    ----------
    study, sample, model
        The study, a few of its cells, the model.
    seen
        Cells of the sample in which each gene of the vocabulary is a token.

    Raises
    ------
    InputError
        If the cells have no such column of domains or donors.
    """
    config = study.geometry or GeometryConfig()
    n_domains = _levels(sample, config.domain, "domain") if config.domain else 1
    donor = _donor(study)
    n_blocks = _levels(sample, donor, "donor") if donor else study.edges.replicate_blocks
    expected = seen * sample.n_cells / sample.cells.n_obs
    order = np.argsort(-seen, kind="stable")
    order = order[(expected[order] >= study.genes.min_cells) & (seen[order] > 0)]
    labels = model.vocabulary.labels[order]
    count = {str(g): float(n) for g, n in zip(labels, expected[order], strict=True)}
    kept = _kept(study, list(count))
    genes = [g for g in kept if count[g] / n_domains >= config.min_count]
    sources, pairs = _judged(study, genes)
    own = len(config.layers) if config.layers is not None else model.n_layers + 1
    return GeneSpace(
        len(kept), len(genes), len(sources), pairs, model.width, own + 1, n_blocks * n_domains,
        n_domains, sample.n_cells // n_domains, 1 + config.untrained,
    )  # fmt: skip


def space_of_cloud(study: Study, sample: Sample, cloud: CloudConfig) -> GeneSpace:
    """Gene space of a cloud that a user brings: its genes among those of the cells.

    Parameters
    ----------
    study, sample, cloud
        The study, a few of its cells, the entry of the cloud.
    """
    names, width = read_size(cloud)
    measured = set(gene_symbols(sample.cells.var))
    genes = [g for g in dict.fromkeys(names) if g in measured]
    sources, pairs = _judged(study, genes)
    return GeneSpace(
        len(genes), len(genes), len(sources), pairs, width, n_cells=sample.n_cells
    )  # fmt: skip


def _donor(study: Study) -> str | None:
    """Column of donors, or of the replicates of the screen whose controls are the cells."""
    named = (s.replicate for s in study.screens if study.cells.path == f"{SCREEN}{s.label}")
    return study.cells.donor or next(named, None)


def _levels(sample: Sample, name: str, role: str) -> int:
    """Labels of a column in the sample."""
    return len(column(sample.cells.obs, name, min_levels=1, role=role).levels)


def _kept(study: Study, genes: Sequence[str]) -> list[str]:
    """Regulators, then the genes of most cells; the run takes the most variable ones."""
    first: set[str] = set()
    for _, network in _networks(study):
        universe = _universe(study, network, genes) if network.directed else None
        first.update(() if universe is None else universe.sources)
    limit = max(study.genes.max_genes, len(first))
    rest = [g for g in genes if g not in first][: limit - len(first)]
    chosen = first.union(rest)
    return [g for g in genes if g in chosen]


def _judged(study: Study, genes: Sequence[str]) -> tuple[set[str], dict[str, int]]:
    """Sources of all networks, and pairs that each network judges."""
    sources: set[str] = set()
    pairs = {}
    for name, network in _networks(study):
        sources |= set(genes).intersection(network.sources)
        universe = _universe(study, network, genes)
        pairs[name] = 0
        if universe is not None:  # genes that no regulator has for a target are not judged
            pairs[name] = len(universe.sources) * int(universe.labels.any(0).sum())
    return sources, pairs


def _networks(study: Study) -> list[tuple[str, Network]]:
    """Networks that are at hand, by name."""
    held = ((c.label, network_or_none(c.source, c.options)) for c in study.networks)
    return [(name, network) for name, network in held if network is not None]


def _universe(study: Study, network: Network, genes: Sequence[str]) -> Universe | None:
    """Pairs of a network; None where it has none, and what asks for it will not apply."""
    try:
        return network.universe(genes, min_targets=study.genes.min_targets)
    except NetworkError:
        return None
