"""Putting published weights into our modules, by name and with every mismatch told."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from cellglass.errors import CheckpointError

if TYPE_CHECKING:
    from torch import Tensor, nn


def assign(module: nn.Module, weights: Mapping[str, Tensor], path: Path) -> None:
    """Load weights whose names are those of `module`; all must be there and fit.

    Raises
    ------
    CheckpointError
        Naming what is missing or has another shape.
    """
    own = module.state_dict()
    missing = [k for k in own if k not in weights]
    if missing:
        raise CheckpointError(
            f"{len(missing)} weights are missing, the first is '{missing[0]}'",
            where=str(path),
            fix="check that the configuration beside the weights belongs to them",
        )
    for name, held in own.items():
        if weights[name].shape != held.shape:
            raise CheckpointError(
                f"'{name}' has shape {tuple(weights[name].shape)}",
                where=str(path),
                expected=f"{tuple(held.shape)}, by the configuration beside the weights",
                fix="check that configuration, vocabulary and weights belong together",
            )
    module.load_state_dict({k: weights[k].to(own[k].dtype) for k in own})


def translated(
    weights: Mapping[str, Tensor], names: Mapping[str, str]
) -> tuple[dict[str, Tensor], list[str]]:
    """Rename published weights to ours.

    Parameters
    ----------
    weights
        Published name to tensor.
    names
        Our name to published name.

    Returns
    -------
    dict, list
        Our name to tensor for what is there; published names that were not used.
    """
    taken = {ours: weights[theirs] for ours, theirs in names.items() if theirs in weights}
    used = set(names.values())
    return taken, sorted(k for k in weights if k not in used)


def count_layers(weights: Mapping[str, Tensor], prefix: str) -> int:
    """Number of layers in names like ``{prefix}{index}.``."""
    found = {
        int(k[len(prefix) :].split(".")[0])
        for k in weights
        if k.startswith(prefix) and k[len(prefix) :].split(".")[0].isdigit()
    }
    return max(found) + 1 if found else 0
