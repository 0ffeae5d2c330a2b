"""Cells of a transformer as points between which genes can be exchanged."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from cellglass.errors import InputError

from .cell_embedder import CellEmbedder, TokenRow
from .relaxation import Relaxation, path_gradients
from .swap_space import Edit, Read, SwapSpace

if TYPE_CHECKING:
    from .contract import TransformerModel

ROWS_AT_ONCE = 4096  # edits whose tokens are held at the same time
GRAPH_BYTES = 256 * 1024**2  # what the graphs of one backward pass may take


class TokenSpace(SwapSpace):
    """What scGPT and Geneformer share; see `SwapSpace`.

    Parameters
    ----------
    embedder
        Layer and pooling of the model that reads the cells.
    ids
        Vocabulary id of each column, ascending.
    values
        Cells x columns.
    scale
        Of the values.
    cell_names
        Names of the rows.
    """

    # single exchanges are small steps away from the cell: slopes along the path rank them worse
    screen_steps = 0

    def __init__(
        self,
        embedder: CellEmbedder,
        ids: NDArray[np.int64],
        values: sparse.csr_matrix,
        scale: str,
        cell_names: Sequence[str],
    ) -> None:
        self.embedder = embedder
        self.model: TransformerModel = embedder.model
        self.ids = ids
        self.values = values
        self.scale = scale
        self.genes = tuple(str(n) for n in self.model.vocabulary.names[ids])
        self.cell_names = tuple(cell_names)
        self.width = self.model.width
        self.n_passes = 0

    # what families provide -------------------------------------------------------------

    @abstractmethod
    def tokens_of(self, values: NDArray[np.float64]) -> TokenRow:
        """Token ids and values of a cell, special tokens included, from its dense values."""

    @abstractmethod
    def relaxation(
        self, cell: int, other: int, *, start_only: bool
    ) -> tuple[Relaxation, NDArray[np.int64]]:
        """Return what is between two cells, and the column of each of its genes."""

    # what follows from them ------------------------------------------------------------

    def row(self, cell: int) -> NDArray[np.float64]:
        """Dense values of a cell, shape (genes,)."""
        start, stop = self.values.indptr[cell], self.values.indptr[cell + 1]
        row = np.zeros(len(self.genes))
        row[self.values.indices[start:stop]] = self.values.data[start:stop]
        return row

    def embed(self, cells: ArrayLike | None = None) -> NDArray[np.float32]:
        """Embed cells as they are, len(cells) x width; all of them where None."""
        chosen = np.arange(len(self.cell_names)) if cells is None else np.asarray(cells)
        return self.embed_edits([Edit(int(c), _NONE, _NO_VALUES) for c in chosen])

    def embed_edits(self, edits: Sequence[Edit]) -> NDArray[np.float32]:
        """Embed edited cells, len(edits) x width; the same whatever the company, to about 1e-6."""
        out = np.empty((len(edits), self.width), dtype=np.float32)
        held: int | None = None
        base = _NO_VALUES
        for start in range(0, len(edits), ROWS_AT_ONCE):
            part = edits[start : start + ROWS_AT_ONCE]
            rows = []
            for edit in part:
                if edit.cell != held:
                    held, base = edit.cell, self.row(self._checked(edit).cell)
                rows.append(self.tokens_of(_edited(base, edit)))
            out[start : start + len(part)] = self.embedder.rows(rows)
        self.n_passes += len(edits)
        return out

    def _checked(self, edit: Edit) -> Edit:
        if not 0 <= edit.cell < len(self.cell_names):
            raise InputError(
                f"an edit of cell {edit.cell}",
                where="embed_edits",
                expected=f"0 to {len(self.cell_names) - 1}, a row of the space",
            )
        return edit

    def path_gradients(
        self, cell: int, other: int, read: Read, *, steps: int = 1, start_only: bool = False
    ) -> NDArray[np.float64]:
        """Gradients of read-outs along the straight path from `other` to `cell`, times the way.

        The path runs through inputs no cell has: tokens that are there in part (their attention
        weights and their weight in a mean are multiplied by the part) and values between two
        bins. Ends are the two cells, so that for many `steps` the sum over genes is the fall of
        the read-out from `cell` to `other`, but for what belongs to no gene: see `limits`. For
        the parameters see `SwapSpace.path_gradients`.
        """
        relaxation, columns = self.relaxation(cell, other, start_only=start_only)
        found, points = path_gradients(
            relaxation,
            read,
            steps=steps,
            start_only=start_only,
            points_at_once=max(1, GRAPH_BYTES // self._graph_bytes(relaxation.n_tokens)),
            like=next(self.model.network.parameters()),
        )
        self.n_passes += points
        out = np.zeros((len(found), len(self.genes)))
        out[:, columns] = relaxation.collected(found)
        agree = np.ones(len(self.genes), dtype=bool)
        agree[self.differing(cell, other)] = False
        out[:, agree] = 0.0
        return out

    def _graph_bytes(self, n_tokens: int) -> int:
        config = self.model.config
        floats = config.n_layers * (12 * config.width + 3 * config.mlp_width)
        return n_tokens * floats * self.model.dtype.itemsize


_NONE = np.zeros(0, dtype=np.int64)
_NO_VALUES = np.zeros(0)


def _edited(base: NDArray[np.float64], edit: Edit) -> NDArray[np.float64]:
    if not len(edit.genes):
        return base
    if not (edit.values >= 0).all():
        raise InputError(
            "an edit sets a negative value or none",
            where=f"an edit of cell {edit.cell}",
            expected="values from 0 (absent)",
        )
    row = base.copy()
    row[edit.genes] = edit.values
    return row
