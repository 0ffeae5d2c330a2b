"""The chapter on concepts of a small scVI model: run, read, gone on with, the same again."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import cellglass as cg
from cellglass.concepts import ConceptAtlas
from cellglass.concepts.analyses import ANALYSES
from cellglass.data import pbmc68k_reduced
from cellglass.report import write_report
from cellglass.runs.pipeline import RunSummary, load_run, run_study
from cellglass.runs.study import parse_study

MONOCYTES = [
    "LYZ",
    "CST3",
    "FCN1",
    "S100A8",
    "S100A9",
    "LGALS2",
    "TYROBP",
    "FCER1G",
    "AIF1",
    "CTSS",
    "FTL",
    "FTH1",
    "LST1",
    "PSAP",
    "HLA-DRA",
    "HLA-DRB1",
    "CD74",
    "HLA-DPB1",
    "HLA-DPA1",
    "S100A4",
]


@pytest.fixture(scope="module")
def gene_sets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Genes of monocytes, and five sets of random genes."""
    genes = [str(g) for g in pbmc68k_reduced().var_names]
    rng = np.random.default_rng(0)
    sets = [[g for g in MONOCYTES if g in genes]]
    sets += [list(rng.choice(genes, 25, replace=False)) for _ in range(5)]
    path = tmp_path_factory.mktemp("sets") / "sets.gmt"
    path.write_text("".join("\t".join([f"SET{i}", "none", *s]) + "\n" for i, s in enumerate(sets)))
    return path


def study_of(model: Path, gene_sets: Path, **resources: Any) -> cg.runs.Study:
    content = {
        "study": "concepts",
        "cells": {"path": "pbmc68k", "strata": "bulk_labels", "batch": "phase", "max_cells": 300},
        "models": [{"path": str(model), "name": "small"}],
        "gene_sets": [str(gene_sets)],
        "concepts": {
            "columns": ["louvain"],
            "dictionary": {"size": 16, "k": 2, "seeds": 2, "epochs": 30, "batch": 64},
            "units": {"concepts": 6, "neurons": 4, "rotated": 4, "components": 4, "random": 4,
                      "decoys": 2},
            "attribution": {"prototypes": 40, "counterfactuals": 2},
            "enrichment": {"permutations": 200, "null_lists": 5, "smallest": 5},
        },
        "statistics": {"draws": 19, "bootstrap": 100},
        "resources": {"executor": "inline"} | resources,
        "analyses": ["concepts"],
        "controls": [],
    }  # fmt: skip
    return parse_study(content, where="test")


@pytest.fixture(scope="module")
def whole(
    scvi_folder: Path, gene_sets: Path, tmp_path_factory: pytest.TempPathFactory
) -> RunSummary:
    """The whole chapter, once."""
    folder = tmp_path_factory.mktemp("runs") / "concepts"
    return run_study(study_of(scvi_folder, gene_sets), folder)


def results_of(folder: Path) -> dict[str, bytes]:
    """Bytes of all results and of the atlas."""
    parts = [folder / "results", folder / "atlas"]
    files = [p for part in parts for p in part.rglob("*") if p.is_file()]
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(files)}


def computed(study: cg.runs.Study, folder: Path) -> list[str]:
    """Tasks that a run computes."""
    names: list[str] = []
    run_study(study, folder, progress=lambda name, report, *_: names.append(name) if report else 0)
    return names


def test_every_analysis_runs_and_says_something(whole: RunSummary) -> None:
    assert whole.skipped == []
    assert {r.analysis for r in whole.results} == {a.name for a in ANALYSES}
    for result in whole.results:
        assert result.tables, result.analysis
        assert result.method, result.analysis
        assert dict(result.label) == {"model": "small"}
    assert {c.code for r in whole.results for c in r.checks if c.state == "failed"} == set()
    claimed = {a.claim for a in ANALYSES if a.claim}
    assert {v.claim for v in whole.verdicts} == claimed


def test_genes_named_are_those_that_the_model_reads(whole: RunSummary) -> None:
    (verdict,) = [v for v in whole.verdicts if v.claim.startswith("the genes named")]
    assert str(verdict.state) == "PASS"


def test_nothing_is_computed_twice(whole: RunSummary) -> None:
    assert computed(whole.study, whole.folder) == []
    assert [r.analysis for r in load_run(whole.folder).results] == [
        r.analysis for r in whole.results
    ]


def test_report_tells_the_chapter(whole: RunSummary) -> None:
    page = write_report(whole.folder).read_text()
    for analysis in ANALYSES:
        assert analysis.title in page
    assert not re.search(
        r"\bnan\b(?![a-z])", re.sub(r"(?s)<script.*?</script>|<svg.*?</svg>", "", page)
    )


def test_atlas_of_the_run_opens(whole: RunSummary) -> None:
    atlas = ConceptAtlas.open(whole.folder / "atlas" / "small")
    assert atlas.units["kind"].value_counts().to_dict() == {
        "concept": 6, "neuron": 4, "rotated neuron": 4, "component": 4, "random direction": 4,
        "decoy": 2,
    }  # fmt: skip
    assert set(atlas.cells["batch"]) == set(pbmc68k_reduced().obs["phase"].astype(str))
    assert "louvain" in atlas.cells
    doses = atlas.table("interventions")
    assert set(doses["unit"]) <= set(range(6))
    assert len(doses)
    assert len(atlas.table("enrichment"))
    adata = atlas.to_anndata()
    assert list(adata.obs_names) == list(atlas.cells["cell"])
    source = pbmc68k_reduced()
    assert set(adata.obs_names) <= set(source.obs_names)
    assert list(atlas.cells["label"]) == list(
        source.obs.loc[atlas.cells["cell"], "bulk_labels"].astype(str)
    )


def test_the_command_goes_on_in_the_folder(
    whole: RunSummary, cellglass: Callable[..., Any], tmp_path: Path
) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(whole.folder, folder)
    before = results_of(folder)
    told = cellglass("concepts", "atlas", folder, "--table", tmp_path / "concepts.tsv")
    assert told.code == 0, told.text
    assert json.loads((folder / "manifest.json").read_text())["tasks"] == []
    table = pd.read_csv(tmp_path / "concepts-small.tsv", sep="\t")
    assert len(table) == 6
    assert str(folder / "atlas" / "small") in told.out
    after = results_of(folder)
    assert {n: b for n, b in after.items() if n.startswith("atlas")} == {
        n: b for n, b in before.items() if n.startswith("atlas")
    }


@pytest.mark.long
def test_steps_and_workers_give_the_same_bytes(
    whole: RunSummary,
    cellglass: Callable[..., Any],
    scvi_folder: Path,
    gene_sets: Path,
    tmp_path: Path,
) -> None:
    study = study_of(scvi_folder, gene_sets, executor="local", workers=2)
    path, folder = tmp_path / "study.yaml", tmp_path / "run"
    path.write_text(json.dumps(study.model_dump(mode="json")))
    told = cellglass("concepts", "train", path, "--out", folder)
    assert told.code == 0, told.text
    names = [r.analysis for r in load_run(folder).results]
    assert "concepts.dictionary" in names
    assert "concepts.attribution" not in names
    for step in ("attribute", "enrich", "compare", "atlas"):
        told = cellglass("concepts", step, folder)
        assert told.code == 0, told.text
    again, once = results_of(folder), results_of(whole.folder)
    assert again.keys() == once.keys()
    differ = [n for n in once if once[n] != again[n]]
    assert differ == []
