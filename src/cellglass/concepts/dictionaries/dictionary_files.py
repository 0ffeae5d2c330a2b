"""The artifact of a dictionary: a folder with weights (safetensors) and what is known (JSON)."""

from __future__ import annotations

import json
import math
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from cellglass.concepts.transform import Transform
from cellglass.errors import CheckpointError, InputError, located

from .dictionary import Dictionary

SCHEMA_VERSION = 1
WEIGHTS, RECORD = "dictionary.safetensors", "dictionary.json"


def plain(value: Any) -> Any:
    """Make a value fit for JSON: no NumPy types, and None for what is not finite.

    Examples
    --------
    >>> plain({"fvu": np.float32(0.5), "r2": float("nan"), "seeds": (1, 2)})
    {'fvu': 0.5, 'r2': None, 'seeds': [1, 2]}
    """
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def write_dictionary(dictionary: Dictionary, folder: Path) -> Path:
    """Write an artifact, whole or not at all.

    Parameters
    ----------
    dictionary
        What to write.
    folder
        Created; replaced where it holds an artifact already.

    Raises
    ------
    InputError
        If the folder holds something else.
    """
    from safetensors.numpy import save_file

    if folder.exists() and not (folder / RECORD).is_file() and any(folder.iterdir()):
        raise InputError("the folder holds something that is no dictionary", where=str(folder),
                         fix="give a new folder")  # fmt: skip
    folder.parent.mkdir(parents=True, exist_ok=True)
    scratch = folder.with_name(f".{folder.name}.{os.getpid()}.partial")
    scratch.mkdir()
    try:
        save_file(dictionary.tensors(), scratch / WEIGHTS)
        text = json.dumps(_record(dictionary), indent=2, allow_nan=False, sort_keys=True)
        (scratch / RECORD).write_text(text + "\n", encoding="utf-8")
        if folder.exists():
            old = folder.with_name(f".{folder.name}.{os.getpid()}.old")
            os.replace(folder, old)
            os.replace(scratch, folder)
            shutil.rmtree(old)
        else:
            os.replace(scratch, folder)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return folder


def _record(dictionary: Dictionary) -> dict[str, Any]:
    return {
        "schema_version": SCHEMA_VERSION,
        "kind": dictionary.kind,
        "n_concepts": dictionary.n_concepts,
        "width": dictionary.width,
        "k": dictionary.k,
        "groups": plain(dictionary.groups),
        "transform": {
            "scale": float(dictionary.transform.scale),
            "gamma": float(dictionary.transform.gamma),
        },
        "weights_sha256": dictionary.weights_sha256,
        "meta": plain(dictionary.meta),
    }


def read_dictionary(folder: Path) -> Dictionary:
    """Read an artifact.

    Parameters
    ----------
    folder
        As `write_dictionary` left it.

    Raises
    ------
    InputError
        If there is no artifact, it is of another schema version, or shapes disagree.
    CheckpointError
        If the files are damaged or do not belong together.
    """
    if not (folder / RECORD).is_file():
        raise InputError(f"no {RECORD}", where=str(folder), expected="the folder of a dictionary",
                         fix="train one, or give the folder that holds it")  # fmt: skip
    with located(folder):
        record = _parsed(folder / RECORD)
        if record.get("schema_version") != SCHEMA_VERSION:
            raise InputError(
                f"schema version {record.get('schema_version')}", where=RECORD,
                expected=f"{SCHEMA_VERSION}, which this version of cellglass reads",
                fix="train again, or read it with the version that wrote it",
            )  # fmt: skip
        tensors = _weights(folder / WEIGHTS)
        try:
            dictionary = _assembled(record, tensors)
        except (KeyError, TypeError, ValueError) as error:
            raise CheckpointError(f"a field is missing or of the wrong type ({error!r})",
                                  where=RECORD) from error  # fmt: skip
        said = (record["n_concepts"], record["width"])
        if said != dictionary.decoder.shape:
            raise InputError(f"a decoder of shape {dictionary.decoder.shape}", where=WEIGHTS,
                             expected=f"{said}, as {RECORD} says")  # fmt: skip
        if record.get("weights_sha256") != dictionary.weights_sha256:
            raise CheckpointError(
                "the weights are not those the record was written for", where=WEIGHTS,
                expected=f"hash {record.get('weights_sha256')}",
                fix="copy the folder again, both files of it",
            )  # fmt: skip
    return dictionary


def _parsed(path: Path) -> dict[str, Any]:
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise CheckpointError(f"no JSON ({error})", where=path.name) from error
    if not isinstance(record, dict):
        raise CheckpointError(f"a {type(record).__name__}", where=path.name, expected="an object")
    return record


def _weights(path: Path) -> dict[str, Any]:
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        return load_file(path)
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"the weights cannot be read ({error})", where=path.name,
                              fix="copy the folder again, both files of it") from error  # fmt: skip


def _assembled(record: Mapping[str, Any], tensors: Mapping[str, Any]) -> Dictionary:
    told = record["transform"]
    transform = Transform(tensors["transform_mean"], float(told["scale"]), float(told["gamma"]))
    groups = record["groups"]
    return Dictionary(
        kind=record["kind"],
        encoder=tensors["encoder"],
        encoder_bias=tensors["encoder_bias"],
        decoder=tensors["decoder"],
        bias=tensors["bias"],
        transform=transform,
        k=record["k"],
        threshold=tensors.get("threshold"),
        groups=None if groups is None else tuple(groups),
        meta=record["meta"],
    )
