"""Every published number that an analysis is said to give is found in a real run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anndata
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from cellglass.regulation.units import units
from cellglass.reproduce import Comparison, State, find_paper, reproduce
from cellglass.reproduce.running import Reproduction
from cellglass.runs.pipeline import run_study
from cellglass.runs.study import parse_study

MASTERS = ("GATA1", "PPARG", "FOXA1", "KLF1", "TAL1", "LEF1", "WT1")
REGULATORS = (*MASTERS, *(f"TF{i}" for i in range(9)))
GENES = (*REGULATORS, *(f"GENE{i}" for i in range(74)))
CONTROLS, CELLS, STRATA = 480, 30, 3
N_TARGETS = 8
# What the small run cannot give: more cells than there are, and curves that do not converge.
EXCUSED = ("n_wanted", "'fits' of regulation.scaling leaves it empty")


def targets(seed: int) -> dict[str, list[str]]:
    """Targets of each regulator, among the other genes."""
    rng = np.random.default_rng(seed)
    others = np.array(GENES[len(REGULATORS) :])
    return {r: sorted(rng.choice(others, N_TARGETS, replace=False)) for r in REGULATORS}


def simulate(seed: int = 0) -> anndata.AnnData:
    """Controls of three types, and knock-downs whose targets fall or rise."""
    rng = np.random.default_rng(seed)
    rate = rng.lognormal(1.2, 0.7, (STRATA, len(GENES)))
    place = {g: i for i, g in enumerate(GENES)}
    counts, labels, types = [], [], []
    for name in ("control", *REGULATORS):
        n = CONTROLS if name == "control" else CELLS
        kind = np.arange(n) % STRATA
        change = np.ones(len(GENES))
        if name != "control":
            change[place[name]] = 0.1
            for i, target in enumerate(targets(1)[name]):
                change[place[target]] = 3.0 if i % 2 else 0.3
        counts.append(rng.poisson(rate[kind] * change * rng.gamma(8, 1 / 8, (n, 1))))
        labels += [name] * n
        types += [f"type {k}" for k in kind]
    cells = anndata.AnnData(sparse.csr_matrix(np.concatenate(counts).astype(np.float32)))
    cells.var_names = list(GENES)
    cells.obs["perturbation"], cells.obs["cell_type"] = labels, types
    return cells


def write_network(path: Path, seed: int) -> Path:
    """Regulators and targets, half of the edges with a direction."""
    rows = [(r, t) for r, found in targets(seed).items() for t in found]
    modes = [("Activation", "Repression", "Unknown", "Unknown")[i % 4] for i in range(len(rows))]
    frame = pd.DataFrame(rows, columns=["source", "target"]).assign(mode=modes)
    frame.to_csv(path, sep="\t", index=False)
    return path


def write_sets(path: Path, seed: int) -> Path:
    rng = np.random.default_rng(seed)
    lines = []
    for i in range(8):
        members = rng.choice(GENES, 14, replace=False)
        lines.append("\t".join([f"{path.stem} {i}", "", *members]))
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture(scope="module")
def inputs(tiny: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A checkpoint of six layers, cells, a screen, networks and gene sets of the right names."""
    folder = tmp_path_factory.mktemp("reproduce")
    whole = simulate()
    whole.write_h5ad(folder / "screen.h5ad")
    whole[whole.obs["perturbation"] == "control"].copy().write_h5ad(folder / "cells.h5ad")
    model = tiny.write_scgpt(
        folder / "six", list(GENES), heads=2, width=8, n_layers=6, mlp=8, max_seq_len=100
    )
    return {
        "study": "reproduce-edges",
        "cells": {"path": str(folder / "cells.h5ad"), "strata": "cell_type"},
        "models": [str(model)],
        "screens": [
            {"path": str(folder / "screen.h5ad"), "modality": "CRISPRi", "control": "control",
             "perturbation": "perturbation", "cell_line": "none"}
        ],
        "networks": [
            str(write_network(folder / f"{n}.tsv", i))
            for i, n in enumerate(("trrust", "dorothea", "string"), 1)
        ],
        "gene_sets": [
            str(write_sets(folder / f"{n}.gmt", i))
            for i, n in enumerate(("reactome", "go", "kegg"), 1)
        ],
        "genes": {"min_cells": 2, "min_pair_cells": 2, "min_targets": 3},
        "edges": {"untrained": False, "heads": False},
        "responses": {"min_cells": 20, "joint_folds": 2},
        "statistics": {"draws": 19, "bootstrap": 100, "folds": 3, "stratum_shuffles": 19},
        "resources": {"executor": "inline"},
        "controls": [],
    }  # fmt: skip


@pytest.fixture(scope="module")
def found(inputs: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Reproduction:
    """All tables that need a model, on the small inputs."""
    tables = [t.id for t in find_paper("edges").tables if not t.compute]
    study = parse_study(inputs)
    return reproduce("edges", study, tables=tables, out=tmp_path_factory.mktemp("run") / "run")


def selected(found: Reproduction) -> Iterator[Comparison]:
    """Comparisons of rows that an analysis of this version is said to give."""
    for comparison in found.comparisons:
        if comparison.row.select is not None and not comparison.row.later:
            yield comparison


@pytest.mark.long
def test_every_selector_finds_a_number_or_says_what_is_missing(found: Reproduction):
    lost = [
        f"{c.table.id}/{c.row.id}: {'; '.join(c.reasons)}"
        for c in selected(found)
        if not c.ours.found and not any(e in "".join(c.reasons) for e in EXCUSED)
    ]
    assert not lost, "\n".join(lost)
    named = {c.row.analysis for c in selected(found) if c.ours.found}
    wanted = {r.analysis for t in found.tables for r in t.rows if r.select and not r.later}
    assert named == wanted


@pytest.mark.long
def test_nothing_is_called_reproduced_on_other_inputs(found: Reproduction):
    assert found.count(State.REPRODUCED) == found.count(State.DIFFERS) == 0
    assert found.count(State.OTHER_INPUTS) > 250
    for comparison in selected(found):
        if comparison.ours.found:
            assert comparison.reasons
            assert np.isfinite(comparison.difference)


@pytest.mark.long
def test_each_reference_is_compared_with_its_own_numbers(found: Reproduction):
    for comparison in selected(found):
        if comparison.ours.found and comparison.row.references:
            network = comparison.ours.label.get("network")
            if network is not None:
                assert network in comparison.row.references, comparison.row.id


# Other screens need other screens; their units are tested on results of several.
OF_SEVERAL_SCREENS = {"A38", "A42", "A46"}


@pytest.mark.long
def test_every_unit_of_this_version_leaves_findings(
    found: Reproduction, inputs: dict[str, Any], tmp_path: Path
):
    assert found.summary is not None
    # what no published table is compared with, or is computed without a model
    others = run_study(parse_study({**inputs, "analyses": ["A13", "A16"]}), tmp_path / "run")
    results = [*found.summary.results, *others.results]
    tagged = {f.tags.get("unit") for r in results for f in r.findings}
    wanted = {u.id for u in units() if u.available} - OF_SEVERAL_SCREENS
    assert wanted <= tagged, sorted(wanted - tagged)
