"""study.yaml: what is studied, as validated models. Every field says what it means."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from ..errors import StudyError, nearest
from ..seeds import DEFAULT_SEED


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
    """Where and how the work runs; none of it changes a table."""

    executor: Literal["inline", "local", "dask-local"] = Field(
        "local", description="This process, a pool of processes, or a local Dask cluster."
    )
    workers: int | None = Field(None, ge=1, description="Processes; all cores when empty.")
    device: str = Field("cpu", description="cpu or cuda.")
    dtype: Literal["float32", "bfloat16"] = Field(
        "float32", description="Precision of the forward pass; report float32."
    )
    shard_cells: int = Field(64, ge=1, description="Cells a task; part of the results' keys.")


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
    controls: list[Literal["pairs", "prominence", "nothing", "circuit"]] = Field(
        default_factory=lambda: ["pairs", "prominence", "nothing", "circuit"],
        description="Planted controls that run beside the study.",
    )
    seed: int = Field(DEFAULT_SEED, ge=0, description="Seed of everything random.")

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
        _distinct([m.label for m in models])
        return models

    @field_validator("networks")
    @classmethod
    def _distinct_networks(cls, networks: list[NetworkConfig]) -> list[NetworkConfig]:
        _distinct([n.label for n in networks])
        return networks


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
    """
    path = Path(path)
    if not path.is_file():
        raise StudyError(
            "there is no such file", where=str(path), fix="cellglass init writes a study.yaml"
        )
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise StudyError(f"not valid YAML: {error}", where=str(path)) from error
    if not isinstance(content, dict):
        raise StudyError("the file holds no keys", where=str(path), expected="study, cells, models")
    return resolve_paths(parse_study(content, where=str(path)), path.parent)


def parse_study(content: dict[str, Any], *, where: str = "study") -> Study:
    """Validate the content of a study.yaml; see `load_study`."""
    try:
        return Study.model_validate(content)
    except ValidationError as error:
        problems = [_problem(e, Study) for e in error.errors()]
        raise StudyError(
            "; ".join(found for found, _ in problems),
            where=where,
            fix="; ".join(dict.fromkeys(hint for _, hint in problems if hint)),
        ) from error


def resolve_paths(study: Study, folder: Path) -> Study:
    """Make relative paths absolute, where the file exists beside study.yaml."""

    def resolved(value: str) -> str:
        candidate = folder / Path(value).expanduser()
        return str(candidate.resolve()) if candidate.exists() else value

    study = study.model_copy(deep=True)
    study.cells.path = resolved(study.cells.path)
    for model in study.models:
        model.name, model.path = model.label, resolved(model.path)
    for network in study.networks:
        network.name, network.source = network.label, resolved(network.source)
    return study


def json_schema() -> dict[str, Any]:
    """JSON Schema of study.yaml, for editors."""
    return Study.model_json_schema()


def _problem(error: Any, model: type[BaseModel]) -> tuple[str, str]:
    """What pydantic found, as a sentence, and a hint."""
    where = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        valid = _fields_at(model, error["loc"][:-1])
        return f"unknown key '{where}'", nearest(str(error["loc"][-1]), valid)
    if error["type"] == "missing":
        return f"the key '{where}' is missing", ""
    return f"'{where}' is {error.get('input')!r}: {error['msg']}", ""


def _fields_at(model: type[BaseModel], path: tuple[Any, ...]) -> list[str]:
    """Names of the valid keys at a place in the study."""
    for part in path:
        if isinstance(part, int):
            continue
        annotation = model.model_fields[part].annotation if part in model.model_fields else None
        arguments = getattr(annotation, "__args__", ())
        options = [a for a in (annotation, *arguments) if isinstance(a, type)]
        inner = next((o for o in options if issubclass(o, BaseModel)), None)
        if inner is None:
            return []
        model = inner
    return list(model.model_fields)


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _distinct(labels: list[str]) -> None:
    twice = sorted({label for label in labels if labels.count(label) > 1})
    if twice:
        raise ValueError(f"{twice} named twice: give them different names (name: ...)")
