"""Losses of all kinds of dictionary in plain torch, for several seeds at once.

These are also the oracle of the sparse kernels. All tensors have the seeds as leading dimension.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from .settings import TrainingSettings
from .states import bandwidth_of


@dataclass
class Losses:
    """What a batch gives, each of shape (seeds,) but `fired`.

    Attributes
    ----------
    total
        To be minimised.
    fvu
        Squared residuals over the variance of the training cells.
    fired
        Whether each concept was active in any cell, seeds x concepts.
    minimum
        Smallest positive activation.
    """

    total: Tensor
    fvu: Tensor
    fired: Tensor
    minimum: Tensor


def losses(
    weights: Mapping[str, Tensor],
    x: Tensor,
    settings: TrainingSettings,
    variance: float,
    dead: Tensor,
    *,
    ramp: float = 1.0,
) -> Losses:
    """Compute the loss of a batch.

    Parameters
    ----------
    weights
        See `SeedState`, with the seeds as leading dimension.
    x
        Transformed cells, cells x width.
    settings
        Of the training.
    variance
        Summed variance of the transformed training cells.
    dead
        Which concepts are dead, seeds x concepts.
    ramp
        Share of the sparsity penalty in force (JumpReLU, L1).

    Notes
    -----
    Every term is relative: reconstruction to the variance of the cells, AuxK to the variance of
    the residual it explains. So the balance between them does not depend on the scale of the
    embedding, nor on sums against means. The whole is multiplied by the variance of the cells:
    the first term is then the mean squared residual, on which clipping at 1 is common.
    """
    centred = x - weights["bias"][:, None]
    pre = torch.bmm(centred, weights["encoder"].transpose(1, 2)) + weights["encoder_bias"][:, None]
    codes, penalty = _codes(pre, weights, settings, x.shape[1], variance)
    fvu = x.new_zeros(len(pre))
    total = torch.zeros_like(fvu)
    residual = torch.zeros_like(centred)
    for size in settings.prefixes():
        decoded = torch.bmm(codes[:, :, :size], weights["decoder"][:, :size])
        residual = x - (decoded.to(x.dtype) + weights["bias"][:, None])
        fvu = residual.square().sum(2).mean(1) / variance
        total = total + fvu
    total = total + ramp * penalty
    if settings.kind in ("topk", "batchtopk", "matryoshka") and settings.aux_weight:
        total = total + settings.aux_weight * aux_k_loss(
            residual, pre, weights["decoder"], dead, settings.aux_k
        )
    with torch.no_grad():
        active = codes > 0
        nothing = torch.finfo(codes.dtype).max
        minimum = torch.where(active, codes, nothing).flatten(1).amin(1).to(x.dtype)
    return Losses(variance * total, fvu.detach(), active.any(1), minimum)


def aux_k_loss(
    residual: Tensor, pre: Tensor, decoder: Tensor, dead: Tensor, aux_k: int | None = None
) -> Tensor:
    """How badly dead concepts explain the residual, relative to its variance.

    Parameters
    ----------
    residual
        Cell minus reconstruction, seeds x cells x width; no gradient flows into it.
    pre
        Pre-activations, seeds x cells x concepts.
    decoder
        Seeds x concepts x width. No bias is added: the residual has none.
    dead
        Seeds x concepts.
    aux_k
        How many dead concepts a cell; None for half the width.

    Returns
    -------
    torch.Tensor
        One a seed; 0 where nothing is dead. Smaller in proportion where fewer are dead than
        `aux_k`.
    """
    target = residual.detach()
    wanted = aux_k or max(1, residual.shape[2] // 2)
    found = []
    for s in range(len(pre)):
        columns = torch.nonzero(dead[s])[:, 0]
        around = target[s] - target[s].mean(0)
        spread = around.square().sum(1).mean()
        if not len(columns) or not spread > 0:
            found.append(target.new_zeros(()))
            continue
        candidates = torch.relu(pre[s][:, columns])
        kept = torch.topk(candidates, min(wanted, len(columns)), dim=1)
        codes = torch.zeros_like(candidates).scatter(1, kept.indices, kept.values)
        explained = (codes @ decoder[s][columns].to(codes.dtype)).to(target.dtype)
        error = (target[s] - explained).square().sum(1).mean() / spread
        found.append(min(1.0, len(columns) / wanted) * error)
    return torch.stack(found)


def _codes(
    pre: Tensor,
    weights: Mapping[str, Tensor],
    settings: TrainingSettings,
    width: int,
    variance: float,
) -> tuple[Tensor, Tensor]:
    """Codes, and the penalty on them that the kind has, one a seed."""
    positive = torch.relu(pre)
    nothing = torch.zeros(len(pre), device=pre.device)
    k = settings.k or 1
    if settings.kind in ("topk", "matryoshka"):
        kept = torch.topk(positive, k, dim=2)
        return torch.zeros_like(positive).scatter(2, kept.indices, kept.values), nothing
    if settings.kind == "batchtopk":
        flat = positive.flatten(1)
        top = torch.topk(flat, k * pre.shape[1], dim=1)
        return torch.zeros_like(flat).scatter(1, top.indices, top.values).view_as(pre), nothing
    if settings.kind == "l1":
        summed = positive.to(weights["encoder"].dtype).sum(2).mean(1)
        return positive, settings.penalty(None, summed, variance)
    threshold = weights["log_threshold"].exp()[:, None]
    bandwidth = bandwidth_of(settings, width)
    codes = _JumpReLU.apply(positive.to(weights["encoder"].dtype), threshold, bandwidth)
    active = _Step.apply(positive.to(weights["encoder"].dtype), threshold, bandwidth).sum(2).mean(1)
    return codes, settings.penalty(active, None, variance)


class _JumpReLU(torch.autograd.Function):
    """``x`` where above the threshold; straight-through estimate of Rajamanoharan et al. 2024."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, threshold: Tensor, bandwidth: float) -> Tensor:
        ctx.save_for_backward(x, threshold)
        ctx.bandwidth = bandwidth
        return x * (x > threshold)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, None]:
        x, threshold = ctx.saved_tensors
        near = ((x - threshold).abs() < ctx.bandwidth / 2).to(x)
        of_threshold = -(threshold / ctx.bandwidth) * near * gradients[0]
        return gradients[0] * (x > threshold), of_threshold.sum(1, keepdim=True), None


class _Step(torch.autograd.Function):
    """1 above the threshold, 0 below; the threshold's gradient as in `_JumpReLU`."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, threshold: Tensor, bandwidth: float) -> Tensor:
        ctx.save_for_backward(x, threshold)
        ctx.bandwidth = bandwidth
        return (x > threshold).to(x)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[None, Tensor, None]:
        x, threshold = ctx.saved_tensors
        near = ((x - threshold).abs() < ctx.bandwidth / 2).to(x)
        return None, -(near / ctx.bandwidth * gradients[0]).sum(1, keepdim=True), None
