"""Cells as points between which single genes can be exchanged; each family says what that means."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from torch import Tensor

Read = Callable[[Tensor], Tensor]
"""Embeddings (n x width) to outputs (n x outputs), differentiable."""


@dataclass(frozen=True, eq=False)
class Edit:
    """A cell with the values of some genes replaced.

    Parameters
    ----------
    cell
        Row of the cell in its `SwapSpace`.
    genes
        Columns of the genes, without repeats.
    values
        Their new values on the scale of the space; 0 is absent.
    """

    cell: int
    genes: NDArray[np.int64]
    values: NDArray[np.float64]


class SwapSpace(ABC):
    """Some cells as a model sees them, with everything random fixed.

    Token subsets, ties and dropout are drawn once for the space and by gene, never by cell or by
    call (common random numbers): two cells with the same values are the same input, so a cell in
    which all genes were exchanged for those of another one has the embedding of that other one,
    where no covariate differs.

    Attributes
    ----------
    genes
        Names of the columns: genes of the model's vocabulary that some cell expresses.
    values
        Cells x genes, on the scale that is exchanged.
    scale
        What the values are: ``"counts"``, ``"bins"``, ``"normalised counts"``.
    cell_names
        Names of the rows.
    width
        Of the embedding.
    screen_steps
        Points of the path at which a screen of single genes reads slopes, 0 for the cell itself:
        what ranks single exchanges best in models of this kind.
    exhaustive_below
        Passes below which all single exchanges are run rather than screened, unless asked for
        otherwise: what is cheap for models of this kind.
    exact_full_swap
        Whether exchanging all genes must give the other cell's embedding up to rounding; where
        not, `limits` says why.
    """

    genes: tuple[str, ...]
    values: sparse.csr_matrix
    scale: str
    cell_names: tuple[str, ...]
    width: int
    screen_steps: int = 1
    exhaustive_below: int = 50_000
    exact_full_swap: bool = True
    limits: str = ""
    n_passes: int = 0
    """Cells passed through the model so far, edits included."""

    def row(self, cell: int) -> NDArray[np.float64]:
        """Dense values of a cell, shape (genes,)."""
        return np.asarray(self.values[cell].toarray(), dtype=np.float64).ravel()

    def differing(self, cell: int, other: int) -> NDArray[np.int64]:
        """Columns in which two cells differ; all other genes score exactly 0 in a swap."""
        return np.flatnonzero(self.row(cell) != self.row(other))

    def swap(self, cell: int, other: int, genes: ArrayLike) -> Edit:
        """Cell `cell` with the values that `other` has for some genes."""
        columns = np.asarray(genes, dtype=np.int64)
        return Edit(cell, columns, self.row(other)[columns])

    def full_swap(self, cell: int, other: int) -> Edit:
        """Cell `cell` with all values of `other`; its covariates stay."""
        return self.swap(cell, other, self.differing(cell, other))

    @abstractmethod
    def embed(self, cells: ArrayLike | None = None) -> NDArray[np.float32]:
        """Embed cells as they are, len(cells) x width; all of them where None."""

    @abstractmethod
    def embed_edits(self, edits: Sequence[Edit]) -> NDArray[np.float32]:
        """Embed edited cells, len(edits) x width. Adds to `n_passes`."""

    @abstractmethod
    def path_gradients(
        self, cell: int, other: int, read: Read, *, steps: int = 1, start_only: bool = False
    ) -> NDArray[np.float64]:
        """Gradients of read-outs along the straight path from `other` to `cell`, times the way.

        Parameters
        ----------
        cell, other
            Rows of the space.
        read
            Read-outs of an embedding.
        steps
            Points of the path (midpoint rule); integrated gradients for many.
        start_only
            The gradient at `cell` alone, times ``x_cell - x_other``: the cheap screen.

        Returns
        -------
        numpy.ndarray
            Outputs x genes: how much of the read-out's fall from `cell` to `other` each gene
            accounts for; positive where the cell's own value supports the read-out. Exactly 0
            where the cells agree.
        """

    def reseeded(self, seed: int) -> SwapSpace | None:
        """Return the same cells with other draws; None where nothing is drawn."""
        return None
