import hashlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cellglass.regulation.responses.calls import call_responses
from cellglass.regulation.responses.folds import MeasuredFolds
from cellglass.regulation.responses.measured import Measured, measure
from cellglass.regulation.responses.tasks import (
    measuring_tasks,
    plan_responses,
    read_measured,
    responses_name,
)
from cellglass.runs.pipeline import run_study
from cellglass.runs.registry import Plan
from cellglass.runs.sections import ResponsesConfig, ScreenConfig
from cellglass.runs.study import parse_study

QUICK = ["A31", "A44", "A32", "A47", "A30"]


@pytest.fixture(scope="module")
def files(simulated, world, tmp_path_factory):
    """A screen, its score as an edge table of true responders, fold changes, a network."""
    folder = tmp_path_factory.mktemp("screen")
    cells = simulated().cells.copy()
    cells.write_h5ad(folder / "screen.h5ad")
    scores = world(1.5, sources=(*[f"G{i}" for i in range(12)], "UNMEASURED")).held.edges.table
    rows, columns = np.nonzero(np.isfinite(scores.scores))
    frame = pd.DataFrame(
        {"source": np.array(scores.sources)[rows], "target": np.array(scores.targets)[columns],
         "score": scores.scores[rows, columns]}
    )  # fmt: skip
    frame.to_csv(folder / "edges.csv", index=False)
    folds = pd.DataFrame({"symbol": scores.targets})
    rng = np.random.default_rng(0)
    for i in range(6):
        folds[f"G{i}"] = rng.normal(0, 0.8, 90)
    folds.to_csv(folder / "kd.tsv", sep="\t", index=False)
    pd.DataFrame(
        {"source": ["G0"] * 4 + ["G1"] * 3, "target": [f"G{i}" for i in range(30, 37)]}
    ).to_csv(folder / "network.csv", index=False)
    return folder


def study_of(folder, analyses=QUICK, **more):
    return parse_study(
        {
            "study": "responses", "cells": {"path": "screen:screen"},
            "tables": [{"path": str(folder / "edges.csv"), "name": "planted"}],
            "screens": [{"path": str(folder / "screen.h5ad"), "modality": "CRISPRi"}],
            "networks": [{"source": str(folder / "network.csv"), "name": "net"}],
            "responses": {"n_controls": 200, "joint_folds": 2},
            "statistics": {"draws": 99, "bootstrap": 100, "folds": 3},
            "resources": {"executor": "inline"}, "analyses": analyses, "controls": [], "seed": 3,
            **more,
        }
    )  # fmt: skip


def bytes_of(folder):
    """Hashes of all results and the ledger."""
    found = {}
    for path in sorted(Path(folder).rglob("*")):
        part = path.relative_to(folder)
        if path.is_file() and part.parts[0] in ("results", "ledger.jsonl"):
            found[str(part)] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


