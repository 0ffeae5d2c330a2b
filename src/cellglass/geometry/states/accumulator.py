"""States summed by gene while a model runs: memory for genes, never for cells."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cellglass.errors import InputError
from cellglass.geometry.layers import EMBEDDING
from cellglass.models.taps import Tap
from cellglass.models.tokens import Tokens


class GeneStateSums:
    """Reducer of a residual tap that sums the states of each gene's tokens.

    A token adds to the sum of its gene and of the group of its cell; padding, special tokens and
    unlisted genes add to nothing. Sums are float32, token by token in the order of cells, so
    that batches do not change them: keep a group below some 100,000 cells, or add several
    passes in float64.

    Parameters
    ----------
    tokens
        The cells of the pass, in order.
    genes
        Vocabulary ids of the genes, without repeats.
    n_embeddings
        Size of the vocabulary.
    groups
        Group of each cell, 0..n_groups-1.
    n_groups
        Number of groups.
    layers
        Layers to sum; `EMBEDDING` is the input of the first.
    width
        Of the residual stream.

    Attributes
    ----------
    sums
        float32, layers x groups x genes x width.
    counts
        Tokens of each gene, int64, groups x genes.

    Raises
    ------
    InputError
        If genes repeat or lie outside the vocabulary, or groups do not fit the cells.

    Examples
    --------
    >>> import cellglass as cg
    >>> model, cells = cg.load_model("mini-scgpt"), cg.data.pbmc68k_reduced()[:4]
    >>> tokens = model.tokenize(cells)
    >>> sums = GeneStateSums(
    ...     tokens, np.arange(5), model.vocabulary.n_embeddings, np.zeros(4, int), 1,
    ...     layers=[0], width=model.width,
    ... )
    >>> trace = model.forward(tokens, [sums.tap()])
    >>> sums.sums.shape
    (1, 1, 5, 128)
    """  # fmt: skip

    def __init__(
        self,
        tokens: Tokens,
        genes: NDArray[np.int64],
        n_embeddings: int,
        groups: NDArray[np.int64],
        n_groups: int,
        *,
        layers: Sequence[int],
        width: int,
    ) -> None:
        _check(tokens, genes, n_embeddings, groups, n_groups)
        self.layers = tuple(layers)
        self._row = {layer: i for i, layer in enumerate(self.layers)}
        column = np.full(n_embeddings + 1, -1, dtype=np.int64)  # the last entry serves id -1
        column[genes] = np.arange(len(genes))
        found = column[np.where(tokens.is_gene, tokens.gene_ids, -1)]
        offset = np.asarray(groups, dtype=np.int64)[:, None] * len(genes)
        self._slots = np.where(found >= 0, found + offset, -1)
        self.sums = np.zeros((len(self.layers), n_groups, len(genes), width), dtype=np.float32)
        held = self._slots[self._slots >= 0]
        self.counts = np.bincount(held, minlength=n_groups * len(genes)).reshape(n_groups, -1)

    def tap(self) -> Tap:
        """Tap that fills the sums during a forward pass."""
        return Tap.residual([at for at in self.layers if at != EMBEDDING], reduce=self)

    def __call__(self, layer: int, cells: slice, state: Tensor) -> None:
        """Add the states of some cells; see `Tap.residual`."""
        row = self._row.get(layer)
        if row is None:
            return
        slots = self._slots[cells, : state.shape[1]]
        target = self.sums[row].reshape(-1, self.sums.shape[-1])
        if state.device.type == "cpu":
            from .scatter_rows import add_rows

            add_rows(target, state.detach().float().contiguous().numpy(), slots)
            return
        listed = torch.as_tensor(slots >= 0, device=state.device)
        index = torch.as_tensor(slots[slots >= 0], device=state.device)
        part = torch.zeros(target.shape, dtype=torch.float32, device=state.device)
        part.index_add_(0, index, state.detach()[listed].float())
        target += part.cpu().numpy()


def _check(
    tokens: Tokens,
    genes: NDArray[np.int64],
    n_embeddings: int,
    groups: NDArray[np.int64],
    n_groups: int,
) -> None:
    where = "GeneStateSums"
    if len(np.unique(genes)) != len(genes):
        raise InputError("genes name a gene twice", where=where)
    if len(genes) and (genes.min() < 0 or genes.max() >= n_embeddings):
        raise InputError("genes hold ids outside the vocabulary", where=where)
    if len(groups) != len(tokens):
        raise InputError(f"{len(groups)} groups for {len(tokens)} cells", where=where)
    if len(groups) and not 0 <= groups.min() <= groups.max() < n_groups:
        raise InputError(
            f"groups from {groups.min()} to {groups.max()}", where=where,
            expected=f"0 to {n_groups - 1}",
        )  # fmt: skip
