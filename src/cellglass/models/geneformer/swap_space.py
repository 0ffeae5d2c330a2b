"""Geneformer's cells as points between which genes can be exchanged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from torch import Tensor

from cellglass.errors import InputError
from cellglass.models.cell_embedder import CellEmbedder, TokenRow
from cellglass.models.counts_in import VocabularyCounts
from cellglass.models.relaxation import visible
from cellglass.models.soft_order import SoftOrder
from cellglass.models.token_space import TokenSpace

from .tokenizer import GeneformerTokenizer


class GeneformerSwapSpace(TokenSpace):
    """Cells of Geneformer; a swapped gene moves to the rank its new value gives.

    Values are counts over the cell's total, times 10,000, over the gene's corpus median. They
    are exchanged as they are: the total of the edited cell stays the one it was measured with,
    and exchanging all genes gives exactly the other cell's ranking. Genes beyond the longest
    input are cut off after the edit.

    Parameters
    ----------
    embedder
        Layer and pooling of the model that reads the cells.
    counts
        Cells over the vocabulary.
    tokenizer
        Medians, special tokens, longest input.

    Notes
    -----
    Made by ``model.swap_space(cells)``. Nothing is drawn. Gradients see a gene that moves as two
    tokens, one at either rank, and ranks as sums of what stands before, so that the tokens that
    a change pushes on move too, along straight lines between position embeddings.
    """

    def __init__(
        self, embedder: CellEmbedder, counts: VocabularyCounts, tokenizer: GeneformerTokenizer
    ) -> None:
        self.tokenizer = tokenizer
        medians = tokenizer.medians[counts.ids]
        matrix = sparse.csr_matrix(counts.matrix, dtype=np.float64)
        matrix.eliminate_zeros()
        used = np.bincount(matrix.indices, minlength=matrix.shape[1]) > 0
        columns = np.flatnonzero(used & np.isfinite(medians))
        matrix = sparse.csr_matrix(matrix[:, columns])
        matrix.sort_indices()
        cell = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
        matrix.data = tokenizer.normalised(
            matrix.data, counts.n_counts[cell], medians[columns][matrix.indices]
        )
        super().__init__(
            embedder, counts.ids[columns], matrix, "normalised counts", counts.cell_names
        )
        self.limits = "in path_gradients, what the longest input cuts off belongs to no gene"

    @property
    def room(self) -> int:
        """Genes that fit."""
        return self.tokenizer.max_tokens - (2 if self.tokenizer.special_tokens else 0)

    def tokens_of(self, values: NDArray[np.float64]) -> TokenRow:
        """Genes from highest to lowest value, within ``<cls>`` and ``<eos>`` where V2 has them."""
        at = np.flatnonzero(values)
        at = at[np.argsort(-values[at], kind="stable")][: self.room]
        ids, kept = self.ids[at], values[at].astype(np.float32)
        if self.tokenizer.special_tokens:
            special = self.tokenizer.vocabulary.special
            ids = np.concatenate([[special["<cls>"]], ids, [special["<eos>"]]])
            kept = np.concatenate([[0], kept, [0]]).astype(np.float32)
        if not len(ids):
            raise InputError(
                "no gene is left in a cell",
                where=f"{self.model.name}.swap_space",
                expected="at least one token: this model has no <cls> that could stand alone",
                fix="keep a gene of the cell",
            )
        return ids, kept

    def relaxation(
        self, cell: int, other: int, *, start_only: bool
    ) -> tuple[GeneformerRelaxation, NDArray[np.int64]]:
        """Tokens of both cells; genes that both have stand at either rank."""
        first, second = self.row(cell), self.row(other)
        columns = np.flatnonzero((first > 0) | (second > 0))
        order = SoftOrder(_keys(first[columns]), _keys(second[columns]), room=self.room)
        # a gene that comes in or rises pushes tokens down by one rank, the others pull them up
        start = (second > first)[columns].astype(np.int64)
        ids = self.ids[columns]
        return GeneformerRelaxation(self.embedder, self.tokenizer, ids, order, start), columns


def _keys(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rank by descending value; infinite where a gene is absent."""
    return np.where(values > 0, -values, np.inf)


@dataclass(eq=False)
class GeneformerRelaxation:
    """Two cells of Geneformer with everything between them; see `Relaxation`.

    Parameters
    ----------
    embedder, tokenizer
        Of the space.
    ids
        Vocabulary id of each gene that either cell has.
    order
        Where the genes stand, at any point.
    start
        0 for a gene whose swap pulls tokens up, 1 for one that pushes them down. One rank is a
        long way between position embeddings, and both turns of it curve the same way, so that a
        slope at the cell itself ranks swaps worse: it is read where all tokens are half a rank
        up, or down.
    """

    embedder: CellEmbedder
    tokenizer: GeneformerTokenizer
    ids: NDArray[np.int64]
    order: SoftOrder
    start: NDArray[np.int64]

    def __post_init__(self) -> None:
        self.n_genes = len(self.ids)
        self.n_tokens = len(self.order.gene) + (2 if self.tokenizer.special_tokens else 0)

    def collected(self, gradients: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return them as they are: each share is of a gene."""
        return gradients

    def embed(self, shares: Tensor, *, at_start: bool) -> Tensor:
        """Embed points between the cells, points x width."""
        weights, ranks = self.order(shares)
        genes = self.order.presence(weights, ranks, at_start=at_start)
        total = self.order.total(shares)
        if at_start:
            half = torch.tensor([[-0.5], [0.5]])[: len(shares)].to(shares)
            ranks, total = ranks.pushed(half), total.pushed(half)
        embedded = ranks.between(self._tokens(self.ids[self.order.gene]))
        presence, in_mean = visible(genes), genes
        if self.tokenizer.special_tokens:
            special = self.tokenizer.vocabulary.special
            cls, eos = (np.array([special[name]]) for name in ("<cls>", "<eos>"))
            network: Any = self.embedder.model.network
            first = network.embed_tokens(self.embedder.tensor(cls)[None, :], None)
            last = total.between(self._tokens(eos))
            embedded = torch.cat([first.expand(len(shares), -1, -1), embedded, last], 1)
            one = torch.ones(len(shares), 1).to(shares)
            presence = torch.cat([one, presence, one], 1)
            in_mean = torch.cat([0 * one, genes, 0 * one], 1)
        return self.embedder.states(embedded, presence, in_mean)

    def _tokens(self, ids: NDArray[np.int64]) -> Callable[[Tensor], Tensor]:
        """Embedded tokens by rank, so that lines run between tokens and not between positions."""
        network: Any = self.embedder.model.network
        offset = 1 if self.tokenizer.special_tokens else 0
        last = network.position_embedding.num_embeddings - 1
        tokens = self.embedder.tensor(ids)

        def at(rank: Tensor) -> Tensor:
            place = (rank.clamp(0, self.order.room) + offset).clamp(max=last)
            return network.embed_at(tokens, network.position_embedding(place))

        return at
