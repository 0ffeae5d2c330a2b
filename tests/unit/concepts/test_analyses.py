"""Analyses of concepts: what they ask for, and why they do not run."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from cellglass.concepts.analyses import ANALYSES
from cellglass.concepts.study.planning import NOT_ASKED
from cellglass.models import ModelFamily, families, load_model
from cellglass.runs.engine import Engine
from cellglass.runs.executors import InlineExecutor
from cellglass.runs.registry import CHAPTERS, Instance, Plan, analyses
from cellglass.runs.study import parse_study

MODELS = ["mini-scgpt", "mini-geneformer"]
NAMES = [a.name for a in ANALYSES]


def plan_of(**changes: Any) -> Plan:
    content = {"study": "x", "cells": {"path": "pbmc68k", "strata": "bulk_labels"},
               "models": MODELS[:1], "concepts": {}} | changes  # fmt: skip
    return Plan(parse_study(content, where="test"))


def made(plan: Plan) -> dict[str, list[Instance]]:
    return {a.name: list(a.plan(plan)) for a in ANALYSES}


@pytest.fixture
def gmt(tmp_path: Path) -> str:
    path = tmp_path / "sets.gmt"
    path.write_text("SET\tnone\tLYZ\tCST3\n")
    return str(path)


def test_they_are_registered_and_tell_what_passing_means():
    known = analyses()
    assert set(NAMES) <= set(known)
    assert {a.chapter for a in ANALYSES} == {"concepts"}
    assert "concepts" in CHAPTERS
    for analysis in ANALYSES:
        assert not analysis.step  # told in the order of the list
        assert analysis.question.endswith("?")
        assert analysis.reference
        assert analysis.needs
        # what only describes claims nothing
        assert bool(analysis.claim) == (analysis.name not in (
            "concepts.description", "concepts.scores", "concepts.atlas"
        ))  # fmt: skip


def test_without_the_section_each_says_how_to_ask():
    for instances in made(plan_of(concepts=None)).values():
        assert [i.unmet for i in instances] == [NOT_ASKED]
        assert [dict(i.label) for i in instances] == [{"model": "mini-scgpt"}]
    assert "concepts: {}" in NOT_ASKED.command


@pytest.mark.parametrize("named", ["concepts", "concepts.dictionary"])
def test_naming_them_is_asking(named: str):
    (instance,) = made(plan_of(concepts=None, analyses=[named]))["concepts.dictionary"]
    assert instance.unmet is None


def test_one_instance_a_model(gmt: str):
    for name, instances in made(plan_of(models=MODELS, gene_sets=[gmt])).items():
        assert [i.label["model"] for i in instances] == MODELS
        assert all(i.unmet is None for i in instances), name
        assert [i.result for i in instances] == [f"{name}/{m}" for m in MODELS]


def test_gene_sets_that_are_missing_are_named(tmp_path: Path):
    (without,) = made(plan_of())["concepts.enrichment"]
    assert "no gene sets" in without.unmet.reason
    (gone,) = made(plan_of(gene_sets=[str(tmp_path / "gone.gmt")]))["concepts.enrichment"]
    assert "gone.gmt" in gone.unmet.reason
    # the others do without
    others = made(plan_of(gene_sets=[str(tmp_path / "gone.gmt")]))
    assert [n for n, (i,) in others.items() if i.unmet] == ["concepts.enrichment"]


def test_without_labels_information_is_not_asked_for():
    without = made(plan_of(cells={"path": "pbmc68k"}))
    assert [n for n, (i,) in without.items() if i.unmet] == [
        "concepts.information", "concepts.enrichment",
    ]  # fmt: skip
    assert "strata" in without["concepts.information"][0].unmet.command


def test_all_fit_in_one_run_and_every_input_is_there(gmt: str, tmp_path: Path):
    plan = plan_of(models=MODELS, gene_sets=[gmt])
    engine = Engine(tmp_path, InlineExecutor(), 42)
    tasks = [t for instances in made(plan).values() for i in instances for t in i.tasks]
    engine.add(tasks)  # raises where one name means two tasks
    names = {t.name for t in tasks}
    assert {n for t in tasks for n in t.inputs} - names == {"cells"}


def test_atlas_is_put_where_people_look():
    (atlas,) = made(plan_of())["concepts.atlas"]
    assert dict(atlas.exports) == {"atlas/mini-scgpt": "concept-atlas/mini-scgpt"}
    assert "concept-atlas/mini-scgpt" in {t.name for t in atlas.tasks}
    # doses of concepts are part of it
    (writes,) = {t.name: t for t in atlas.tasks if t.function.endswith("atlas:write")}.values()
    assert "concepts.interventions/mini-scgpt" in writes.inputs


def test_what_exchanges_genes_does_not_apply_to_models_that_cannot(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, gmt: str
):
    """Another model of the study is attributed as ever, and this one gets its dictionary."""
    other = ModelFamily("other", lambda f: (f / "other.txt").is_file(), lambda *_, **__: None)
    known = families() | {"other": other}
    monkeypatch.setattr(sys.modules[load_model.__module__], "families", lambda: known)
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "other.txt").touch()
    instances = made(plan_of(models=["mini-scgpt", str(folder)], gene_sets=[gmt]))
    unmet = {n: i[1].unmet for n, i in instances.items() if i[1].unmet}
    assert list(unmet) == [
        "concepts.attribution", "concepts.enrichment", "concepts.comparison",
        "concepts.interventions", "concepts.atlas",
    ]  # fmt: skip
    for why in unmet.values():
        assert not why.applicable
        assert "family other" in why.reason
    assert all(i[0].unmet is None for i in instances.values())
    names = {t.name for i in instances.values() for t in i[1].tasks}
    assert not [n for n in names if "attribution" in n]
