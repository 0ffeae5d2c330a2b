"""AUROCs of stratified edges for many assignments of cells or micro-groups to strata."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cellglass.models.attention_edges import AttentionEdges

from .aggregators import AGGREGATORS
from .edge_functions import SpearmanEdges
from .judged_pairs import JudgedPairs

SCORES = ("pooled", *AGGREGATORS)
"""What a scorer gives for an assignment, in this order."""
BATCH = 4
"""Assignments that share one pass over the sums; no result depends on it."""
SMALL_COUNTS = 2**15


class StratifiedScorer(ABC):
    """Pooled and stratified scores of the judged pairs, for any assignment of units to strata.

    Attributes
    ----------
    name
        What is scored, for tables.
    judged
        The pairs.
    sizes
        Cells of each unit, float64: ones where units are cells.
    """

    def __init__(self, name: str, judged: JudgedPairs, sizes: NDArray[np.float64]) -> None:
        self.name = name
        self.judged = judged
        self.sizes = sizes

    @abstractmethod
    def pooled(self, units: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Scores of the judged pairs over some units together."""

    @abstractmethod
    def stratified(
        self, assignments: NDArray[np.int64], pooled: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """All aggregates for each assignment, assignments x 8 x pairs."""

    def scores(self, assignment: NDArray[np.int64]) -> NDArray[np.float64]:
        """`SCORES` x pairs for one assignment; units with a negative stratum are left out."""
        pooled = self.pooled(assignment >= 0)
        return np.concatenate([pooled[None], self.stratified(assignment[None], pooled)[0]])

    def aurocs(self, assignments: NDArray[np.int64]) -> NDArray[np.float64]:
        """AUROCs for each assignment of the same units.

        Parameters
        ----------
        assignments
            Assignments x units; each leaves out the same units, so that the pooled score is one.

        Returns
        -------
        numpy.ndarray
            Assignments x `SCORES` x parts of the judged pairs.
        """
        pooled = self.pooled(assignments[0] >= 0)
        out = np.empty((len(assignments), len(SCORES), len(self.judged.bounds)))
        out[:, 0] = self.judged.aurocs(pooled)
        for first in range(0, len(assignments), BATCH):
            batch = assignments[first : first + BATCH]
            out[first : first + BATCH, 1:] = self.judged.aurocs(self.stratified(batch, pooled))
        return out


class SpearmanScorer(StratifiedScorer):
    """|Spearman| over cells.

    Parameters
    ----------
    expression
        Cells x genes.
    rows
        Columns of the regulators.
    judged
        The pairs.
    """

    def __init__(
        self, expression: NDArray[np.floating], rows: NDArray[np.int64], judged: JudgedPairs
    ) -> None:
        super().__init__("|Spearman|", judged, np.ones(len(expression)))
        self.edges = SpearmanEdges(expression, rows)

    def pooled(self, units: NDArray[np.bool_]) -> NDArray[np.float64]:
        """|Spearman| over some cells."""
        return self.judged.take(self.edges(np.flatnonzero(units)))

    def stratified(
        self, assignments: NDArray[np.int64], pooled: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """All aggregates of |Spearman| within strata."""
        from .kernels import aggregate_stack

        found = []
        for codes in assignments:
            n = int(codes.max()) + 1
            by_stratum = self.edges.by_stratum(codes, n).reshape(n, -1)[:, self.judged.index]
            sizes = np.bincount(codes[codes >= 0], minlength=n).astype(np.float64)
            found.append(aggregate_stack(by_stratum, sizes, pooled, 0.0))
        return np.stack(found)


class AttentionScorer(StratifiedScorer):
    """Attention over micro-groups of cells: one layer, or the mean of several.

    Parameters
    ----------
    edges
        Captured sums by group.
    layers
        Layers whose mean is scored.
    rows
        Rows of the regulators among those captured.
    judged
        The pairs.
    sizes
        Cells of each group.
    name
        What is scored.
    """

    def __init__(
        self,
        edges: AttentionEdges,
        layers: Sequence[int],
        rows: NDArray[np.int64],
        judged: JudgedPairs,
        sizes: NDArray[np.integer],
        name: str = "",
    ) -> None:
        shown = name or "layer " + ", ".join(map(str, layers))
        super().__init__(shown, judged, np.asarray(sizes, dtype=np.float64))
        n_groups, n_genes = len(edges.group_block), len(edges.targets)
        row, column = np.divmod(judged.index, n_genes)
        flat = rows[row] * n_genes + column
        self.sums = np.zeros((n_groups, len(flat)), dtype=np.float32)
        slots = [edges.layers.index(layer) for layer in layers]
        counts = []
        for group in range(n_groups):
            for slot in slots:
                self.sums[group] += np.asarray(edges.sums[group, slot]).ravel()[flat]
            counts.append(np.asarray(edges.counts[group]).ravel()[flat])
        self.sums /= np.float32(len(slots))
        largest = max(int(c.max(initial=0)) for c in counts)
        self.counts = np.array(counts, dtype=np.int16 if largest < SMALL_COUNTS else np.int32)

    def pooled(self, units: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Mean attention over the cells of some groups that hold both genes."""
        total = self.sums[units].sum(0, dtype=np.float64)
        cells = self.counts[units].sum(0, dtype=np.int64)
        return np.asarray(np.where(cells > 0, total / np.maximum(cells, 1), 0.0))

    def stratified(
        self, assignments: NDArray[np.int64], pooled: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """All aggregates of mean attention within strata."""
        from .kernels import aggregate_groups

        n = int(assignments.max()) + 1
        sizes = np.stack(
            [np.bincount(a[a >= 0], weights=self.sizes[a >= 0], minlength=n) for a in assignments]
        )
        return np.asarray(aggregate_groups(self.sums, self.counts, assignments, sizes, pooled, 0.0))
