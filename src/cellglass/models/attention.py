"""Scaled dot-product attention whose weights can be watched without being kept.

Weights are computed in row tiles inside buffers that are used again, so that watching costs a
few megabytes whatever the number of cells, layers and tokens. The cost that this avoids is page
faults on fresh temporaries, which is most of what eager attention pays.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.nn.functional import scaled_dot_product_attention

from cellglass.errors import InputError

# 128 rows of 8 heads x 1,200 keys: the size at which the products ran fastest (benchmarks/)
TILE_BYTES = 5 * 1024**2
# below any weight that float32 can tell from none; its logarithm is finite
NO_PRESENCE = 1e-30


class AttentionObserver(Protocol):
    """Something that reads attention weights where the softmax is computed.

    It may also have a method ``begin_pass(tokens)``, called once with the tokens as interventions
    on genes left them, and an attribute ``layers``, which is checked against the model's.
    """

    needs_qkv: bool

    def wants(self, layer: int) -> bool:
        """Whether this layer's weights are to be read."""

    def begin_batch(self, first_cell: int) -> None:
        """Announce a batch by the index of its first cell in the tokens."""

    def begin_cell(self, cell: int, positions: Tensor) -> None:
        """Announce a cell (index in the batch) and its valid positions."""

    def query_rows(self) -> Tensor | None:
        """Return which of the valid positions are needed as queries; None for all."""

    def update(
        self, layer: int, rows: Tensor, weights: Tensor, qkv: tuple[Tensor, Tensor, Tensor] | None
    ) -> None:
        """Take weights of the current cell, heads x rows x valid positions.

        `rows` index the valid positions. The tensor is used again: copy what is to be kept.
        `qkv` holds queries, keys and values, heads x valid positions x head width, if asked for.
        """


class Workspace:
    """Buffers that grow to what is needed and are then used again."""

    def __init__(self) -> None:
        self._buffers: dict[str, Tensor] = {}

    def take(self, name: str, shape: Sequence[int], like: Tensor) -> Tensor:
        """Return a contiguous view of `shape` on the buffer called `name`; content undefined."""
        size = 1
        for extent in shape:
            size *= extent
        buffer = self._buffers.get(name)
        if buffer is None or buffer.numel() < size or buffer.dtype != like.dtype:
            buffer = torch.empty(size, dtype=like.dtype, device=like.device)
            self._buffers[name] = buffer
        return buffer[:size].view(*shape)


def attend(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    valid: Tensor,
    *,
    layer: int = 0,
    observers: Sequence[AttentionObserver] = (),
    uniform_heads: Sequence[int] = (),
    causal: bool = False,
    workspace: Workspace | None = None,
) -> Tensor:
    """Attention of a batch of cells.

    Parameters
    ----------
    q, k, v
        Queries, keys and values, cells x heads x positions x head width.
    valid
        True at tokens, cells x positions. Padding is attended by nobody. As floating numbers:
        the presence of each token from 0 to 1, by which its attention weights are multiplied
        before they are normalised; gradients reach presences above 0.
    layer
        Index handed to the observers.
    observers
        Readers of the weights, see `AttentionObserver`.
    uniform_heads
        Heads whose weights are replaced by 1/n over the valid keys.
    causal
        Whether a position sees only itself and earlier ones.
    workspace
        Buffers to use again between calls.

    Returns
    -------
    torch.Tensor
        Head outputs, cells x heads x positions x head width; zero at padding where observers
        read all rows, undefined there otherwise.

    Raises
    ------
    InputError
        If observers would read weights of tokens that are present in part.
    """
    watching = [o for o in observers if o.wants(layer)]
    if valid.is_floating_point():
        if watching:
            raise InputError(
                "attention is read while tokens are present in part",
                where=f"layer {layer}",
                expected="tokens that are there or not",
                fix="run a forward pass without presence weights",
            )
        return _partly_present(q, k, v, valid, uniform_heads, causal)
    if not watching:
        return _unwatched(q, k, v, valid, uniform_heads, causal)
    workspace = workspace or Workspace()
    if not torch.is_grad_enabled():
        return _watched(q, k, v, valid, layer, watching, uniform_heads, causal, workspace)
    with torch.no_grad():  # the buffers cannot be differentiated through; observers only read
        _watched(q, k, v, valid, layer, watching, uniform_heads, causal, workspace)
    return _unwatched(q, k, v, valid, uniform_heads, causal)


def _unwatched(
    q: Tensor, k: Tensor, v: Tensor, valid: Tensor, uniform_heads: Sequence[int], causal: bool
) -> Tensor:
    mask = None if bool(valid.all()) else valid[:, None, None, :]
    if causal and mask is not None:
        n = q.shape[2]
        mask = mask & torch.ones(n, n, dtype=torch.bool, device=q.device).tril()
        mask = mask | torch.eye(n, dtype=torch.bool, device=q.device)  # no empty row at padding
    context = scaled_dot_product_attention(
        q, k, v, attn_mask=mask, is_causal=causal and mask is None
    )
    if len(uniform_heads):
        context = context.clone()
        heads = list(uniform_heads)
        context[:, heads] = _uniform_context(v[:, heads], valid, causal)
    return context


