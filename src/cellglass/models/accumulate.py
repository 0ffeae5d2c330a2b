"""Attention summed into gene x gene matrices where the softmax is computed.

The memory of a run is that of its sums: groups x layers (x heads) x rows x columns, whatever the
number of cells and tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cellglass.errors import InputError

from .scatter import add_heads, add_mean
from .tokens import Tokens


@dataclass(frozen=True)
class EdgeAxes:
    """Which genes are rows (queries) and columns (keys) of the sums.

    Parameters
    ----------
    rows, columns
        Vocabulary ids of the row and column genes, each without repeats.
    n_embeddings
        Size of the vocabulary.
    """

    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    n_embeddings: int

    def __post_init__(self) -> None:
        for name, ids in (("rows", self.rows), ("columns", self.columns)):
            if len(np.unique(ids)) != len(ids):
                raise InputError(f"{name} name a gene twice", where="EdgeAxes")
            if len(ids) and (ids.min() < 0 or ids.max() >= self.n_embeddings):
                raise InputError(f"{name} hold ids outside the vocabulary", where="EdgeAxes")

    def row_of(self) -> NDArray[np.int64]:
        """Row of each vocabulary id; -1 where it is none. Shape (n_embeddings,)."""
        return _positions(self.rows, self.n_embeddings)

    def column_of(self) -> NDArray[np.int64]:
        """Column of each vocabulary id; -1 where it is none. Shape (n_embeddings,)."""
        return _positions(self.columns, self.n_embeddings)


class EdgeAccumulator:
    """Observer that sums attention over cells; see `AttentionObserver`.

    Row ``i``, column ``j`` of a sum is attention paid by gene ``i`` (query) to gene ``j`` (key).
    A cell adds to a pair only if it holds both genes; padding, special tokens and unlisted genes
    add to nothing. A gene that stands at two positions of a cell adds from both. Sums are
    float32: keep a group below some 100,000 cells, or add several passes in float64.

    Parameters
    ----------
    tokens
        The cells of the pass, in order.
    axes
        Row and column genes.
    groups
        Group of each cell (a stratum, a replicate block or both), 0..n_groups-1.
    n_groups
        Number of groups.
    layers
        Layers to sum, in the order of the sums' axis.
    n_heads
        Heads a layer.
    per_head
        Keep heads apart instead of their mean.

    Attributes
    ----------
    sums
        float32, groups x layers (x heads) x rows x columns.
    counts
        int32, groups x rows x columns: cells that hold both genes.
    """

    needs_qkv = False

    def __init__(
        self,
        tokens: Tokens,
        axes: EdgeAxes,
        groups: NDArray[np.int64],
        n_groups: int,
        *,
        layers: Sequence[int],
        n_heads: int,
        per_head: bool = False,
    ) -> None:
        if len(groups) != len(tokens):
            raise InputError(f"{len(groups)} groups for {len(tokens)} cells")
        self.axes, self.layers, self.per_head = axes, tuple(layers), per_head
        self.n_heads = n_heads
        self.groups = np.asarray(groups, dtype=np.int64)
        if len(groups) and not 0 <= self.groups.min() <= self.groups.max() < n_groups:
            raise InputError(
                f"groups from {self.groups.min()} to {self.groups.max()}",
                where="EdgeAccumulator",
                expected=f"0 to {n_groups - 1}",
            )
        heads = (n_heads,) if per_head else ()
        shape = (len(axes.rows), len(axes.columns))
        self.sums = np.zeros((n_groups, len(self.layers), *heads, *shape), dtype=np.float32)
        self.counts = np.zeros((n_groups, *shape), dtype=np.int32)
        self._slot = {layer: i for i, layer in enumerate(self.layers)}
        self._row_of = np.append(axes.row_of(), -1)  # the last entry serves id -1
        self._column_of = np.append(axes.column_of(), -1)
        self._next = 0
        self._cell = 0
        self._rows = np.empty(0, np.int64)
        self._columns = np.empty(0, np.int64)
        self.begin_pass(tokens)

    def begin_pass(self, tokens: Tokens) -> None:
        """Take the tokens of the pass: edits of genes move them to other positions.

        Raises
        ------
        InputError
            If these are not as many cells as there are groups.
        """
        if len(tokens) != len(self.groups):
            raise InputError(
                f"a pass over {len(tokens)} cells, sums for {len(self.groups)}",
                where="EdgeAccumulator",
                fix="make the accumulator with the tokens that go into the pass",
            )
        self._genes = np.where(tokens.is_gene, tokens.gene_ids, -1)

    def begin_batch(self, first_cell: int) -> None:
        """Set which cell of the tokens is the first of the batch."""
        self._next = first_cell

    def wants(self, layer: int) -> bool:
        """Whether the layer is summed."""
        return layer in self._slot

    def begin_cell(self, cell: int, positions: Tensor) -> None:
        """Look up rows and columns of the cell's tokens."""
        self._cell = self._next + cell
        genes = self._genes[self._cell, positions.cpu().numpy()]
        self._rows = self._row_of[genes]
        self._columns = self._column_of[genes]

    def query_rows(self) -> Tensor | None:
        """Positions that hold row genes; None where that is most of them."""
        wanted = np.flatnonzero(self._rows >= 0)
        if len(wanted) > 0.5 * len(self._rows):
            return None
        return torch.as_tensor(wanted)

    def update(
        self, layer: int, rows: Tensor, weights: Tensor, qkv: tuple[Tensor, Tensor, Tensor] | None
    ) -> None:
        """Add a tile of weights, heads x rows x valid positions."""
        if len(weights) != self.n_heads:  # the compiled sums do not check bounds
            raise InputError(
                f"a model with {len(weights)} heads",
                where="EdgeAccumulator",
                expected=f"{self.n_heads}, as the accumulator was made",
            )
        at = self._rows[rows.cpu().numpy()]
        group = self.groups[self._cell]
        target = self.sums[group, self._slot[layer]]
        tile = weights.detach().float().cpu().numpy()
        (add_heads if self.per_head else add_mean)(target, tile, at, self._columns)

    def count_pairs(self) -> None:
        """Count the cells of the pass that hold both genes of each pair."""
        self.counts[:] = 0
        for cell, group in enumerate(self.groups):
            genes = self._genes[cell]
            rows = self._row_of[genes]
            columns = self._column_of[genes]
            at = np.ix_(rows[rows >= 0], columns[columns >= 0])
            self.counts[group][at] += 1


def _positions(ids: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    out = np.full(n, -1, dtype=np.int64)
    out[ids] = np.arange(len(ids))
    return out
