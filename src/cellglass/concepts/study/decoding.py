"""From edited embeddings of a study's cells back to genes, by the family of their model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellglass.concepts.interventions.decoders import (
    Decoder,
    geneformer_decoder,
    scgpt_decoder,
    scvi_decoder,
)
from cellglass.errors import InputError

from .attribution import Held
from .cells import space_of
from .gene_tables import gene_labels

if TYPE_CHECKING:
    from anndata import AnnData


@dataclass(frozen=True)
class Budget:
    """How much is decoded for one concept.

    Parameters
    ----------
    cells
        Cells with the concept, and as many without it.
    draws
        Random directions of either kind.
    dose_draws
        The same at each dose.
    """

    cells: int
    draws: int
    dose_draws: int


@dataclass(frozen=True)
class FamilyDecoder:
    """How a family decodes, at what cost.

    Parameters
    ----------
    make
        Makes the decoder of some cells, given what is open, the cells and the options of their
        embedding.
    budget
        See `Budget`.
    note
        What a reader must know of it.
    """

    make: Callable[[Held, AnnData, Mapping[str, Any]], Decoder]
    budget: Budget
    note: str


class StudyDecoder(Decoder):
    """A decoder that names genes as the study does and takes normalised embeddings.

    Parameters
    ----------
    decoder
        Of embeddings as the model gives them.
    genes
        Names of its genes.
    norms
        Length of each cell's embedding before it was normalised; None where it was not.
    """

    def __init__(
        self, decoder: Decoder, genes: tuple[str, ...], norms: NDArray[np.float64] | None = None
    ) -> None:
        self.decoder, self.genes, self.norms = decoder, genes, norms
        self.scale = decoder.scale

    def decode(self, embedding: ArrayLike, cells: ArrayLike) -> NDArray[np.float64]:
        """See `Decoder`."""
        h = np.asarray(embedding)
        if self.norms is not None:
            h = h * self.norms[np.asarray(cells, dtype=np.int64), None]
        return self.decoder.decode(h, cells)


def study_decoder(
    held: Held, rows: NDArray[np.int64], options: Mapping[str, Any], seed: int
) -> StudyDecoder:
    """The decoder of some cells of a study.

    Parameters
    ----------
    held
        The model and the embedded cells.
    rows
        Which of the cells.
    options
        Layer, pooling and normalisation of the embedding.
    seed
        Root seed.

    Raises
    ------
    InputError, CheckpointError
        If the model's family has no decoder, the checkpoint lacks it, or it does not fit the
        options.
    """
    model = held.model
    made = family_decoder(model.family).make(held, held.cells[rows].copy(), options)
    label = dict(zip(held.space.genes, gene_labels(model, held.space), strict=True))
    norms = None
    if options.get("normalise"):
        plain = space_of(held.cells, model, {**options, "normalise": False}, seed).embed(rows)
        norms = np.linalg.norm(plain.astype(np.float64), axis=1)
    return StudyDecoder(made, tuple(label.get(g, g) for g in made.genes), norms)


def family_decoder(family: str) -> FamilyDecoder:
    """How a family decodes.

    Raises
    ------
    InputError
        If it has no decoder from the cell embedding to genes.

    Examples
    --------
    >>> family_decoder("scvi").budget.cells
    200
    """
    if family not in FAMILIES:
        raise InputError(
            f"models of the family '{family}' have no decoder from the cell embedding to genes",
            where="interventions",
            expected=", ".join(sorted(FAMILIES)),
        )
    return FAMILIES[family]


def _scvi(held: Held, cells: AnnData, options: Mapping[str, Any]) -> Decoder:
    return scvi_decoder(held.model, cells)


def _scgpt(held: Held, cells: AnnData, options: Mapping[str, Any]) -> Decoder:
    model = cast("Any", held.model)
    layer, pooling = _read_at(model, options)
    if layer != model.n_layers - 1 or pooling != "cls":
        raise InputError(
            f"embeddings are pooled by {pooling} at layer {layer}, and the head for the cell reads "
            f"<cls> of layer {model.n_layers - 1}",
            where="interventions",
            fix="leave concepts.layer and concepts.pooling empty",
        )
    return scgpt_decoder(model, genes=held.space.genes)


def _geneformer(held: Held, cells: AnnData, options: Mapping[str, Any]) -> Decoder:
    model = cast("Any", held.model)
    layer, pooling = _read_at(model, options)
    if pooling != model.pooling:
        raise InputError(
            f"embeddings are pooled by {pooling}, and edits are put in where the published "
            f"embedding is read ({model.pooling})",
            where="interventions",
            fix="leave concepts.pooling empty",
        )
    return geneformer_decoder(model, cells, genes=held.space.genes, layer=layer)


def _read_at(model: Any, options: Mapping[str, Any]) -> tuple[int, str]:
    """Layer and pooling of the embedding."""
    layer = options.get("layer")
    return model.embedding_layer if layer is None else layer, options.get(
        "pooling"
    ) or model.pooling


FAMILIES: dict[str, FamilyDecoder] = {
    "scvi": FamilyDecoder(_scvi, Budget(200, 50, 19), "scVI's decoder, each cell with its own "
                          "covariates, at 10,000 counts."),
    "scgpt": FamilyDecoder(_scgpt, Budget(200, 50, 50), "scGPT's value head for the cell is "
                           "linear in the embedding: dose curves are straight and specificity is "
                           "1 by construction."),
    # every decoded cell is a pass through the layers above the edit
    "geneformer": FamilyDecoder(_geneformer, Budget(8, 19, 3), "Geneformer has no decoder of a "
                                "cell: the edit is put into its pass and masked-gene logits are "
                                "read, in few cells and against few random directions."),
}  # fmt: skip
"""By family: scVI's decoder, scGPT's value head for the cell, Geneformer's patched logits."""
