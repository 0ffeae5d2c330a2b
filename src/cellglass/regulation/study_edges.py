"""What the regulation analyses read: edges, cells, gene statistics, co-expression."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellglass.data import Network, log1p_cp10k
from cellglass.models.attention_edges import AttentionEdges
from cellglass.models.capture import read_attention_edges, read_embeddings, read_genes
from cellglass.models.counts_in import vocabulary_counts
from cellglass.models.inputs import CELLS, StudyCells, open_model, read_cells
from cellglass.models.networks import held_network
from cellglass.runs.tasks import TaskContext

from .networks.baselines import GeneStatistics
from .networks.recovery import Pairs


@dataclass
class StudyEdges:
    """Edges of one model with everything that stands beside them.

    Attributes
    ----------
    edges, untrained
        Of the model and of its untrained copy (None where that was not captured).
    genes
        Evaluable genes, see `cellglass.models.inputs.prepare_genes`.
    expression
        log1p(CP10k) of the evaluable genes, cells x genes, over the cells that were captured.
    study
        The chosen cells.
    cells
        Positions of the captured cells among them.
    embedding
        The model's cell embeddings, captured cells x width.
    """

    edges: AttentionEdges
    untrained: AttentionEdges | None
    genes: pd.DataFrame
    expression: NDArray[np.float32]
    study: StudyCells
    cells: NDArray[np.int64]
    embedding: NDArray[np.float32]

    @property
    def regulators(self) -> tuple[str, ...]:
        """Names of the rows."""
        return self.edges.sources

    @property
    def rows(self) -> NDArray[np.int64]:
        """Columns of the regulators."""
        return np.flatnonzero(self.genes["row"].to_numpy())

    def statistics(self, regulators: tuple[str, ...]) -> GeneStatistics:
        """Single-gene statistics of some regulators and all evaluable genes."""
        features = self.genes.set_index("gene")
        return GeneStatistics.of(features, regulators, self.edges.targets)


def load_edges(
    context: TaskContext, model: Mapping[str, Any], *, untrained: bool = True
) -> StudyEdges:
    """Read what the capture of one model left."""
    label = model["name"]
    folder = context.input(f"capture/{label}")
    study = read_cells(context.input(CELLS))
    table = read_genes(folder)
    embedding, cells = read_embeddings(folder)
    copy = f"capture/{label}-untrained"
    return StudyEdges(
        read_attention_edges(folder),
        read_attention_edges(context.input(copy)) if untrained and copy in context.inputs else None,
        table,
        _expression(model, study, table, cells),
        study,
        cells,
        embedding,
    )


def network_pairs(
    held: StudyEdges, network: Network, name: str, min_targets: int
) -> tuple[Pairs, NDArray[np.int64]]:
    """Universe of one network within the captured edges.

    Returns
    -------
    Pairs, numpy.ndarray
        Labels over the regulators that the network evaluates, and their rows among those
        captured.
    """
    universe = network.universe(
        list(held.edges.targets), regulators=set(held.regulators), min_targets=min_targets
    )
    position = {g: i for i, g in enumerate(held.regulators)}
    rows = np.array([position[r] for r in universe.sources], dtype=np.int64)
    mask = held.edges.evaluable[rows]
    degree = network.frame["source"].value_counts()
    out_degree = np.array([float(degree.get(g, 0)) for g in held.edges.targets])
    return (
        Pairs(universe.sources, held.edges.targets, universe.labels, mask, name, out_degree),
        rows,
    )


def open_network(params: Mapping[str, Any]) -> Network:
    """Load a network of the study."""
    return held_network(params["source"], params["options"])


def filled(scores: NDArray[np.floating], rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """Rows of a score with 0 where no cell holds both genes (those pairs are masked)."""
    return np.nan_to_num(np.asarray(scores, dtype=np.float64)[rows])


def _expression(
    model: Mapping[str, Any], study: StudyCells, table: pd.DataFrame, cells: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Expression of exactly the cells and genes that the attention was summed over."""
    loaded = open_model(model)
    aliases = getattr(getattr(loaded, "tokenizer", None), "aliases", None)
    counts = vocabulary_counts(
        study.cells[cells], loaded.vocabulary, aliases=aliases, allow_empty=True
    )
    position = {int(i): c for c, i in enumerate(counts.ids)}
    columns = [position[int(i)] for i in table["id"]]
    log = log1p_cp10k(counts.matrix, counts.n_counts)
    return np.asarray(log[:, columns].toarray(), dtype=np.float32)
