"""Attention as gene-gene edges: sums by layer, head, stratum and replicate block."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from cellglass.data.edge_blocks import mean_score
from cellglass.data.edges import EdgeTable
from cellglass.errors import InputError, nearest
from cellglass.seeds import DEFAULT_SEED

from .accumulate import EdgeAccumulator, EdgeAxes
from .mapped import release
from .taps import Tap

if TYPE_CHECKING:
    from anndata import AnnData

    from .contract import TransformerModel
    from .tokens import Tokens

How = Literal["mean", "max"]
VIEWS = ("transposed", "symmetric")


@dataclass
class AttentionEdges:
    """Attention summed over cells.

    Row ``i``, column ``j``: attention that gene ``i`` (query) pays to gene ``j`` (key), mean over
    the cells that hold both.

    Parameters
    ----------
    sources, targets
        Names of rows and columns.
    sums
        groups x layers x rows x columns, mean over heads.
    counts
        groups x rows x columns: cells that hold both genes.
    layers
        Which layers, in the order of the axis.
    head_sums
        blocks x layers x heads x rows x columns; None where heads were not kept apart.
    group_block, group_stratum
        Replicate block and stratum of each group; stratum -1 where there are none.
    blocks, strata
        Names.
    unit
        What a block is: ``"donor"`` or ``"fold of cells"``.
    min_count
        Cells below which a pair is not evaluable.
    provenance
        Model, seed, what was asked for.
    """

    sources: tuple[str, ...]
    targets: tuple[str, ...]
    sums: NDArray[np.floating]
    counts: NDArray[np.integer]
    layers: tuple[int, ...]
    head_sums: NDArray[np.floating] | None = None
    group_block: NDArray[np.int64] = field(default_factory=lambda: np.zeros(1, np.int64))
    group_stratum: NDArray[np.int64] = field(default_factory=lambda: np.full(1, -1))
    blocks: tuple[str, ...] = ("all cells",)
    strata: tuple[str, ...] = ()
    unit: str = "fold of cells"
    min_count: int = 1
    provenance: Mapping[str, Any] = field(default_factory=dict)

    @property
    def n_heads(self) -> int:
        """Heads kept apart; 0 where they were not."""
        return 0 if self.head_sums is None else int(self.head_sums.shape[2])

    def layer(self, layer: int, how: How = "mean") -> EdgeTable:
        """Edges of one layer.

        Parameters
        ----------
        layer
            Index from 0.
        how
            Mean over heads, or the largest of the heads' mean attention.
        """
        slot = self._slot(layer)
        if how == "mean":
            by_block = self._by_block(self.sums[:, slot])
            return self._table(by_block, layer=layer, head="mean")
        heads = self._heads()[:, slot]
        counts = self._counts_by_block
        total = heads.sum(0) / np.maximum(counts.sum(0), 1)
        release(heads)
        table = self._table(heads[:, 0], layer=layer, head="max")
        scores = np.where(counts.sum(0) > 0, total.max(0), np.nan)
        return EdgeTable(
            scores, self.sources, self.targets, table.counts, None, table.provenance, self.min_count
        )

    def head(self, layer: int, head: int) -> EdgeTable:
        """Edges of one head."""
        slot, heads = self._slot(layer), self._heads()
        if not 0 <= head < heads.shape[2]:
            raise InputError(f"head {head}", expected=f"0 to {heads.shape[2] - 1}")
        return self._table(heads[:, slot, head], layer=layer, head=head)

    def candidates(self, heads: bool = True) -> dict[str, NDArray[np.float64]]:
        """All scores by name: layer means, and with `heads` maxima and single heads.

        Where rows are all genes, the layer means also stand transposed (key to query) and
        symmetric (mean of both directions).
        """
        return {name: self.candidate(name).scores for name in self.candidate_names(heads)}

    def candidate_names(self, heads: bool = True) -> list[str]:
        """Names of `candidates`, for example ``"layer 3 head 0"``."""
        found = [f"layer {n}" for n in self.layers]
        if self.sources == self.targets:
            found += [f"layer {n} {view}" for n in self.layers for view in VIEWS]
        if heads and self.head_sums is not None:
            for n in self.layers:
                found.append(f"layer {n} max")
                found += [f"layer {n} head {h}" for h in range(self.n_heads)]
        return found

    def candidate(self, name: str) -> EdgeTable:
        """Edges behind one of the names of `candidates`.

        Raises
        ------
        InputError
            If there is no such score.
        """
        match name.split():
            case ["layer", layer] if layer.isdigit():
                return self.layer(int(layer))
            case ["layer", layer, "max"] if layer.isdigit():
                return self.layer(int(layer), "max")
            case ["layer", layer, "transposed"] if layer.isdigit():
                return self.layer(int(layer)).transpose()
            case ["layer", layer, "symmetric"] if layer.isdigit():
                return self.layer(int(layer)).symmetric()
            case ["layer", layer, "head", head] if layer.isdigit() and head.isdigit():
                return self.head(int(layer), int(head))
        raise InputError(f"there is no score '{name}'", fix=nearest(name, self.candidate_names()))

    @property
    def total_counts(self) -> NDArray[np.int64]:
        """Cells that hold both genes, rows x columns."""
        return np.asarray(self._counts_by_block.sum(0))

    @property
    def evaluable(self) -> NDArray[np.bool_]:
        """Pairs of different genes seen together in at least `min_count` cells."""
        return self.layer(self.layers[0]).evaluable

    def by_stratum(
        self, layer: int, assignment: NDArray[np.int64] | None = None
    ) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Mean attention within strata.

        Parameters
        ----------
        layer
            Index from 0.
        assignment
            Stratum of each group, to shuffle strata; as captured when None.

        Returns
        -------
        numpy.ndarray, numpy.ndarray
            Scores, strata x rows x columns (nan where no cell holds both), and the largest
            count of cells behind any pair of each stratum.
        """
        strata = self.group_stratum if assignment is None else assignment
        n = int(strata.max()) + 1
        slot = self._slot(layer)
        sums = np.zeros((n, *self.sums.shape[2:]))
        counts = np.zeros((n, *self.counts.shape[1:]), dtype=np.int64)
        for group, stratum in enumerate(strata):
            if stratum >= 0:
                sums[stratum] += self.sums[group, slot]
                counts[stratum] += self.counts[group]
        release(self.sums)
        release(self.counts)
        return mean_score(sums, counts), counts.max((1, 2))

    def _heads(self) -> NDArray[np.floating]:
        if self.head_sums is None:
            raise InputError(
                "heads were not kept apart", where="AttentionEdges", fix="capture with heads=True"
            )
        return self.head_sums

    def _slot(self, layer: int) -> int:
        if layer not in self.layers:
            raise InputError(f"layer {layer}", expected=f"one of {list(self.layers)}")
        return self.layers.index(layer)

    def _by_block(self, by_group: NDArray[np.floating]) -> NDArray[np.float64]:
        out = np.zeros((len(self.blocks), *by_group.shape[1:]))
        for block, values in zip(self.group_block, by_group, strict=True):
            out[block] += values
        release(by_group)
        return out

    @cached_property
    def _counts_by_block(self) -> NDArray[np.int64]:
        out = np.zeros((len(self.blocks), *self.counts.shape[1:]), dtype=np.int64)
        for block, values in zip(self.group_block, self.counts, strict=True):
            out[block] += values
        release(self.counts)
        return out

    def _table(self, sums: NDArray[np.floating], **provenance: Any) -> EdgeTable:
        table = EdgeTable.from_sums(
            sums,
            self._counts_by_block,
            self.sources,
            self.targets,
            block_names=self.blocks,
            unit=self.unit,
            provenance={
                **self.provenance,
                **{k: str(v) for k, v in provenance.items()},
                "direction": "query to key",
            },
            min_count=self.min_count,
        )
        release(sums)
        return table


