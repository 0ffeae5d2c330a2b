"""scGPT's tokens: ``<cls>``, then the expressed genes with binned values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from cellglass.models.counts_in import row, vocabulary_counts
from cellglass.models.tokens import Tokens, pad_rows
from cellglass.models.vocabulary import Vocabulary
from cellglass.seeds import DEFAULT_SEED, generator

from .binning import Ties, bin_values
from .gene_draws import GeneDraws, top

if TYPE_CHECKING:
    from anndata import AnnData

Select = Literal["sample", "top"]
Draws = Literal["cell", "gene"]


@dataclass(frozen=True)
class ScGPTTokenizer:
    """Tokenise cells as scGPT's published embedding call does.

    Parameters
    ----------
    vocabulary
        Gene symbols with ``<pad>`` and ``<cls>``.
    n_bins
        Bins of the values, zero included.
    max_tokens
        Longest sequence, ``<cls>`` included (1,200 in the published models).
    pad_value
        Value at ``<cls>`` and padding.
    ties
        ``"random"`` as published (drawn from the seed and the cell's name, so that a cell gets
        the same bins in whatever company) or ``"middle"`` for no randomness.
    select
        What is kept of a cell with more genes than fit: a random ``"sample"`` as published, or
        the genes with the ``"top"`` values (ties in vocabulary order).
    include_zeros
        Also make tokens of this many unexpressed genes a cell (drawn at random), with value 0.
    draws
        What the draws belong to. ``"cell"``: a stream of its own for the name of each cell.
        ``"gene"``: ties, the genes that are kept and the zeros are drawn from the seed for each
        gene and hold in every cell (common random numbers), so that cells of equal counts give
        equal tokens; ``"top"`` then goes by bins, ties in vocabulary order. For comparing cells
        that differ in few genes, see `ScGPTSwapSpace`.
    aliases
        Alias (upper case) to symbol in the vocabulary.

    Notes
    -----
    Values are binned over all expressed genes of the vocabulary before genes are left out, as
    published. Source: Cui et al., Nature Methods 2024, doi:10.1038/s41592-024-02201-0.

    Examples
    --------
    >>> import anndata, pandas as pd
    >>> words = Vocabulary({"CD3E": 0, "LYZ": 1}, {"<pad>": 2, "<cls>": 3})
    >>> var = pd.DataFrame(index=["LYZ", "CD3E"])
    >>> cells = anndata.AnnData(np.array([[7.0, 2.0]], "float32"), var=var)
    >>> tokens = ScGPTTokenizer(words, n_bins=4, ties="middle")(cells)
    >>> tokens.gene_ids.tolist(), tokens.values.tolist()
    ([[3, 0, 1]], [[-2.0, 1.0, 3.0]])
    """

    vocabulary: Vocabulary
    n_bins: int = 51
    max_tokens: int = 1200
    pad_value: float = -2.0
    ties: Ties = "random"
    select: Select = "sample"
    include_zeros: int = 0
    draws: Draws = "cell"
    aliases: Mapping[str, str] = field(default_factory=dict)

    def __call__(
        self, cells: AnnData, *, seed: int = DEFAULT_SEED, layer: str | None = None
    ) -> Tokens:
        """Tokenise cells; see the class for the options.

        Returns
        -------
        Tokens
            ``<cls>`` first, genes in the order of their ids, padded at the end.
        """
        counts = vocabulary_counts(cells, self.vocabulary, layer=layer, aliases=self.aliases)
        by_gene = None
        if self.draws == "gene":
            by_gene = GeneDraws.of(seed, self.vocabulary.n_embeddings)
        id_rows, value_rows = [], []
        cls = self.vocabulary.special["<cls>"]
        for i, name in enumerate(counts.cell_names):
            columns, values = row(counts.matrix, i)
            if by_gene is None:
                rng = generator(seed, f"scgpt-tokens/{name}")
                ids, bins = self._cell(counts.ids, columns, values, rng)
            else:
                ids, bins = self._cell_by_gene(counts.ids, columns, values, by_gene)
            id_rows.append(np.concatenate([[cls], ids]))
            value_rows.append(np.concatenate([[self.pad_value], bins]))
        lengths = np.array([len(r) for r in id_rows])
        return Tokens(
            gene_ids=pad_rows(id_rows, self.vocabulary.special["<pad>"], np.int64),
            valid=np.arange(lengths.max())[None, :] < lengths[:, None],
            values=pad_rows(value_rows, self.pad_value, np.float32),
            vocabulary=self.vocabulary,
            cell_names=counts.cell_names,
        )

    def _cell(
        self,
        ids: NDArray[np.int64],
        columns: NDArray[np.int64],
        values: NDArray[np.float64],
        rng: np.random.Generator,
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        bins = bin_values(values, self.n_bins, ties=self.ties, rng=rng)
        room = self.max_tokens - 1
        if len(columns) > room:
            if self.select == "top":
                kept = np.sort(np.argsort(-values, kind="stable")[:room])
            else:
                kept = np.sort(rng.permutation(len(columns))[:room])
            columns, bins = columns[kept], bins[kept]
        n_zeros = min(self.include_zeros, room - len(columns), len(ids) - len(columns))
        if n_zeros > 0:
            silent = np.setdiff1d(np.arange(len(ids)), columns)
            silent = rng.permutation(silent)[:n_zeros]
            columns = np.concatenate([columns, silent])
            bins = np.concatenate([bins, np.zeros(len(silent), np.float32)])
            order = np.argsort(columns)
            columns, bins = columns[order], bins[order]
        return ids[columns], bins

    def _cell_by_gene(
        self,
        ids: NDArray[np.int64],
        columns: NDArray[np.int64],
        values: NDArray[np.float64],
        draws: GeneDraws,
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        expressed = ids[columns]
        bins = draws.bins(expressed, values, self.n_bins, self.ties)
        kept, bins = self.keep(expressed, bins, draws)
        room = min(self.include_zeros, self.max_tokens - 1 - len(kept))
        silent = np.delete(ids, columns)
        silent = silent[draws.zeros(silent, room)]
        found = np.concatenate([kept, silent])
        order = np.argsort(found)
        return found[order], np.concatenate([bins, np.zeros(len(silent), np.float32)])[order]

    def keep(
        self, ids: NDArray[np.int64], bins: NDArray[np.float32], draws: GeneDraws
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Keep what fits of the expressed genes of one cell, in their order."""
        room = self.max_tokens - 1
        if len(ids) <= room:
            return ids, bins
        places = top(bins, room) if self.select == "top" else draws.sampled(ids, room)
        return ids[places], bins[places]
