"""Geneformer's tokens: genes in the order of expression over their corpus median."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cellglass.errors import CheckpointError
from cellglass.models.counts_in import row, vocabulary_counts
from cellglass.models.tokens import Tokens, pad_rows
from cellglass.models.vocabulary import Vocabulary
from cellglass.seeds import DEFAULT_SEED

from .dictionaries import Version, load_dictionaries

if TYPE_CHECKING:
    from anndata import AnnData

TARGET_SUM = 10_000.0
MAX_TOKENS = {"v1": 2048, "v2": 4096}


@dataclass(frozen=True)
class GeneformerTokenizer:
    """Rank-value tokeniser.

    Parameters
    ----------
    vocabulary
        Ensembl ids to tokens.
    medians
        Corpus median of each gene by token id; genes without one are left out.
    max_tokens
        Longest sequence, special tokens included (2,048 in V1, 4,096 in V2).
    special_tokens
        Whether sequences are wrapped in ``<cls>`` and ``<eos>`` (V2).
    aliases
        Symbols, aliases and old ids (upper case) to Ensembl ids.

    Notes
    -----
    The value of a gene is ``count / n_counts * 10,000 / median``, where ``n_counts`` is
    ``obs["n_counts"]`` where that is there, else the row sum. Ids that occur several times are
    summed. Equal values stand in vocabulary order; the published tokeniser leaves their order
    to an unstable sort. Source: Theodoris et al., Nature 2023, doi:10.1038/s41586-023-06139-9.

    Examples
    --------
    >>> import cellglass as cg
    >>> tokens = cg.load_model("mini-geneformer").tokenizer(cg.data.pbmc68k_reduced()[:1])
    >>> bool((np.diff(tokens.values[tokens.is_gene]) <= 0).all())
    True
    """

    vocabulary: Vocabulary
    medians: NDArray[np.float64]
    max_tokens: int
    special_tokens: bool
    aliases: Mapping[str, str] = field(default_factory=dict)

    def __call__(
        self, cells: AnnData, *, seed: int = DEFAULT_SEED, layer: str | None = None
    ) -> Tokens:
        """Tokenise cells; nothing is random, `seed` is there for the contract.

        Returns
        -------
        Tokens
            Ids from highest to lowest value, `values` holding the normalised expression.
        """
        counts = vocabulary_counts(cells, self.vocabulary, layer=layer, aliases=self.aliases)
        medians = self.medians[counts.ids]
        id_rows, value_rows = [], []
        for i in range(len(counts.cell_names)):
            columns, values = row(counts.matrix, i)
            known = np.isfinite(medians[columns])
            columns, values = columns[known], values[known]
            ranked = self.normalised(values, counts.n_counts[i], medians[columns])
            order = np.argsort(-ranked, kind="stable")
            id_rows.append(counts.ids[columns[order]])
            value_rows.append(ranked[order])
        return self.assemble(id_rows, value_rows, counts.cell_names)

    @staticmethod
    def normalised(
        counts: NDArray[np.float64],
        n_counts: NDArray[np.float64] | float,
        medians: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """Values that genes are ranked by: counts over the cell's total over the corpus median."""
        return counts / n_counts * TARGET_SUM / medians

    def assemble(
        self,
        id_rows: list[NDArray[np.int64]],
        value_rows: list[NDArray[np.float64]],
        cell_names: list[str] | None,
    ) -> Tokens:
        """Truncate, wrap in special tokens and pad ranked genes."""
        special = self.vocabulary.special
        room = self.max_tokens - (2 if self.special_tokens else 0)
        id_rows = [r[:room] for r in id_rows]
        value_rows = [r[:room] for r in value_rows]
        if self.special_tokens:
            id_rows = [np.concatenate([[special["<cls>"]], r, [special["<eos>"]]]) for r in id_rows]
            value_rows = [np.concatenate([[0.0], r, [0.0]]) for r in value_rows]
        lengths = np.array([len(r) for r in id_rows])
        width = int(lengths.max())
        return Tokens(
            gene_ids=pad_rows(id_rows, special["<pad>"], np.int64, width),
            valid=np.arange(width)[None, :] < lengths[:, None],
            values=pad_rows(value_rows, 0.0, np.float32, width),
            vocabulary=self.vocabulary,
            cell_names=cell_names,
        )


def geneformer_tokenizer(folder: str | Path, version: Version) -> GeneformerTokenizer:
    """Build the published tokeniser from a folder of dictionaries.

    Parameters
    ----------
    folder
        With Geneformer's dictionaries of one version.
    version
        ``"v1"`` (2,048 tokens, no special tokens) or ``"v2"`` (4,096, ``<cls>`` and ``<eos>``).

    Returns
    -------
    GeneformerTokenizer
        Call it with an AnnData of counts.

    Raises
    ------
    CheckpointError
        If dictionaries are missing or of the other version.

    Examples
    --------
    >>> tokens = geneformer_tokenizer("geneformer_v2", version="v2")(adata)  # doctest: +SKIP
    """
    if version not in MAX_TOKENS:
        raise CheckpointError(f'version "{version}"', expected='"v1" or "v2"')
    held = load_dictionaries(Path(folder), version)
    return GeneformerTokenizer(
        held.vocabulary,
        held.medians,
        MAX_TOKENS[version],
        special_tokens=version == "v2",
        aliases=held.aliases,
    )
