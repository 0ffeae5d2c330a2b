"""Loading Geneformer checkpoints: config.json, safetensors or .bin, dictionaries."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cellglass.errors import CheckpointError
from cellglass.models.encoder import EncoderConfig
from cellglass.models.families import ModelFamily
from cellglass.models.safe_files import load_weights, read_json, reading_config, sha256
from cellglass.models.weights import assign, count_layers, translated

from .dictionaries import files_elsewhere, find_folder, load_dictionaries
from .model import GeneformerModel
from .network import GeneformerNetwork
from .tokenizer import GeneformerTokenizer
from .weights import LAYER_PREFIX, parameter_names, standardised

if TYPE_CHECKING:
    from torch import Tensor

WEIGHT_FILES = ("model.safetensors", "pytorch_model.bin")
INDEX_FILES = ("model.safetensors.index.json", "pytorch_model.bin.index.json")


def recognise(folder: Path) -> bool:
    """Whether a folder looks like a Geneformer checkpoint: a BERT config.json."""
    config = folder / "config.json"
    return config.is_file() and read_json(config).get("model_type") == "bert"


def load(
    folder: Path, *, name: str | None = None, dictionaries: str | Path | None = None
) -> GeneformerModel:
    """Load a Geneformer checkpoint folder.

    Parameters
    ----------
    folder
        With config.json and model.safetensors or pytorch_model.bin.
    name
        What reports call the model; the folder's name when None.
    dictionaries
        Folder of the dictionaries, if they are not beside the checkpoint.

    Returns
    -------
    GeneformerModel
        On the CPU, in float32.

    Raises
    ------
    CheckpointError
        If a file is missing, truncated, of another family or does not fit the others.
    UnsafeFileError
        If a file would execute code.
    """
    config_path = folder / "config.json"
    if not config_path.is_file():
        raise CheckpointError(
            "config.json is missing", where=str(folder), expected="a Geneformer (BERT) checkpoint"
        )
    raw = read_json(config_path)
    paths = weight_paths(folder)
    weights: dict[str, Tensor] = {}
    for path in paths:
        weights |= load_weights(path)
    weights = standardised(weights)
    config = _encoder_config(raw, weights, paths[0], config_path)
    with reading_config(config_path):
        network = _network(config, raw, weights)
    ours, unused = translated(weights, parameter_names(list(network.state_dict())))
    assign(network, ours, paths[0])
    n_tokens = network.gene_embedding.num_embeddings
    found = Path(dictionaries) if dictionaries is not None else find_folder(folder, n_tokens)
    n_positions = network.position_embedding.num_embeddings
    tokenizer = None if found is None else _tokenizer(found, network, n_positions)
    return GeneformerModel(
        network,
        config,
        tokenizer,
        n_positions=n_positions,
        name=name or folder.name,
        provenance={
            "path": str(paths[0]),
            "sha256": sha256(*paths),
            "dictionaries": None if found is None else str(found),
            "weights_not_used": unused,
        },
    )


def weight_paths(folder: Path) -> list[Path]:
    """Files that hold the weights of a checkpoint: one, or its shards.

    Raises
    ------
    CheckpointError
        If there is none, or a shard is missing.
    """
    for name in WEIGHT_FILES:
        if (folder / name).is_file():
            return [folder / name]
    for name in INDEX_FILES:
        if (folder / name).is_file():
            shards = sorted(set(read_json(folder / name).get("weight_map", {}).values()))
            missing = [s for s in shards if not (folder / s).is_file()]
            if missing or not shards:
                raise CheckpointError(
                    f"{len(missing)} of {len(shards)} shards are missing: {', '.join(missing)}",
                    where=str(folder / name),
                    fix="download them beside the index",
                )
            return [folder / s for s in shards]
    raise CheckpointError(
        "no weights", where=str(folder), expected=" or ".join(WEIGHT_FILES),
        fix="download the weights beside config.json",
    )  # fmt: skip


def _encoder_config(
    raw: Mapping[str, Any], weights: Mapping[str, Tensor], path: Path, config_path: Path
) -> EncoderConfig:
    if "embeddings.word_embeddings.weight" not in weights:
        raise CheckpointError(
            f"no 'embeddings.word_embeddings.weight' among {len(weights)} weights",
            where=str(path),
            expected="the weights of a BERT model (Geneformer)",
            fix="check that the file was not mixed up; load_model(path) tells the family itself",
        )
    with reading_config(config_path):
        config = EncoderConfig(
            n_layers=int(raw["num_hidden_layers"]),
            n_heads=int(raw["num_attention_heads"]),
            width=int(raw["hidden_size"]),
            mlp_width=int(raw["intermediate_size"]),
            activation=raw.get("hidden_act", "gelu"),
            norm="post",
            norm_eps=float(raw.get("layer_norm_eps", 1e-12)),
        )
    positions = raw.get("position_embedding_type", "absolute")
    if config.activation not in ("relu", "gelu") or positions != "absolute":
        raise CheckpointError(
            f"hidden_act '{config.activation}', position_embedding_type '{positions}'",
            where=str(config_path),
            expected="relu or gelu, absolute positions",
        )
    n_layers = count_layers(weights, LAYER_PREFIX)
    if n_layers != config.n_layers:
        raise CheckpointError(
            f"the weights hold {n_layers} layers",
            where=str(path),
            expected=f"{config.n_layers}, by config.json",
            fix="keep config.json and weights of one model together",
        )
    return config


def _network(
    config: EncoderConfig, raw: Mapping[str, Any], weights: Mapping[str, Tensor]
) -> GeneformerNetwork:
    table = weights["embeddings.word_embeddings.weight"]
    output = weights.get("cls.predictions.decoder.weight")
    untied = output is not None and not (
        output.shape == table.shape and bool((output == table).all())
    )
    return GeneformerNetwork(
        config,
        int(raw.get("vocab_size", table.shape[0])),
        int(raw["max_position_embeddings"]),
        masked_gene_head="cls.predictions.transform.dense.weight" in weights,
        output_table=untied,
    )


def _tokenizer(folder: Path, network: GeneformerNetwork, n_positions: int) -> GeneformerTokenizer:
    held = load_dictionaries(folder)
    rows = network.gene_embedding.num_embeddings
    if held.vocabulary.n_embeddings > rows:
        raise CheckpointError(
            f"the token dictionary holds ids up to {held.vocabulary.n_embeddings - 1}",
            where=str(folder),
            expected=f"ids below {rows}, the model's vocabulary",
            fix="V1 models take the 30M dictionaries, V2 models the 104M ones: "
            "pass dictionaries=FOLDER",
        )
    return GeneformerTokenizer(
        held.vocabulary,
        held.medians,
        max_tokens=n_positions,
        special_tokens=held.version == "v2",
        aliases=held.aliases,
    )


FAMILY = ModelFamily(
    "geneformer",
    recognise=recognise,
    load=load,
    layout="config.json (model_type bert) and model.safetensors or pytorch_model.bin",
    weights=weight_paths,
    elsewhere=files_elsewhere,
    swaps=True,
)
