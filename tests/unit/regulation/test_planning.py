from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from cellglass.data.screens.accessions import PUBLIC_SCREENS, SCPERTURB
from cellglass.models.tables import PERTURBED
from cellglass.regulation.planning import (
    FIXED,
    edge_inputs,
    instance,
    network_settings,
    no_screen,
    per_network,
    per_screen,
    per_subject,
    settings,
    subjects,
)
from cellglass.runs.pipeline import SUMMARY
from cellglass.runs.registry import Instance, Plan
from cellglass.runs.study import Study
from cellglass.runs.tasks import Task


@pytest.fixture(scope="module")
def model(tiny: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(tiny.write_scgpt(tmp_path_factory.mktemp("planning") / "tiny"))


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "net.tsv").write_text("source\ttarget\nA\tB\nA\tC\nA\tD\n")
    (tmp_path / "mine.tsv").write_text("source\ttarget\tscore\nA\tB\t1\n")
    (tmp_path / "folds.csv").write_text("symbol,A\nB,1\n")
    return tmp_path


@pytest.fixture
def plan_of(model: Path, files: Path) -> Callable[..., Plan]:
    """``plan_of(networks=[...], screens=[...], prepared={...})``; screens are never opened."""

    def make(prepared: Mapping[str, Path] | None = None, **sections: Any) -> Plan:
        held = {
            "study": "s", "cells": {"path": "c.h5ad"}, "models": [str(model)],
            "tables": [str(files / "mine.tsv")], **sections,
        }  # fmt: skip
        return Plan(Study.model_validate(held), prepared or {})

    return make


def ran(plan: Plan, subject: Any, *more: Any) -> Instance:
    """What a planner makes where nothing is lacking."""
    return instance(plan, subject, "regulation.x", "m:f", params={"more": list(map(str, more))})


def test_models_stand_before_tables(plan_of: Callable[..., Plan]):
    first, second = subjects(plan_of().study)
    assert (first.name, first.kind, first.label) == ("tiny", "model", {"model": "tiny"})
    assert (second.name, second.kind, second.label) == ("mine", "table", {"edges": "mine"})
    assert second.params("cells") == {
        "name": "mine", "kind": "table", "dataset": "cells", "model": None,
    }  # fmt: skip
    assert first.params("screen/a")["model"]["name"] == "tiny"


def test_a_table_needs_no_capture(plan_of: Callable[..., Plan]):
    plan = plan_of()
    of_model, of_table = subjects(plan.study)
    assert edge_inputs(plan, of_table, "screen/a", untrained=True) == (
        [],
        ("screen/a", "genes/mine@a"),
    )
    tasks, names = edge_inputs(plan, of_model, "screen/a", untrained=True)
    assert names == ("screen/a", "genes/tiny@a", "capture/tiny@a", "capture/tiny@a-untrained")
    assert {t.name.partition("/shard-")[0] for t in tasks} == {
        "capture/tiny@a", "capture/tiny@a-untrained",
    }  # fmt: skip
    tasks, names = edge_inputs(plan, of_model, untrained=False)
    assert names == ("cells", "genes/tiny", "capture/tiny")
    assert all(t.name.startswith("capture/tiny") for t in tasks)


def test_an_instance_names_its_task_by_its_label(plan_of: Callable[..., Plan]):
    plan = plan_of()
    extra = Task("responses/a", "m:g", {})
    found = instance(
        plan, subjects(plan.study)[1], "regulation.x", "m:f", dataset="screen/a",
        label={"screen": "a"}, params={"k": 1}, inputs=("responses/a", "screen/a"), tasks=(extra,),
    )  # fmt: skip
    assert found.label == {"edges": "mine", "screen": "a"}
    assert found.result == "regulation.x/mine/a"
    assert found.tasks[0] is extra
    task = found.tasks[-1]
    assert (task.name, task.function) == ("regulation.x/mine/a", "m:f")
    assert task.inputs == ("screen/a", "genes/mine@a", "responses/a")  # each once
    assert task.params["k"] == 1
    assert task.params["subject"]["dataset"] == "screen/a"


