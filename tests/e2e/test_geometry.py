"""The chapter on geometry of both small models: run, read, gone on with, the same again."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import cellglass as cg
from cellglass.data import pbmc68k_reduced
from cellglass.errors import InputError
from cellglass.geometry.analyses import ANALYSES
from cellglass.report import write_report
from cellglass.runs.pipeline import RunSummary, run_study
from cellglass.runs.study import parse_study


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random pairs of genes that many cells express: nothing that a model could know."""
    cells = pbmc68k_reduced()
    seen = np.asarray((cells.X > 0).sum(0)).ravel()
    genes = np.array(cells.var_names)[np.argsort(-seen, kind="stable")][:200]
    rng = np.random.default_rng(0)
    rows = [
        (str(s), str(t))
        for s in genes[:16]
        for t in rng.choice(genes[16:], 8, replace=False)
    ]  # fmt: skip
    path = tmp_path_factory.mktemp("network") / "random.tsv"
    pd.DataFrame(rows, columns=["source", "target"]).to_csv(path, sep="\t", index=False)
    return path


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Gene embeddings of a user: random numbers."""
    names = [str(g) for g in pbmc68k_reduced().var_names]
    table = pd.DataFrame(np.random.default_rng(1).normal(size=(len(names), 24)))
    table.insert(0, "gene", names)
    path = tmp_path_factory.mktemp("cloud") / "mine.csv"
    table.to_csv(path, index=False)
    return path


def study_of(network: Path, cloud: Path, **changes: Any) -> cg.runs.Study:
    content: dict[str, Any] = {
        "study": "geometry",
        "cells": {"path": "pbmc68k", "strata": "bulk_labels", "max_cells": 160},
        "models": ["mini-geneformer"],
        "networks": [{"source": str(network), "name": "random"}],
        "genes": {"max_genes": 240},
        "geometry": {
            "layers": [-1, 3], "clouds": [{"path": str(cloud)}],
            "homology": {"samples": 5, "points": 40, "draws": 19, "components": 8},
            "alignment": {"draws": 19, "max_genes": 120},
        },
        "statistics": {"draws": 99, "bootstrap": 200, "folds": 3},
        "resources": {"executor": "inline"},
        "analyses": ["geometry"],
        "controls": [],
    }  # fmt: skip
    return parse_study(content | changes, where="test")


@pytest.fixture(scope="module")
def whole(network: Path, cloud: Path, tmp_path_factory: pytest.TempPathFactory) -> RunSummary:
    """The whole chapter, once."""
    return run_study(study_of(network, cloud), tmp_path_factory.mktemp("runs") / "geometry")


def results_of(folder: Path) -> dict[str, bytes]:
    files = [p for p in (folder / "results").rglob("*") if p.is_file()]
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(files)}


def test_every_analysis_runs_and_says_something(whole: RunSummary) -> None:
    assert whole.skipped == []
    assert {r.analysis for r in whole.results} == {a.name for a in ANALYSES}
    for result in whole.results:
        assert result.tables, result.analysis
        assert result.method, result.analysis
        assert set(result.captions) == set(result.tables), result.analysis
    claimed = {a.claim for a in ANALYSES if a.claim}
    assert claimed <= {v.claim for v in whole.verdicts} | {"two models put each gene in the same "
                                                           "place"}  # fmt: skip


def test_random_pairs_are_not_known(whole: RunSummary) -> None:
    judged = [v for v in whole.verdicts if "gene space" in v.claim and "regul" in v.claim]
    judged += [v for v in whole.verdicts if v.claim.startswith("distances in gene space")]
    assert len(judged) >= 5
    assert all(str(v.state) != "PASS" for v in judged)


def test_random_numbers_share_nothing_with_a_model(whole: RunSummary) -> None:
    (result,) = [r for r in whole.results if r.analysis == "geometry.alignment"]
    assert dict(result.label) == {"model": "mini-geneformer+mine"}
    assert all(str(v.state) != "PASS" for v in result.verdicts)


def test_published_artefacts_are_caught(whole: RunSummary) -> None:
    for result in whole.results:
        if result.analysis == "geometry.artefacts":
            table = result.tables["recipes"].set_index("code")
            assert bool(table.loc["G1", "found"])  # labels as a feature of themselves
            assert bool(table.loc["G6", "found"])  # retrieval among random numbers
            assert bool(table.loc["G7", "found"])  # 20 draws for 12 layers


def test_the_report_tells_the_chapter(whole: RunSummary) -> None:
    page = write_report(whole.folder).read_text()
    assert "What shape has gene space, and does it know regulation?" in page
    for analysis in ANALYSES:
        assert analysis.question in page


def test_a_second_run_computes_nothing_and_a_pool_gives_the_same_bytes(
    whole: RunSummary, network: Path, cloud: Path, tmp_path: Path
) -> None:
    again: list[str] = []
    run_study(
        study_of(network, cloud), whole.folder,
        progress=lambda name, report, *_: again.append(name) if report else 0,
    )  # fmt: skip
    assert again == []
    pool = study_of(network, cloud, resources={"executor": "local", "workers": 2})
    other = run_study(pool, tmp_path / "pool")
    assert results_of(other.folder) == results_of(whole.folder)


def test_a_removed_result_comes_back_the_same(
    whole: RunSummary, network: Path, cloud: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(whole.folder, folder)
    before = results_of(folder)
    for store in (folder / "store").glob("gene-distances*"):
        shutil.rmtree(store)
    for store in (folder / "store").glob("geometry.distances*"):
        shutil.rmtree(store)
    run_study(study_of(network, cloud), folder)
    assert results_of(folder) == before


def test_layers_that_the_model_lacks_end_with_a_message(
    network: Path, cloud: Path, tmp_path: Path
) -> None:
    study = study_of(network, cloud, geometry={"layers": [99]}, analyses=["geometry.shape"])
    with pytest.raises(InputError, match=r"layers \[99\] asked for"):
        run_study(study, tmp_path / "wrong")
