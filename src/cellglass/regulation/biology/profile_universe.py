"""On which pairs layers are held against references, directed and undirected ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from cellglass.models.attention_edges import AttentionEdges
from cellglass.regulation.coexpression import spearman
from cellglass.regulation.networks.layer_scores import COEXPRESSION
from cellglass.regulation.networks.recovery import Pairs
from cellglass.regulation.scaling.ladder import EXPRESSION
from cellglass.regulation.scaling.layer_mean import layer_mean
from cellglass.regulation.scaling.rank_statistics import PairUnits
from cellglass.regulation.study_edges import StudyEdges
from cellglass.seeds import generator

Floats = NDArray[np.float64]

MAX_GENES = 500
"""Genes whose pairs are judged against undirected references; ranks are taken in each resample."""


@dataclass(frozen=True, eq=False)
class Universe:
    """Pairs, references on them, and scores of them.

    Parameters
    ----------
    held
        Edges of a model.
    first, second
        Positions of each pair's genes: rows of the regulators and columns of the genes of a
        directed reference, twice among the same genes of undirected ones.
    labels
        Membership of each pair, by reference.
    squares
        Membership as matrices, by reference.
    units
        What is resampled.
    rows, columns
        Rows of the first genes, and columns of the second ones, among those captured.
    directed
        Whether a pair has one direction.
    """

    held: StudyEdges
    first: NDArray[np.int64]
    second: NDArray[np.int64]
    labels: Mapping[str, NDArray[np.bool_]]
    squares: Mapping[str, NDArray[np.bool_]]
    units: PairUnits
    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    directed: bool

    @property
    def n_genes(self) -> int:
        """Rows: regulators, or genes."""
        return len(self.rows)

    def layer(self, edges: AttentionEdges, layer: int, how: str = "max") -> Floats:
        """Score of each pair in a layer; both directions joined where a pair has none.

        Parameters
        ----------
        edges
            Of the model or its untrained copy.
        layer
            Index.
        how
            ``"max"`` or ``"mean"`` of both directions.
        """
        square = layer_mean(edges, layer, self.rows)[:, self.columns]
        one = square[self.first, self.second]
        if self.directed:
            return one
        two = square[self.second, self.first]
        return np.maximum(one, two) if how == "max" else (one + two) / 2

    @cached_property
    def beside(self) -> dict[str, Floats]:
        """|Spearman| of expression and the product of means, of each pair."""
        genes = self.held.rows[self.rows]
        part = np.concatenate([genes, self.columns])
        correlation = np.abs(
            spearman(self.held.expression[:, part], np.arange(len(genes)))[:, len(genes) :]
        )
        mean = self.held.genes["mean"].to_numpy(float)
        product = np.outer(mean[genes], mean[self.columns])
        at = self.first, self.second
        return {COEXPRESSION: correlation[at], EXPRESSION: product[at]}


def directed_universe(
    held: StudyEdges, pairs: Pairs, rows: NDArray[np.int64], name: str
) -> Universe:
    """Regulators x genes of one network.

    Parameters
    ----------
    held
        Edges of a model.
    pairs, rows
        Universe of the network, and rows of its regulators among those captured.
    name
        What the report calls it.
    """
    first, second = np.nonzero(pairs.mask)
    units = PairUnits(first.astype(np.int64), None, len(pairs.regulators), "regulator")
    return Universe(
        held, first, second, {name: pairs.labels[pairs.mask]}, {name: pairs.labels}, units,
        rows, np.arange(len(pairs.genes)), True,
    )  # fmt: skip


def row_genes(held: StudyEdges, seed: int, limit: int = MAX_GENES) -> NDArray[np.int64]:
    """Rows whose pairs are judged in both directions: all, or some drawn at random.

    Parameters
    ----------
    held
        Edges of a model.
    seed
        Root seed.
    limit
        Rows that are kept.
    """
    n = len(held.regulators)
    if n <= limit:
        return np.arange(n)
    return np.sort(generator(seed, "layer_profile/genes").choice(n, limit, replace=False))


def undirected_universe(
    held: StudyEdges, rows: NDArray[np.int64], squares: Mapping[str, NDArray[np.bool_]]
) -> Universe:
    """Unordered pairs of genes of which both directions were captured.

    Parameters
    ----------
    held
        Edges of a model.
    rows
        Rows of the genes.
    squares
        Membership of each pair of them, symmetric, by reference.
    """
    columns = held.rows[rows]
    seen = held.edges.evaluable[rows][:, columns]
    first, second = np.nonzero(np.triu(seen & seen.T, 1))
    units = PairUnits(first.astype(np.int64), second.astype(np.int64), len(rows), "gene")
    labels = {name: square[first, second] for name, square in squares.items()}
    return Universe(held, first, second, labels, squares, units, rows, columns, False)
