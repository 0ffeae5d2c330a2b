"""The concepts of a dictionary, read like any other unit."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from cellglass.concepts.units import Readout, Units

from .dictionary import Dictionary


class DictionaryUnits(Units):
    """The concepts of a dictionary as units of kind ``"concept"``.

    Parameters
    ----------
    dictionary
        Whose concepts.

    Notes
    -----
    The margin of a Top-K concept is its pre-activation minus the k-th largest ``max(0, pre)``
    among the *other* concepts: that is what it must exceed to be among the k.

    Examples
    --------
    >>> from cellglass.concepts.transform import Transform
    >>> plain = Transform(np.zeros(2, np.float32), 1.0)
    >>> d = Dictionary("topk", np.eye(2), np.zeros(2), np.eye(2), np.zeros(2), plain, k=1)
    >>> DictionaryUnits(d).read(np.array([[3.0, 2.0]])).margin.tolist()
    [[1.0, -1.0]]
    """

    def __init__(self, dictionary: Dictionary) -> None:
        self.dictionary = dictionary
        self.kind = "concept"
        self.names = tuple(f"concept {i}" for i in range(dictionary.n_concepts))
        self.directions = dictionary.decoder
        self.transform = dictionary.transform

    def read(self, embedding: NDArray[np.floating], which: ArrayLike | None = None) -> Readout:
        """See `Units`; cells x concepts are held dense, so give blocks of cells."""
        index = np.arange(len(self)) if which is None else np.asarray(which, dtype=np.int64)
        pre = self.dictionary.pre(embedding)
        gated = self.dictionary.gate(pre)[:, index].toarray()
        chosen = pre[:, index]
        margin = chosen - self._rivals(pre, gated, index)
        # a concept that is among the k by its place alone, having an equal, is active nonetheless
        margin = np.where(gated > 0, np.maximum(margin, np.finfo(np.float32).tiny), margin)
        return Readout(gated, chosen, margin.astype(np.float32))

    def pre(self, embedding: Tensor, which: ArrayLike) -> Tensor:
        """See `Units`."""
        index = np.asarray(which, dtype=np.int64)
        d = self.dictionary
        mean = torch.as_tensor(self.transform.mean).to(embedding)
        bias = torch.as_tensor(d.bias).to(embedding)
        rows = torch.as_tensor(d.encoder[index]).to(embedding)
        centred = (embedding - mean) * self.transform.scale - bias
        return centred @ rows.T + torch.as_tensor(d.encoder_bias[index]).to(embedding)

    def margin(self, embedding: Tensor, which: ArrayLike) -> Tensor:
        """See `Units`; in a Top-K dictionary the slope of the rival counts as well."""
        index = torch.as_tensor(np.asarray(which, dtype=np.int64))
        d = self.dictionary
        if d.kind not in ("topk", "matryoshka"):
            threshold = np.zeros(len(self)) if d.threshold is None else np.maximum(d.threshold, 0)
            return self.pre(embedding, which) - torch.as_tensor(threshold).to(embedding)[index]
        k = d.k or 1
        everything = self.pre(embedding, np.arange(len(self)))
        largest = torch.topk(everything.clamp(min=0), k + 1, dim=1).values
        kth, next_one = largest[:, k - 1 : k], largest[:, k : k + 1]
        own = everything[:, index]
        return own - torch.where((own >= kth) & (own > 0), next_one, kth)

    def _rivals(
        self, pre: NDArray[np.float32], gated: NDArray[np.float32], index: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        """What each concept must exceed to be active, cells x chosen concepts."""
        d = self.dictionary
        if d.kind in ("topk", "matryoshka"):
            k = d.k or 1
            # the k-th and (k + 1)-th largest: the k-th among the others is one of the two
            last = np.partition(pre, (-k - 1, -k), axis=1)
            next_one, kth = np.maximum(last[:, [-k - 1]], 0), np.maximum(last[:, [-k]], 0)
            return np.where(gated > 0, next_one, kth)
        if d.threshold is None:
            return np.zeros_like(gated)
        return np.broadcast_to(np.maximum(d.threshold[index], 0), gated.shape)
