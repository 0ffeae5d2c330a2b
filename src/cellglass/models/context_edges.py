"""Value-weighted edges: how alike the context vectors of two genes are.

The context vector of gene i in a head is sum_j a_ij v_j, attention times values: what the head
hands on. Attention alone says who is looked at; context vectors say what is read there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cellglass.data.edges import EdgeTable
from cellglass.errors import InputError
from cellglass.seeds import DEFAULT_SEED

from .accumulate import EdgeAxes
from .attention_edges import edge_axes
from .scatter import add_mean
from .taps import Tap
from .tokens import Tokens

if TYPE_CHECKING:
    from anndata import AnnData

    from .contract import TransformerModel

How = Literal["cosine", "centroid", "dot"]
HOWS: tuple[How, ...] = get_args(How)
SMALLEST = 1e-12
"""Length below which a vector has no direction; its cosine is 0."""


@dataclass(frozen=True, eq=False)
class ContextEdges:
    """Similarity of context vectors, summed over cells.

    Parameters
    ----------
    sources, targets
        Names of rows and columns.
    cosine, dot
        Layers x rows x columns: sums over cells of the mean over heads.
    counts
        Rows x columns: cells that hold both genes.
    context
        Layers x columns x heads x head width: sums over cells.
    context_counts
        Cells that hold each column gene.
    layers
        Which layers, in the order of the axis.
    min_count
        Cells below which a pair is not evaluable.
    """

    sources: tuple[str, ...]
    targets: tuple[str, ...]
    cosine: NDArray[np.floating]
    dot: NDArray[np.floating]
    counts: NDArray[np.integer]
    context: NDArray[np.floating]
    context_counts: NDArray[np.integer]
    layers: tuple[int, ...]
    min_count: int = 1

    def layer(self, layer: int, how: How = "cosine") -> EdgeTable:
        """Edges of one layer.

        Parameters
        ----------
        layer
            Index from 0.
        how
            ``"cosine"``: mean over cells and heads; ``"centroid"``: of the mean context vectors,
            mean over heads; ``"dot"``: the dot product, mean over cells and heads.

        Raises
        ------
        InputError
            If there is no such layer or variant.
        """
        if layer not in self.layers or how not in HOWS:
            raise InputError(
                f"layer {layer}, {how}", where="ContextEdges",
                expected=f"a layer of {list(self.layers)}, one of {', '.join(HOWS)}",
            )  # fmt: skip
        at = self.layers.index(layer)
        if how == "centroid":
            scores = np.where(self.counts > 0, self._centroid(at), np.nan)
        else:
            sums = self.cosine if how == "cosine" else self.dot
            with np.errstate(invalid="ignore", divide="ignore"):
                scores = np.where(self.counts > 0, sums[at] / self.counts, np.nan)
        provenance = {"layer": str(layer), "head": "mean", "score": f"context {how}"}
        return EdgeTable(
            scores, self.sources, self.targets, self.counts, None, provenance, self.min_count
        )

    def _centroid(self, at: int) -> NDArray[np.float64]:
        """Cosine of mean context vectors, mean over heads."""
        mean = np.asarray(self.context[at], dtype=np.float64)
        mean = mean / np.maximum(self.context_counts, 1)[:, None, None]
        length = np.sqrt((mean**2).sum(-1, keepdims=True))
        unit = np.where(length > SMALLEST, mean / np.maximum(length, SMALLEST), 0.0)
        column = {name: j for j, name in enumerate(self.targets)}
        rows = unit[[column[name] for name in self.sources]]
        heads = unit.shape[1]
        return rows.reshape(len(rows), -1) @ unit.reshape(len(unit), -1).T / heads


class ContextAccumulator:
    """Reducer of `Tap.head_output` that sums similarities of context vectors over cells.

    Memory is that of the sums, layers x rows x columns, whatever the number of cells; one cell
    of one layer is looked at a time.

    Parameters
    ----------
    tokens
        The cells of the pass, in order; the pass must not edit genes.
    axes
        Row and column genes; every row gene must be a column gene too.
    layers
        Layers to sum.
    n_heads, head_width
        Of the model.

    Raises
    ------
    InputError
        If a row gene is no column.
    """

    def __init__(
        self,
        tokens: Tokens,
        axes: EdgeAxes,
        *,
        layers: Sequence[int],
        n_heads: int,
        head_width: int,
    ) -> None:
        if not np.isin(axes.rows, axes.columns).all():
            raise InputError(
                "a row gene is no column", where="ContextAccumulator",
                expected="columns that hold all rows",
            )  # fmt: skip
        self.layers = tuple(layers)
        shape = (len(axes.rows), len(axes.columns))
        self.cosine = np.zeros((len(self.layers), *shape), dtype=np.float32)
        self.dot = np.zeros_like(self.cosine)
        self.context = np.zeros(
            (len(self.layers), len(axes.columns), n_heads, head_width), dtype=np.float64
        )
        self.counts = np.zeros(shape, dtype=np.int32)
        self.context_counts = np.zeros(len(axes.columns), dtype=np.int64)
        genes = np.where(tokens.is_gene, tokens.gene_ids, -1)
        self._rows = np.append(axes.row_of(), -1)[genes]  # the last entry serves id -1
        self._columns = np.append(axes.column_of(), -1)[genes]
        self._slot = {layer: i for i, layer in enumerate(self.layers)}

    def __call__(self, layer: int, cells: slice, state: Tensor) -> None:
        """Add a batch of head outputs, cells x heads x positions x head width."""
        slot = self._slot.get(layer)
        if slot is None:
            return
        for place, cell in enumerate(range(cells.start, cells.stop)):
            self._add(slot, cell, state[place].detach().float())

    def _add(self, slot: int, cell: int, state: Tensor) -> None:
        """Add one cell: similarities of its row genes with all its column genes."""
        n = state.shape[1]
        listed = np.flatnonzero(self._columns[cell, :n] >= 0)
        columns = self._columns[cell, listed]
        rows = self._rows[cell, listed]
        asked = np.flatnonzero(rows >= 0)
        held = state[:, torch.as_tensor(listed, device=state.device)]
        np.add.at(self.context[slot], columns, held.transpose(0, 1).cpu().numpy())
        if not len(asked):
            return
        length = held.norm(dim=-1, keepdim=True)
        unit = torch.where(length > SMALLEST, held / length.clamp(min=SMALLEST), 0.0)
        for target, vectors in ((self.cosine[slot], unit), (self.dot[slot], held)):
            flat = vectors.transpose(0, 1).reshape(len(listed), -1)
            alike = flat[torch.as_tensor(asked, device=flat.device)] @ flat.T / vectors.shape[0]
            add_mean(target, alike.cpu().numpy()[None], rows[asked], columns)

    def count_pairs(self) -> None:
        """Count the cells of the pass that hold each gene, and both genes of each pair."""
        self.counts[:] = 0
        self.context_counts[:] = 0
        for rows, columns in zip(self._rows, self._columns, strict=True):
            self.counts[np.ix_(rows[rows >= 0], columns[columns >= 0])] += 1
            self.context_counts[columns[columns >= 0]] += 1


def context_edges(
    model: TransformerModel,
    cells: AnnData | Tokens,
    *,
    sources: Sequence[str] | None = None,
    targets: Sequence[str] | None = None,
    min_count: int = 5,
    batch_size: int = 16,
    seed: int = DEFAULT_SEED,
) -> ContextEdges:
    """Sum similarities of a model's context vectors over cells, in memory.

    Parameters
    ----------
    model
        The model.
    cells
        Counts, or tokens of the model.
    sources, targets
        Row and column genes; all genes that any cell holds as tokens when None. Rows become
        columns too.
    min_count
        Cells below which a pair is not evaluable.
    batch_size, seed
        Of the forward pass and the tokeniser.

    Returns
    -------
    ContextEdges
        Value-weighted edges of every layer (specification 2.18).

    Raises
    ------
    InputError
        If a gene is not in the vocabulary.

    Examples
    --------
    >>> import cellglass as cg
    >>> model, cells = cg.load_model("mini-scgpt"), cg.data.pbmc68k_reduced()[:20]
    >>> edges = context_edges(model, cells, sources=["LYZ"], targets=["LYZ", "CD3E"])
    >>> edges.layer(0, "centroid").scores.round(3)[0, 0].item()
    1.0
    """
    tokens = cells if isinstance(cells, Tokens) else model.tokenize(cells, seed=seed)
    if sources is None or targets is None:
        seen = np.unique(tokens.gene_ids[tokens.is_gene])
        present = [str(n) for n in model.vocabulary.labels[seen]]
        sources = present if sources is None else sources
        targets = present if targets is None else targets
    columns = list(dict.fromkeys([*targets, *sources]))
    sums = ContextAccumulator(
        tokens, edge_axes(model, sources, columns), layers=range(model.n_layers),
        n_heads=model.n_heads, head_width=model.config.head_width,
    )  # fmt: skip
    model.forward(tokens, [Tap.head_output(reduce=sums)], batch_size=batch_size)
    sums.count_pairs()
    return ContextEdges(
        tuple(sources), tuple(columns), sums.cosine, sums.dot, sums.counts, sums.context,
        sums.context_counts, sums.layers, min_count,
    )  # fmt: skip
