"""From token rows to cell embeddings, without the layers and the padding that are not needed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .pooling import Pool
from .taps import Tap
from .tokens import pad_rows

if TYPE_CHECKING:
    from .contract import TransformerModel

TokenRow = tuple[NDArray[np.int64], NDArray[np.float32]]
"""Ids and values of the tokens of one cell, special tokens included."""


class CellEmbedder:
    """One layer of a model, pooled, for many short inputs that differ little.

    Does what `TransformerModel.forward` does with `Tap.cell_embedding` and nothing else: layers
    above the one that is read do not run, of that one only ``<cls>`` where nothing else is read,
    and cells of like length share a batch.

    Parameters
    ----------
    model
        Whose network runs.
    layer, pooling, normalise
        See `Tap.cell_embedding`.
    batch_size
        Cells at once.

    Examples
    --------
    >>> import cellglass as cg
    >>> model = cg.load_model("mini-scgpt")
    >>> row = np.array([model.vocabulary.special["<cls>"], 5]), np.array([-2, 7], "float32")
    >>> CellEmbedder(model).rows([row, row]).shape
    (2, 128)
    """

    def __init__(
        self,
        model: TransformerModel,
        *,
        layer: int | None = None,
        pooling: Literal["cls", "mean"] | None = None,
        normalise: bool = False,
        batch_size: int = 16,
    ) -> None:
        self.model = model
        self.tap = Tap.cell_embedding(layer=layer, pooling=pooling, normalise=normalise)
        pool = Pool(model, self.tap, torch.empty(0))  # refuses what the model lacks
        self.layer, self.first_only = pool.layer, pool.pooling == "cls"
        self.batch_size = batch_size

    def rows(self, rows: Sequence[TokenRow]) -> NDArray[np.float32]:
        """Embed cells given as rows of tokens, len(rows) x width, in their order."""
        lengths = np.array([len(ids) for ids, _ in rows], dtype=np.int64)
        order = np.argsort(lengths, kind="stable")
        out = np.empty((len(rows), self.model.width), dtype=np.float32)
        with torch.no_grad():
            for start in range(0, len(rows), self.batch_size):
                batch = order[start : start + self.batch_size]
                found = self._batch([rows[i] for i in batch], lengths[batch])
                out[batch] = found.float().cpu().numpy()
        return out

    def _batch(self, rows: Sequence[TokenRow], lengths: NDArray[np.int64]) -> Tensor:
        vocabulary = self.model.vocabulary
        ids = pad_rows([r for r, _ in rows], vocabulary.special.get("<pad>", 0), np.int64)
        valid = np.arange(ids.shape[1])[None, :] < lengths[:, None]
        values = pad_rows([v for _, v in rows], 0.0, np.float32)
        is_gene = valid & ~vocabulary.is_special[ids]
        embedded = self.model.network.embed_tokens(
            self.tensor(ids), self.tensor(values).to(self.model.dtype)
        )
        return self.states(embedded, self.tensor(valid), self.tensor(is_gene))

    def tensor(self, array: NDArray[Any]) -> Tensor:
        """Return the array where the model is."""
        return torch.as_tensor(array, device=self.model.device)

    def states(self, embedded: Tensor, valid: Tensor, is_gene: Tensor) -> Tensor:
        """Embeddings from what enters the first layer; differentiable.

        Parameters
        ----------
        embedded
            Cells x positions x width.
        valid
            True at tokens, or their presence from 0 to 1; cells x positions.
        is_gene
            The same, special tokens left out.

        Returns
        -------
        torch.Tensor
            Cells x width.
        """
        pool = Pool(self.model, self.tap, is_gene)
        state = self.model.network.encoder(
            embedded, valid, n_layers=self.layer + 1, first_only=self.first_only
        )
        pool.read(self.layer, state)
        pool.finish(state)
        return pool.result
