"""Cells of an scVI model between which genes are exchanged: counts, covariates kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from cellglass.models.swap_space import Edit, Read, SwapSpace

if TYPE_CHECKING:
    from .counts import GeneCounts
    from .covariates import Covariates
    from .model import ScviModel

EDITS_A_PASS = 16_384
POINTS_A_PASS = 1024
ROWS_KEPT = 64  # of the cells exchanged last


class ScviSwapSpace(SwapSpace):
    """Counts of some cells over the genes of an scVI model.

    The library size is no input of the encoder: it reads ``log(1 + count)`` gene by gene, so an
    exchange of all genes exchanges the library as well. Covariates stay those of the cell.

    The first layer is linear in the transformed counts, and an edit adds to it the columns of its
    genes, in float64: all single-gene exchanges of a cell cost about one pass over its genes.

    Parameters
    ----------
    model
        The model.
    counts
        Of the cells.
    covariates
        What the encoder reads beside them; None where it reads nothing else.

    Examples
    --------
    >>> import cellglass as cg
    >>> space = cg.load_model("my_scvi").swap_space(cells)  # doctest: +SKIP
    >>> edits = [space.swap(0, 1, [g]) for g in space.differing(0, 1)]  # doctest: +SKIP
    >>> space.embed_edits(edits).shape  # doctest: +SKIP
    (412, 10)
    """

    # an exchange is one sparse column through the first layer: thousands a second on one core
    exhaustive_below = 20_000_000

    def __init__(self, model: ScviModel, counts: GeneCounts, covariates: Covariates | None) -> None:
        self._path = model.encoder
        self._covariates = covariates
        seen = np.flatnonzero(counts.matrix.getnnz(axis=0))
        self.genes = tuple(str(n) for n in model.vocabulary.names[seen])
        self.values = sparse.csr_matrix(counts.matrix[:, seen])
        self.scale = "counts"
        self.cell_names = counts.cell_names
        self.width = model.width
        self.n_passes = 0
        self._rows: dict[int, NDArray[np.float64]] = {}
        self._weights = self._path.gene_weights()[seen]
        self._hidden = self._path.hidden(counts.matrix, covariates)
        if covariates is not None and covariates.differ:
            self.exact_full_swap = False
            self.limits = (
                "the encoder reads covariates, which stay those of the cell: exchanging all genes "
                "gives the other cell's embedding only where their covariates agree"
            )

    def row(self, cell: int) -> NDArray[np.float64]:
        """Dense values of a cell, shape (genes,); those of the last few cells are kept."""
        held = self._rows.pop(cell, None)
        if held is None:
            held = super().row(cell)
        self._rows[cell] = held
        if len(self._rows) > ROWS_KEPT:
            del self._rows[next(iter(self._rows))]
        return held.copy()

    def embed(self, cells: ArrayLike | None = None) -> NDArray[np.float32]:
        """Embed cells as they are, len(cells) x width; all of them where None."""
        chosen = np.arange(len(self._hidden)) if cells is None else np.asarray(cells)
        return self._finished(self._hidden[chosen], np.asarray(chosen, dtype=np.int64))

    def embed_edits(self, edits: Sequence[Edit]) -> NDArray[np.float32]:
        """Embed edited cells, len(edits) x width. Adds to `n_passes`."""
        parts = [np.zeros((0, self.width), dtype=np.float32)]
        for start in range(0, len(edits), EDITS_A_PASS):
            part = edits[start : start + EDITS_A_PASS]
            cells = np.array([e.cell for e in part], dtype=np.int64)
            hidden = self._hidden[cells] + self._change(part) @ self._weights
            parts.append(self._finished(hidden, cells))
        return np.concatenate(parts)

    def _change(self, edits: Sequence[Edit]) -> sparse.csr_matrix:
        """What each edit adds to the transformed counts, len(edits) x genes."""
        rows: dict[int, NDArray[np.float64]] = {}
        before = []
        for edit in edits:
            if edit.cell not in rows:
                rows[edit.cell] = self.row(edit.cell)
            before.append(rows[edit.cell][edit.genes])
        pointer = np.concatenate([[0], np.cumsum([len(e.genes) for e in edits])])
        columns = np.concatenate([e.genes for e in edits]).astype(np.int64)
        after = np.concatenate([np.asarray(e.values, dtype=np.float64) for e in edits])
        change = self._transformed(after) - self._transformed(np.concatenate(before))
        return sparse.csr_matrix((change, columns, pointer), shape=(len(edits), len(self.genes)))

    def _transformed(self, counts: NDArray[np.float64]) -> NDArray[np.float64]:
        return self._path.transformed(torch.as_tensor(counts)).numpy()

    def _finished(
        self, hidden: NDArray[np.float64], cells: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        held = None if self._covariates is None else self._covariates[cells]
        self.n_passes += len(cells)
        with torch.no_grad():
            found = self._path.finish(self._path.tensor(hidden), held)
        return found.float().cpu().numpy()

    def path_gradients(
        self, cell: int, other: int, read: Read, *, steps: int = 1, start_only: bool = False
    ) -> NDArray[np.float64]:
        """Gradients of read-outs along the straight path of counts from `other` to `cell`.

        Exact derivatives at each point, through ``log(1 + count)``; see
        `SwapSpace.path_gradients`.
        """
        columns = self.differing(cell, other)
        end, start = self.row(cell)[columns], self.row(other)[columns]
        at = np.ones(1) if start_only else (np.arange(steps) + 0.5) / steps
        weights = self._weights[columns]
        total: NDArray[np.float64] | None = None
        for first in range(0, len(at), POINTS_A_PASS):
            points = start + at[first : first + POINTS_A_PASS, None] * (end - start)
            moved = self._transformed(points) - self._transformed(end)
            by_hidden = self._read_gradients(self._hidden[cell] + moved @ weights, cell, read)
            slopes = self._path.slope(torch.as_tensor(points)).numpy()
            part = np.einsum("oph,gh,pg->og", by_hidden, weights, slopes, optimize=True)
            total = part if total is None else total + part
        if total is None:
            raise ValueError("steps must be at least 1")
        out = np.zeros((len(total), len(self.genes)))
        out[:, columns] = total / len(at) * (end - start)
        return out

    def _read_gradients(
        self, hidden: NDArray[np.float64], cell: int, read: Read
    ) -> NDArray[np.float64]:
        """Gradients of read-outs in the first layer, outputs x points x hidden."""
        held = None
        if self._covariates is not None:
            held = self._covariates[np.full(len(hidden), cell)]
        leaf = self._path.tensor(hidden).requires_grad_()
        outputs = read(self._path.finish(leaf, held))
        self.n_passes += len(hidden)
        grads = [
            torch.autograd.grad(outputs[:, i].sum(), leaf, retain_graph=True)[0]
            for i in range(outputs.shape[1])
        ]
        return torch.stack(grads).double().cpu().numpy()
