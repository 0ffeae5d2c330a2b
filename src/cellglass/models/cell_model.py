"""What every model of cells can do: embed them, change their genes, tell its cost."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cellglass.errors import InputError
from cellglass.seeds import DEFAULT_SEED

from .cost import Cost, Determinism
from .interventions import Intervention
from .vocabulary import Vocabulary

if TYPE_CHECKING:
    import torch
    from anndata import AnnData

    from .swap_space import SwapSpace


class CellModel(ABC):
    """Anything that embeds cells.

    Attributes
    ----------
    name
        What reports call the model.
    family
        For example ``"scgpt"``.
    vocabulary
        The genes it knows.
    provenance
        Where the weights came from: path, sha256, what was ignored.

    Examples
    --------
    >>> import cellglass as cg
    >>> model, cells = cg.load_model("mini-geneformer"), cg.data.pbmc68k_reduced()[:3]
    >>> isinstance(model, CellModel), model.embed(cells).shape
    (True, (3, 128))
    """

    name: str
    family: str
    vocabulary: Vocabulary
    provenance: dict[str, Any]

    @property
    def genes(self) -> list[str]:
        """Names of the genes the model knows, in the order of their ids."""
        return [str(n) for n in self.vocabulary.names if n]

    @property
    @abstractmethod
    def width(self) -> int:
        """Width of the embedding."""

    @property
    @abstractmethod
    def determinism(self) -> Determinism:
        """Whether embedding the same cells twice gives the same numbers."""

    @abstractmethod
    def cost(self, n_tokens: int) -> Cost:
        """Cost of one cell with `n_tokens` tokens."""

    @abstractmethod
    def embed(self, cells: AnnData, *, seed: int = DEFAULT_SEED) -> NDArray[np.float32]:
        """Embed cells: cells x width, with the family's published layer and pooling."""

    @abstractmethod
    def embed_perturbed(
        self, cells: AnnData, edits: Sequence[Intervention], *, seed: int = DEFAULT_SEED
    ) -> NDArray[np.float32]:
        """Embed cells whose genes were set, dropped or swapped; randomness as in `embed`."""

    @abstractmethod
    def untrained(self, seed: int = DEFAULT_SEED) -> CellModel:
        """Return a copy of the same architecture with weights as before training."""

    @abstractmethod
    def to(
        self, device: str | torch.device | None = None, dtype: torch.dtype | None = None
    ) -> CellModel:
        """Move the weights; returns the model."""

    def swap_space(self, cells: AnnData, *, seed: int = DEFAULT_SEED, **options: Any) -> SwapSpace:
        """Return the cells as points between which genes can be exchanged; see `SwapSpace`.

        Parameters
        ----------
        cells
            Counts.
        seed
            Of what is drawn, once for the space and by gene.
        options
            Of the family: which layer and pooling, what scale the values are on.

        Returns
        -------
        SwapSpace
            One row for each cell.

        Raises
        ------
        InputError
            If the family says nothing about exchanging genes.

        Examples
        --------
        >>> import cellglass as cg
        >>> model, cells = cg.load_model("mini-scgpt"), cg.data.pbmc68k_reduced()[:2]
        >>> space = model.swap_space(cells)
        >>> swapped = space.embed_edits([space.full_swap(0, 1)])
        >>> bool(np.abs(swapped - space.embed([1])).max() < 1e-5)
        True
        """
        raise InputError(
            f"models of the family '{self.family}' do not say what exchanging a gene means",
            where=f"{self.name}.swap_space",
            expected="a family with a SwapSpace of its own: scgpt, geneformer, scvi",
            fix="subclass cellglass.models.swap_space.SwapSpace and return it from "
            f"{type(self).__name__}.swap_space",
        )
