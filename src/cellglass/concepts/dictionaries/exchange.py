"""Folders that other packages read: a JSON file beside one of safetensors; and our note in it."""

from __future__ import annotations

import json
import math
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellglass.concepts.transform import Transform
from cellglass.errors import CheckpointError, InputError
from cellglass.runs.keys import file_digest

from .dictionary import DICTIONARY_KINDS, Dictionary
from .dictionary_files import plain

NOTE = "cellglass"
CONFIG = "cfg.json"


def note_of(dictionary: Dictionary) -> dict[str, Any]:
    """What the other format has no place for: kind, transform, groups and what is known."""
    return {
        "kind": dictionary.kind,
        "k": dictionary.k,
        "groups": plain(dictionary.groups),
        "mean": [float(m) for m in dictionary.transform.mean],
        "scale": float(dictionary.transform.scale),
        "gamma": float(dictionary.transform.gamma),
        "meta": plain(dictionary.meta),
    }


def check_input(dictionary: Dictionary, *, normalised_input: bool) -> None:
    """Refuse to export a dictionary of normalised embeddings as one of raw embeddings.

    Raises
    ------
    InputError
        Unless `normalised_input` says that this is understood.
    """
    embedding = dictionary.meta.get("embedding")
    inner = embedding if isinstance(embedding, Mapping) else {}
    normalised = bool(dictionary.meta.get("normalised") or inner.get("normalised"))
    if normalised and not normalised_input:
        raise InputError(
            "the dictionary reads embeddings that were divided by their norm",
            where="export",
            expected="a step of weights and biases; a division by the norm is none, and neither "
            "SAELens nor sparsify does it",
            fix="pass normalised_input=True and give the exported dictionary normalised embeddings",
        )


def write_pair(
    folder: Path, weights_name: str, tensors: Mapping[str, Any], config: dict[str, Any]
) -> Path:
    """Write weights and JSON, whole or not at all; `config[NOTE]` gets the hash of the weights.

    Parameters
    ----------
    folder
        New, or one that holds these two files: it is replaced then.
    weights_name
        File of the weights.
    tensors
        float32, by name.
    config
        JSON types. The note is at ``config["metadata"][NOTE]`` or ``config[NOTE]``.

    Raises
    ------
    InputError
        If the folder holds something else.
    """
    from safetensors.numpy import save_file

    held = {p.name for p in folder.iterdir()} if folder.is_dir() else set()
    if held - {CONFIG, weights_name} or (folder.exists() and not folder.is_dir()):
        raise InputError(
            "the folder holds something else", where=str(folder), fix="give a new folder"
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    scratch = folder.with_name(f".{folder.name}.{os.getpid()}.partial")
    scratch.mkdir()
    try:
        arrays = {k: np.ascontiguousarray(v, dtype=np.float32) for k, v in tensors.items()}
        save_file(arrays, scratch / weights_name)
        config.get("metadata", config)[NOTE]["weights_sha256"] = file_digest(scratch / weights_name)
        text = json.dumps(config, indent=1, allow_nan=False)
        (scratch / CONFIG).write_text(text + "\n", encoding="utf-8")
        if folder.exists():
            shutil.rmtree(folder)
        os.replace(scratch, folder)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return folder


def read_pair(
    folder: Path, weights_name: str, *, package: str
) -> tuple[dict[str, Any], dict[str, NDArray[np.float32]]]:
    """Read JSON and weights, the latter as float32 whatever they are stored in.

    Raises
    ------
    InputError
        If a file is missing.
    CheckpointError
        If one cannot be read.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    for name in (CONFIG, weights_name):
        if not (folder / name).is_file():
            raise InputError(
                f"no {name}", where=str(folder),
                expected=f"a folder that {package} wrote: {CONFIG} and {weights_name}",
            )  # fmt: skip
    try:
        config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        if not isinstance(config, dict):
            raise ValueError(f"a {type(config).__name__} instead of an object")
        tensors = load_file(folder / weights_name)
    except (ValueError, OSError, SafetensorError) as error:
        raise CheckpointError(f"cannot be read ({error})", where=str(folder)) from error
    arrays = {name: tensor.float().numpy() for name, tensor in tensors.items()}
    bad = [name for name, array in arrays.items() if not np.isfinite(array).all()]
    if bad:
        raise CheckpointError(f"{', '.join(bad)}: values that are not finite", where=str(folder))
    return config, arrays


def take(
    tensors: Mapping[str, NDArray[np.float32]], name: str, folder: Path
) -> NDArray[np.float32]:
    """One tensor by name.

    Raises
    ------
    CheckpointError
        If it is not there.
    """
    if name not in tensors:
        raise CheckpointError(
            f"there is no '{name}' among {', '.join(sorted(tensors))}", where=str(folder)
        )
    return tensors[name]


def noted_transform(note: Any, width: int) -> Transform | None:
    """Return the transform that was folded into exported weights; None in a folder of others.

    Raises
    ------
    CheckpointError
        If there is a note that makes no sense.
    """
    if note is None:
        return None
    try:
        mean = np.asarray(note["mean"], dtype=np.float32)
        scale, gamma = float(note["scale"]), float(note["gamma"])
        if note["kind"] not in DICTIONARY_KINDS:
            raise ValueError(f"kind {note['kind']!r}")
        if mean.shape != (width,) or not (np.isfinite(mean).all() and 0 < scale < math.inf):
            raise ValueError(f"a mean of shape {mean.shape} and a scale of {scale}")
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(
            f"cellglass's note in {CONFIG} is damaged ({error})",
            fix=f'delete the entry "{NOTE}" from {CONFIG}: the weights can be read without it',
        ) from error
    return Transform(mean, scale, gamma)


def known_of(note: Any, weights: Path, imported: Mapping[str, Any]) -> dict[str, Any]:
    """`Dictionary.meta` of an import: what was known holds for unchanged weights only."""
    meta = {}
    if note is not None and note.get("weights_sha256") == file_digest(weights):
        meta = dict(note.get("meta") or {})
    return {**meta, "imported": dict(imported)}
