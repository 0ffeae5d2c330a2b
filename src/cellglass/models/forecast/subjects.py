"""What a model, an edge table or a cloud of genes costs in a study."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from cellglass.data import EdgeTable
from cellglass.models.cell_model import CellModel
from cellglass.models.contract import TransformerModel
from cellglass.models.datasets import CELLS, edges_name
from cellglass.models.inputs import model_params, open_model
from cellglass.models.screens import dataset_of
from cellglass.runs.study import COPY

from .concepts import ConceptCost, concept_cost
from .geometry import GeometryCost, cloud_geometry, model_geometry
from .passes import seconds_per_cell
from .sizes import Axes, axes_of_model, axes_of_table

if TYPE_CHECKING:
    from cellglass.runs.geometry_section import CloudConfig
    from cellglass.runs.sections import ModelConfig, TableConfig
    from cellglass.runs.study import Study

    from .samples import Sample
    from .steps import Steps

BYTES_PER_PROCESS = 600e6  # interpreter, torch, numba and libraries, measured
FLOPS = 2e9  # a second and thread, of small layers
STRATA = 10  # of a study that names a column of them
# Seconds of a pass, in seconds of a timed one: measured 1.4 to 2.3, 2.4 to 3.6 and, by family, 1.2
# and 4.7 (scripts/fit_efforts.py).
PASSES = {"capture": 1.5, "context": 2.7, "masked": 2.7}


@dataclass
class SubjectCost:
    """Cost of a subject of a study.

    Attributes
    ----------
    name
        As the report calls it.
    tokens, seconds_per_cell
        Median tokens of a cell; time of a pass with attention. 0 for an edge table.
    n_cells
        Cells that pass through it, by data set.
    n_rows, n_columns, n_layers, n_heads, width
        Of its edges in the study's cells; width of its states.
    by_network
        Regulators that each network judges.
    perturbed
        Of each screen: perturbed genes that are rows, and columns.
    capture_seconds, statistics_seconds
        Of CPU.
    memory_bytes
        Of a process.
    disk_bytes
        In the run folder.
    concepts
        Cost of its concepts; None where none are looked for.
    geometry
        Cost of its gene space; None where it is not looked at.
    """

    name: str
    tokens: float = 0.0
    seconds_per_cell: float = 0.0
    n_cells: dict[str, int] = field(default_factory=dict)
    n_rows: int = 0
    n_columns: int = 0
    n_layers: int = 1
    n_heads: int = 0
    width: int = 0
    by_network: dict[str, int] = field(default_factory=dict)
    perturbed: dict[str, tuple[int, int]] = field(default_factory=dict)
    capture_seconds: float = 0.0
    statistics_seconds: float = 0.0
    memory_bytes: float = BYTES_PER_PROCESS
    disk_bytes: float = 0.0
    concepts: ConceptCost | None = None
    geometry: GeometryCost | None = None

    def hold(self, study: Study, dataset: str, axes: Axes) -> None:
        """Note the size of the edges in a data set."""
        for screen in study.screens:
            if dataset_of(study, screen) == dataset:
                self.perturbed[screen.label] = (axes.perturbed, axes.n_columns)
        if dataset == CELLS:
            self.n_rows, self.n_columns = axes.n_rows, axes.n_columns
            self.by_network = axes.by_network

    def add_concepts(self, cost: ConceptCost | None, weights: float) -> None:
        """Note what concepts cost beside; `weights` are bytes of the model."""
        self.concepts = cost
        self._add(cost, weights)

    def add_geometry(self, cost: GeometryCost | None, weights: float) -> None:
        """Note what gene space costs beside; `weights` are bytes of the model."""
        self.geometry = cost
        self._add(cost, weights)

    def _add(self, cost: ConceptCost | GeometryCost | None, weights: float) -> None:
        if cost is not None:
            needed = BYTES_PER_PROCESS + weights + cost.memory_bytes
            self.memory_bytes = max(self.memory_bytes, needed)
            self.disk_bytes += cost.disk_bytes


def table_cost(study: Study, config: TableConfig, samples: Mapping[str, Sample]) -> SubjectCost:
    """Cost of judging an edge table.

    Parameters
    ----------
    study, config
        The study and the entry of the table.
    samples
        A few cells of each data set.
    """
    found, edges = SubjectCost(config.label), EdgeTable.read(config.path)
    for dataset, sample in samples.items():
        axes = axes_of_table(study, sample, edges, own=dataset == CELLS)
        found.hold(study, dataset, axes)
        needed = BYTES_PER_PROCESS + axes.n_rows * axes.n_columns * 330.0
        found.memory_bytes = max(found.memory_bytes, needed)
    return found


def cloud_cost(
    study: Study, config: CloudConfig, samples: Mapping[str, Sample], steps: Steps
) -> SubjectCost:
    """Cost of a cloud of gene embeddings that a user brings.

    Parameters
    ----------
    study, config
        The study and the entry of the cloud.
    samples
        A few cells of each data set.
    steps
        What the study's analyses do.
    """
    found = SubjectCost(config.label)
    found.add_geometry(cloud_geometry(study, config, samples[CELLS], steps), 0.0)
    return found


def model_cost(
    study: Study, config: ModelConfig, samples: Mapping[str, Sample], steps: Steps
) -> SubjectCost:
    """Cost of a model: a sample of each data set is passed through it.

    Parameters
    ----------
    study, config
        The study and the entry of the model.
    samples
        A few cells of each data set.
    steps
        What the study's analyses do.
    """
    model = open_model(model_params(config), study.resources.device, study.resources.dtype)
    if not isinstance(model, TransformerModel):
        return _embedding_cost(study, model, config.label, samples[CELLS], steps)
    found = SubjectCost(
        config.label, n_layers=model.n_layers, n_heads=model.n_heads,
        width=model.n_heads * model.config.head_width,
    )  # fmt: skip
    weights = model.cost(1).weight_bytes
    for dataset, sample in samples.items():
        tokens = model.tokenize(sample.cells, seed=study.seed)
        seen = np.bincount(tokens.gene_ids[tokens.is_gene], minlength=model.vocabulary.n_embeddings)
        axes = axes_of_model(study, sample, model, seen, own=dataset == CELLS)
        found.hold(study, dataset, axes)
        if not axes.n_rows:
            continue
        found.n_cells[dataset] = sample.n_cells
        seconds = seconds_per_cell(
            model, tokens, seen, axes.n_rows, axes.n_columns, study.edges.heads
        )
        if not found.tokens:
            found.tokens, found.seconds_per_cell = float(np.median(tokens.lengths)), seconds
        times = _times_passed(config.label, dataset, steps)
        found.capture_seconds += seconds * sample.n_cells * sum(times.values())
        sizes = _Sizes.of(study, sample, axes, found, times)
        activations = 8 * model.cost(int(tokens.lengths.max())).activation_bytes
        held = sizes.memory if times else 0.0  # edges are there only where attention is read
        needed = BYTES_PER_PROCESS + weights + activations + held
        found.memory_bytes = max(found.memory_bytes, needed)
        if times:
            found.disk_bytes += sizes.disk + 40.0 * sample.n_cells * tokens.n_positions
        if dataset == CELLS:
            found.add_geometry(
                model_geometry(study, config.label, model, sample, tokens, seen, steps), weights
            )
    found.add_concepts(concept_cost(study, config.label, model, samples[CELLS], steps), weights)
    return found


def _embedding_cost(
    study: Study, model: CellModel, name: str, sample: Sample, steps: Steps
) -> SubjectCost:
    """Cost of a model without attention: its cells are embedded, nothing else."""
    cost = model.cost(1)
    found = SubjectCost(name, width=model.width, n_cells={CELLS: sample.n_cells})
    passes = sample.n_cells * len(_times_passed(name, CELLS, steps))
    found.capture_seconds = cost.flops / FLOPS * passes
    found.memory_bytes += cost.weight_bytes + cost.activation_bytes * sample.n_cells
    found.disk_bytes = 2 * 4.0 * model.width * passes
    found.add_concepts(concept_cost(study, name, model, sample, steps), cost.weight_bytes)
    return found


def _times_passed(name: str, dataset: str, steps: Steps) -> dict[str, float]:
    """How often the cells of a data set pass through a model, weighted by what a pass does."""
    found = {}
    for untrained in (False, True):
        of_model = edges_name(name, dataset, untrained=untrained).partition("/")[2]
        for kind, weight in PASSES.items():
            if f"{kind}/{of_model}" in steps.passes:
                found[f"{kind}{COPY if untrained else ''}"] = weight
    return found


@dataclass(frozen=True)
class _Sizes:
    """Memory and disk of the edges of a model in a data set."""

    memory: float
    disk: float

    @classmethod
    def of(
        cls,
        study: Study,
        sample: Sample,
        axes: Axes,
        model: SubjectCost,
        times: Mapping[str, float],
    ) -> _Sizes:
        edges = study.edges
        copies = 2 if f"capture{COPY}" in times else 1
        own = sample.dataset == CELLS
        n_strata = STRATA if study.cells.strata and own else 1
        blocks = edges.replicate_blocks
        n_groups = max(sample.n_cells / edges.group_cells, blocks * n_strata)
        pair_bytes = 4.0 * axes.n_rows * axes.n_columns
        layer_bytes = model.n_layers * pair_bytes
        heads = model.n_heads * blocks if edges.heads else 0
        n_shards = np.ceil(sample.n_cells / study.resources.shard_cells)
        sums = layer_bytes * (n_groups + heads) + pair_bytes * n_groups * 2
        copy = layer_bytes * (blocks + heads) if copies == 2 else 0.0
        # while it runs: each shard holds the heads of about one block
        shards = layer_bytes * (n_groups + n_shards * (2 + 1.3 * model.n_heads * copies))
        n_contexts = sum(k.startswith("context") for k in times)
        states = 8.0 * model.n_layers * axes.n_columns * model.width
        contexts = (2.5 * layer_bytes + states) * n_contexts * (n_shards + 1)
        views = 2 if axes.n_rows == axes.n_columns else 0  # transposed and symmetric layer means
        n_scores = model.n_layers * (2 + model.n_heads + views) * copies
        judged = axes.n_rows * axes.n_columns * (12.0 * n_scores + 300)
        return cls(max(3 * sums, judged), sums + copy + shards + contexts)
