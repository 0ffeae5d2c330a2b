"""Cell embeddings: one layer's state, pooled as it passes by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from cellglass.errors import InputError

from .passes import ForwardPass
from .taps import Tap

if TYPE_CHECKING:
    from .contract import TransformerModel


class Pool:
    """Cell embedding of one batch: reads the state of one layer, then pools it."""

    def __init__(self, model: TransformerModel, tap: Tap, is_gene: Tensor) -> None:
        last = model.n_layers - 1
        layer = model.embedding_layer if tap.layer is None else tap.layer
        if not 0 <= layer <= last:
            raise InputError(
                f"layer {layer} asked for", where="Tap.cell_embedding", expected=f"0 to {last}"
            )
        self.layer = layer
        # the last layer is read after the final norm, where there is one
        self.after_stack = layer == last
        self.pooling = tap.pooling or model.pooling
        self.normalise = tap.normalise
        self.is_gene = is_gene
        self.has_cls = "<cls>" in model.vocabulary.special
        if self.pooling == "cls" and not self.has_cls:
            raise InputError(f"{model.name} has no <cls> token", fix='use pooling="mean"')
        self.result = torch.empty(0)

    def read(self, layer: int, state: Tensor) -> None:
        """Pool the output of a layer, if it is the one and not the last."""
        if layer == self.layer and not self.after_stack:
            self._pool(state)

    def finish(self, state: Tensor) -> None:
        """Pool the output of the stack, if that is what is asked for."""
        if self.after_stack:
            self._pool(state)

    def _pool(self, state: Tensor) -> None:
        if self.pooling == "cls":
            pooled = state[:, 0]
        else:
            weight = self.is_gene.to(state)[..., None]
            pooled = (state * weight).sum(1) / weight.sum(1).clamp(min=1)
        if self.normalise:
            pooled = pooled / torch.linalg.vector_norm(pooled, dim=1, keepdim=True)
        self.result = pooled


class WithPools:
    """Hooks of a `ForwardPass` with the pools reading residual states as well."""

    def __init__(self, run: ForwardPass, pools: Sequence[Pool]) -> None:
        self.run, self.pools = run, pools
        self.observers = run.observers

    def uniform_heads(self, layer: int) -> Sequence[int]:
        """Heads whose attention is to be uniform."""
        return self.run.uniform_heads(layer)

    def at(self, kind: Any, layer: int | None, state: Tensor) -> Tensor:
        """Do what the pass does at a site, then let the pools read."""
        state = self.run.at(kind, layer, state)
        if kind == "residual" and layer is not None:
            for pool in self.pools:
                pool.read(layer, state)
        return state
