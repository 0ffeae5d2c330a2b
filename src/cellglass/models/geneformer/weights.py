"""BERT's published parameter names to ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import Tensor

_LAYER = {
    "attention_out": "attention.output.dense",
    "attention_norm": "attention.output.LayerNorm",
    "mlp_in": "intermediate.dense",
    "mlp_out": "output.dense",
    "mlp_norm": "output.LayerNorm",
}
_OUTSIDE = {
    "gene_embedding.weight": "embeddings.word_embeddings.weight",
    "position_embedding.weight": "embeddings.position_embeddings.weight",
    "type_embedding.weight": "embeddings.token_type_embeddings.weight",
    "norm.weight": "embeddings.LayerNorm.weight",
    "norm.bias": "embeddings.LayerNorm.bias",
}
_HEAD = {
    "head.dense.weight": "cls.predictions.transform.dense.weight",
    "head.dense.bias": "cls.predictions.transform.dense.bias",
    "head.norm.weight": "cls.predictions.transform.LayerNorm.weight",
    "head.norm.bias": "cls.predictions.transform.LayerNorm.bias",
    "head.bias": "cls.predictions.bias",
    "output_table.weight": "cls.predictions.decoder.weight",
}
LAYER_PREFIX = "encoder.layer."


def standardised(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Drop the ``bert.`` prefix, rename old LayerNorm names, fuse queries, keys and values."""
    out: dict[str, Tensor] = {}
    for name, tensor in weights.items():
        name = name.removeprefix("bert.")
        out[name.replace("LayerNorm.gamma", "LayerNorm.weight")
            .replace("LayerNorm.beta", "LayerNorm.bias")] = tensor  # fmt: skip
    for name in [n for n in out if ".attention.self.query." in n]:
        parts = [name.replace("query", which) for which in ("query", "key", "value")]
        if all(p in out for p in parts):
            fused = name.replace("attention.self.query", "qkv")
            out[fused] = torch.cat([out.pop(p) for p in parts])
    return out


def parameter_names(ours: list[str]) -> dict[str, str]:
    """Map our parameter names to those of `standardised` weights."""
    return {name: _published(name) for name in ours}


def _published(name: str) -> str:
    if name in _OUTSIDE:
        return _OUTSIDE[name]
    if name in _HEAD:
        return _HEAD[name]
    _, _, index, module, kind = name.split(".")
    return f"{LAYER_PREFIX}{index}.{_LAYER.get(module, module)}.{kind}"
