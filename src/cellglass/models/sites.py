"""Places inside a transformer that can be read or changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

SiteKind = Literal["embedding", "head_output", "attention_output", "mlp_output", "residual"]


@dataclass(frozen=True)
class Site:
    """One place in the forward pass.

    Parameters
    ----------
    kind
        ``"embedding"`` (input of the first layer), ``"head_output"`` (attention times values,
        before the output projection), ``"attention_output"`` (after it), ``"mlp_output"``
        (output of the feed-forward block) or ``"residual"`` (output of the layer).
    layer
        Layer index from 0; None for the embedding.
    heads
        For head outputs: which heads; None means all.

    Examples
    --------
    >>> Site.head_output(2, heads=[0])
    Site(kind='head_output', layer=2, heads=(0,))
    """

    kind: SiteKind
    layer: int | None = None
    heads: tuple[int, ...] | None = None

    @staticmethod
    def embedding() -> Site:
        """Input of the first layer, cells x positions x width."""
        return Site("embedding")

    @staticmethod
    def head_output(layer: int, heads: Sequence[int] | None = None) -> Site:
        """Head outputs of a layer, cells x heads x positions x head width."""
        return Site("head_output", layer, None if heads is None else tuple(heads))

    @staticmethod
    def attention_output(layer: int) -> Site:
        """What attention adds to the residual stream, cells x positions x width."""
        return Site("attention_output", layer)

    @staticmethod
    def mlp_output(layer: int) -> Site:
        """What the feed-forward block adds, cells x positions x width."""
        return Site("mlp_output", layer)

    @staticmethod
    def residual(layer: int) -> Site:
        """Output of a layer, cells x positions x width."""
        return Site("residual", layer)
