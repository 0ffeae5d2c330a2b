"""Loading scGPT checkpoints: ``best_model.pt`` (or safetensors), args.json, vocab.json."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cellglass._options import check_options
from cellglass.errors import CheckpointError
from cellglass.models.encoder import EncoderConfig
from cellglass.models.families import ModelFamily
from cellglass.models.safe_files import (
    load_dictionary,
    load_weights,
    read_json,
    reading_config,
    sha256,
)
from cellglass.models.vocabulary import Vocabulary
from cellglass.models.weights import assign, count_layers, translated

from .model import ScGPTModel
from .network import ScGPTNetwork
from .tokenizer import ScGPTTokenizer
from .weights import LAYER_PREFIX, parameter_names

if TYPE_CHECKING:
    from torch import Tensor

WEIGHT_FILES = ("best_model.pt", "model.safetensors", "best_model.safetensors", "model.pt")
OPTIONS = ("ties", "select", "include_zeros")
SPECIAL_TOKENS = ("<pad>", "<cls>", "<eoc>")


def recognise(folder: Path) -> bool:
    """Whether a folder looks like an scGPT checkpoint: args.json with scGPT's keys."""
    args = folder / "args.json"
    return args.is_file() and "embsize" in read_json(args)


def load(folder: Path, *, name: str | None = None, **options: Any) -> ScGPTModel:
    """Load an scGPT checkpoint folder.

    Parameters
    ----------
    folder
        With args.json, vocab.json and the weights.
    name
        What reports call the model; the folder's name when None.
    options
        Options of `ScGPTTokenizer`: ties, select, include_zeros.

    Returns
    -------
    ScGPTModel
        On the CPU, in float32.

    Raises
    ------
    CheckpointError
        If a file is missing, truncated, of another family or does not fit the others.
    UnsafeFileError
        If the weights file would execute code.
    """
    args = read_json(_existing(folder / "args.json"))
    weights_path = _weights_path(folder)
    weights = load_weights(weights_path)
    _refuse_other_families(weights, weights_path)
    with reading_config(folder / "args.json"):
        config = _encoder_config(args, weights, weights_path)
        network = _network(config, args, weights)
    names = parameter_names(list(network.state_dict()), weights)
    ours, unused = translated(weights, names)
    assign(network, ours, weights_path)
    vocabulary = read_vocabulary(folder / "vocab.json", network.gene_embedding.num_embeddings)
    aliases_path = folder / "aliases.json"
    check_options(ScGPTTokenizer, options, where=f"options of {folder.name}", names=OPTIONS)
    options.setdefault("ties", args.get("ties", "random"))  # a key of ours; published files lack it
    tokenizer = ScGPTTokenizer(
        vocabulary,
        n_bins=int(args.get("n_bins", 51)),
        max_tokens=int(args.get("max_seq_len", 1200)),
        pad_value=float(args.get("pad_value", -2)),
        aliases=load_dictionary(aliases_path) if aliases_path.is_file() else {},
        **options,
    )
    return ScGPTModel(
        network,
        config,
        tokenizer,
        mask_value=float(args.get("mask_value", -1)),
        name=name or folder.name,
        provenance={
            "path": str(weights_path),
            "sha256": sha256(weights_path),
            "weights_not_used": unused,
        },
    )


def read_vocabulary(path: Path, n_rows: int) -> Vocabulary:
    """Read vocab.json; special tokens that it lacks get the next ids, as in scGPT's code.

    Raises
    ------
    CheckpointError
        If the ids do not fit an embedding table of `n_rows`.
    """
    with reading_config(path):
        ids = {str(k): int(v) for k, v in load_dictionary(_existing(path)).items()}
    following = max(ids.values(), default=-1) + 1
    for token in SPECIAL_TOKENS:
        if token not in ids and following < n_rows:
            ids[token] = following
            following += 1
    lacking = [t for t in ("<pad>", "<cls>") if t not in ids]
    if lacking or max(ids.values()) >= n_rows:
        raise CheckpointError(
            f"the vocabulary holds ids up to {max(ids.values())}"
            + (f" and lacks {lacking}" if lacking else ""),
            where=str(path),
            expected=f"ids below {n_rows}, the rows of the embedding table",
            fix="use the vocab.json that was published with these weights",
        )
    special = {k: v for k, v in ids.items() if k.startswith("<") and k.endswith(">")}
    return Vocabulary({k: v for k, v in ids.items() if k not in special}, special, kind="symbol")


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise CheckpointError(
            f"{path.name} is missing",
            where=str(path.parent),
            expected="args.json, vocab.json and best_model.pt, as scGPT checkpoints have them",
        )
    return path


