"""study.yaml: what is studied, as validated models. Every field says what it means."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, get_args

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from cellglass.errors import StudyError
from cellglass.seeds import DEFAULT_SEED

from .study_problems import UniqueKeys, problem

Control = Literal["pairs", "prominence", "nothing", "circuit"]
CONTROLS: tuple[Control, ...] = get_args(Control)
OPTIONAL_SECTIONS = ("networks", "genes", "edges", "statistics", "resources")
COPY = "-untrained"  # the end of the name that capture gives the untrained copy of a model


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", validate_default=True)


class CellsConfig(_Strict):
    """The cells."""

    path: str = Field(description="The .h5ad file, or 'pbmc68k' for the cells of the demo.")
    layer: str | None = Field(None, description="Where the counts are; found out when empty.")
    strata: str | None = Field(
        None, description="Column of obs with cell types or states (used for stratified edges)."
    )
    donor: str | None = Field(
        None, description="Column of obs with donors; replicate blocks and intervals use them."
    )
    batch: str | None = Field(None, description="Column of obs with batches, for the record.")
    max_cells: int | None = Field(
        2000, ge=50, description="At most so many cells, drawn in proportion to the strata."
    )


class ModelConfig(_Strict):
    """One model."""

    path: str = Field(description="Folder of a checkpoint, or mini-scgpt or mini-geneformer.")
    name: str | None = Field(None, description="What the report calls it.")
    family: str | None = Field(None, description="scgpt or geneformer; told by the files.")
    options: dict[str, Any] = Field(
        default_factory=dict, description="Options of the tokeniser, for example ties: middle."
    )

    @property
    def label(self) -> str:
        """Name in the report and in the names of tasks."""
        return self.name or Path(self.path).name


class NetworkConfig(_Strict):
    """One reference network."""

    source: str = Field(
        description="A name of the catalogue (cellglass data list) or a source-target table."
    )
    name: str | None = Field(None, description="What the report calls it.")
    options: dict[str, Any] = Field(
        default_factory=dict, description="Options of the reader, for example levels: ABC."
    )

    @property
    def label(self) -> str:
        """Name in the report and in the names of tasks."""
        return self.name or Path(self.source).name.split(".")[0]


class GenesConfig(_Strict):
    """Which genes are evaluated."""

    regulators: Literal["networks", "all"] | list[str] = Field(
        "networks",
        description="Rows of the edge tables: sources of the networks, all genes, or a list.",
    )
    max_genes: int = Field(
        2000, ge=20, description="Genes kept: the regulators, then the most variable."
    )
    min_cells: int = Field(10, ge=2, description="A gene must be expressed in so many cells.")
    min_pair_cells: int = Field(
        5, ge=1, description="A pair counts if so many cells hold both genes as tokens."
    )
    min_targets: int = Field(
        3, ge=1, description="A regulator is evaluated if it has so many targets."
    )


class EdgesConfig(_Strict):
    """Which scores are taken from attention."""

    heads: bool = Field(True, description="Single heads as well as the mean over heads.")
    untrained: bool = Field(
        True, description="Also the same scores from an untrained copy of each model."
    )
    replicate_blocks: int = Field(
        5, ge=2, description="Folds of cells where there are no donors; blocks of intervals."
    )
    group_cells: int = Field(
        25, ge=2, description="Cells of a micro-group, the unit that shuffled strata move."
    )


class StatisticsConfig(_Strict):
    """Levels, margins and numbers of draws."""

    level: float = Field(0.05, gt=0, lt=0.5, description="Level of significance.")
    margin: float = Field(
        0.01, ge=0, lt=0.5, description="Smallest increment in AUROC that would matter."
    )
    draws: int = Field(1000, ge=19, description="Draws of each null.")
    bootstrap: int = Field(1000, ge=100, description="Draws of each bootstrap.")
    folds: int = Field(5, ge=2, description="Folds of regulators in the cross-fitted models.")
    stratum_shuffles: int = Field(100, ge=19, description="Draws of the shuffled-strata null.")


class ResourcesConfig(_Strict):
    """Where and how the work runs.

    Executor and workers change no table; device, dtype and shard_cells do so by rounding.
    """

    executor: Literal["inline", "local", "dask-local"] = Field(
        "local", description="This process, a pool of processes, or a local Dask cluster."
    )
    workers: int | None = Field(None, ge=1, description="Processes; all cores when empty.")
    device: str = Field("cpu", description="cpu or cuda.")
    dtype: Literal["float32", "bfloat16"] = Field(
        "float32", description="Precision of the forward pass; report float32."
    )
    shard_cells: int = Field(64, ge=1, description="Cells a task; part of the results' keys.")

    @field_validator("device")
    @classmethod
    def _known_device(cls, device: str) -> str:
        if not re.fullmatch(r"cpu|cuda(:\d+)?", device):
            raise ValueError("cpu, cuda or one of several, such as cuda:1")
        return device


class Study(_Strict):
    """A study.

    Examples
    --------
    >>> study = Study(study="x", cells={"path": "pbmc68k"}, models=["mini-scgpt"])
    >>> study.models[0].label
    'mini-scgpt'
    """

    study: str = Field(description="Name of the study; the output folder belongs to it.")
    cells: CellsConfig
    models: list[ModelConfig] = Field(description="Models to look into.")
    networks: list[NetworkConfig] = Field(
        default_factory=list, description="Reference networks; without them chapters say NOT RUN."
    )
    genes: GenesConfig = Field(default_factory=GenesConfig)
    edges: EdgesConfig = Field(default_factory=EdgesConfig)
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

    @field_validator("models", mode="before")
    @classmethod
    def _models_by_path(cls, value: Any) -> Any:
        return [{"path": v} if isinstance(v, str) else v for v in _as_list(value)]

    @field_validator("networks", mode="before")
    @classmethod
    def _networks_by_source(cls, value: Any) -> Any:
        return [{"source": v} if isinstance(v, str) else v for v in _as_list(value)]

    @field_validator("models")
    @classmethod
    def _distinct_models(cls, models: list[ModelConfig]) -> list[ModelConfig]:
        if not models:
            raise ValueError("name at least one model")
        labels = [m.label for m in models]
        _check_names(labels)
        _distinct(labels)
        taken = sorted({f"{label}{COPY}" for label in labels}.intersection(labels))
        if taken:
            raise ValueError(f"{taken[0]} is what an untrained copy is called: give another name")
        return models

    @field_validator("networks")
    @classmethod
    def _distinct_networks(cls, networks: list[NetworkConfig]) -> list[NetworkConfig]:
        _check_names([n.label for n in networks])
        _distinct([n.label for n in networks])
        return networks

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
    study.cells.path = resolved(study.cells.path, Path.is_file)
    for model in study.models:
        model.name, model.path = model.label, resolved(model.path, Path.exists)
        model.options = {
            k: resolved(v, Path.exists) if isinstance(v, str) else v
            for k, v in model.options.items()
        }
    for network in study.networks:
        network.name, network.source = network.label, resolved(network.source, Path.is_file)
    return study


def json_schema() -> dict[str, Any]:
    """JSON Schema of study.yaml, for editors; short forms that the parser takes included."""
    schema = Study.model_json_schema()
    for key in ("models", "networks"):  # a name or path stands for an entry, one for a list
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