def test_what_makes_no_sense_for_a_table_is_not_applicable_to_it(plan_of: Callable[..., Plan]):
    plan = plan_of()
    of_model, of_table = per_subject(plan, lambda s: ran(plan, s), models_only=FIXED)
    assert of_model.unmet is None
    assert of_table.unmet is not None
    assert (of_table.unmet.reason, of_table.unmet.applicable) == (FIXED, False)
    assert (of_table.tasks, of_table.result) == ((), "")
    assert [i.unmet for i in per_subject(plan, lambda s: ran(plan, s))] == [None, None]


def test_networks(plan_of: Callable[..., Plan], files: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CELLGLASS_CACHE", str(files / "cache"))
    none = plan_of()
    for found in per_network(none, lambda s, n: ran(none, s, n)):
        assert found.unmet is not None
        assert found.unmet.reason == "no reference network is given"
        assert "cellglass data fetch trrust" in found.unmet.command
    plan = plan_of(networks=[str(files / "net.tsv"), "trrust"])
    made = per_network(plan, lambda s, n: ran(plan, s, n["name"], n["sha256"]))
    assert [i.label for i in made if not i.unmet] == [{"model": "tiny"}, {"edges": "mine"}]
    lacking = [i for i in made if i.unmet]
    assert [i.label["network"] for i in lacking] == ["trrust", "trrust"]
    assert lacking[0].unmet is not None
    assert lacking[0].unmet.command == "cellglass data fetch trrust"
    only = per_network(plan, lambda s, n: ran(plan, s, n), models_only="no heads")
    assert [i.unmet.reason for i in only if i.unmet] == [
        "the network trrust is not at hand", "no heads", "no heads",
    ]  # fmt: skip


def test_settings_are_those_of_the_study(plan_of: Callable[..., Plan]):
    plan = plan_of(statistics={"draws": 99}, genes={"min_targets": 7})
    assert settings(plan)["statistics"]["draws"] == 99
    found = network_settings(plan, {"name": "net"})
    assert (found["min_targets"], found["network"]) == (7, {"name": "net"})
    assert found["statistics"] == settings(plan)["statistics"]


def test_a_table_that_scores_no_regulator_of_a_network(plan_of: Callable[..., Plan], files: Path):
    """It may score the perturbed genes of a screen only: NOT APPLICABLE, and the rest runs."""

    def prepared(rows: list[str], name: str) -> dict[str, Path]:
        folder = files / name.replace("/", "-")
        folder.mkdir(exist_ok=True)
        table = pd.DataFrame({"gene": ["A", "B", "C", "D"]})
        table["row"] = table["gene"].isin(rows)
        table.to_parquet(folder / "genes.parquet")
        return {name: folder}

    def made(rows: list[str], name: str) -> list[Instance]:
        plan = plan_of(prepared(rows, name), networks=[str(files / "net.tsv")])
        return per_network(plan, lambda s, n: ran(plan, s))

    for rows in (["A"], ["A", "B"]):
        assert [i.unmet for i in made(rows, "genes/mine")] == [None, None]
    for rows in ([], ["B"]):
        of_model, of_table = made(rows, "genes/mine")
        assert of_table.unmet is not None
        assert not of_table.unmet.applicable
        assert "no regulator of net" in of_table.unmet.reason
        assert f"({len(rows)} regulators were allowed)" in of_table.unmet.reason
        assert of_model.unmet is None
    # of several networks one may hold none of a model's genes
    of_model, of_table = made([], "genes/tiny")
    assert of_model.unmet is not None
    assert of_table.unmet is None


# --- screens


def test_without_a_screen_the_exact_accessions_are_told(plan_of: Callable[..., Plan]):
    plan = plan_of()
    for found in per_screen(plan, lambda s, c, d: ran(plan, s)):
        assert found.unmet == no_screen()
    assert no_screen().applicable  # NOT RUN, until a user brings the file
    for screen in PUBLIC_SCREENS.values():
        assert screen.file in no_screen().command
        assert screen.accession in no_screen().command
    assert SCPERTURB in no_screen().command
    assert "screens: [FILE]" in no_screen().command


def test_each_screen_is_read_with_the_cells_it_is_held_against(
    plan_of: Callable[..., Plan], files: Path
):
    screens = ["a.h5ad", "b.h5ad", str(files / "folds.csv")]
    plan = plan_of(cells={"path": "screen:b"}, screens=screens)
    made = per_screen(plan, lambda s, c, d: ran(plan, s, c.label, d))
    told = [i.tasks[-1].params["more"] for i in made]
    # controls of another screen; the study's own cells; fold changes have no cells of their own
    assert told == [["a", "screen/a"], ["b", "cells"], ["folds", "cells"]] * 2
    only = per_screen(plan, lambda s, c, d: ran(plan, s), models_only="no heads")
    assert [i.unmet is None for i in only] == [True] * 3 + [False] * 3
    assert only[3].label == {"edges": "mine", "screen": "a"}
    assert only[3].unmet is not None
    assert not only[3].unmet.applicable


def noted(folder: Path, name: str, *, perturbed: bool = False, **summary: Any) -> dict[str, Path]:
    """What preparing left of the genes of a subject in a data set."""
    path = folder / name.replace("/", "-")
    path.mkdir()
    (path / SUMMARY).write_text(json.dumps(summary))
    if perturbed:
        (path / PERTURBED).mkdir()
    return {name: path}


def reasons(plan: Plan) -> list[str]:
    made = per_screen(plan, lambda s, c, d: ran(plan, s))
    assert all(i.unmet is None or not i.unmet.applicable for i in made)
    return [i.unmet.reason if i.unmet else "" for i in made]


def test_screens_that_cannot_judge_a_subject_say_why(plan_of: Callable[..., Plan], tmp_path: Path):
    """NOT APPLICABLE with the reason, while the rest of the study runs."""
    sections = {"screens": ["a.h5ad"]}
    assert reasons(plan_of(**sections)) == ["", ""]  # nothing is prepared yet
    prepared = {
        **noted(tmp_path, "genes/tiny@a", unmet="no gene is a token in 10 cells or more"),
        **noted(tmp_path, "genes/mine@a", unmet="the edges name A and B, the cells C"),
    }
    assert reasons(plan_of(prepared, **sections)) == [
        "no gene is a token in 10 cells or more in the controls of a",
        "the edges name A and B, the cells C in the controls of a",
    ]
    other = tmp_path / "other"
    other.mkdir()
    rows = "rows are 0 of the 9 perturbed genes (the others are not measured)"
    prepared = {
        **noted(other, "genes/tiny@a", regulators=0, note=rows),
        **noted(other, "genes/mine@a", regulators=0, note=rows),
    }
    assert reasons(plan_of(prepared, **sections)) == [
        "of a, 0 of the 9 perturbed genes (the others are not measured)",
        "no perturbed gene of a is a source in the table",
    ]


def test_an_edge_table_may_judge_where_no_perturbed_gene_is_measured(
    plan_of: Callable[..., Plan], tmp_path: Path
):
    rows = "rows are 0 of the 9 perturbed genes"
    prepared = {
        **noted(tmp_path, "genes/tiny@a", regulators=3, note="rows are 3 of the 9 perturbed genes"),
        **noted(tmp_path, "genes/mine@a", regulators=0, note=rows, perturbed=True),
    }
    assert reasons(plan_of(prepared, screens=["a.h5ad"])) == ["", ""]


def test_in_the_studys_own_cells_rows_may_be_others_than_perturbed_genes(
    plan_of: Callable[..., Plan], tmp_path: Path
):
    """A model has other rows there: what has no score is told perturbation by perturbation."""
    prepared = {
        **noted(tmp_path, "genes/tiny", regulators=0, note="no network is at hand: ..."),
        **noted(tmp_path, "genes/mine", regulators=5, note="rows are 5 regulators"),
    }
    plan = plan_of(prepared, cells={"path": "screen:a"}, screens=["a.h5ad"])
    assert reasons(plan) == ["", "no perturbed gene of a is a source in the table"]
