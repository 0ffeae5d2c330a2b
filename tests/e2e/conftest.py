"""Small studies and the command line in this process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anndata
import numpy as np
import pytest
import yaml
from scipy import sparse

N_CELLS, N_GENES = 60, 60


@dataclass(frozen=True)
class Told:
    """What a command said."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        return self.out + self.err


@pytest.fixture
def cellglass(capsys: pytest.CaptureFixture[str]) -> Callable[..., Told]:
    """``cellglass("run", path)``: the command line in this process."""
    from cellglass.cli import main

    def run(*arguments: object) -> Told:
        capsys.readouterr()
        code = 0
        try:
            main([str(a) for a in arguments])
        except SystemExit as stop:
            code = int(stop.code or 0)
        said = capsys.readouterr()
        return Told(code, said.out, said.err)

    return run


@pytest.fixture(scope="session")
def symbols() -> list[str]:
    """Genes that the tiny checkpoints know."""
    return [f"GENE{i}" for i in range(N_GENES)]


@pytest.fixture(scope="session")
def checkpoint(tiny: Any, symbols: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """scGPT: 2 layers, 2 heads, width 8."""
    folder = tmp_path_factory.mktemp("checkpoints") / "tiny"
    return Path(
        tiny.write_scgpt(folder, symbols, heads=2, width=8, n_layers=2, mlp=8, max_seq_len=64)
    )


@pytest.fixture(scope="session")
def counts() -> np.ndarray:
    """60 cells x 60 genes; two kinds of cells."""
    rng = np.random.default_rng(0)
    mean = rng.gamma(2.0, 2.0, size=(2, N_GENES))
    return rng.poisson(mean[np.arange(N_CELLS) % 2]).astype(np.float32)


def make_cells(
    path: Path, matrix: np.ndarray, genes: list[str], obs: Mapping[str, Any] | None = None
) -> Path:
    """Write an .h5ad with two cell types and three donors."""
    adata = anndata.AnnData(sparse.csr_matrix(np.asarray(matrix, dtype=np.float32)))
    adata.var_names = list(genes)
    adata.obs["cell_type"] = [f"type {i % 2}" for i in range(len(matrix))]
    adata.obs["donor"] = [f"donor {i % 3}" for i in range(len(matrix))]
    for column, values in (obs or {}).items():
        adata.obs[column] = values
    adata.write_h5ad(path)
    return path


def make_network(path: Path, genes: list[str]) -> Path:
    """Write a network: six regulators with eight targets each."""
    rng = np.random.default_rng(1)
    lines = ["source\ttarget"]
    for regulator in genes[:6]:
        lines += [f"{regulator}\t{t}" for t in rng.choice(genes[6:], 8, replace=False)]
    path.write_text("\n".join(lines) + "\n")
    return path


def make_study(path: Path, cells: Path, checkpoint: Path, changes: Mapping[str, Any]) -> Path:
    """Write a quick study.yaml; a dict among the changes changes single keys."""
    content: dict[str, Any] = {
        "study": "small",
        "cells": {"path": str(cells), "strata": "cell_type", "donor": "donor"},
        "models": [str(checkpoint)],
        "genes": {"min_cells": 2, "min_pair_cells": 2, "min_targets": 3},
        "edges": {"untrained": False},
        "statistics": {"draws": 19, "bootstrap": 100, "stratum_shuffles": 19},
        "resources": {"executor": "inline", "shard_cells": 20},
        "analyses": ["regulation.reliability"],
        "controls": [],
    }
    for key, value in changes.items():
        merged = isinstance(value, dict) and isinstance(content.get(key), dict)
        content[key] = {**content[key], **value} if merged else value
    path.write_text(yaml.safe_dump(content, sort_keys=False))
    return path


@pytest.fixture
def write_cells(counts: np.ndarray, symbols: list[str], tmp_path: Path) -> Callable[..., Path]:
    """``write_cells(matrix, genes, obs)``: an .h5ad; what is not given is sound."""

    def write(
        matrix: np.ndarray | None = None,
        genes: list[str] | None = None,
        obs: Mapping[str, Any] | None = None,
    ) -> Path:
        held = counts if matrix is None else matrix
        return make_cells(tmp_path / "cells.h5ad", held, genes or symbols, obs)

    return write


@pytest.fixture
def network(tmp_path: Path, symbols: list[str]) -> Path:
    """Six regulators with eight targets each."""
    return make_network(tmp_path / "network.tsv", symbols)


@pytest.fixture
def write_study(tmp_path: Path, checkpoint: Path) -> Callable[..., Path]:
    """``write_study(cells, **changes)``: a quick study.yaml."""

    def write(path_of_cells: Path, /, **changes: Any) -> Path:
        return make_study(tmp_path / "study.yaml", path_of_cells, checkpoint, changes)

    return write


def half_written(folder: Path) -> list[str]:
    """What must not be in a run folder after a failure; finished steps may stay."""
    if not folder.exists():
        return []
    found = [p for p in folder.rglob("*") if "partial" in p.name or p.name == ".lock"]
    found += [p for p in folder.iterdir() if p.name not in ("manifest.json", "study.yaml", "store")]
    found += [p for p in folder.glob("store/*/*") if not (p / "task.json").is_file()]
    return sorted(str(p.relative_to(folder)) for p in found)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


@pytest.fixture
def refused(cellglass: Callable[..., Told], out: Path) -> Callable[..., str]:
    """``refused(*arguments)``: the message; checks what holds for every refusal."""

    def check(*arguments: object) -> str:
        told = cellglass(*arguments)
        assert told.code == 2, told.text
        assert "Error: " in told.err
        assert "what to do: " in told.err
        assert "Traceback" not in told.text
        assert half_written(out) == []
        debugged = cellglass("--debug", *arguments)
        assert debugged.code == 2
        assert "Traceback (most recent call last)" in debugged.err
        assert half_written(out) == []
        return str(told.err[told.err.index("Error: ") :])

    return check
