"""Writing an atlas: a folder that is whole or not there."""

from __future__ import annotations

import json
import math
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from cellglass.errors import InputError
from cellglass.stats.parquet import write_parquet

from .content import AtlasContent
from .schema import (
    ACTIVATIONS,
    ATLAS,
    DICTIONARY,
    DIRECTIONS,
    MEAN,
    SCHEMA_VERSION,
    SCORES,
    TABLES,
)


def write_atlas(content: AtlasContent, folder: str | Path) -> Path:
    """Write an atlas.

    Parameters
    ----------
    content
        What it holds.
    folder
        Where; an atlas that stands there is replaced once the new one is complete.

    Returns
    -------
    pathlib.Path
        The folder. Equal content gives equal bytes.

    Raises
    ------
    InputError
        If the content does not fit together, or the folder holds something else.

    Examples
    --------
    >>> import cellglass as cg
    >>> cg.concepts.write_atlas(content, "atlas/scvi")  # doctest: +SKIP
    """
    target = Path(folder)
    whole = content.checked()
    if target.exists() and any(target.iterdir()) and not (target / ATLAS).is_file():
        raise InputError(
            "the folder is not empty and holds no atlas", where=str(target),
            fix="choose another folder",
        )  # fmt: skip
    target.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        fill_atlas(whole, scratch)
        old = target.with_name(f".{target.name}.old")
        shutil.rmtree(old, ignore_errors=True)
        if target.exists():
            target.rename(old)
        os.replace(scratch, target)
        shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return target


def fill_atlas(content: AtlasContent, folder: Path) -> None:
    """Write the files of an atlas into a folder that appears as a whole later, as a task's does.

    Parameters
    ----------
    content
        Checked content.
    folder
        An empty folder.
    """
    whole = content.checked()
    for name in TABLES:
        write_parquet(whole.tables[name], folder / f"{name}.parquet", {})
    (folder / ACTIVATIONS).mkdir()
    matrix = whole.activations.tocsr().astype(np.float32)
    matrix.sort_indices()
    matrix.eliminate_zeros()
    for part, dtype in (("data", np.float32), ("indices", np.int32), ("indptr", np.int64)):
        np.save(folder / ACTIVATIONS / f"{part}.npy", getattr(matrix, part).astype(dtype))
    np.save(folder / DIRECTIONS, whole.directions.astype(np.float32))
    np.save(folder / MEAN, whole.mean.astype(np.float32))
    np.save(folder / SCORES, whole.scores.astype(np.float32))
    if whole.dictionary is not None:
        shutil.copytree(whole.dictionary, folder / DICTIONARY)
    sizes = {n: len(whole.tables[n]) for n in ("units", "cells", "genes")}
    described = {
        "schema": SCHEMA_VERSION,
        "model": whole.model,
        "sizes": sizes,
        "width": int(whole.mean.size),
        "scale": float(whole.scale),
        "meta": _plain(whole.meta),
    }
    (folder / ATLAS).write_text(json.dumps(described, indent=1, allow_nan=False) + "\n")


def _plain(value: Any) -> Any:
    """JSON without numbers that JSON does not know: they become null."""
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
