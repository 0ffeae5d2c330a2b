"""Small checkpoints and cells in the published layouts, written without cellglass's own code.

Weights are random and large enough that attention is far from uniform and that every norm, bias
and projection matters: a model loaded with two of them exchanged gives other numbers.
"""

from __future__ import annotations

import json
import pickle
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import anndata
import numpy as np
import pandas as pd
import torch
from scipy import sparse
from torch import Tensor

SYMBOLS = tuple(f"GENE{i}" for i in range(40))
ENSEMBL = tuple(f"ENSG{i:011d}" for i in range(100, 140))
SHARP = 2.5  # factor on queries and keys; more would amplify rounding layer by layer


class Random:
    """Named random tensors from one stream."""

    def __init__(self, seed: int) -> None:
        self.generator = torch.Generator().manual_seed(seed)

    def normal(self, *shape: int, sd: float = 0.3) -> Tensor:
        return sd * torch.randn(*shape, generator=self.generator)

    def linear(self, out: int, inner: int, gain: float = 1.0) -> dict[str, Tensor]:
        return {
            "weight": self.normal(out, inner, sd=gain / inner**0.5),
            "bias": self.normal(out),
        }

    def norm(self, width: int) -> dict[str, Tensor]:
        return {"weight": 1 + self.normal(width), "bias": self.normal(width)}


def _put(weights: dict[str, Tensor], prefix: str, parts: Mapping[str, Tensor]) -> None:
    weights.update({f"{prefix}.{k}": v for k, v in parts.items()})


def scgpt_weights(
    n_tokens: int,
    *,
    width: int = 16,
    n_layers: int = 3,
    mlp: int = 24,
    seed: int = 0,
    layout: str = "Wqkv",
    style: str = "continuous",
    n_values: int = 51,
    zeros: bool = False,
    batch_norm: bool = False,
    decoders: bool = True,
) -> dict[str, Tensor]:
    """State dict with the names of scGPT's published checkpoints."""
    r = Random(seed)
    w: dict[str, Tensor] = {"encoder.embedding.weight": r.normal(n_tokens, width, sd=1.0)}
    _put(w, "encoder.enc_norm", r.norm(width))
    if style == "continuous":
        _put(w, "value_encoder.linear1", r.linear(width, 1))
        _put(w, "value_encoder.linear2", r.linear(width, width))
        _put(w, "value_encoder.norm", r.norm(width))
    else:
        w["value_encoder.embedding.weight"] = r.normal(n_values, width, sd=1.0)
        _put(w, "value_encoder.enc_norm", r.norm(width))
    if batch_norm:
        _put(w, "bn", r.norm(width))
        w["bn.running_mean"] = r.normal(width)
        w["bn.running_var"] = 1 + r.normal(width).abs()
        w["bn.num_batches_tracked"] = torch.tensor(7)
    for i in range(n_layers):
        at = f"transformer_encoder.layers.{i}"
        qkv = r.linear(3 * width, width)
        qkv["weight"][: 2 * width] *= SHARP
        if layout == "Wqkv":
            _put(w, f"{at}.self_attn.Wqkv", qkv)
        else:
            w[f"{at}.self_attn.in_proj_weight"] = qkv["weight"]
            w[f"{at}.self_attn.in_proj_bias"] = qkv["bias"]
        _put(w, f"{at}.self_attn.out_proj", r.linear(width, width))
        _put(w, f"{at}.linear1", r.linear(mlp, width))
        _put(w, f"{at}.linear2", r.linear(width, mlp))
        _put(w, f"{at}.norm1", r.norm(width))
        _put(w, f"{at}.norm2", r.norm(width))
    if decoders:
        for stack in ("decoder.fc", *(["decoder.zero_logit"] if zeros else [])):
            for j, out in ((0, width), (2, width), (4, 1)):
                _put(w, f"{stack}.{j}", r.linear(out, width))
        _put(w, "mvc_decoder.gene2query", r.linear(width, width))
        w["mvc_decoder.W.weight"] = r.normal(width, width)
        _put(w, "cls_decoder.out_layer", r.linear(1, width))  # not used by anybody
    return w


def write_scgpt(
    folder: Path,
    symbols: Sequence[str] = SYMBOLS,
    *,
    heads: int = 4,
    max_seq_len: int = 30,
    file: str = "best_model.pt",
    special: bool = True,
    args: Mapping[str, Any] | None = None,
    **options: Any,
) -> Path:
    """Write an scGPT checkpoint folder; options are those of `scgpt_weights`."""
    folder.mkdir(parents=True, exist_ok=True)
    n_tokens = len(symbols) + 3
    weights = scgpt_weights(n_tokens, **options)
    vocabulary = {s: i for i, s in enumerate(symbols)}
    if special:
        vocabulary |= {t: len(symbols) + i for i, t in enumerate(("<pad>", "<cls>", "<eoc>"))}
    shape = {
        "embsize": options.get("width", 16),
        "nheads": heads,
        "d_hid": options.get("mlp", 24),
        "nlayers": options.get("n_layers", 3),
        "n_bins": 51,
        "pad_value": -2,
        "mask_value": -1,
        "input_emb_style": options.get("style", "continuous"),
        "max_seq_len": max_seq_len,
    }
    save_weights(weights, folder / file)
    (folder / "args.json").write_text(json.dumps(shape | dict(args or {})))
    (folder / "vocab.json").write_text(json.dumps(vocabulary))
    return folder


