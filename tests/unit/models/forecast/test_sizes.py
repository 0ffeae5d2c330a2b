from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cellglass.data import EdgeTable
from cellglass.models.capture import read_genes
from cellglass.models.datasets import CELLS, genes_name
from cellglass.models.forecast.samples import sample_study
from cellglass.models.forecast.sizes import axes_of_table
from cellglass.models.forecast.subjects import table_cost
from cellglass.models.inputs import prepare_study
from cellglass.runs.study import Study

NETWORK = "source\ttarget\n"


@pytest.fixture
def network(tmp_path: Path) -> Path:
    path = tmp_path / "network.tsv"
    targets = ("LYZ", "CD3E", "GNLY", "ACTB", "HBG1", "HBZ")
    pairs = [(r, t) for r in ("SPI1", "KLF1", "PDCD1") for t in targets]
    path.write_text(NETWORK + "".join(f"{r}\t{t}\n" for r, t in pairs))
    return path


@pytest.mark.parametrize("regulators", ["networks", "all", ["SPI1", "AHR", "NOBODY"]])
def test_rows_of_a_table_are_those_of_the_run(
    screened: Callable[..., Study],
    network: Path,
    walk: Callable,
    tmp_path: Path,
    regulators: Any,
) -> None:
    study = screened(
        networks=[{"source": str(network), "name": "n"}],
        genes={"regulators": regulators, "min_cells": 2, "min_targets": 3},
    )
    samples, _ = sample_study(study)
    axes = axes_of_table(study, samples[CELLS], EdgeTable.read(study.tables[0].path), own=True)
    prepared = walk(prepare_study(study), tmp_path / "prepared")
    genes = read_genes(prepared[genes_name("rho")])
    assert (axes.n_rows, axes.n_columns) == (int(genes["row"].sum()), len(genes))
    assert axes.by_network["n"] == (2 if regulators != ["SPI1", "AHR", "NOBODY"] else 1)
    cost = table_cost(study, study.tables[0], samples)
    assert cost.perturbed["T"] == (axes.perturbed, axes.n_columns)
    assert axes.perturbed == len(set(samples[CELLS].forced) - {"PDCD1"})
