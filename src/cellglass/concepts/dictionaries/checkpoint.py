"""State of an interrupted training on disk, from which it goes on as if nothing had happened."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from cellglass.errors import CheckpointError, InputError

from .dictionary_files import plain
from .states import SeedState

TENSORS, RECORD = "training.safetensors", "training.json"
_GROUPS = ("weights", "first", "second", "best")
_NUMBERS = ("seed", "start_sha256", "step", "epoch", "minimum", "history", "best_loss",
            "best_minimum", "waited", "stopped")  # fmt: skip


def save_states(folder: Path, states: Sequence[SeedState], key: Mapping[str, Any]) -> None:
    """Write the states of all seeds, whole or not at all.

    Parameters
    ----------
    folder
        Of the checkpoint; what it held is replaced.
    states
        At the end of an epoch.
    key
        What must be equal for the training to go on: settings, seeds, hash of the cells.
    """
    from safetensors.torch import save_file

    tensors: dict[str, Tensor] = {}
    for i, state in enumerate(states):
        for group in _GROUPS:
            for name, tensor in (getattr(state, group) or {}).items():
                tensors[f"{i}.{group}.{name}"] = tensor.detach().contiguous()
        tensors[f"{i}.silent"] = torch.from_numpy(state.silent)
    numbers = [{name: getattr(state, name) for name in _NUMBERS} for state in states]
    scratch = folder.with_name(f".{folder.name}.{os.getpid()}.partial")
    folder.parent.mkdir(parents=True, exist_ok=True)
    scratch.mkdir(exist_ok=True)
    save_file(tensors, scratch / TENSORS)
    # infinity, the loss before the first epoch, becomes null
    text = json.dumps(plain({"key": key, "states": numbers}), allow_nan=False)
    (scratch / RECORD).write_text(text, encoding="utf-8")
    if folder.exists():
        old = folder.with_name(f".{folder.name}.{os.getpid()}.old")
        os.replace(folder, old)
        os.replace(scratch, folder)
        shutil.rmtree(old)
    else:
        os.replace(scratch, folder)


def load_states(folder: Path, states: Sequence[SeedState], key: Mapping[str, Any]) -> bool:
    """Bring freshly started states to where a checkpoint left them.

    Parameters
    ----------
    folder
        Of the checkpoint.
    states
        Changed in place.
    key
        See `save_states`.

    Returns
    -------
    bool
        False where there is no checkpoint.

    Raises
    ------
    InputError
        If the folder is of another training, or holds something else.
    CheckpointError
        If it is damaged.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    if not (folder / RECORD).is_file():
        if folder.exists() and any(folder.iterdir()):
            raise InputError("the folder holds something that is no checkpoint",
                             where=str(folder), fix="give a new folder")  # fmt: skip
        return False
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        tensors = load_file(folder / TENSORS)
        kept, numbers = record["key"], record["states"]
    except (ValueError, KeyError, TypeError, OSError, SafetensorError) as error:
        raise CheckpointError(f"the checkpoint cannot be read ({error})", where=str(folder),
                              fix="delete it and train from the start") from error  # fmt: skip
    wanted = plain(key)
    if kept != wanted:
        different = sorted(n for n in {*kept, *wanted} if kept.get(n) != wanted.get(n))
        raise InputError(
            "the checkpoint is of another training: " + ", ".join(different) + " differ",
            where=str(folder),
            fix="give the same cells and settings, or another folder",
        )
    for i, (state, values) in enumerate(zip(states, numbers, strict=True)):
        for group in _GROUPS:
            start = f"{i}.{group}."
            found = {n.removeprefix(start): t for n, t in tensors.items() if n.startswith(start)}
            setattr(state, group, found or None)
        state.silent = tensors[f"{i}.silent"].numpy().copy()
        for name in _NUMBERS:
            setattr(state, name, values[name])
        if values["best_loss"] is None:
            state.best_loss = float("inf")
    return True
