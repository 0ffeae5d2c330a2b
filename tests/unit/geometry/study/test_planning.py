"""Tasks of the study of geometry: shared, kept apart by domain, and told where there are none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cellglass.geometry.study.planning import (
    HERE,
    NOT_ASKED,
    SubjectPlan,
    asked,
    per_subject,
    subjects,
)
from cellglass.models.datasets import CELLS, COLUMN
from cellglass.runs.registry import Plan, Unmet
from cellglass.runs.study import parse_study


@pytest.fixture
def table(tmp_path: Path) -> str:
    path = tmp_path / "mine.csv"
    path.write_text("gene,a\nLYZ,1\nCD3D,2\n")
    return str(path)


def plan_of(prepared: dict[str, Path] | None = None, **changes: Any) -> Plan:
    content = {"study": "x", "cells": {"path": "pbmc68k"}, "models": ["mini-scgpt"],
               "geometry": {}} | changes  # fmt: skip
    return Plan(parse_study(content, where="test"), prepared or {})


def first(plan: Plan) -> SubjectPlan:
    return SubjectPlan(plan, subjects(plan)[0][0])


def cells(folder: Path, n: int, **columns: list[str]) -> dict[str, Path]:
    """What the task that chooses cells leaves, as far as plans read it."""
    folder.mkdir()
    held = {f"{COLUMN}{name}": values for name, values in columns.items()}
    pd.DataFrame({"group": np.zeros(n, dtype=int), **held}).to_parquet(folder / "obs.parquet")
    return {CELLS: folder}


def test_states_are_taken_in_shards_and_summed(tmp_path: Path):
    plan = plan_of(cells(tmp_path / "cells", 100), resources={"shard_cells": 40})
    *shards, done = first(plan).states()
    assert [(t.params["start"], t.params["stop"]) for t in shards] == [(0, 40), (40, 80), (80, 100)]
    assert done.name == "gene-states/mini-scgpt"
    assert set(done.inputs) == {CELLS, "genes/mini-scgpt", *(t.name for t in shards)}
    assert done.params["shards"] == [t.name for t in shards]
    assert {t.function for t in shards} == {f"{HERE}.capture:capture_states"}


def test_before_cells_are_chosen_there_is_one_shard_and_one_domain():
    subject = first(plan_of(geometry={"domain": "tissue"}))
    assert len(subject.states()) == 2
    assert subject.domains == ["tissue"]


def test_domains_are_those_of_the_cells(tmp_path: Path):
    prepared = cells(tmp_path / "cells", 4, tissue=["lung", "", "blood", "lung"])
    plan = plan_of(prepared, geometry={"domain": "tissue"})
    assert first(plan).domains == ["blood", "lung", "unlabelled"]
    assert first(plan_of(prepared)).domains == ["all"]


def test_settings_reach_the_tasks():
    section = {"layers": [2, 0], "min_count": 7, "domain": "tissue"}
    *shards, done = first(plan_of(geometry=section)).states()
    assert shards[0].params["layers"] == [0, 2]
    assert shards[0].params["domain"] == "tissue"
    assert done.params["min_count"] == 7


def test_a_copy_is_another_set_of_tasks():
    subject = first(plan_of())
    tasks, names = subject.both_states()
    assert names == {"": "gene-states/mini-scgpt", "untrained": "gene-states/mini-scgpt-untrained"}
    assert len({t.name for t in tasks}) == len(tasks) == 4
    assert [t.params["untrained"] for t in tasks] == [False, False, True, True]
    without = first(plan_of(geometry={"untrained": False}))
    assert without.both_states()[1] == {"": "gene-states/mini-scgpt"}
    assert not without.has_copy


def test_a_cloud_of_a_user_is_a_subject_without_shards_copy_or_domains(table: str):
    plan = plan_of(geometry={"clouds": [{"path": table}], "domain": "tissue"})
    (model, _), (cloud, why) = subjects(plan)
    assert model.label == "mini-scgpt"
    assert not why
    subject = SubjectPlan(plan, cloud)
    assert subject.label == "mine"
    assert not subject.has_copy
    assert subject.domains == ["all"]
    (task,) = subject.states()
    assert task.function == f"{HERE}.capture:given_states"
    assert task.inputs == (CELLS,)
    assert task.params["cloud"] == {"path": table, "name": "mine", "key": None}
    before = task.params["sha256"]
    Path(table).write_text("gene,a\nLYZ,9\n")
    assert subject.states()[0].params["sha256"] != before


def test_an_instance_reads_results_and_no_shards():
    subject = first(plan_of())
    tasks, _ = subject.both_states()
    found = subject.result("geometry.x", "m:f", tasks, {"model": "a", "network": "n"}, {"k": 1})
    assert found.result == "geometry.x/a/n"
    (last,) = [t for t in found.tasks if t.name == found.result]
    assert last.inputs == (CELLS, "gene-states/mini-scgpt", "gene-states/mini-scgpt-untrained")
    assert last.function == f"{HERE}.m:f"
    assert last.params["label"] == {"model": "a", "network": "n"}
    assert last.params["k"] == 1
    assert last.params["statistics"]["draws"] == 1000
    assert len(found.tasks) == len(tasks) + 1


def test_a_model_without_tokens_is_not_applicable(tmp_path: Path):
    folder = tmp_path / "mine"
    folder.mkdir()
    plan = plan_of(models=["mini-scgpt", {"path": str(folder), "family": "scvi"}])
    (_, able), (_, why) = subjects(plan)
    assert not able
    assert why == "a model of the family scvi has no attention, and with it no states of genes"
    made = per_subject("geometry.x", lambda s: Unmet(f"asked of {s.label}"))(plan)
    assert [i.unmet.reason for i in made] == ["asked of mini-scgpt", why]
    assert [i.unmet.applicable for i in made] == [True, False]


def test_without_the_section_nothing_is_made():
    def never(subject: SubjectPlan) -> Unmet:
        raise AssertionError(subject.label)

    plan = plan_of(geometry=None)
    assert not asked(plan)
    (instance,) = per_subject("geometry.x", never)(plan)
    assert instance.unmet == NOT_ASKED
    assert "geometry: {}" in NOT_ASKED.command
    assert asked(plan_of())
    assert asked(plan_of(geometry=None, analyses=["geometry"]))
    assert per_subject("geometry.shape", never).__name__ == "plan_shape"
