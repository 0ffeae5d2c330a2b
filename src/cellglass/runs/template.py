"""A commented study.yaml: every field with its meaning, defaults spelled out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel

from .sections import (
    CellsConfig,
    EdgesConfig,
    GenesConfig,
    ResourcesConfig,
    ResponsesConfig,
    ScreenConfig,
    StatisticsConfig,
)
from .study import SHORT, Study

WIDTH = 42


def study_template(
    *,
    name: str,
    cells: Path | str,
    models: Sequence[str],
    networks: Sequence[str],
    columns: Sequence[str],
    strata: str | None,
    donor: str | None,
    about: str,
    batch: str | None = None,
    tables: Sequence[str] = (),
    gene_sets: Sequence[str] = (),
    screens: Sequence[Mapping[str, Any]] = (),
) -> str:
    """Text of a study.yaml.

    Parameters
    ----------
    name
        Of the study.
    cells, about, columns
        The file, how many cells of it are used (``"60 cells"``), and the columns of its obs.
    models, networks
        Paths or names.
    strata, donor, batch
        Columns suggested.
    tables, gene_sets
        Paths or names; a list without an entry is written as an empty one.
    screens
        Entries with what is known of each, by the keys of `ScreenConfig`.

    Returns
    -------
    str
        Valid YAML that `load_study` reads.
    """
    found = ", ".join(" ".join(c.split()) for c in columns) or "none"
    lines = [
        "# A cellglass study. cellglass estimate FILE says what it costs, cellglass run FILE",
        "# runs it. Relative paths refer to the folder of this file.",
        "# cellglass schema prints the JSON Schema of this file.",
        _line("study", name, "Name; the output folder belongs to it."),
        "",
        "cells:",
        f"  # {about}; columns of obs: {found}",
        *_section(
            CellsConfig, {"path": str(cells), "strata": strata, "donor": donor, "batch": batch}
        ),
        "",
    ]
    for key, entries in (
        ("models", models), ("tables", tables), ("networks", networks), ("gene_sets", gene_sets),
    ):  # fmt: skip
        lines += [*_list(key, entries), ""]
    lines += [*_screens(screens), ""]
    for key, section in (
        ("genes", GenesConfig),
        ("edges", EdgesConfig),
        ("responses", ResponsesConfig),
        ("statistics", StatisticsConfig),
        ("resources", ResourcesConfig),
    ):
        lines += [f"{key}:", *_section(section, {}), ""]
    lines += [
        _line("concepts", None, _description(Study, "concepts")),
        _line("geometry", None, _description(Study, "geometry")),
        "",
        _line("analyses", "all", _description(Study, "analyses")),
        _line("controls", ["pairs", "prominence", "nothing", "circuit"],
              _description(Study, "controls")),
        _line("seed", Study.model_fields["seed"].default, _description(Study, "seed")),
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _list(key: str, entries: Sequence[str]) -> list[str]:
    """A list of the study; each entry by the key that it needs, the others at their defaults."""
    described = "  # " + _description(Study, key)
    if not entries:
        return [f"{key}: []{described}"]
    return [f"{key}:{described}", *(f"  - {SHORT[key]}: {_plain(e)}" for e in entries)]


def _screens(screens: Sequence[Mapping[str, Any]]) -> list[str]:
    """Screens, every field of each spelled out: what is empty is found out from the file."""
    if not screens:
        return _list("screens", ())
    lines = ["screens:  # " + _description(Study, "screens")]
    for entry in screens:
        fields = _section(ScreenConfig, dict(entry))
        lines += ["  - " + fields[0].lstrip(), *("  " + field for field in fields[1:])]
    return lines


def _section(model: type[BaseModel], given: dict[str, Any]) -> list[str]:
    out = []
    for key, field in model.model_fields.items():
        value = given.get(key, field.get_default(call_default_factory=True))
        out.append("  " + _line(key, value, field.description or ""))
    return out


def _line(key: str, value: Any, comment: str) -> str:
    text = f"{key}: {_plain(value)}"
    return f"{text.ljust(WIDTH)}  # {comment}"


def _plain(value: Any) -> str:
    """One value as YAML on one line."""
    if value is None:
        return "null"
    text = yaml.safe_dump(value, default_flow_style=True, width=10_000).strip()
    return text.removesuffix("\n...").removesuffix("...").strip()


def _description(model: type[BaseModel], key: str) -> str:
    return model.model_fields[key].description or ""
