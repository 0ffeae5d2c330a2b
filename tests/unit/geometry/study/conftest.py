"""Gene states as the tasks of a study leave them: of a real model, and planted."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cellglass.geometry.states.gene_states import GeneStates
from cellglass.geometry.study.capture import GENES, capture_states, sum_states
from cellglass.geometry.study.names import states_name
from cellglass.models.datasets import CELLS, genes_name
from cellglass.models.families import resolve
from cellglass.models.inputs import prepare_cells, prepare_genes
from cellglass.runs.sections import CellsConfig, EdgesConfig, GenesConfig, StatisticsConfig
from cellglass.runs.tasks import TaskContext

SEED = 42
STATISTICS = StatisticsConfig(bootstrap=200, draws=99).model_dump(mode="json")


@dataclass
class Folders:
    """Results of tasks, and contexts that read them."""

    root: Path
    inputs: dict[str, Path] = field(default_factory=dict)

    def context(self, name: str) -> TaskContext:
        output = self.root / f"task-{len(list(self.root.iterdir())):02d}"
        output.mkdir(parents=True)
        return TaskContext(name, SEED, output, dict(self.inputs))

    def run(self, name: str, function: Any, **params: Any) -> Path:
        context = self.context(name)
        function(context, **params)
        self.inputs[name] = context.output
        return context.output


@pytest.fixture(scope="session")
def statistics() -> dict[str, Any]:
    return STATISTICS


@pytest.fixture(scope="session")
def captured(tmp_path_factory: pytest.TempPathFactory) -> Folders:
    """80 embedded cells through mini-geneformer, in two shards."""
    model = "mini-geneformer"
    folders = Folders(tmp_path_factory.mktemp("captured"))
    params = {"path": str(resolve(model)), "name": model, "family": None, "options": {}}
    config = CellsConfig(path="pbmc68k", strata="bulk_labels", max_cells=80)
    folders.run(
        CELLS, prepare_cells, cells=config.model_dump(), edges=EdgesConfig().model_dump(),
        source={"path": "pbmc68k", "sha256": "none"}, rows=[], columns=["phase"],
    )  # fmt: skip
    genes = genes_name(model)
    folders.run(
        genes, prepare_genes, model={**params, "sha256": ""}, dataset=CELLS,
        genes=GenesConfig(max_genes=200).model_dump(exclude={"master_regulators"}), networks=[],
    )  # fmt: skip
    shards = []
    for i, (start, stop) in enumerate([(0, 50), (50, 80)]):
        shards.append(f"{states_name(model)}/shard-{i:04d}")
        folders.run(
            shards[-1], capture_states, model=params, genes=genes, layers=None, domain="phase",
            untrained=False, device="cpu", dtype="float32", start=start, stop=stop,
        )  # fmt: skip
    folders.run(
        states_name(model), sum_states, shards=shards, genes=genes, min_count=5, model=model,
        untrained=False,
    )  # fmt: skip
    return folders


def write_planted(
    folder: Path, points: dict[int, np.ndarray], names: list[str], *, blocks: int = 4,
    noise: float = 0.05, label: str = "planted", seed: int = 0,
) -> None:  # fmt: skip
    """States by layer, the same in every block up to noise, with the statistics of their genes."""
    rng = np.random.default_rng(seed)
    held = np.stack([
        points[layer][None] + noise * rng.normal(size=(blocks, *points[layer].shape))
        for layer in points
    ])  # fmt: skip
    counts = np.full((blocks, len(names)), 20)
    GeneStates(
        (held * 20).astype(np.float32), counts, tuple(names), tuple(points),
        np.arange(blocks), np.zeros(blocks, dtype=np.int64),
        tuple(f"b{i}" for i in range(blocks)), ("all",), "fold of cells", 10,
        {"model": label, "untrained": "False"},
    ).write(folder)  # fmt: skip
    detection = rng.uniform(0.1, 0.9, len(names))
    pd.DataFrame(
        {"gene": names, "mean": detection + rng.normal(0, 0.05, len(names)),
         "variance": detection * (1 - detection), "detection": detection, "row": True}
    ).to_parquet(folder / GENES)  # fmt: skip


@pytest.fixture
def planted(tmp_path: Path) -> Callable[..., Folders]:
    """Maker of folders with planted states of one or more subjects."""

    def make(
        subjects: dict[str, dict[int, np.ndarray]], names: list[str], **options: Any
    ) -> Folders:
        folders = Folders(tmp_path / "runs")
        folders.root.mkdir(exist_ok=True)
        cells = folders.context(CELLS).output
        (cells / "summary.json").write_text(json.dumps({}))
        folders.inputs[CELLS] = cells
        for i, (name, points) in enumerate(subjects.items()):
            output = folders.context(name).output
            write_planted(output, points, names, label=name, seed=i, **options)
            folders.inputs[name] = output
        return folders

    return make