def edge_axes(model: TransformerModel, sources: Sequence[str], targets: Sequence[str]) -> EdgeAxes:
    """Rows and columns for a model by gene name (symbol or the vocabulary's own).

    Raises
    ------
    InputError
        If a gene is not in the vocabulary.
    """
    lookup = model.vocabulary.gene_id
    return EdgeAxes(
        np.array([lookup(g) for g in sources], dtype=np.int64),
        np.array([lookup(g) for g in targets], dtype=np.int64),
        model.vocabulary.n_embeddings,
    )


def attention_edges(
    model: TransformerModel,
    cells: AnnData | Tokens,
    *,
    sources: Sequence[str] | None = None,
    targets: Sequence[str] | None = None,
    blocks: NDArray[np.integer] | None = None,
    heads: bool = True,
    min_count: int = 5,
    batch_size: int = 16,
    seed: int = DEFAULT_SEED,
) -> AttentionEdges:
    """Sum a model's attention over cells into gene-gene edges, in memory.

    Parameters
    ----------
    model
        The model.
    cells
        Counts, or tokens of the model.
    sources, targets
        Row and column genes; all genes that any cell holds as tokens when None.
    blocks
        Replicate block of each cell (donor or fold), 0..n-1.
    heads
        Keep heads apart as well.
    min_count
        Cells below which a pair is not evaluable.
    batch_size, seed
        Of the forward pass and the tokeniser.

    Returns
    -------
    AttentionEdges
        Edges of every layer and head.

    Examples
    --------
    >>> import cellglass as cg
    >>> model, cells = cg.load_model("mini-scgpt"), cg.data.pbmc68k_reduced()[:50]
    >>> edges = attention_edges(model, cells, sources=["LYZ", "CD3E"])
    >>> edges.layer(0).sources
    ('LYZ', 'CD3E')
    """
    from .tokens import Tokens

    tokens = cells if isinstance(cells, Tokens) else model.tokenize(cells, seed=seed)
    if sources is None or targets is None:
        seen = np.unique(tokens.gene_ids[tokens.is_gene])
        present = [str(n) for n in model.vocabulary.labels[seen]]
        sources = present if sources is None else sources
        targets = present if targets is None else targets
    axes = edge_axes(model, sources, targets)
    codes = np.zeros(len(tokens), np.int64) if blocks is None else np.asarray(blocks, np.int64)
    n_blocks = int(codes.max()) + 1
    kinds = (False, True) if heads else (False,)
    sinks = [
        EdgeAccumulator(tokens, axes, codes, n_blocks, layers=range(model.n_layers),
                        n_heads=model.n_heads, per_head=kind)
        for kind in kinds
    ]  # fmt: skip
    model.forward(tokens, [Tap.attention(reduce=s) for s in sinks], batch_size=batch_size)
    sinks[0].count_pairs()
    return AttentionEdges(
        tuple(sources),
        tuple(targets),
        sinks[0].sums,
        sinks[0].counts,
        tuple(range(model.n_layers)),
        sinks[1].sums if heads else None,
        np.arange(n_blocks),
        np.full(n_blocks, -1),
        tuple(f"block {i}" for i in range(n_blocks)),
        min_count=min_count,
        provenance={"model": model.name, "family": model.family, "seed": str(seed)},
    )
