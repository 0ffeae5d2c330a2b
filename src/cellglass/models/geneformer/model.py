"""Geneformer as a `TransformerModel`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from cellglass.errors import CheckpointError, InputError
from cellglass.models.cell_embedder import CellEmbedder
from cellglass.models.contract import TransformerModel
from cellglass.models.cost import Determinism
from cellglass.models.counts_in import vocabulary_counts
from cellglass.models.encoder import EncoderConfig
from cellglass.models.interventions import GeneEdit
from cellglass.models.tokens import Tokens, pad_rows
from cellglass.models.vocabulary import Vocabulary
from cellglass.seeds import DEFAULT_SEED

from .network import GeneformerNetwork
from .swap_space import GeneformerSwapSpace
from .tokenizer import GeneformerTokenizer

if TYPE_CHECKING:
    from anndata import AnnData


class GeneformerModel(TransformerModel):
    """Geneformer: genes in rank order with position embeddings.

    Parameters
    ----------
    network, config
        The torch module and its shape.
    tokenizer
        How cells become tokens; None for a checkpoint without dictionaries, which runs on
        tokens made elsewhere.
    n_positions
        Longest sequence.
    name, provenance
        See `TransformerModel`.

    Examples
    --------
    >>> import cellglass as cg
    >>> model = cg.load_model("mini-geneformer")
    >>> type(model).__name__, model.determinism.deterministic
    ('GeneformerModel', True)
    """

    def __init__(
        self,
        network: GeneformerNetwork,
        config: EncoderConfig,
        tokenizer: GeneformerTokenizer | None,
        *,
        n_positions: int,
        name: str = "geneformer",
        provenance: dict[str, Any] | None = None,
    ) -> None:
        n_tokens = network.gene_embedding.num_embeddings
        vocabulary = tokenizer.vocabulary if tokenizer else _anonymous(n_tokens)
        super().__init__(
            network,
            config,
            vocabulary,
            name=name,
            family="geneformer",
            max_tokens=n_positions,
            provenance=provenance,
        )
        self.tokenizer = tokenizer

    @property
    def determinism(self) -> Determinism:
        """Nothing is drawn."""
        return Determinism(True)

    @property
    def embedding_layer(self) -> int:
        """The second to last layer, as the published extraction reads by default."""
        return max(self.n_layers - 2, 0)

    @property
    def pooling(self) -> str:
        """``<cls>`` for V2, the mean over genes for V1, as published."""
        return "cls" if "<cls>" in self.vocabulary.special else "mean"

    def tokenize(self, cells: AnnData, *, seed: int = DEFAULT_SEED, **options: Any) -> Tokens:
        """Tokenise cells; the only option is ``layer``, where the counts are."""
        return self._tokenizer()(cells, seed=seed, layer=options.pop("layer", None))

    def _tokenizer(self) -> GeneformerTokenizer:
        if self.tokenizer is None:
            raise CheckpointError(
                "this checkpoint has no dictionaries beside it, so its tokens have no genes",
                where=str(self.provenance.get("path", self.name)),
                fix="copy Geneformer's token_dictionary*.pkl and gene_median_dictionary*.pkl "
                "into the folder, or pass dictionaries=FOLDER to load_model",
            )
        return self.tokenizer

    def swap_space(
        self,
        cells: AnnData,
        *,
        seed: int = DEFAULT_SEED,
        layer: int | None = None,
        pooling: Literal["cls", "mean"] | None = None,
        normalise: bool = False,
        batch_size: int = 16,
        counts_layer: str | None = None,
        **options: Any,
    ) -> GeneformerSwapSpace:
        """Return the cells as points between which genes can be exchanged.

        Parameters
        ----------
        cells
            Counts.
        seed
            Nothing is drawn; there for the contract.
        layer, pooling, normalise
            See `Tap.cell_embedding`.
        batch_size
            Cells at once.
        counts_layer
            Layer of `cells` that holds counts, if it should not be found out.
        options
            There are no others.

        Returns
        -------
        GeneformerSwapSpace
            One row for each cell; values are normalised counts, see there.

        Raises
        ------
        InputError
            If there is an option that Geneformer does not have.

        Examples
        --------
        >>> import cellglass as cg
        >>> model, cells = cg.load_model("mini-geneformer"), cg.data.pbmc68k_reduced()[:2]
        >>> space = model.swap_space(cells)
        >>> space.embed_edits([space.swap(0, 1, space.differing(0, 1)[:1])]).shape
        (1, 128)
        """
        if options:
            raise InputError(
                f"there is no option '{next(iter(options))}'",
                where=f"{self.name}.swap_space",
                expected="layer, pooling, normalise, batch_size or counts_layer",
                fix="leave it out",
            )
        tokenizer = self._tokenizer()
        embedder = CellEmbedder(
            self, layer=layer, pooling=pooling, normalise=normalise, batch_size=batch_size
        )
        counts = vocabulary_counts(
            cells, self.vocabulary, layer=counts_layer, aliases=tokenizer.aliases
        )
        return GeneformerSwapSpace(embedder, counts, tokenizer)

    def mask_tokens(self, tokens: Tokens, positions: NDArray[np.bool_]) -> Tokens:
        """Replace the genes at some positions by ``<mask>``."""
        hidden = positions & tokens.is_gene
        mask = self.vocabulary.special["<mask>"]
        return replace(tokens, gene_ids=np.where(hidden, mask, tokens.gene_ids))

    def edit_tokens(self, tokens: Tokens, edit: GeneEdit) -> Tokens:
        """Move a gene to the rank its new value gives, take it out, or exchange two ranks."""
        gene = self.vocabulary.gene_id(edit.gene)
        if edit.kind == "swap":
            return self._swap(tokens, gene, self.vocabulary.gene_id(str(edit.other)))
        rows = [self._without(tokens, i, gene) for i in range(len(tokens))]
        if edit.kind == "set" and edit.value:
            if tokens.values is None:
                raise InputError(
                    "the tokens carry no normalised values, so a new value has no rank",
                    where="Tokens.values",
                    fix="tokenize with this model",
                )
            rows = [self._insert(ids, values, gene, float(edit.value)) for ids, values in rows]
        return self._assembled(rows, tokens)

    def _swap(self, tokens: Tokens, gene: int, other: int) -> Tokens:
        is_gene, is_other = tokens.gene_ids == gene, tokens.gene_ids == other
        ids = np.where(is_gene, other, np.where(is_other, gene, tokens.gene_ids))
        return replace(tokens, gene_ids=np.where(tokens.valid, ids, tokens.gene_ids))

    def _without(
        self, tokens: Tokens, cell: int, gene: int
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        keep = tokens.valid[cell] & (tokens.gene_ids[cell] != gene)
        ids = tokens.gene_ids[cell, keep]
        values = np.zeros(len(ids), np.float32)
        return ids, values if tokens.values is None else tokens.values[cell, keep]

    def _insert(
        self, ids: NDArray[np.int64], values: NDArray[np.float32], gene: int, value: float
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        is_gene = ~self.vocabulary.is_special[ids]
        genes = np.flatnonzero(is_gene)
        # after the last gene whose value is at least the new one
        first = int(genes[0]) if genes.size else min(1, len(ids))
        at = first + int(np.sum(values[genes] >= value))
        ids, values = np.insert(ids, at, gene), np.insert(values, at, np.float32(value))
        if len(ids) > self.max_tokens:  # the lowest rank falls off, the special tokens stay
            last = int(np.flatnonzero(~self.vocabulary.is_special[ids])[-1])
            ids, values = np.delete(ids, last), np.delete(values, last)
        return ids, values

    def _assembled(
        self, rows: list[tuple[NDArray[np.int64], NDArray[np.float32]]], tokens: Tokens
    ) -> Tokens:
        lengths = np.array([len(ids) for ids, _ in rows])
        width = int(lengths.max())
        pad = self.vocabulary.special.get("<pad>", 0)
        return Tokens(
            pad_rows([ids for ids, _ in rows], pad, np.int64, width),
            np.arange(width)[None, :] < lengths[:, None],
            None if tokens.values is None else pad_rows([v for _, v in rows], 0, np.float32, width),
            None,
            self.vocabulary,
            tokens.cell_names,
        )


def _anonymous(n_tokens: int) -> Vocabulary:
    """Vocabulary of a checkpoint without dictionaries: tokens are known by number only."""
    special = {"<pad>": 0, "<mask>": 1}
    return Vocabulary({f"token_{i}": i for i in range(2, n_tokens)}, special)