def bert_weights(
    n_tokens: int,
    *,
    width: int = 16,
    n_layers: int = 3,
    mlp: int = 24,
    n_positions: int = 32,
    seed: int = 0,
    prefix: str = "bert.",
    head: bool = True,
    untied: bool = False,
) -> dict[str, Tensor]:
    """State dict with the names of Geneformer's published checkpoints."""
    r = Random(seed)
    w: dict[str, Tensor] = {
        f"{prefix}embeddings.word_embeddings.weight": r.normal(n_tokens, width, sd=1.0),
        f"{prefix}embeddings.position_embeddings.weight": r.normal(n_positions, width, sd=0.5),
        f"{prefix}embeddings.token_type_embeddings.weight": r.normal(2, width, sd=0.5),
    }
    _put(w, f"{prefix}embeddings.LayerNorm", r.norm(width))
    for i in range(n_layers):
        at = f"{prefix}encoder.layer.{i}"
        for which in ("query", "key", "value"):
            gain = 1.0 if which == "value" else SHARP
            _put(w, f"{at}.attention.self.{which}", r.linear(width, width, gain))
        _put(w, f"{at}.attention.output.dense", r.linear(width, width))
        _put(w, f"{at}.attention.output.LayerNorm", r.norm(width))
        _put(w, f"{at}.intermediate.dense", r.linear(mlp, width))
        _put(w, f"{at}.output.dense", r.linear(width, mlp))
        _put(w, f"{at}.output.LayerNorm", r.norm(width))
    if head:
        _put(w, "cls.predictions.transform.dense", r.linear(width, width))
        _put(w, "cls.predictions.transform.LayerNorm", r.norm(width))
        w["cls.predictions.bias"] = r.normal(n_tokens)
        if untied:
            w["cls.predictions.decoder.weight"] = r.normal(n_tokens, width)
    return w


def write_dictionaries(
    folder: Path,
    genes: Sequence[str] = ENSEMBL,
    *,
    version: str = "v2",
    medians: Mapping[str, float] | None = None,
    symbols: Mapping[str, str] | None = None,
    mapping: Mapping[str, str] | None = None,
    tag: str = "tiny",
) -> dict[str, int]:
    """Write Geneformer's pickled dictionaries; returns the tokens."""
    folder.mkdir(parents=True, exist_ok=True)
    special = ("<pad>", "<mask>") + (("<cls>", "<eos>") if version == "v2" else ())
    tokens: dict[str, Any] = {t: i for i, t in enumerate(special)}
    # NumPy scalars, as in the published files
    tokens |= {g: np.int16(len(special) + i) for i, g in enumerate(genes)}
    if medians is None:
        medians = {g: np.float64(1 + (7 * i) % 5) for i, g in enumerate(genes)}
    content: dict[str, Any] = {"token_dictionary": tokens, "gene_median_dictionary": dict(medians)}
    if symbols is not None:
        content["gene_name_id_dict"] = dict(symbols)
    if mapping is not None:
        content["ensembl_mapping_dict"] = dict(mapping)
    for stem, held in content.items():
        (folder / f"{stem}_{tag}.pkl").write_bytes(pickle.dumps(held))
    return {k: int(v) for k, v in tokens.items()}


def write_geneformer(
    folder: Path,
    genes: Sequence[str] = ENSEMBL,
    *,
    version: str = "v2",
    heads: int = 4,
    activation: str = "relu",
    file: str = "model.safetensors",
    dictionaries: bool = True,
    medians: Mapping[str, float] | None = None,
    symbols: Mapping[str, str] | None = None,
    mapping: Mapping[str, str] | None = None,
    config: Mapping[str, Any] | None = None,
    **options: Any,
) -> Path:
    """Write a Geneformer checkpoint folder; options are those of `bert_weights`."""
    folder.mkdir(parents=True, exist_ok=True)
    n_tokens = len(genes) + (4 if version == "v2" else 2)
    save_weights(bert_weights(n_tokens, **options), folder / file)
    shape = {
        "model_type": "bert",
        "hidden_act": activation,
        "hidden_size": options.get("width", 16),
        "intermediate_size": options.get("mlp", 24),
        "num_hidden_layers": options.get("n_layers", 3),
        "num_attention_heads": heads,
        "max_position_embeddings": options.get("n_positions", 32),
        "layer_norm_eps": 1e-12,
        "vocab_size": n_tokens,
    }
    (folder / "config.json").write_text(json.dumps(shape | dict(config or {})))
    if dictionaries:
        write_dictionaries(
            folder, genes, version=version, medians=medians, symbols=symbols, mapping=mapping
        )
    return folder


def save_weights(weights: Mapping[str, Tensor], path: Path) -> None:
    """Write a state dict as the suffix says."""
    if path.suffix == ".safetensors":
        from safetensors.torch import save_file

        save_file({k: v.contiguous() for k, v in weights.items()}, path)
    else:
        torch.save(dict(weights), path)


def counts_data(
    n_cells: int,
    genes: Sequence[str],
    *,
    seed: int = 0,
    share: float = 0.5,
    obs: Mapping[str, Any] | None = None,
    var: Mapping[str, Sequence[str]] | None = None,
    prefix: str = "cell",
) -> anndata.AnnData:
    """Counts with many ties and zeros; every cell expresses something."""
    rng = np.random.default_rng(seed)
    counts = 1 + rng.negative_binomial(1, 0.15, size=(n_cells, len(genes)))
    counts[rng.random(counts.shape) > share] = 0
    counts[np.arange(n_cells), rng.integers(len(genes), size=n_cells)] += 1
    return anndata.AnnData(
        sparse.csr_matrix(counts.astype(np.float32)),
        obs=pd.DataFrame(dict(obs or {}), index=[f"{prefix}{i}" for i in range(n_cells)]),
        var=pd.DataFrame(dict(var or {}), index=list(genes)),
    )


def far_from_uniform(attention: np.ndarray, n: int) -> bool:
    """Whether rows over `n` keys are peaked: mean largest weight above four times uniform."""
    return bool(attention[..., :n, :n].max(-1).mean() > min(4 / n, 0.5))