def _partly_present(
    q: Tensor, k: Tensor, v: Tensor, presence: Tensor, uniform_heads: Sequence[int], causal: bool
) -> Tensor:
    """Attention whose weights are multiplied by the presence of the key.

    The logarithm of the presence is one more coordinate of the keys, met by a 1 in the queries:
    unlike a mask that needs a gradient, it leaves the fused kernel in place, whose memory does
    not grow with the square of the positions.
    """
    width = q.shape[3]
    extra = 8 - width % 8  # one coordinate, and zeros up to a width that kernels take
    scaled = q * width**-0.5
    ones = scaled.new_ones(1).expand(*q.shape[:3], 1)
    logs = presence.clamp(min=NO_PRESENCE).log()[:, None, :, None].expand(*k.shape[:3], 1)
    context = scaled_dot_product_attention(
        F.pad(torch.cat([scaled, ones], -1), (0, extra - 1)),
        F.pad(torch.cat([k, logs], -1), (0, extra - 1)),
        F.pad(v, (0, extra)),
        is_causal=causal,
        scale=1.0,
    )[..., :width]
    if len(uniform_heads):
        context = context.clone()
        heads_list = list(uniform_heads)
        context[:, heads_list] = _uniform_context(v[:, heads_list], presence, causal)
    return context


def _uniform_context(v: Tensor, valid: Tensor, causal: bool) -> Tensor:
    seen = v * valid[:, None, :, None]
    if causal:
        least = NO_PRESENCE if valid.is_floating_point() else 1
        n = valid.cumsum(1).clamp(min=least)[:, None, :, None]
        return seen.cumsum(2) / n
    n = valid.sum(1)[:, None, None, None]
    return (seen.sum(2, keepdim=True) / n).expand_as(v)


def _watched(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    valid: Tensor,
    layer: int,
    observers: Sequence[AttentionObserver],
    uniform_heads: Sequence[int],
    causal: bool,
    workspace: Workspace,
) -> Tensor:
    context = torch.zeros_like(q)
    for cell in range(q.shape[0]):
        positions = torch.nonzero(valid[cell]).flatten()
        n = int(positions.numel())
        for observer in observers:
            observer.begin_cell(cell, positions)
        prefix = bool(valid[cell, :n].all())
        cq, ck, cv = (t[cell, :, :n] if prefix else t[cell][:, positions] for t in (q, k, v))
        wanted = [o.query_rows() for o in observers]
        everything = any(w is None for w in wanted)
        if everything:
            rows = torch.arange(n, device=q.device)
        else:
            some = torch.cat([w for w in wanted if w is not None])
            rows = torch.unique(some).to(q.device)
        out = _tiles(
            cq, ck, cv, rows, layer, observers, uniform_heads, causal, workspace, everything
        )
        if out is None:
            alone = torch.ones(1, n, dtype=torch.bool, device=q.device)
            out = _unwatched(cq[None], ck[None], cv[None], alone, uniform_heads, causal)[0]
        if prefix:
            context[cell, :, :n] = out
        else:
            context[cell][:, positions] = out
    return context


def _tiles(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    rows: Tensor,
    layer: int,
    observers: Sequence[AttentionObserver],
    uniform_heads: Sequence[int],
    causal: bool,
    workspace: Workspace,
    everything: bool,
) -> Tensor | None:
    """Weights of one cell tile by tile; the head outputs as well where every row is computed."""
    heads, n, width = k.shape
    scaled = q * (width**-0.5)
    keys = k.transpose(1, 2)
    size = max(1, min(len(rows), TILE_BYTES // (heads * n * q.element_size())))
    out = torch.empty(heads, n, width, dtype=q.dtype, device=q.device) if everything else None
    for start in range(0, len(rows), size):
        tile = rows[start : start + size]
        part = scaled[:, start : start + size] if everything else scaled[:, tile]
        weights = workspace.take("weights", (heads, len(tile), n), q)
        torch.bmm(part, keys, out=weights)
        if causal:
            weights.masked_fill_(
                torch.arange(n, device=q.device)[None, :] > tile[:, None], float("-inf")
            )
        torch.softmax(weights, -1, out=weights)
        for head in uniform_heads:
            _fill_uniform(weights[head], tile, causal)
        if out is not None:
            torch.bmm(weights, v, out=out[:, start : start + size])
        for observer in observers:
            observer.update(layer, tile, weights, (q, k, v) if observer.needs_qkv else None)
    return out


def _fill_uniform(weights: Tensor, tile: Tensor, causal: bool) -> None:
    n = weights.shape[-1]
    if not causal:
        weights.fill_(1.0 / n)
        return
    seen = torch.arange(n, device=weights.device)[None, :] <= tile[:, None]
    weights.copy_(seen / (tile[:, None] + 1))
