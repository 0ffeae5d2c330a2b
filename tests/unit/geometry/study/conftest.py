"""Gene states as the tasks of a study leave them: of a real model, and planted."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import cellglass.pl
from cellglass.data import gene_features
from cellglass.data.screens.symbols import gene_symbols
from cellglass.geometry.states.gene_states import GeneStates
from cellglass.geometry.study.capture import GENES, capture_states, sum_states
from cellglass.geometry.study.names import scores_name, states_name
from cellglass.geometry.study.pair_scores import score_pairs
from cellglass.models.datasets import CELLS, genes_name, read_cells
from cellglass.models.families import resolve
from cellglass.models.inputs import prepare_cells, prepare_genes
from cellglass.report.svg import draw
from cellglass.runs.result import AnalysisResult
from cellglass.runs.sections import CellsConfig, EdgesConfig, GenesConfig, StatisticsConfig
from cellglass.runs.tasks import TaskContext

SEED = 42
STATISTICS = StatisticsConfig(bootstrap=200, draws=99, folds=3).model_dump(mode="json")


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
def quick() -> StatisticsConfig:
    """Few draws."""
    return StatisticsConfig(**STATISTICS)


@pytest.fixture(scope="session")
def planting() -> Any:
    """Gene spaces with known truth, see planting.py."""
    name, path = "cellglass_tests_planting", Path(__file__).with_name("planting.py")
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


@pytest.fixture(scope="session")
def cells_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """80 embedded cells, with the column ``phase``."""
    folders = Folders(tmp_path_factory.mktemp("cells"))
    config = CellsConfig(path="pbmc68k", strata="bulk_labels", max_cells=80)
    return folders.run(
        CELLS, prepare_cells, cells=config.model_dump(), edges=EdgesConfig().model_dump(),
        source={"path": "pbmc68k", "sha256": "none"}, rows=[], columns=["phase"],
    )  # fmt: skip


@pytest.fixture(scope="session")
def cell_genes(cells_folder: Path) -> pd.DataFrame:
    """Genes that vary in those cells, as the task that chooses genes tells them."""
    study = read_cells(cells_folder)
    found = gene_features(study.cells.X.tocsr(), study.cells.obs["n_counts"].to_numpy())
    table = pd.DataFrame(
        {"gene": np.asarray(gene_symbols(study.cells.var), dtype=str),
         "column": np.arange(len(found)), **{c: found[c].to_numpy() for c in found}, "row": True}
    )  # fmt: skip
    return table[table["variance"] > 0].reset_index(drop=True)


@pytest.fixture(scope="session")
def captured(tmp_path_factory: pytest.TempPathFactory, cells_folder: Path) -> Folders:
    """80 embedded cells through mini-geneformer, in two shards."""
    model = "mini-geneformer"
    folders = Folders(tmp_path_factory.mktemp("captured"), {CELLS: cells_folder})
    params = {"path": str(resolve(model)), "name": model, "family": None, "options": {}}
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
    folder: Path, points: dict[int, np.ndarray], names: Sequence[str], *, blocks: int = 4,
    noise: float = 0.05, label: str = "planted", seed: int = 0,
    domains: Sequence[str] = ("all",), counts: np.ndarray | None = None,
) -> None:  # fmt: skip
    """States by layer, the same in every block up to noise, with the statistics of their genes.

    Where there are several domains, points of a layer are stacked by domain; counts are those of
    a block and domain, 20 where None.
    """
    rng = np.random.default_rng(seed)
    groups, n = blocks * len(domains), len(names)
    held = np.stack([
        np.tile(points[layer].reshape(len(domains), n, -1), (blocks, 1, 1)) for layer in points
    ])  # fmt: skip
    held = held + noise * rng.normal(size=held.shape)
    each = np.full(n, 20) if counts is None else np.asarray(counts)
    GeneStates(
        (held * each[:, None]).astype(np.float32), np.tile(each, (groups, 1)), tuple(names),
        tuple(points), np.repeat(np.arange(blocks), len(domains)),
        np.tile(np.arange(len(domains)), blocks), tuple(f"b{i}" for i in range(blocks)),
        tuple(domains), "fold of cells", 10, {"model": label, "untrained": "False"},
    ).write(folder)  # fmt: skip
    detection = rng.uniform(0.1, 0.9, n)
    pd.DataFrame(
        {"gene": names, "mean": detection + rng.normal(0, 0.05, n),
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


@dataclass
class Plant:
    """Planted states of genes of real cells, and a network."""

    folders: Folders
    network: dict[str, Any]

    def scores(self, subject: str, domain: str = "all", **changes: Any) -> str:
        """Score the pairs of a subject; the name of the result."""
        name = scores_name(subject, domain)
        settings: dict[str, Any] = {
            "states": subject, "domain": domain, "column": None, "networks": [self.network],
            "components": 20, "neighbours": 8, "most_neighbours": 35,
        }  # fmt: skip
        self.folders.run(name, score_pairs, **(settings | changes))
        return name

    def judge(
        self, function: Any, subject: str, *, copy: str | None = None, domain: str = "all",
        label: dict[str, str] | None = None, **changes: Any,
    ) -> Path:  # fmt: skip
        """Run an analysis of pairs on a subject and its copy."""
        names = {"scores": self.scores(subject, domain, **changes)}
        names |= {"untrained": self.scores(copy, domain, **changes) if copy else None}
        return self.folders.run(
            "result", function, label=label or {"model": subject, "network": "planted"},
            statistics=STATISTICS, network=self.network, min_targets=3, **names,
        )  # fmt: skip


@pytest.fixture(scope="session")
def plant(
    cells_folder: Path, cell_genes: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Plant]:
    """``plant({"model": {layer: points}}, genes, edges)``: states of genes of real cells."""

    def make(
        subjects: dict[str, dict[int, np.ndarray]], genes: Sequence[str],
        edges: Sequence[tuple[str, str]] = (), **options: Any,
    ) -> Plant:  # fmt: skip
        root = tmp_path_factory.mktemp("planted")
        folders = Folders(root / "tasks", {CELLS: cells_folder})
        folders.root.mkdir()
        table = cell_genes.set_index("gene").loc[list(genes)].rename_axis("gene").reset_index()
        for i, (name, points) in enumerate(subjects.items()):
            output = folders.context(name).output
            write_planted(output, points, list(genes), label=name, seed=i, **options)
            table.to_parquet(output / GENES)
            folders.inputs[name] = output
        path = root / "network.tsv"
        pd.DataFrame(edges, columns=["source", "target"]).to_csv(path, sep="\t", index=False)
        network = {"source": str(path), "name": "planted", "options": {}, "sha256": ""}
        return Plant(folders, network)

    return make


@pytest.fixture(scope="session")
def sound() -> Callable[[Path], AnalysisResult]:
    """Read a result; tables, captions, figures and sentences must be as readers need them."""

    def read(folder: Path) -> AnalysisResult:
        result = AnalysisResult.read(folder)
        assert set(result.captions) == set(result.tables)
        for figure in result.figures:
            assert figure.function in cellglass.pl.__all__
            assert "<svg" in draw(figure, result.tables[figure.table], figure.name).wide
        said = [
            *result.captions.values(), *result.notes, result.method,
            *(f.caption for f in result.figures), *(v.sentence for v in result.verdicts),
        ]  # fmt: skip
        details = [c.detail for c in result.checks] + [
            r for v in result.verdicts for r in v.reasons
        ]
        for sentence in [*said, *details]:
            assert sentence
            assert "nan" not in sentence.replace("-", " ").lower().split()
            assert "  " not in sentence
            assert " ," not in sentence
        assert all(s[0].isupper() or s[0].isdigit() for s in said)
        assert all(s.endswith(".") for s in said)
        ids = [f.id for f in result.findings]
        assert len(set(ids)) == len(ids)
        assert {i for v in result.verdicts for i in v.finding_ids} <= set(ids)
        assert all(c.state == "passed" for c in result.checks), result.checks
        return result

    return read
