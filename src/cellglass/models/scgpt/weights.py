"""scGPT's published parameter names, fused or not, to ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

_LAYER = {
    "qkv.weight": ("self_attn.Wqkv.weight", "self_attn.in_proj_weight"),
    "qkv.bias": ("self_attn.Wqkv.bias", "self_attn.in_proj_bias"),
    "attention_out.weight": ("self_attn.out_proj.weight",),
    "attention_out.bias": ("self_attn.out_proj.bias",),
    "attention_norm.weight": ("norm1.weight",),
    "attention_norm.bias": ("norm1.bias",),
    "mlp_in.weight": ("linear1.weight",),
    "mlp_in.bias": ("linear1.bias",),
    "mlp_out.weight": ("linear2.weight",),
    "mlp_out.bias": ("linear2.bias",),
    "mlp_norm.weight": ("norm2.weight",),
    "mlp_norm.bias": ("norm2.bias",),
}
LAYER_PREFIX = "transformer_encoder.layers."


def parameter_names(ours: list[str], weights: Mapping[str, Tensor]) -> dict[str, str]:
    """Map our parameter names to those of the checkpoint.

    Parameters
    ----------
    ours
        Names in `ScGPTNetwork`.
    weights
        The checkpoint; decides between ``Wqkv`` (flash-attn) and ``in_proj`` (torch) names.
    """
    return {name: _published(name, weights) for name in ours}


def _published(name: str, weights: Mapping[str, Tensor]) -> str:
    head, _, rest = name.partition(".")
    if head == "encoder":
        _, index, inner = rest.split(".", 2)
        options = [f"{LAYER_PREFIX}{index}.{end}" for end in _LAYER[inner]]
        return next((o for o in options if o in weights), options[0])
    if name.startswith("gene_embedding."):
        return f"encoder.embedding.{rest}"
    if name.startswith("gene_norm."):
        return f"encoder.enc_norm.{rest}"
    prefixes = {"values": "value_encoder", "batch_norm": "bn", "cell_decoder": "mvc_decoder"}
    return f"{prefixes.get(head, head)}.{rest}"
