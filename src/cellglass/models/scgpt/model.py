"""scGPT as a `TransformerModel`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from cellglass.errors import InputError
from cellglass.models.cell_embedder import CellEmbedder
from cellglass.models.contract import TransformerModel
from cellglass.models.cost import Determinism
from cellglass.models.counts_in import vocabulary_counts
from cellglass.models.encoder import EncoderConfig
from cellglass.models.interventions import GeneEdit
from cellglass.models.tokens import Tokens
from cellglass.seeds import DEFAULT_SEED

from .network import ScGPTNetwork
from .swap_space import Bins, ScGPTSwapSpace
from .tokenizer import ScGPTTokenizer

if TYPE_CHECKING:
    from anndata import AnnData


class ScGPTModel(TransformerModel):
    """scGPT: gene and value embeddings without positions, ``<cls>`` as cell embedding.

    Parameters
    ----------
    network, config
        The torch module and its shape.
    tokenizer
        How cells become tokens.
    mask_value
        Value that hides a gene's expression, as in training.
    name, provenance
        See `TransformerModel`.

    Examples
    --------
    >>> import cellglass as cg
    >>> model = cg.load_model("mini-scgpt")
    >>> type(model).__name__, model.pooling
    ('ScGPTModel', 'cls')
    """

    def __init__(
        self,
        network: ScGPTNetwork,
        config: EncoderConfig,
        tokenizer: ScGPTTokenizer,
        *,
        mask_value: float = -1.0,
        name: str = "scgpt",
        provenance: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(
            network,
            config,
            tokenizer.vocabulary,
            name=name,
            family="scgpt",
            max_tokens=tokenizer.max_tokens,
            provenance=provenance,
        )
        self.tokenizer = tokenizer
        self.mask_value = mask_value

    @property
    def determinism(self) -> Determinism:
        """Ties and genes beyond the longest input are drawn, from a seed and the cell's name."""
        t = self.tokenizer
        drawn = [what for what, yes in (
            ("ties in binning", t.ties == "random"),
            (f"which genes are kept above {t.max_tokens} tokens", t.select == "sample"),
        ) if yes]  # fmt: skip
        return Determinism(not drawn, " and ".join(drawn) + (" (seeded)" if drawn else ""))

    @property
    def embedding_layer(self) -> int:
        """The last layer."""
        return self.n_layers - 1

    @property
    def pooling(self) -> str:
        """The state at ``<cls>``."""
        return "cls"

    def tokenize(self, cells: AnnData, *, seed: int = DEFAULT_SEED, **options: Any) -> Tokens:
        """Tokenise cells; `options` override those of `ScGPTTokenizer` (ties, select, ...)."""
        layer = options.pop("layer", None)
        tokenizer = replace(self.tokenizer, **options) if options else self.tokenizer
        return tokenizer(cells, seed=seed, layer=layer)

    def swap_space(
        self,
        cells: AnnData,
        *,
        seed: int = DEFAULT_SEED,
        bins: Bins = "frozen",
        layer: int | None = None,
        pooling: Literal["cls", "mean"] | None = None,
        normalise: bool = False,
        batch_size: int = 16,
        counts_layer: str | None = None,
        **options: Any,
    ) -> ScGPTSwapSpace:
        """Return the cells as points between which genes can be exchanged.

        Parameters
        ----------
        cells
            Counts.
        seed
            Of ties and of which genes are kept, drawn for each gene.
        bins
            What is exchanged, bins (``"frozen"``) or counts (``"recompute"``); see
            `ScGPTSwapSpace`.
        layer, pooling, normalise
            See `Tap.cell_embedding`.
        batch_size
            Cells at once.
        counts_layer
            Layer of `cells` that holds counts, if it should not be found out.
        options
            Override those of `ScGPTTokenizer` (ties, select, max_tokens).

        Returns
        -------
        ScGPTSwapSpace
            One row for each cell.

        Examples
        --------
        >>> import cellglass as cg
        >>> model, cells = cg.load_model("mini-scgpt"), cg.data.pbmc68k_reduced()[:2]
        >>> space = model.swap_space(cells)
        >>> edits = [space.swap(0, 1, [gene]) for gene in space.differing(0, 1)[:3]]
        >>> space.embed_edits(edits).shape
        (3, 128)
        """
        tokenizer = replace(self.tokenizer, **options | {"draws": "gene"})
        embedder = CellEmbedder(
            self, layer=layer, pooling=pooling, normalise=normalise, batch_size=batch_size
        )
        counts = vocabulary_counts(
            cells, self.vocabulary, layer=counts_layer, aliases=tokenizer.aliases
        )
        return ScGPTSwapSpace(embedder, counts, tokenizer, seed=seed, bins=bins)

    def mask_tokens(self, tokens: Tokens, positions: NDArray[np.bool_]) -> Tokens:
        """Replace the values at some positions by the mask value."""
        values = np.where(positions & tokens.is_gene, np.float32(self.mask_value), _values(tokens))
        return replace(tokens, values=values)

    def edit_tokens(self, tokens: Tokens, edit: GeneEdit) -> Tokens:
        """Set a gene's bin, drop its token, or exchange two genes' values.

        Setting a value of 0 drops the token, because scGPT makes tokens of expressed genes only.
        """
        _values(tokens)
        gene = self.vocabulary.gene_id(edit.gene)
        if edit.kind == "drop" or (edit.kind == "set" and edit.value == 0):
            return self._drop(tokens, gene)
        if edit.kind == "set":
            return self._set(tokens, gene, float(edit.value or 0.0))
        return self._swap(tokens, gene, self.vocabulary.gene_id(str(edit.other)))

    def _drop(self, tokens: Tokens, gene: int) -> Tokens:
        hit = tokens.valid & (tokens.gene_ids == gene)
        return replace(tokens, valid=tokens.valid & ~hit, special=tokens.special)

    def _set(self, tokens: Tokens, gene: int, value: float) -> Tokens:
        hit = tokens.valid & (tokens.gene_ids == gene)
        values = np.where(hit, np.float32(value), _values(tokens))
        absent = ~hit.any(axis=1)
        if not absent.any():
            return replace(tokens, values=values)
        pad = self.vocabulary.special["<pad>"]
        column = np.where(absent, gene, pad)[:, None]
        added = np.where(absent, value, self.tokenizer.pad_value).astype(np.float32)[:, None]
        return Tokens(
            np.hstack([tokens.gene_ids, column]),
            np.hstack([tokens.valid, absent[:, None]]),
            np.hstack([values, added]),
            None,
            self.vocabulary,
            tokens.cell_names,
        )

    def _swap(self, tokens: Tokens, gene: int, other: int) -> Tokens:
        """Exchanging values is exchanging ids: a gene alone hands its value to the other."""
        is_gene, is_other = tokens.gene_ids == gene, tokens.gene_ids == other
        ids = np.where(is_gene, other, np.where(is_other, gene, tokens.gene_ids))
        return replace(tokens, gene_ids=np.where(tokens.valid, ids, tokens.gene_ids))


def _values(tokens: Tokens) -> NDArray[np.float32]:
    if tokens.values is None:
        raise InputError(
            "the tokens carry no values", where="Tokens.values", fix="tokenize with this model"
        )
    return tokens.values
