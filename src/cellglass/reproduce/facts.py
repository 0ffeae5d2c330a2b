"""What tells the inputs of a run from those of a publication."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cellglass._words import listed
from cellglass.models.families import family_of, resolve
from cellglass.runs.pipeline import RESULTS, RunSummary
from cellglass.runs.study import SCREEN, Study

from .published import KnownInput, Paper, PublishedNumber

# Keys of the configuration files in which published checkpoints tell their shape.
_SHAPES = {"layers": ("num_hidden_layers", "nlayers"), "heads": ("num_attention_heads", "nheads")}
_WORDS = {"n_controls": "control cells", "n_cells": "cells in the file"}
CELLS = "cells"


@dataclass(frozen=True)
class RunFacts:
    """What is known of the inputs of a run.

    Parameters
    ----------
    models
        Family, layers and heads of each model, by its name in the study.
    data
        Cell line, modality and numbers of cells of each screen by its name, and of ``"cells"``.
    references
        sha256 of each network and collection of gene sets, by its name in the study.
    """

    models: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    data: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    references: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def facts_of(summary: RunSummary) -> RunFacts:
    """Collect what a finished run knows of its inputs.

    Parameters
    ----------
    summary
        The run.

    Returns
    -------
    RunFacts
    """
    study = summary.study
    noted = summary.folder / RESULTS / "inputs"
    data = {CELLS: _of_cells(noted / "cells.json")}
    for screen in study.screens:
        data[screen.label] = _of_screen(noted, screen.label)
    if study.cells.path.startswith(SCREEN):
        data[CELLS] = data[study.cells.path.removeprefix(SCREEN)]
    sources = [(n.label, n.source) for n in study.networks]
    sources += [(g.label, g.source) for g in study.gene_sets]
    return RunFacts(
        {m.label: shape_of(m.path, m.family) for m in study.models},
        data,
        {k: {"sha256": summary.inputs.get(k) or summary.inputs.get(s, "")} for k, s in sources},
    )


def shape_of(path_or_name: str, family: str | None = None) -> dict[str, Any]:
    """Family, layers and heads of a checkpoint, from its configuration; no weights are read.

    Parameters
    ----------
    path_or_name
        Folder of a checkpoint, or the name of a shipped model.
    family
        Its family, where the files do not tell it.

    Returns
    -------
    dict
        Of what its configuration tells.

    Examples
    --------
    >>> shape_of("mini-geneformer")["family"]
    'geneformer'
    """
    folder = resolve(path_or_name)
    shape: dict[str, Any] = {"family": family_of(folder, family).name}
    for name in ("config.json", "args.json"):
        path = folder / name
        content = json.loads(path.read_text()) if path.is_file() else {}
        for fact, keys in _SHAPES.items():
            held = [int(content[k]) for k in keys if k in content]
            shape |= {fact: held[0]} if held else {}
    return shape


@dataclass(frozen=True)
class Apart:
    """In what inputs are not the published ones.

    Parameters
    ----------
    told
        One sentence an input.
    distance
        How many facts do not hold, for choosing the nearest of several results.
    """

    told: tuple[str, ...] = ()
    distance: int = 0

    def __add__(self, other: Apart) -> Apart:
        return Apart(self.told + other.told, self.distance + other.distance)


def differences(
    row: PublishedNumber, paper: Paper, label: Mapping[str, str], facts: RunFacts, study: Study
) -> Apart:
    """In what the inputs of one of our results are not those of a published number.

    Parameters
    ----------
    row, paper
        The number, and its paper.
    label
        What distinguishes our result: model or edges, network, screen.
    facts, study
        Of the run.

    Returns
    -------
    Apart
        Empty where every input is the published one as far as its facts tell. An input of which
        nothing is known that could tell it is never taken for the same.
    """
    found = Apart()
    if row.model:
        known = paper.input(row.model)
        if "model" in label:
            found += _compare(label["model"], facts.models.get(label["model"], {}), known)
        else:
            found += Apart((f"an edge table, not attention of {known.name}",), 3)
    if row.data:
        place = label.get("screen", CELLS)
        name = study.cells.path if place == CELLS else place
        found += _compare(Path(name).name, facts.data.get(place, {}), paper.input(row.data))
    named = label.get("network") or label.get("gene_sets")
    if row.references and named:
        found += _references(named, facts.references.get(named, {}), row, paper)
    for setting, wanted in row.settings.items():
        got = _setting(study, setting)
        if got != wanted:
            found += Apart((f"{setting} is {got}, not {wanted}",), 1)
    return found


def _compare(name: str, found: Mapping[str, Any], known: KnownInput) -> Apart:
    """Each fact that is stated of a published input must hold of ours."""
    if not known.facts:
        told = f"nothing that is published tells whether {name} is {known.name}"
        return Apart((told,), 1)
    wrong, unknown = [], []
    for fact, wanted in known.facts.items():
        got = found.get(fact)
        if got in (None, ""):
            unknown.append(fact.replace("_", " "))
        elif not _same(got, wanted):
            word = _WORDS.get(fact, fact.replace("_", " "))
            wrong.append(f"{word} {_plain(got)}, not {_plain(wanted)}")
    if wrong:
        told = f"{name} is not {known.name} ({'; '.join(wrong)})"
    elif unknown:
        told = f"{name} does not tell its {listed(unknown)}: it need not be {known.name}"
    else:
        return Apart()
    return Apart((told,), 2 * len(wrong) + len(unknown))


def _references(named: str, found: Mapping[str, Any], row: PublishedNumber, paper: Paper) -> Apart:
    """One of the row's references must be ours, by the hash of its file."""
    known = [paper.input(k) for k in row.references]
    for reference in known:
        if found.get("sha256") and found["sha256"] in reference.facts.get("sha256", []):
            return Apart()
    names = listed([k.name for k in known], "or")
    if any(is_named_after(named, k) for k in known):
        return Apart((f"{named} is not a file of {names} whose hash is known",), 1)
    return Apart((f"the reference is {named}, not {names}",), 2)


def is_named_after(label: str, reference: KnownInput) -> bool:
    """Whether a network or a collection of the study is called as a published reference is.

    Examples
    --------
    >>> is_named_after("string_v12_human", KnownInput("string", "STRING", "network", ""))
    True
    """
    return label.lower().startswith(reference.key)


def _same(got: Any, wanted: Any) -> bool:
    if isinstance(got, str) and isinstance(wanted, str):
        first, second = ("".join(c for c in t.lower() if c.isalnum()) for t in (got, wanted))
        return first in second or second in first
    return bool(got == wanted)


def _plain(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def _setting(study: Study, dotted: str) -> Any:
    value: Any = study
    for part in dotted.split("."):
        value = getattr(value, part)
    return value


def _of_cells(path: Path) -> dict[str, Any]:
    report = json.loads(path.read_text())["report"] if path.is_file() else {}
    return {"n_cells": report.get("n_cells_in_data"), "n_used": report.get("n_cells")}


def _of_screen(noted: Path, label: str) -> dict[str, Any]:
    path = noted / f"responses-{label}.json"
    summary = json.loads(path.read_text()) if path.is_file() else {}
    report = summary.get("report", {})
    return {
        "cell_line": summary.get("cell_line"),
        "modality": summary.get("modality"),
        "n_controls": report.get("n_controls"),
        "n_cells": report.get("n_cells"),
    }
