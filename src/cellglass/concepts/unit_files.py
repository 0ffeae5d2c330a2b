"""Units on disk, so that every task reads the same ones."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from cellglass.errors import InputError

from .dictionaries.dictionary import Dictionary
from .dictionaries.dictionary_units import DictionaryUnits
from .joined_units import JoinedUnits
from .transform import Transform
from .units import LinearUnits, Units

UNITS = "units.json"


def write_units(units: JoinedUnits, folder: str | Path) -> None:
    """Write units: dictionaries as such, linear units as arrays.

    Parameters
    ----------
    units
        What to write.
    folder
        An empty folder, or none yet.

    Raises
    ------
    InputError
        If a part is neither of a dictionary nor linear.
    """
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    described = []
    for i, (part, index) in enumerate(units.parts):
        place = target / f"part-{i:02d}"
        if isinstance(part, DictionaryUnits):
            part.dictionary.write(place)
        elif isinstance(part, LinearUnits):
            place.mkdir()
            np.savez(
                place / "linear.npz", directions=part.directions, thresholds=part.thresholds,
                mean=part.transform.mean, scale=part.transform.scale, gamma=part.transform.gamma,
            )  # fmt: skip
        else:
            raise InputError(f"{type(part).__name__} cannot be written", where="units")
        described.append(
            {"kind": part.kind, "names": list(part.names), "index": index.tolist(),
             "dictionary": isinstance(part, DictionaryUnits)}
        )  # fmt: skip
    (target / UNITS).write_text(json.dumps(described) + "\n")


def read_units(folder: str | Path) -> JoinedUnits:
    """Read what `write_units` wrote.

    Parameters
    ----------
    folder
        Its folder.

    Returns
    -------
    JoinedUnits

    Raises
    ------
    InputError
        If the folder holds no units.
    """
    source = Path(folder)
    if not (source / UNITS).is_file():
        raise InputError("there are no units", where=str(source), expected=f"a file {UNITS}")
    parts: list[tuple[Units, list[int]]] = []
    for i, entry in enumerate(json.loads((source / UNITS).read_text())):
        place = source / f"part-{i:02d}"
        if entry["dictionary"]:
            parts.append((DictionaryUnits(Dictionary.read(place)), entry["index"]))
            continue
        with np.load(place / "linear.npz") as held:
            transform = Transform(held["mean"], float(held["scale"]), float(held["gamma"]))
            linear = LinearUnits(
                entry["kind"], tuple(entry["names"]), held["directions"], held["thresholds"],
                transform,
            )  # fmt: skip
        parts.append((linear, entry["index"]))
    return JoinedUnits(parts)
