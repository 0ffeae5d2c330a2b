"""From an edited cell embedding back to genes: one function a family of models."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor
from torch.nn import functional as F

from cellglass.errors import CheckpointError, InputError
from cellglass.models.attention import Workspace
from cellglass.models.encoder import NoHooks
from cellglass.models.interventions import Intervention, PassContext
from cellglass.models.sites import Site
from cellglass.models.taps import Tap
from cellglass.models.tokens import Tokens
from cellglass.seeds import DEFAULT_SEED

if TYPE_CHECKING:
    from anndata import AnnData

    from cellglass.models.geneformer.model import GeneformerModel
    from cellglass.models.scgpt.model import ScGPTModel

LIBRARY = 1e4
_KEPT = 2**28
"""Numbers of hidden states that a decoder keeps, so that layers below an edit run once."""


class Decoder(ABC):
    """Cells of one model, whose embeddings can be replaced and decoded.

    Attributes
    ----------
    genes
        Columns of what is decoded.
    scale
        What the numbers are.
    """

    genes: tuple[str, ...]
    scale: str

    @abstractmethod
    def decode(self, embedding: ArrayLike, cells: ArrayLike) -> NDArray[np.float64]:
        """Decode embeddings of some cells.

        Parameters
        ----------
        embedding
            len(cells) x width, edited or not.
        cells
            Which of the decoder's cells these are: their covariates and tokens are used.

        Returns
        -------
        numpy.ndarray
            len(cells) x genes.
        """

    def change(
        self, embedding: ArrayLike, edited: ArrayLike, cells: ArrayLike
    ) -> NDArray[np.float64]:
        """What an edit changes in the decoded genes, len(cells) x genes."""
        return self.decode(edited, cells) - self.decode(embedding, cells)


class _ScviDecoder(Decoder):
    def __init__(
        self, model: Any, cells: AnnData, library: float, log: bool, batch: str | None
    ) -> None:
        self.model, self.cells, self.library, self.log = model, cells, library, log
        self.batch = batch
        self.genes = tuple(map(str, model.genes))
        per = f"expression per {library:g} counts"
        self.scale = f"log1p of {per}" if log else per

    def decode(self, embedding: ArrayLike, cells: ArrayLike) -> NDArray[np.float64]:
        index = np.asarray(cells, dtype=np.int64)
        found = self.model.decode(
            np.asarray(embedding), self.cells[index], library=self.library, batch=self.batch
        )
        values = np.asarray(found, dtype=np.float64)
        return np.log1p(values) if self.log else values


def scvi_decoder(
    model: Any,
    cells: AnnData,
    *,
    library: float = LIBRARY,
    log: bool = True,
    batch: str | None = None,
) -> Decoder:
    """Decode points of scVI's latent space with each cell's own covariates.

    Parameters
    ----------
    model
        An `ScviModel`.
    cells
        The cells whose embeddings are edited.
    library
        Scale of the expression: the same for all cells, so that large cells do not weigh more.
    log
        Take log(1 + x).
    batch
        Decode all cells as of this batch; each as of its own where None.

    Returns
    -------
    Decoder
        Expected expression of all genes of the model.

    Examples
    --------
    >>> decoder = scvi_decoder(model, cells)  # doctest: +SKIP
    >>> decoder.decode(model.embed(cells)[:5], range(5)).shape  # doctest: +SKIP
    (5, 1200)
    """
    return _ScviDecoder(model, cells, library, log, batch)


class _ScGPTDecoder(Decoder):
    scale = "decoded expression bins"

    def __init__(
        self, model: ScGPTModel, genes: Sequence[str] | None, norms: NDArray[np.float64] | None
    ) -> None:
        head = getattr(model.network, "cell_decoder", None)
        if head is None:
            raise CheckpointError(
                "this checkpoint has no decoder from the cell embedding",
                where=model.name,
                fix="use an scGPT checkpoint that was trained with MVC (mvc_decoder weights)",
            )
        self.genes = tuple(model.genes if genes is None else genes)
        ids = torch.as_tensor([model.vocabulary.gene_id(g) for g in self.genes])
        self.norms = norms
        with torch.no_grad():
            rows: Any = model.network
            embedded = rows.genes(ids.to(model.device))
            queries = head.W(torch.sigmoid(head.gene2query(embedded)))
        self.queries = queries.to("cpu", torch.float64).numpy()

    def decode(self, embedding: ArrayLike, cells: ArrayLike) -> NDArray[np.float64]:
        h = np.asarray(embedding, dtype=np.float64)
        if self.norms is not None:
            h = h * self.norms[np.asarray(cells, dtype=np.int64), None]
        return np.asarray(h @ self.queries.T)


def scgpt_decoder(
    model: ScGPTModel, *, genes: Sequence[str] | None = None, norms: ArrayLike | None = None
) -> Decoder:
    """Decode cell embeddings with scGPT's value head for the cell (``cell_logits``).

    Parameters
    ----------
    model
        The model; its embeddings are those of the last layer at ``<cls>``.
    genes
        Genes to decode, by name or symbol; the whole vocabulary where None.
    norms
        Length of each cell's embedding before it was divided by it, shape (cells,), where the
        embeddings are normalised: the head was trained on those that are not.

    Returns
    -------
    Decoder
        Expression as the head gives it. It is linear in the embedding: an inner product with a
        query of the gene.

    Raises
    ------
    CheckpointError
        If the checkpoint has no such head.

    Examples
    --------
    >>> import cellglass as cg
    >>> model, cells = cg.load_model("mini-scgpt"), cg.data.pbmc68k_reduced()[:2]
    >>> decoder = scgpt_decoder(model, genes=["LYZ", "CD3D"])
    >>> decoder.decode(model.embed(cells), range(2)).shape
    (2, 2)
    """
    held = None if norms is None else np.asarray(norms, dtype=np.float64)
    return _ScGPTDecoder(model, genes, held)


class _GeneformerDecoder(Decoder):
    scale = "masked-gene logits, mean over the cell's gene positions"

    def __init__(
        self,
        model: GeneformerModel,
        cells: AnnData,
        genes: Sequence[str] | None,
        layer: int | None,
        at: Literal["pooled", "all"],
        seed: int,
        batch_size: int,
    ) -> None:
        self.model, self.batch_size = model, batch_size
        self.layer = model.embedding_layer if layer is None else layer
        self.head: Any = getattr(model.network, "head", None)
        if self.head is None:
            raise CheckpointError("this checkpoint has no masked-gene head", where=model.name,
                                  fix="use a BertForMaskedLM checkpoint")  # fmt: skip
        if at not in ("pooled", "all"):
            raise InputError(f"at='{at}'", where="geneformer_decoder", expected="pooled or all")
        self.cls_only = at == "pooled" and model.pooling == "cls"
        self.everywhere = at == "all"
        last = model.n_layers - 1
        if self.layer == last and self.cls_only:
            raise InputError(
                f"an edit of <cls> at layer {last}, the last, does not reach the genes",
                where="geneformer_decoder",
                fix='use at="all", or embeddings of an earlier layer',
            )
        self.tokens = model.tokenize(cells, seed=seed)
        self.genes = tuple(model.genes if genes is None else genes)
        self.ids = torch.as_tensor([model.vocabulary.gene_id(g) for g in self.genes])
        tap = Tap.cell_embedding(layer=self.layer)
        self.own = model.forward(self.tokens, [tap], batch_size=batch_size).cell_embedding

        self._held: tuple[bytes, list[tuple[slice, Tensor, Tensor]]] = (b"", [])

    @torch.no_grad()
    def decode(self, embedding: ArrayLike, cells: ArrayLike) -> NDArray[np.float64]:
        index = np.asarray(cells, dtype=np.int64)
        tokens = self.tokens[index]
        if tokens.is_gene.size * self.model.width > _KEPT:
            return self.run(embedding, index)[0]
        delta = torch.as_tensor(np.asarray(embedding, np.float32) - self.own[index])
        is_gene = torch.as_tensor(tokens.is_gene)
        encoder: Any = self.model.network.encoder
        out = torch.zeros((len(index), len(self.ids)), dtype=torch.float64)
        for batch, below, valid in self._below(index):
            genes = is_gene[batch][:, : below.shape[1]]
            state = self._moved(below, delta[batch], genes, valid)
            hooks, workspace = NoHooks(), Workspace()
            for layer in range(self.layer + 1, self.model.n_layers):
                state = encoder.blocks[layer](state, valid, layer, hooks, workspace)
            out[batch] = self._mean_logits(state, genes.to(state)).to(out)
        return out.numpy()

    def _below(self, index: NDArray[np.int64]) -> list[tuple[slice, Tensor, Tensor]]:
        """States at the layer, batch by batch, of the cells that were asked for last."""
        key = index.tobytes()
        if self._held[0] != key:
            found: list[tuple[slice, Tensor, Tensor]] = []

            def keep(state: Tensor, context: PassContext) -> Tensor:
                found.append((context.cells, state, context.valid))
                return state

            watch = Intervention(f"read layer {self.layer}", Site.residual(self.layer), keep)
            self.model.forward(
                self._tokens(index), [Tap.cell_embedding(layer=self.layer)], [watch],
                batch_size=self.batch_size,
            )  # fmt: skip
            self._held = (key, found)
        return self._held[1]

    def _tokens(self, index: NDArray[np.int64]) -> Tokens:
        tokens = self.tokens[index]
        known = tokens.special is not None
        return tokens if known else replace(tokens, vocabulary=self.model.vocabulary)

    def _moved(self, state: Tensor, delta: Tensor, genes: Tensor, valid: Tensor) -> Tensor:
        """States with the edit where the embedding is read, or everywhere."""
        moved = delta.to(state)[:, None, :]
        if self.cls_only:
            return torch.cat([state[:, :1] + moved, state[:, 1:]], dim=1)
        where = valid if self.everywhere else genes.to(valid.device)
        return state + moved * where[..., None].to(state)

    def run(
        self, embedding: ArrayLike, cells: ArrayLike
    ) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
        """Logits, and the cell embedding that the patched pass has."""
        index = np.asarray(cells, dtype=np.int64)
        tokens = self._tokens(index)
        delta = torch.as_tensor(np.asarray(embedding, np.float32) - self.own[index])
        is_gene = torch.as_tensor(tokens.is_gene)

        def shift(state: Tensor, context: PassContext) -> Tensor:
            genes = is_gene[context.cells][:, : state.shape[1]]
            return self._moved(state, delta[context.cells], genes, context.valid)

        out = torch.zeros((len(index), len(self.ids)), dtype=torch.float64)

        def read(_: int, batch: slice, state: Tensor) -> None:
            genes = is_gene[batch][:, : state.shape[1]].to(state)
            out[batch] = self._mean_logits(state, genes).to(out)

        last = self.model.n_layers - 1
        trace = self.model.forward(
            tokens,
            [Tap.residual([last], reduce=read), Tap.cell_embedding(layer=self.layer)],
            [Intervention(f"edit at layer {self.layer}", Site.residual(self.layer), shift)],
            batch_size=self.batch_size,
        )
        return out.numpy(), trace.cell_embedding

    def _mean_logits(self, state: Tensor, genes: Tensor) -> Tensor:
        """Mean logit over gene positions: the table is linear, so the mean goes before it."""
        head, network = self.head, self.model.network
        norm = network.encoder.final_norm
        act = F.relu if head.activation == "relu" else F.gelu
        hidden = head.norm(act(head.dense(state if norm is None else norm(state))))
        mean = (hidden * genes[..., None]).sum(1) / genes.sum(1, keepdim=True).clamp(min=1)
        ids = self.ids.to(state.device)
        table: Any = network.table
        return F.linear(mean, table[ids], head.bias[ids])


def geneformer_decoder(
    model: GeneformerModel,
    cells: AnnData,
    *,
    genes: Sequence[str] | None = None,
    layer: int | None = None,
    at: Literal["pooled", "all"] = "pooled",
    seed: int = DEFAULT_SEED,
    batch_size: int = 16,
) -> Decoder:
    """Patch the edit of a cell embedding into Geneformer and read its logits over genes.

    Parameters
    ----------
    model
        The model.
    cells
        The cells whose embeddings are edited.
    genes
        Genes to read, by name or symbol; the whole vocabulary where None.
    layer
        Layer of the embeddings; the published one where None.
    at
        ``"pooled"``: the edit is added where the embedding is read, to every gene token where it
        is their mean and to ``<cls>`` where it is that, so the patched cell has exactly the
        edited embedding. ``"all"``: it is added to every token, as activation steering does.
    seed, batch_size
        Of the tokeniser; cells at once.

    Returns
    -------
    Decoder
        Mean over the cell's gene positions of the masked-gene logits: how much the cell's
        context speaks for a gene. Each call is a pass over the cells.

    Raises
    ------
    CheckpointError
        If the checkpoint has no masked-gene head.
    InputError
        If the edit could not reach the genes (``<cls>`` of the last layer).

    Notes
    -----
    The edit is added to the residual stream at the layer, as `Intervention.add_direction` does,
    with a vector of its own for each cell.

    Examples
    --------
    >>> import cellglass as cg
    >>> model, cells = cg.load_model("mini-geneformer"), cg.data.pbmc68k_reduced()[:2]
    >>> decoder = geneformer_decoder(model, cells, genes=["LYZ"])
    >>> decoder.decode(model.embed(cells), range(2)).shape
    (2, 1)
    """
    return _GeneformerDecoder(model, cells, genes, layer, at, seed, batch_size)
