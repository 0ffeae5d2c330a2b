"""A plan of an attribution on disk, so that shards need not choose their pairs anew."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np

from cellglass.errors import InputError

from .plan import AttributionPlan, Pairs
from .settings import AttributionSettings
from .sources import Sources

ARRAYS, WORDS = "plan.npz", "plan.json"
_PAIRS = tuple(f.name for f in fields(Pairs))


def write_plan(plan: AttributionPlan, folder: str | Path) -> None:
    """Write a plan.

    Parameters
    ----------
    plan
        Of `plan_attribution`.
    folder
        A folder that is there.
    """
    target = Path(folder)
    arrays: dict[str, Any] = {f"pair/{name}": getattr(plan.pairs, name) for name in _PAIRS}
    arrays |= {f"pool/{i:06d}": pool for i, pool in enumerate(plan.sources.pools)}
    arrays |= {"which": plan.which, "cells": plan.sources.cells, "matched": plan.matched_share}
    for name, codes in (("donors", plan.donors), ("labels", plan.sources.labels)):
        if codes is not None:
            arrays[name] = codes
    np.savez(target / ARRAYS, **arrays)
    words = {
        "settings": asdict(plan.settings),
        "donor_names": plan.donor_names,
        "skipped": plan.skipped,
        "n": [plan.n_exhaustive, plan.n_uncached],
    }
    (target / WORDS).write_text(json.dumps(words) + "\n")


def read_plan(folder: str | Path) -> AttributionPlan:
    """Read what `write_plan` wrote.

    Parameters
    ----------
    folder
        Its folder.

    Returns
    -------
    AttributionPlan

    Raises
    ------
    InputError
        If the folder holds no plan.
    """
    source = Path(folder)
    if not (source / WORDS).is_file():
        raise InputError("there is no plan", where=str(source), expected=f"a file {WORDS}")
    words = json.loads((source / WORDS).read_text())
    with np.load(source / ARRAYS, allow_pickle=False) as file:
        held = {name: file[name] for name in file.files}
    settings = AttributionSettings(**_restored(words["settings"]))
    pools = tuple(held[name] for name in sorted(n for n in held if n.startswith("pool/")))
    sources = Sources(
        settings.perturbation, settings.seed, pools, held["cells"], held.get("labels")
    )
    return AttributionPlan(
        settings, held["which"], Pairs(*(held[f"pair/{name}"] for name in _PAIRS)), sources,
        held.get("donors"), tuple(words["donor_names"]), words["skipped"], held["matched"],
        *words["n"],
    )  # fmt: skip


def _restored(settings: dict[str, Any]) -> dict[str, Any]:
    """JSON knows lists only; settings hold tuples."""
    groups = tuple((name, tuple(genes)) for name, genes in settings["groups"])
    return settings | {"groups": groups, "read_outs": tuple(settings["read_outs"])}
