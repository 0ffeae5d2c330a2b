"""study.yaml: what is studied, as validated models. Every field says what it means."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, get_args

import yaml
from pydantic import Field, ValidationError, ValidationInfo, field_validator, model_validator

from cellglass.errors import StudyError
from cellglass.seeds import DEFAULT_SEED

from .concepts_section import ConceptsConfig
from .geometry_section import GeometryConfig
from .sections import (
    CellsConfig,
    EdgesConfig,
    GenesConfig,
    GeneSetConfig,
    ModelConfig,
    NetworkConfig,
    ResourcesConfig,
    ResponsesConfig,
    ScreenConfig,
    StatisticsConfig,
    Strict,
    TableConfig,
)
from .study_problems import UniqueKeys, problem

Control = Literal["pairs", "prominence", "nothing", "circuit"]
CONTROLS: tuple[Control, ...] = get_args(Control)
LISTS = ("models", "tables", "networks", "gene_sets", "screens")
SHORT = {"models": "path", "tables": "path", "networks": "source", "gene_sets": "source",
         "screens": "path"}  # fmt: skip
OPTIONAL_SECTIONS = (
    *LISTS, "genes", "edges", "responses", "statistics", "resources",
)  # fmt: skip
SCREEN = "screen:"  # the start of cells.path where the cells are the controls of a screen
COPY = "-untrained"  # the end of the name that capture gives the untrained copy of a model


class Study(Strict):
    """A study.

    Examples
    --------
    >>> study = Study(study="x", cells={"path": "pbmc68k"}, models=["mini-scgpt"])
    >>> study.models[0].label
    'mini-scgpt'
    """

    study: str = Field(description="Name of the study; the output folder belongs to it.")
    cells: CellsConfig
    models: list[ModelConfig] = Field(
        default_factory=list, description="Models to look into; at least one, or one edge table."
    )
    tables: list[TableConfig] = Field(
        default_factory=list, description="Edge tables of other methods, judged beside the models."
    )
    networks: list[NetworkConfig] = Field(
        default_factory=list, description="Reference networks; without them chapters say NOT RUN."
    )
    gene_sets: list[GeneSetConfig] = Field(
        default_factory=list, description="Pathways and ontology terms, for the profile of layers."
    )
    screens: list[ScreenConfig] = Field(
        default_factory=list,
        description="Perturbation screens; without them what is judged by responses says NOT RUN.",
    )
    genes: GenesConfig = Field(default_factory=GenesConfig)
    edges: EdgesConfig = Field(default_factory=EdgesConfig)
    responses: ResponsesConfig = Field(default_factory=ResponsesConfig)
    concepts: ConceptsConfig | None = Field(
        None,
        description="What concepts are looked for; without it (`concepts: {}` for the defaults) "
        "the chapter on concepts says NOT RUN.",
    )
    geometry: GeometryConfig | None = Field(
        None,
        description="What is measured of gene space; without it (`geometry: {}` for the defaults) "
        "the chapter on geometry says NOT RUN.",
    )
    statistics: StatisticsConfig = Field(default_factory=StatisticsConfig)
    resources: ResourcesConfig = Field(default_factory=ResourcesConfig)
    analyses: Literal["all"] | list[str] = Field(
        "all", description="Which analyses (cellglass list); all when not named."
    )
    controls: list[Control] = Field(
        default_factory=lambda: list(CONTROLS),
        description="Planted controls that run beside the study.",
    )
    seed: int = Field(DEFAULT_SEED, ge=0, description="Seed of everything random.")

    @model_validator(mode="before")
    @classmethod
    def _empty_sections(cls, value: Any) -> Any:
        """A section whose lines were all removed or commented out holds its defaults."""
        if not isinstance(value, dict):
            return value
        return {k: v for k, v in value.items() if v is not None or k not in OPTIONAL_SECTIONS}

    @field_validator("study")
    @classmethod
    def _study_named(cls, name: str) -> str:
        _check_names([name])
        return name

    @field_validator(*LISTS, mode="before")
    @classmethod
    def _short_forms(cls, value: Any, info: ValidationInfo) -> Any:
        """A name or path stands for an entry, and one entry for a list."""
        key = SHORT[str(info.field_name)]
        return [{key: v} if isinstance(v, str) else v for v in _as_list(value)]

    @field_validator(*LISTS)
    @classmethod
    def _named_apart(cls, entries: list[Any]) -> list[Any]:
        labels = [e.label for e in entries]
        _check_names(labels)
        _distinct(labels)
        return entries

    @model_validator(mode="after")
    def _subjects(self) -> Study:
        """Something must be judged, and all that is judged must be told apart."""
        if not (self.models or self.tables):
            raise ValueError("name at least one model or one edge table")
        clouds = self.geometry.clouds if self.geometry is not None else []
        given = [c.label for c in clouds]
        _check_names(given)
        labels = [*(m.label for m in self.models), *(t.label for t in self.tables), *given]
        _distinct(labels)
        taken = sorted({f"{m.label}{COPY}" for m in self.models}.intersection(labels))
        if taken:
            raise ValueError(f"{taken[0]} is what an untrained copy is called: give another name")
        if self.cells.path.startswith(SCREEN):
            wanted, known = self.cells.path.removeprefix(SCREEN), [s.label for s in self.screens]
            if wanted not in known:
                raise ValueError(
                    f"cells.path names the screen '{wanted}'; the screens are {known or 'none'}"
                )
        return self

    @field_validator("screens")
    @classmethod
    def _no_screen_twice(cls, screens: list[ScreenConfig]) -> list[ScreenConfig]:
        """The same cells under two names would agree with themselves."""
        seen: dict[str, str] = {}
        for screen in screens:
            what = screen.model_dump_json(exclude={"name"})
            if what in seen:
                raise ValueError(
                    f"the screens {seen[what]} and {screen.label} are the same cells of one file, "
                    "which would count as two screens that agree"
                )
            seen[what] = screen.label
        return screens

    @field_validator("controls")
    @classmethod
    def _distinct_controls(cls, controls: list[Control]) -> list[Control]:
        return list(dict.fromkeys(controls))


def load_study(path: str | Path) -> Study:
    """Read study.yaml.

    Parameters
    ----------
    path
        The file. Relative paths in it refer to its folder.

    Returns
    -------
    Study
        Validated.

    Raises
    ------
    StudyError
        If the file is missing, is no YAML, or holds unknown keys (with the nearest valid one) or
        values out of range.

    Examples
    --------
    >>> import cellglass as cg
    >>> cg.runs.load_study("study.yaml").cells.strata  # doctest: +SKIP
    'cell_type'
    """
    path = Path(path)
    if not path.is_file():
        raise StudyError(
            "there is no such file", where=str(path), fix="cellglass init writes a study.yaml"
        )
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), UniqueKeys)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise StudyError(f"not valid YAML: {error}", where=str(path)) from error
    if not isinstance(content, dict):
        raise StudyError("the file holds no keys", where=str(path), expected="study, cells, models")
    return resolve_paths(parse_study(content, where=str(path)), path.parent)


def parse_study(content: dict[str, Any], *, where: str = "study") -> Study:
    """Validate the content of a study.yaml.

    Parameters
    ----------
    content
        What the YAML holds.
    where
        What messages name as the place.

    Returns
    -------
    Study
        Validated; relative paths stay as they are.

    Raises
    ------
    StudyError
        As `load_study`.

    Examples
    --------
    >>> parse_study({"study": "x", "cells": {"path": "pbmc68k"}, "models": "mini-scgpt"}).seed
    42
    """
    try:
        return Study.model_validate(content)
    except ValidationError as error:
        problems = [problem(e, Study) for e in error.errors()]
        found = [f"{place}{what}" for place, what, _ in problems]
        for i in range(len(found) - 1, 0, -1):  # what a union's members say belongs together
            if problems[i][0] and problems[i][0] == problems[i - 1][0]:
                found[i - 1 : i + 1] = [f"{found[i - 1]}, or: {found[i][len(problems[i][0]) :]}"]
        raise StudyError(
            "; ".join(found),
            where=where,
            fix="; ".join(dict.fromkeys(hint for _, _, hint in problems if hint))
            or "cellglass schema lists the keys and what they may be",
        ) from error


def resolve_paths(study: Study, folder: Path) -> Study:
    """Make relative paths absolute: they refer to the folder of study.yaml.

    A value that is no path, such as ``pbmc68k``, ``mini-scgpt`` or ``trrust``, is a name unless
    there is such a file (of a model: such a folder).
    """

    def resolved(value: str, kind: Callable[[Path], bool]) -> str:
        path = folder / Path(value).expanduser()
        named = not (Path(value).suffix or {"/", os.sep}.intersection(value))
        return value if named and not kind(path) else str(path.resolve())

    study = study.model_copy(deep=True)
    if not study.cells.path.startswith(SCREEN):
        study.cells.path = resolved(study.cells.path, Path.is_file)
    for model in study.models:
        model.name, model.path = model.label, resolved(model.path, Path.exists)
        model.options = {
            k: resolved(v, Path.exists) if isinstance(v, str) else v
            for k, v in model.options.items()
        }
    for network in study.networks:
        network.name, network.source = network.label, resolved(network.source, Path.is_file)
    for sets in study.gene_sets:
        sets.name, sets.source = sets.label, resolved(sets.source, Path.is_file)
        sets.ontology = sets.ontology and resolved(sets.ontology, Path.is_file)
        sets.older = sets.older and resolved(sets.older, Path.is_file)
    for table in study.tables:
        table.name, table.path = table.label, resolved(table.path, Path.is_file)
    for screen in study.screens:
        screen.name, screen.path = screen.label, resolved(screen.path, Path.is_file)
    for cloud in study.geometry.clouds if study.geometry is not None else ():
        cloud.name, cloud.path = cloud.label, resolved(cloud.path, Path.is_file)
    return study


def json_schema() -> dict[str, Any]:
    """JSON Schema of study.yaml, for editors; short forms that the parser takes included."""
    schema = Study.model_json_schema()
    for key in LISTS:  # a name or path stands for an entry, one for a list
        field = schema["properties"][key]
        entry = {"anyOf": [{"type": "string"}, field.pop("items")]}
        listed = {"type": field.pop("type"), "items": entry}
        field["anyOf"] = [*entry["anyOf"], listed]
    for key in OPTIONAL_SECTIONS:
        field = schema["properties"][key]
        forms = field.pop("anyOf", None) or [{"$ref": field.pop("$ref")}]
        field["anyOf"] = [*forms, {"type": "null"}]
    return schema


def _check_names(names: list[str]) -> None:
    """Names become parts of file names."""
    for name in names:
        if not name.strip() or name.startswith(".") or {"/", "\\", "\0"}.intersection(name):
            raise ValueError(
                f"'{name}' cannot be a name: give one that is not empty, has no slash and does not "
                "begin with a dot"
            )


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _distinct(labels: list[str]) -> None:
    twice = sorted({label for label in labels if labels.count(label) > 1})
    if twice:
        raise ValueError(f"{twice} named twice: give them different names (name: ...)")
