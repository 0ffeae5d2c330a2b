"""scGPT's cells as points between which genes can be exchanged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

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

from .gene_draws import GeneDraws
from .tokenizer import ScGPTTokenizer

if TYPE_CHECKING:
    from .network import ScGPTNetwork

Bins = Literal["frozen", "recompute"]
SCALES: dict[str, str] = {"frozen": "bins", "recompute": "counts"}


class ScGPTSwapSpace(TokenSpace):
    """Cells of scGPT with ties and token subsets fixed for each gene.

    A gene of value 0 has no token: exchanging it for an expressed one adds a token, the reverse
    drops one. Where more genes are expressed than fit, the same rule as in the tokeniser (a
    priority drawn for each gene, or the top values) chooses anew after every edit.

    Parameters
    ----------
    embedder
        Layer and pooling of the model that reads the cells.
    counts
        Cells over the vocabulary.
    tokenizer
        Bins, ties, longest input; draws by gene.
    seed
        Of the draws.
    bins
        ``"frozen"``: values are each cell's bins, and a swapped gene takes the other cell's bin,
        which isolates the gene. ``"recompute"``: values are counts, and the edited cell is
        binned anew, as the model's input pipeline would: one gene can move the bins of others.

    Raises
    ------
    InputError
        If `bins` is neither, or the tokeniser makes tokens of silent genes.

    Notes
    -----
    Made by ``model.swap_space(cells)``. Under ``"recompute"`` the gradient at the start counts
    what a gene does by moving the bins of others (each swap is binned, none but the start is
    passed through the model); along a path, what moving bins do belongs to no gene.
    """

    def __init__(
        self,
        embedder: CellEmbedder,
        counts: VocabularyCounts,
        tokenizer: ScGPTTokenizer,
        *,
        seed: int,
        bins: Bins = "frozen",
    ) -> None:
        if bins not in SCALES:
            raise InputError(
                f"bins={bins!r}",
                where="swap_space",
                expected=" or ".join(map(repr, get_args(Bins))),
            )
        if tokenizer.include_zeros:
            raise InputError(
                f"include_zeros={tokenizer.include_zeros}: silent genes would be tokens",
                where="swap_space",
                expected="0, so that a value of 0 is no token",
                fix="leave include_zeros out",
            )
        self.tokenizer, self.bins, self.seed = tokenizer, bins, seed
        self.draws = GeneDraws.of(seed, tokenizer.vocabulary.n_embeddings)
        self._all_counts = counts
        matrix = sparse.csr_matrix(counts.matrix, dtype=np.float64)
        matrix.eliminate_zeros()
        expressed = np.flatnonzero(np.bincount(matrix.indices, minlength=matrix.shape[1]))
        ids, matrix = counts.ids[expressed], sparse.csr_matrix(matrix[:, expressed])
        matrix.sort_indices()
        if bins == "frozen":
            for cell in range(matrix.shape[0]):
                at = slice(matrix.indptr[cell], matrix.indptr[cell + 1])
                matrix.data[at] = self._binned(ids[matrix.indices[at]], matrix.data[at])
        super().__init__(embedder, ids, matrix, SCALES[bins], counts.cell_names)
        self.limits = (
            "in path_gradients, what moved bin edges do and what the longest input cuts off "
            "belongs to no gene"
        )

    def _binned(self, ids: NDArray[np.int64], counts: NDArray[np.float64]) -> NDArray[np.float32]:
        return self.draws.bins(ids, counts, self.tokenizer.n_bins, self.tokenizer.ties)

    def _bins_of(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Bins of all columns from values on the space's scale; 0 where absent."""
        if self.bins == "frozen":
            return values
        out = np.zeros(len(values))
        at = np.flatnonzero(values)
        out[at] = self._binned(self.ids[at], values[at])
        return out

    def tokens_of(self, values: NDArray[np.float64]) -> TokenRow:
        """``<cls>``, then the expressed genes with their bins."""
        at = np.flatnonzero(values)
        ids = self.ids[at]
        bins = values[at].astype(np.float32)
        if self.bins == "recompute":
            bins = self._binned(ids, values[at])
        ids, bins = self.tokenizer.keep(ids, bins, self.draws)
        cls = self.tokenizer.vocabulary.special["<cls>"]
        pad = np.float32(self.tokenizer.pad_value)
        return np.concatenate([[cls], ids]), np.concatenate([[pad], bins])

    def reseeded(self, seed: int) -> ScGPTSwapSpace:
        """Return the same cells with other ties and other genes kept."""
        return ScGPTSwapSpace(
            self.embedder, self._all_counts, self.tokenizer, seed=seed, bins=self.bins
        )

    def relaxation(
        self, cell: int, other: int, *, start_only: bool
    ) -> tuple[ScGPTRelaxation, NDArray[np.int64]]:
        """Tokens of both cells; genes that both have move from bin to bin."""
        first, second = self._bins_of(self.row(cell)), self._bins_of(self.row(other))
        columns = np.flatnonzero((first > 0) | (second > 0))
        ids, first, second = self.ids[columns], first[columns], second[columns]
        moves = None
        if self.bins == "recompute" and start_only:
            second, moves = self._single_swaps(cell, other, columns, first)
        order = SoftOrder(
            self._keys(ids, first), self._keys(ids, second), room=self.tokenizer.max_tokens - 1
        )
        return (
            ScGPTRelaxation(self.embedder, self.tokenizer, ids, first, second, order, moves),
            columns,
        )

    def _keys(self, ids: NDArray[np.int64], bins: NDArray[np.float64]) -> NDArray[np.float64]:
        """Genes of the smallest are kept; infinite where a gene is absent."""
        keys = -bins if self.tokenizer.select == "top" else self.draws.priority[ids]
        return np.where(bins > 0, keys, np.inf)

    def _single_swaps(
        self, cell: int, other: int, columns: NDArray[np.int64], bins: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
        """Bin of each gene after its swap, and by how much its swap moves all other bins."""
        counts, others = self.row(cell), self.row(other)
        after = bins.copy()
        moves = np.zeros((len(bins), len(bins)), dtype=np.float32)
        for gene in np.flatnonzero(counts[columns] != others[columns]):
            swapped = counts.copy()
            swapped[columns[gene]] = others[columns[gene]]
            found = self._bins_of(swapped)[columns]
            after[gene] = found[gene]
            moves[gene] = found - bins
            moves[gene, gene] = 0.0
        return after, moves


@dataclass(eq=False)
class ScGPTRelaxation:
    """Two cells of scGPT with everything between them; see `Relaxation`.

    Parameters
    ----------
    embedder, tokenizer
        Of the space.
    ids
        Vocabulary id of each gene that either cell has.
    first, second
        Bins of the genes in either cell, 0 where absent.
    order
        Which genes fit, at any point.
    moves
        Bins by which the swap of a gene moves those of the others, genes x genes; None where
        bins are frozen.
    """

    embedder: CellEmbedder
    tokenizer: ScGPTTokenizer
    ids: NDArray[np.int64]
    first: NDArray[np.float64]
    second: NDArray[np.float64]
    order: SoftOrder
    moves: NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        # where bins move, each gene has a second share: 1 minus the bins it was moved by
        self.n_genes = len(self.ids) * (1 if self.moves is None else 2)
        self.start = np.zeros(self.n_genes, dtype=np.int64)
        self._genes, self._token_of = np.unique(self.order.gene, return_inverse=True)
        self.n_tokens = len(self._genes) + 1

    def collected(self, gradients: NDArray[np.float64]) -> NDArray[np.float64]:
        """Outputs x genes: with what a gene does by moving the bins of others."""
        if self.moves is None:
            return gradients
        own, moved = np.split(gradients, 2, axis=1)
        return own + moved @ self.moves.T

    def embed(self, shares: Tensor, *, at_start: bool) -> Tensor:
        """Embed points between the cells, points x width."""
        shares, moved = shares[:, : len(self.ids)], shares[:, len(self.ids) :]
        weights, ranks = self.order(shares)
        entries = self.order.presence(weights, ranks, at_start=at_start)
        genes = self.embedder.tensor(self._genes)
        gene_presence = torch.zeros(len(shares), len(genes)).to(shares)
        gene_presence = gene_presence.index_add(1, self.embedder.tensor(self._token_of), entries)
        one = torch.ones(len(shares), 1).to(shares)
        network: Any = self.embedder.model.network
        by = torch.zeros_like(shares) if self.moves is None else 1 - moved
        by = torch.cat([0 * one, by[:, genes]], 1)
        embedded = self._embedded(network, torch.cat([one, shares[:, genes]], 1), by)
        presence = torch.cat([one, visible(gene_presence)], 1)
        return self.embedder.states(embedded, presence, torch.cat([0 * one, gene_presence], 1))

    def _embedded(self, network: ScGPTNetwork, shares: Tensor, by: Tensor) -> Tensor:
        """Tokens with values between the two bins, moved by some; a gene of one cell keeps its."""
        special = self.tokenizer.vocabulary.special["<cls>"]
        first, second = self.first[self._genes], self.second[self._genes]
        first, second = np.where(first > 0, first, second), np.where(second > 0, second, first)
        pad = [self.tokenizer.pad_value]
        ids = self.embedder.tensor(np.concatenate([[special], self.ids[self._genes]]))
        ends = [self.embedder.tensor(np.concatenate([pad, v])).to(shares) for v in (first, second)]
        return network.embed_between(ids[None, :], ends[0] + by, ends[1] + by, shares)