def _weights_path(folder: Path) -> Path:
    for name in WEIGHT_FILES:
        if (folder / name).is_file():
            return folder / name
    return _existing(folder / WEIGHT_FILES[0])


def _refuse_other_families(weights: Mapping[str, Tensor], path: Path) -> None:
    if "encoder.embedding.weight" not in weights:
        raise CheckpointError(
            f"no 'encoder.embedding.weight' among {len(weights)} weights "
            f"(the first is '{next(iter(weights))}')",
            where=str(path),
            expected="the weights of an scGPT model",
            fix="check that the file was not mixed up; load_model(path) tells the family itself",
        )
    if any(k.startswith("dsbn.") for k in weights):
        raise CheckpointError(
            "the checkpoint uses domain-specific batch normalisation",
            where=str(path),
            expected="a checkpoint whose input does not depend on batch labels",
            fix="use the pretrained checkpoint, or one fine-tuned without DSBN",
        )


def _encoder_config(
    args: Mapping[str, Any], weights: Mapping[str, Tensor], path: Path
) -> EncoderConfig:
    n_layers = count_layers(weights, LAYER_PREFIX)
    if n_layers != int(args.get("nlayers", n_layers)) or n_layers == 0:
        raise CheckpointError(
            f"the weights hold {n_layers} layers",
            where=str(path),
            expected=f"{args.get('nlayers')} layers, by args.json",
            fix="download the checkpoint again; keep args.json and weights together",
        )
    width = int(weights["encoder.embedding.weight"].shape[1])
    if width != int(args["embsize"]):
        raise CheckpointError(
            f"the weights have width {width}",
            where=str(path),
            expected=f"{args['embsize']}, by args.json",
        )
    mlp = weights.get(f"{LAYER_PREFIX}0.linear1.weight")
    return EncoderConfig(
        n_layers=n_layers,
        n_heads=int(args["nheads"]),
        width=width,
        mlp_width=int(args["d_hid"] if mlp is None else mlp.shape[0]),
        activation="relu",
        norm="pre" if args.get("pre_norm") else "post",
        norm_eps=1e-5,
    )


def _network(
    config: EncoderConfig, args: Mapping[str, Any], weights: Mapping[str, Tensor]
) -> ScGPTNetwork:
    style = str(args.get("input_emb_style", "continuous"))
    if style not in ("continuous", "category"):
        raise CheckpointError(
            f"input_emb_style is '{style}'",
            where="args.json",
            expected="'continuous' or 'category'",
        )
    table = weights.get("value_encoder.embedding.weight")
    return ScGPTNetwork(
        config,
        int(weights["encoder.embedding.weight"].shape[0]),
        value_style="continuous" if style == "continuous" else "category",
        n_bins=int(args.get("n_bins", 51)) if table is None else int(table.shape[0]),
        explicit_zeros="decoder.zero_logit.0.weight" in weights,
        expression_decoder="decoder.fc.0.weight" in weights,
        cell_decoder="mvc_decoder.gene2query.weight" in weights,
        batch_norm="bn.running_mean" in weights,
    )


FAMILY = ModelFamily(
    "scgpt",
    recognise=recognise,
    load=load,
    layout="args.json, vocab.json and best_model.pt",
    weights=lambda folder: [_weights_path(folder)],
    swaps=True,
)
