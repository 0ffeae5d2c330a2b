"""One transformer encoder for every family: post-norm or pre-norm, plain torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from torch import Tensor, nn
from torch.nn import functional as F

from cellglass.errors import InputError

from .attention import AttentionObserver, Workspace, attend
from .sites import SiteKind


@dataclass(frozen=True)
class EncoderConfig:
    """Shape and conventions of an encoder.

    Parameters
    ----------
    n_layers, n_heads, width, mlp_width
        Layers, heads per layer, residual width, hidden width of the feed-forward block.
    activation
        Of the feed-forward block; ``"gelu"`` is the exact one.
    norm
        ``"post"`` normalises after each addition (BERT, scGPT), ``"pre"`` before each block,
        in which case most families add a `final_norm`.
    norm_eps
        Added to the variance in layer normalisation.
    causal
        Whether positions see only earlier ones.
    final_norm
        Whether a last layer normalisation follows the stack.

    Raises
    ------
    InputError
        If the heads do not divide the width.

    Examples
    --------
    >>> EncoderConfig(n_layers=12, n_heads=8, width=512, mlp_width=512).head_width
    64
    """

    n_layers: int
    n_heads: int
    width: int
    mlp_width: int
    activation: Literal["relu", "gelu"] = "relu"
    norm: Literal["post", "pre"] = "post"
    norm_eps: float = 1e-5
    causal: bool = False
    final_norm: bool = False

    def __post_init__(self) -> None:
        if self.n_heads < 1 or self.width % self.n_heads:
            raise InputError(
                f"width {self.width} cannot be shared by {self.n_heads} heads",
                where="EncoderConfig",
                expected="a width that the number of heads divides",
                fix="check the configuration beside the weights",
            )

    @property
    def head_width(self) -> int:
        """Width of one head."""
        return self.width // self.n_heads


class PassHooks(Protocol):
    """What a forward pass does at its sites: interventions first, then taps."""

    observers: Sequence[AttentionObserver]

    def at(self, kind: SiteKind, layer: int | None, state: Tensor) -> Tensor:
        """Change and record the state at a site."""

    def uniform_heads(self, layer: int) -> Sequence[int]:
        """Heads of a layer whose attention is to be uniform."""


class NoHooks:
    """A forward pass that is neither read nor changed."""

    observers: Sequence[AttentionObserver] = ()

    def at(self, kind: SiteKind, layer: int | None, state: Tensor) -> Tensor:
        """Return the state as it is."""
        return state

    def uniform_heads(self, layer: int) -> Sequence[int]:
        """No head."""
        return ()


class EncoderLayer(nn.Module):
    """Self-attention and feed-forward block with residual connections."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.config = config
        self.qkv = nn.Linear(config.width, 3 * config.width)
        self.attention_out = nn.Linear(config.width, config.width)
        self.attention_norm = nn.LayerNorm(config.width, eps=config.norm_eps)
        self.mlp_in = nn.Linear(config.width, config.mlp_width)
        self.mlp_out = nn.Linear(config.mlp_width, config.width)
        self.mlp_norm = nn.LayerNorm(config.width, eps=config.norm_eps)

    def first(self, x: Tensor, valid: Tensor) -> Tensor:
        """Output at the first position alone, cells x 1 x width, at a fraction of the cost."""
        config, pre = self.config, self.config.norm == "pre"
        seen, start = (self.attention_norm(x) if pre else x), x[:, :1]
        w, b = self.qkv.weight, self.qkv.bias
        query = F.linear(seen[:, :1], w[: config.width], b[: config.width])
        keys, values = F.linear(seen, w[config.width :], b[config.width :]).chunk(2, -1)
        q, k, v = (
            t.view(*t.shape[:2], config.n_heads, -1).transpose(1, 2) for t in (query, keys, values)
        )
        context = attend(q, k, v, valid).transpose(1, 2).reshape(start.shape)
        start = start + self.attention_out(context)
        if not pre:
            start = self.attention_norm(start)
        activation = F.relu if config.activation == "relu" else F.gelu
        start = start + self.mlp_out(
            activation(self.mlp_in(self.mlp_norm(start) if pre else start))
        )
        return start if pre else self.mlp_norm(start)

    def forward(
        self, x: Tensor, valid: Tensor, layer: int, hooks: PassHooks, workspace: Workspace
    ) -> Tensor:
        """Cells x positions x width to the same."""
        pre = self.config.norm == "pre"
        attended = self._attention(
            self.attention_norm(x) if pre else x, valid, layer, hooks, workspace
        )
        x = x + attended
        if not pre:
            x = self.attention_norm(x)
        activation = F.relu if self.config.activation == "relu" else F.gelu
        mlp = self.mlp_out(activation(self.mlp_in(self.mlp_norm(x) if pre else x)))
        x = x + hooks.at("mlp_output", layer, mlp)
        if not pre:
            x = self.mlp_norm(x)
        return hooks.at("residual", layer, x)

    def _attention(
        self, x: Tensor, valid: Tensor, layer: int, hooks: PassHooks, workspace: Workspace
    ) -> Tensor:
        cells, positions, width = x.shape
        heads = self.config.n_heads
        q, k, v = self.qkv(x).view(cells, positions, 3, heads, -1).permute(2, 0, 3, 1, 4)
        context = attend(
            q,
            k,
            v,
            valid,
            layer=layer,
            observers=hooks.observers,
            uniform_heads=hooks.uniform_heads(layer),
            causal=self.config.causal,
            workspace=workspace,
        )
        context = hooks.at("head_output", layer, context)
        out = self.attention_out(context.transpose(1, 2).reshape(cells, positions, width))
        return hooks.at("attention_output", layer, out)


