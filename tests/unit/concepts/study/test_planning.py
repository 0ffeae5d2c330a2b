"""Tasks of the study of concepts: shared, named once, and reading what they say they read."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator
from typing import Any

import pytest

from cellglass.concepts.analyses import ANALYSES
from cellglass.concepts.study.attribution import SHARDS
from cellglass.concepts.study.names import attribution_name, dictionary_name, embedding_name
from cellglass.concepts.study.planning import ModelPlan
from cellglass.models.inputs import kept_columns
from cellglass.runs.registry import Plan
from cellglass.runs.study import Study, parse_study
from cellglass.runs.tasks import Task


def study_of(**changes: Any) -> Study:
    content = {"study": "x", "cells": {"path": "pbmc68k", "strata": "bulk_labels"},
               "models": ["mini-scgpt"], "concepts": {}} | changes  # fmt: skip
    return parse_study(content, where="test")


def plan_of(**changes: Any) -> ModelPlan:
    study = study_of(**changes)
    return ModelPlan(Plan(study), study.models[0])


def every_task(gmt: str, **concepts: Any) -> dict[str, Task]:
    plan = Plan(study_of(gene_sets=[gmt], concepts=concepts))
    return {t.name: t for a in ANALYSES for i in a.plan(plan) for t in i.tasks}


@pytest.fixture
def gmt(tmp_path) -> str:
    path = tmp_path / "sets.gmt"
    path.write_text("SET\tnone\tLYZ\tCST3\n")
    return str(path)


def words(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from words(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from words(inner)


@pytest.mark.parametrize("controls", [True, False])
def test_tasks_declare_every_task_that_their_parameters_name(gmt: str, controls: bool):
    tasks = every_task(gmt, controls=controls)
    for task in tasks.values():
        named = set(words(dict(task.params))) & set(tasks)
        assert named <= set(task.inputs), task.name
        assert task.name not in task.inputs


def test_functions_take_the_parameters_they_are_given(gmt: str):
    for task in every_task(gmt).values():
        module, _, name = task.function.partition(":")
        signature = inspect.signature(getattr(importlib.import_module(module), name))
        signature.bind(None, **task.params)


def test_analyses_share_what_they_read(gmt: str):
    tasks = every_task(gmt)
    for function, n in (("cells:embed", 3), ("dictionaries:train_dictionaries", 3),
                        ("units:choose_units", 1), ("curves:draw_curves", 1),
                        ("attribution:run_shard", SHARDS)):  # fmt: skip
        assert sum(t.function.endswith(function) for t in tasks.values()) == n


def test_controls_are_trained_only_where_they_are_asked_for(gmt: str):
    without = every_task(gmt, controls=False)
    assert not [n for n in without if "untrained" in n or "shuffled" in n]
    tasks = every_task(gmt)
    assert tasks[dictionary_name("mini-scgpt")].params["seeds"] == 5
    assert tasks[dictionary_name("mini-scgpt", "untrained")].params["seeds"] == 1
    assert tasks[embedding_name("mini-scgpt", "shuffled")].params["variant"] == "shuffled"


def test_results_do_not_wait_for_shards_that_are_pruned(gmt: str):
    tasks = every_task(gmt)
    readers = {t.name for t in tasks.values() if any("/shard-" in i for i in t.inputs)}
    assert readers == {attribution_name("mini-scgpt")}


def test_options_of_the_study_reach_the_tasks():
    plan = plan_of(
        cells={"path": "pbmc68k", "batch": "phase"},
        concepts={"layer": 1, "pooling": "mean", "test_share": 0.4, "units": {"concepts": 5}},
    )
    assert plan.embedding()[0].params["options"] == {
        "layer": 1, "pooling": "mean", "normalise": False,
    }  # fmt: skip
    assert plan.held["options"] == plan.embedding()[0].params["options"]
    assert plan.embedding()[0].params["batch"] == "phase"
    assert plan.dictionaries()[-1].params["test_share"] == 0.4
    assert plan_of().curves()[0].params["n_units"] == 12
    few = plan_of(concepts={"attribution": {"curve_units": 3, "curve_prototypes": 2}}).curves()
    assert (few[0].params["n_units"], few[0].params["n_prototypes"]) == (3, 2)


def test_sanity_may_be_left_out():
    assert plan_of(concepts={"attribution": {"sanity": False}}).sanity() == []
    assert plan_of().sanity()


def test_a_study_that_names_the_chapter_keeps_its_batches():
    cells = {"path": "pbmc68k", "batch": "phase"}
    alone = study_of(cells=cells, concepts=None, analyses=["concepts.dictionary"])
    assert kept_columns(alone) == ["phase"]
    assert kept_columns(study_of(cells=cells, concepts=None)) == []
    further = study_of(cells=cells, concepts={"columns": ["louvain"]})
    assert kept_columns(further) == ["phase", "louvain"]
