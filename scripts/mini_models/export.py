"""Write trained mini models in the published layouts, fp16."""

from __future__ import annotations

import argparse
import json
import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import torch
import train_geneformer
import train_scgpt
from corpus import Corpus, load_corpus
from safetensors.torch import save_file

from cellglass.models.geneformer.network import GeneformerNetwork
from cellglass.models.geneformer.weights import parameter_names as bert_names
from cellglass.models.scgpt.network import ScGPTNetwork
from cellglass.models.scgpt.weights import parameter_names as scgpt_names

MAX_TOKENS = 1024


def current_names(corpus: Corpus, shared: Path) -> dict[str, str]:
    """Symbols of GENCODE 49 that differ from those of the corpus: new symbol to old."""
    table = pd.read_csv(
        shared / "gene_info/human_genes_gencode.tsv.gz", sep="\t", keep_default_na=False
    )
    new = dict(zip(table["ensembl_id"], table["symbol"], strict=True))
    known = set(corpus.genes["symbol"])
    found = {}
    for symbol, gene in zip(corpus.genes["symbol"], corpus.genes["ensembl_id"], strict=True):
        name = new.get(gene, "")
        if name and name != symbol and name not in known and not name.startswith("ENSG"):
            found[name.upper()] = symbol
    return found


def export_scgpt(corpus: Corpus, weights: Path, out: Path, aliases: dict[str, str]) -> None:
    out.mkdir(parents=True, exist_ok=True)
    network = ScGPTNetwork(train_scgpt.CONFIG, len(corpus.genes) + 3)
    network.load_state_dict(torch.load(weights))
    ours = network.state_dict()
    fused = {f"transformer_encoder.layers.{i}.self_attn.Wqkv.{k}": torch.empty(0)
             for i in range(train_scgpt.CONFIG.n_layers) for k in ("weight", "bias")}  # fmt: skip
    names = scgpt_names(list(ours), fused)
    save_file({names[k]: v.half().contiguous() for k, v in ours.items()}, out / "model.safetensors")
    vocabulary = {g: i for i, g in enumerate([*corpus.genes["symbol"], "<pad>", "<cls>", "<eoc>"])}
    (out / "vocab.json").write_text(json.dumps(vocabulary, indent=0))
    config = train_scgpt.CONFIG
    args = {
        "embsize": config.width, "nheads": config.n_heads, "d_hid": config.mlp_width,
        "nlayers": config.n_layers, "dropout": 0.0, "n_bins": train_scgpt.N_BINS,
        "pad_token": "<pad>", "pad_value": -2, "mask_value": -1, "input_style": "binned",
        "input_emb_style": "continuous", "mvc_decoder_style": "inner product", "MVC": True,
        "explicit_zero_prob": False, "max_seq_len": MAX_TOKENS, "ties": "middle",
    }  # fmt: skip
    (out / "args.json").write_text(json.dumps(args, indent=1) + "\n")
    if aliases:
        (out / "aliases.json").write_text(json.dumps(aliases, indent=0, sort_keys=True))


def export_geneformer(corpus: Corpus, weights: Path, out: Path, aliases: dict[str, str]) -> None:
    out.mkdir(parents=True, exist_ok=True)
    n_tokens = len(corpus.genes) + train_geneformer.FIRST_GENE
    config = train_geneformer.CONFIG
    network = GeneformerNetwork(config, n_tokens, train_geneformer.N_POSITIONS)
    network.load_state_dict(torch.load(weights))
    ours = network.state_dict()
    names = bert_names(list(ours))
    published: dict[str, torch.Tensor] = {}
    for name, tensor in ours.items():
        target = names[name]
        if ".qkv." in target:
            for which, part in zip(("query", "key", "value"), tensor.chunk(3), strict=True):
                key = "bert." + target.replace("qkv", f"attention.self.{which}")
                published[key] = part.half().contiguous()
        else:
            prefix = "" if target.startswith("cls.") else "bert."
            published[prefix + target] = tensor.half().contiguous()
    save_file(published, out / "model.safetensors")
    raw = {
        "architectures": ["BertForMaskedLM"], "model_type": "bert", "hidden_act": "relu",
        "hidden_size": config.width, "intermediate_size": config.mlp_width,
        "num_hidden_layers": config.n_layers, "num_attention_heads": config.n_heads,
        "max_position_embeddings": train_geneformer.N_POSITIONS, "layer_norm_eps": config.norm_eps,
        "pad_token_id": 0, "type_vocab_size": 2, "vocab_size": n_tokens,
        "position_embedding_type": "absolute",
    }  # fmt: skip
    (out / "config.json").write_text(json.dumps(raw, indent=1) + "\n")
    ids = corpus.genes["ensembl_id"].tolist()
    tokens = {"<pad>": 0, "<mask>": 1, "<cls>": 2, "<eos>": 3}
    tokens |= {g: i + train_geneformer.FIRST_GENE for i, g in enumerate(ids)}
    median = train_geneformer.medians(corpus)
    dictionaries = {
        "token_dictionary_mini": tokens,
        "gene_median_dictionary_mini": {
            g: float(np.float32(m)) for g, m in zip(ids, median, strict=True)
        },
        "gene_name_id_dict_mini": dict(zip(corpus.genes["symbol"], ids, strict=True)),
        "ensembl_mapping_dict_mini": aliases,
    }
    for name, content in dictionaries.items():
        if content:
            (out / f"{name}.pkl").write_bytes(pickle.dumps(content, protocol=4))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--shared", type=Path, required=True)
    parser.add_argument("--scgpt", type=Path)
    parser.add_argument("--geneformer", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    a = parser.parse_args()
    held = load_corpus(a.shared)
    names = current_names(held, a.shared)
    if a.scgpt:
        export_scgpt(held, a.scgpt, a.out / "mini_scgpt", names)
    if a.geneformer:
        ids = dict(zip(held.genes["symbol"], held.genes["ensembl_id"], strict=True))
        mapping = {new: ids[old] for new, old in names.items()}
        export_geneformer(held, a.geneformer, a.out / "mini_geneformer", mapping)