@pytest.fixture(scope="module")
def run(files, tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "inline"
    return run_study(study_of(files), out)


def test_a_study_judges_a_table_by_a_screen(run):
    results = {r.analysis: r for r in run.results}
    assert set(results) == {f"regulation.{n}" for n in (
        "response", "response_baselines", "response_matched", "response_grid", "response_protocol",
    )}  # fmt: skip
    response = results["regulation.response"]
    assert response.label == {"edges": "planted", "screen": "screen"}
    own = response.tables["responses"].set_index(["configuration", "score"]).loc["primary"]
    assert own.loc["planted", "n_perturbations"] == 13  # UNMEASURED has a row in the table
    assert own.loc["planted", "auroc"] > 0.75
    assert own.loc["|Spearman|", "n_perturbations"] == 12
    assert "target out-degree" in own.index


def test_the_controls_of_edges_are_those_that_responses_are_held_against(files, run, screen_of):
    from cellglass.data.screens import open_screen

    study = study_of(files)
    screen = open_screen(files / "screen.h5ad", name="screen", modality="CRISPRi")
    direct = measure(screen, study.responses, study.seed)
    grid = next(r for r in run.results if r.analysis == "regulation.response_grid")
    assert "200 control cells" not in str(grid.notes)  # 300 are there
    response = next(r for r in run.results if r.analysis == "regulation.response")
    called = call_responses(direct, study.responses)
    fate = response.tables["perturbations"].set_index("perturbation")
    for p, n in zip(called.perturbations, called.n_responders, strict=True):
        assert fate.loc[p, "responders"] == n


@pytest.mark.parametrize("executor", [pytest.param("local", marks=pytest.mark.long), "inline"])
def test_workers_and_repeats_change_no_byte(files, run, tmp_path, executor):
    resources = {"executor": executor, **({"workers": 2} if executor == "local" else {})}
    again = run_study(study_of(files, resources=resources), tmp_path / executor)
    found, first = bytes_of(again.folder), bytes_of(run.folder)
    assert any("response_nulls.parquet" in k for k in found)
    assert found == first


def test_another_seed_is_another_draw_of_controls(files, run, tmp_path):
    other = run_study(study_of(files, ["A30"], seed=4), tmp_path / "other")
    a, b = (next(r for r in s.results if r.analysis == "regulation.response").tables["responses"]
            for s in (run, other))  # fmt: skip
    assert not np.array_equal(a["auroc"], b["auroc"])
    assert a["n_perturbations"].equals(b["n_perturbations"])


def test_screens_are_measured_once_and_fold_changes_as_such(files):
    study = study_of(files, screens=[
        {"path": str(files / "screen.h5ad"), "modality": "CRISPRi"}, str(files / "kd.tsv"),
    ])  # fmt: skip
    tasks = measuring_tasks(study)
    assert [t.name for t in tasks] == ["responses/screen", "responses/kd"]
    assert responses_name(study.screens[1]) == "responses/kd"
    plan = plan_responses("response")(Plan(study))
    assert [dict(i.label) for i in plan] == [
        {"edges": "planted", "screen": "screen"}, {"edges": "planted", "screen": "kd"},
    ]  # fmt: skip
    for i, name in zip(plan, ("responses/screen", "responses/kd"), strict=True):
        task = next(t for t in i.tasks if t.name == i.result)
        assert name in task.inputs
        assert task.params["what"] == "response"


def test_fold_changes_and_a_screen_in_one_study(files, tmp_path):
    study = study_of(files, ["A30", "A32"], screens=[
        {"path": str(files / "screen.h5ad"), "modality": "CRISPRi"}, str(files / "kd.tsv"),
    ])  # fmt: skip
    run = run_study(study, tmp_path / "both")
    by = {(r.analysis, r.label["screen"]): r for r in run.results}
    assert by["regulation.response", "kd"].tables["responses"]["n_perturbations"].max() == 6
    (verdict,) = by["regulation.response_grid", "kd"].verdicts
    assert str(verdict.state) == "NOT APPLICABLE"


def test_a_table_without_a_perturbed_gene_is_not_applicable_before_anything_runs(files, tmp_path):
    frame = pd.read_csv(files / "edges.csv").assign(source="G50")
    frame.drop_duplicates(["source", "target"]).to_csv(tmp_path / "other.csv", index=False)
    study = study_of(files, ["A30"], tables=[{"path": str(tmp_path / "other.csv"), "name": "t"}])
    run = run_study(study, tmp_path / "run")
    assert run.results == []
    ((name, _, verdict),) = run.skipped
    assert name == "regulation.response"
    assert "no perturbed gene of screen is a source in the table" in verdict.sentence


def test_what_was_measured_is_summarised_for_the_report(files, tmp_path, run):
    folder = next(p for p in Path(run.folder).rglob("summary.json")
                  if json.loads(p.read_text()).get("n_measured_targets") is not None)  # fmt: skip
    summary = json.loads(folder.read_text())
    assert summary["modality"] == "CRISPRi"
    assert summary["n_used"] == 14
    assert summary["n_measured_targets"] == 12
    assert summary["targets"]["state"] == "passed"


def test_either_kind_of_screen_is_read_back(measured, tmp_path):
    (tmp_path / "cells").mkdir()
    measured.write(tmp_path / "cells")
    assert isinstance(read_measured(tmp_path / "cells"), Measured)
    folds = MeasuredFolds(
        "kd", ("A",), pd.DataFrame({"perturbation": ["A"], "genes": ["A"]}), np.ones((1, 1)), "",
        "", {},
    )  # fmt: skip
    (tmp_path / "folds").mkdir()
    folds.write(tmp_path / "folds")
    assert isinstance(read_measured(tmp_path / "folds"), MeasuredFolds)


def test_the_key_of_a_measurement_depends_on_rules_and_file(files):
    one = measuring_tasks(study_of(files))[0]
    other = measuring_tasks(study_of(files, responses={"n_controls": 250}))[0]
    assert one.params != other.params
    assert one.params["screen"]["sha256"]
    assert isinstance(ResponsesConfig(**one.params["responses"]), ResponsesConfig)
    assert replace(one, params=other.params) == other
    assert responses_name(ScreenConfig(path="x/y.h5ad")) == "responses/y"
