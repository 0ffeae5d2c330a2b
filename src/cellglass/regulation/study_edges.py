"""What the regulation analyses read: edges, cells, gene statistics, co-expression."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellglass.data import Network, log1p_cp10k
from cellglass.models.attention_edges import AttentionEdges
from cellglass.models.capture import read_attention_edges, read_embeddings, read_genes
from cellglass.models.counts_in import vocabulary_counts
from cellglass.models.datasets import StudyCells, edges_name, genes_name, read_cells
from cellglass.models.fixed_edges import FixedEdges
from cellglass.models.inputs import open_model
from cellglass.models.networks import held_network
from cellglass.models.tables import PERTURBED
from cellglass.runs.tasks import TaskContext

from .networks.baselines import GeneStatistics
from .networks.recovery import Pairs
from .planning import Kind, label_of, noun_of


@dataclass
class StudyEdges:
    """Edges of one subject, a model or an edge table, with everything that stands beside them.

    Attributes
    ----------
    edges, untrained
        Of the subject and of the model's untrained copy (None where that was not captured, and
        for edge tables).
    genes
        Evaluable genes, see `cellglass.models.inputs.prepare_genes`.
    expression
        log1p(CP10k) of the evaluable genes, cells x genes, over the cells behind the edges.
    study
        The chosen cells.
    cells
        Positions of the cells behind the edges among them.
    embedding
        The model's cell embeddings, cells x width; None for edge tables.
    name, kind
        What the report calls the subject, and what it is.
    """

    edges: AttentionEdges | FixedEdges
    untrained: AttentionEdges | None
    genes: pd.DataFrame
    expression: NDArray[np.float32]
    study: StudyCells
    cells: NDArray[np.int64]
    embedding: NDArray[np.float32] | None
    name: str
    kind: Kind = "model"

    @property
    def label(self) -> dict[str, str]:
        """Label of results and tag of findings."""
        return label_of(self.name, self.kind)

    @property
    def noun(self) -> str:
        """Start of sentences about the subject."""
        return noun_of(self.name, self.kind)

    def claim(self, known: str) -> str:
        """What PASS would mean: that the edges know something."""
        return f"attention knows {known}" if self.kind == "model" else f"the scores know {known}"

    @property
    def layer_scores(self) -> list[str]:
        """Candidates that are compared one by one: layer means, or an edge table's score."""
        if not self.edges.layers:
            return self.edges.candidate_names()
        return [f"layer {n}" for n in self.edges.layers]

    @property
    def attention(self) -> AttentionEdges:
        """The edges of a model.

        Raises
        ------
        TypeError
            If the subject is an edge table: such an analysis is not planned for it.
        """
        if not isinstance(self.edges, AttentionEdges):
            raise TypeError(f"{self.name} is an edge table")
        return self.edges

    @property
    def cell_embedding(self) -> NDArray[np.float32]:
        """Cell embeddings of a model; see `attention`."""
        if self.embedding is None:
            raise TypeError(f"{self.name} is an edge table")
        return self.embedding

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
    context: TaskContext, subject: Mapping[str, Any], *, perturbed: bool = False
) -> StudyEdges:
    """Read the edges of a subject in a data set, as `cellglass.regulation.planning` asked for.

    The untrained copy is read where it is among the task's inputs. With `perturbed`, the rows of
    an edge table are the perturbed genes of the data set's screen, measured or not.
    """
    name, dataset = subject["name"], subject["dataset"]
    study = read_cells(context.input(dataset))
    if subject["kind"] == "table":
        return _of_table(context.input(genes_name(name, dataset)), study, name, perturbed)
    folder = context.input(edges_name(name, dataset))
    table = read_genes(folder)
    embedding, cells = read_embeddings(folder)
    copy = edges_name(name, dataset, untrained=True)
    return StudyEdges(
        read_attention_edges(folder),
        read_attention_edges(context.input(copy)) if copy in context.inputs else None,
        table,
        _expression(subject["model"], study, table, cells),
        study,
        cells,
        embedding,
        name,
    )


def _of_table(folder: Path, study: StudyCells, name: str, perturbed: bool) -> StudyEdges:
    """Scores of an edge table beside the expression of its genes in all chosen cells."""
    genes = read_genes(folder)
    log = log1p_cp10k(study.cells.X, study.cells.obs["n_counts"].to_numpy())
    expression = log[:, genes["column"].to_numpy()].toarray().astype(np.float32)
    everybody = np.arange(study.cells.n_obs)
    edges = FixedEdges.read(folder / PERTURBED if perturbed else folder)
    return StudyEdges(edges, None, genes, expression, study, everybody, None, name, "table")


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
    out_degree = network_out_degree(network, held.edges.targets)
    return (
        Pairs(universe.sources, held.edges.targets, universe.labels, mask, name, out_degree),
        rows,
    )


def network_out_degree(network: Network, genes: tuple[str, ...]) -> NDArray[np.float64] | None:
    """Targets of each gene in a whole network; None of an undirected one.

    There the degree counts the very edges that are judged, and is no control.
    """
    if not network.directed:
        return None
    degree = network.frame["source"].value_counts()
    return np.array([float(degree.get(g, 0)) for g in genes])


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
