"""Sections of study.yaml as validated models. Every field says what it means."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from cellglass.data.screens.metadata import Modality


class Strict(BaseModel):
    """Unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", validate_default=True)


class CellsConfig(Strict):
    """The cells."""

    path: str = Field(
        description="The .h5ad file, 'pbmc68k' for the cells of the demo, or 'screen:NAME' for "
        "the control cells of a screen."
    )
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


class ModelConfig(Strict):
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


class NetworkConfig(Strict):
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


class TableConfig(Strict):
    """One edge table that is judged beside the models: scores of any other method."""

    path: str = Field(description="A table with the columns source, target and score.")
    name: str | None = Field(None, description="What the report calls it.")

    @property
    def label(self) -> str:
        """Name in the report and in the names of tasks."""
        return self.name or Path(self.path).name.split(".")[0]


class ScreenConfig(Strict):
    """One perturbation screen with expression readout."""

    path: str = Field(description="The .h5ad file.")
    name: str | None = Field(None, description="What the report calls it.")
    perturbation: str | None = Field(
        None, description="Column of obs with the perturbation of each cell; found when empty."
    )
    control: str | list[str] | None = Field(
        None, description="Label of the control cells in that column; found when empty."
    )
    modality: Modality | None = Field(
        None,
        description="What the perturbation does to its gene; read from the file's metadata when "
        "empty, and held against the expression of the perturbed genes.",
    )
    cell_line: str | None = Field(
        None,
        description="Cell line or type; read from the file's metadata when empty. Where the file "
        "names several, one of them chooses its cells.",
    )
    where: dict[str, str | list[str]] = Field(
        default_factory=dict,
        description="Only cells with these values of obs, for example cell_type: A172; needed "
        "where a file holds several lines.",
    )
    replicate: str | None = Field(
        None, description="Column of obs with replicates or donors; blocks of the edges."
    )
    layer: str | None = Field(None, description="Where the counts are; found out when empty.")
    totals: str | None = Field(
        None,
        description="Column of obs with the total counts of each cell, where the file holds some "
        "of the genes only; found out when empty.",
    )

    @field_validator("control", "where", mode="before")
    @classmethod
    def _numbers_are_names(cls, value: Any) -> Any:
        """YAML reads 7 and true as a number and a truth; as values of obs they are names."""
        if isinstance(value, dict):
            return {k: cls._numbers_are_names(v) for k, v in value.items()}
        if isinstance(value, list):
            return [cls._numbers_are_names(v) for v in value]
        return str(value) if isinstance(value, bool | int | float) else value

    @property
    def label(self) -> str:
        """Name in the report and in the names of tasks."""
        return self.name or Path(self.path).name.split(".")[0]


class GeneSetConfig(Strict):
    """One collection of gene sets, for the profile of layers."""

    source: str = Field(
        description="go, reactome (cellglass data fetch), or a GMT file or set-gene table."
    )
    name: str | None = Field(None, description="What the report calls it.")

    ontology: str | None = Field(
        None,
        description="go-basic.obo or a table of is_a links, along which GO terms get the genes of "
        "the terms below them; looked for beside the file when empty.",
    )
    older: str | None = Field(
        None,
        description="An earlier edition of the same sets, in which the genes of concepts are "
        "tested as well: what hangs on the year of the annotations.",
    )
    aspect: Literal["P", "F", "C"] = Field(
        "P", description="Of source go: process, function or component."
    )

    @property
    def label(self) -> str:
        """Name in the report and in the names of tasks."""
        return self.name or Path(self.source).name.split(".")[0]


class ResponsesConfig(Strict):
    """How responses to perturbations are called, and what is needed to judge scores by them."""

    test: Literal["welch", "mann-whitney"] = Field(
        "welch", description="Test of each gene, perturbed against control cells."
    )
    effect: float = Field(
        0.5,
        ge=0,
        description="Least absolute difference of mean log1p counts per 10,000 (natural log).",
    )
    standardised_effect: float = Field(
        0.3,
        ge=0,
        description="Least absolute difference in pooled standard deviations (Hedges' g), for "
        "the label that does not favour variable genes.",
    )
    label: Literal["difference", "standardised"] = Field(
        "difference", description="Which of the two effects makes a response."
    )
    fdr: float = Field(
        0.05, gt=0, lt=0.5, description="False discovery rate of responses within a perturbation."
    )
    min_cells: int = Field(30, ge=2, description="Cells that a perturbation needs.")
    n_controls: int | None = Field(
        2000, ge=30, description="Control cells drawn; all when empty. Edges use the same ones."
    )
    min_responders: int = Field(
        3, ge=1, description="Responding and other genes that a perturbation needs."
    )
    min_perturbations: int = Field(
        3, ge=2, description="Perturbations without which an analysis is not applicable."
    )
    joint_folds: int = Field(
        3, ge=2, description="Folds of either axis where perturbation and target are held out."
    )
    doubles: Literal["leave out", "mean"] = Field(
        "leave out",
        description="Perturbations of two genes: left out, or scored by the mean of the ranks "
        "of both genes' scores.",
    )


class GenesConfig(Strict):
    """Which genes are evaluated."""

    regulators: Literal["networks", "all"] | list[str] = Field(
        "networks",
        description="Rows of the edge tables: sources of the networks (of an undirected one the "
        "most variable genes, at most 500), all genes, or a list.",
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
    master_regulators: list[str] | None = Field(
        None,
        description="Class of regulators compared with all others; the published list when empty.",
    )


class EdgesConfig(Strict):
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


class StatisticsConfig(Strict):
    """Levels, margins and numbers of draws."""

    level: float = Field(0.05, gt=0, lt=0.5, description="Level of significance.")
    margin: float = Field(
        0.01, ge=0, lt=0.5, description="Smallest increment in AUROC that would matter."
    )
    draws: int = Field(1000, ge=19, description="Draws of each null.")
    bootstrap: int = Field(1000, ge=100, description="Draws of each bootstrap.")
    folds: int = Field(5, ge=2, description="Folds of regulators in the cross-fitted models.")
    stratum_shuffles: int = Field(100, ge=19, description="Draws of the shuffled-strata null.")


class ResourcesConfig(Strict):
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