class Encoder(nn.Module):
    """A stack of `EncoderLayer`.

    Examples
    --------
    >>> import torch
    >>> encoder = Encoder(EncoderConfig(n_layers=2, n_heads=2, width=8, mlp_width=16))
    >>> x, valid = torch.zeros(1, 3, 8), torch.ones(1, 3, dtype=torch.bool)
    >>> tuple(encoder(x, valid).shape)
    (1, 3, 8)
    """

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.config = config
        self.layers = nn.ModuleList(EncoderLayer(config) for _ in range(config.n_layers))
        self.final_norm = (
            nn.LayerNorm(config.width, eps=config.norm_eps) if config.final_norm else None
        )

    @property
    def blocks(self) -> list[EncoderLayer]:
        """The layers, in order."""
        return [layer for layer in self.layers if isinstance(layer, EncoderLayer)]

    def forward(
        self,
        x: Tensor,
        valid: Tensor,
        hooks: PassHooks | None = None,
        *,
        n_layers: int | None = None,
        first_only: bool = False,
    ) -> Tensor:
        """Run the layers.

        Parameters
        ----------
        x
            Embedded tokens, cells x positions x width.
        valid
            True at tokens, cells x positions; or their presence from 0 to 1, see `attend`.
        hooks
            What to change and read on the way.
        n_layers
            Stop after this many layers; all when None.
        first_only
            Of the last layer that runs, return the first position only (as cells x 1 x width),
            which spares most of that layer. Nothing is changed or read there.

        Returns
        -------
        torch.Tensor
            Output of the last layer that ran (after the final norm, where there is one and the
            whole stack ran), cells x positions x width; undefined at padding.
        """
        hooks = hooks or NoHooks()
        workspace = Workspace()
        x = hooks.at("embedding", None, x)
        n_layers = len(self.layers) if n_layers is None else n_layers
        first_only = first_only and not self.config.causal
        for index, layer in enumerate(self.blocks[:n_layers]):
            if first_only and index == n_layers - 1:
                x = layer.first(x, valid)
            else:
                x = layer(x, valid, index, hooks, workspace)
        if self.final_norm is None or n_layers < len(self.layers):
            return x
        return self.final_norm(x)


__all__ = ["Encoder", "EncoderConfig", "EncoderLayer", "NoHooks", "PassHooks"]
