"""Analyses of geometry: what they ask for, and why they do not run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cellglass.geometry.analyses import ALIGNMENT, ANALYSES, NO_NETWORK, plan_alignment
from cellglass.geometry.study.planning import NOT_ASKED
from cellglass.models.datasets import CELLS, COLUMN
from cellglass.runs.engine import Engine
from cellglass.runs.executors import InlineExecutor
from cellglass.runs.registry import CHAPTERS, Instance, Plan, analyses
from cellglass.runs.study import parse_study

MODELS = ["mini-scgpt", "mini-geneformer"]
ON_NETWORKS = {"geometry.distances", "geometry.communities", "geometry.artefacts"}
DESCRIBES = {"geometry.shape", "geometry.artefacts"}


@pytest.fixture
def networks(tmp_path: Path) -> list[dict[str, str]]:
    found = []
    for name in ("one", "two"):
        path = tmp_path / f"{name}.tsv"
        path.write_text("source\ttarget\nLYZ\tCD3D\n")
        found.append({"source": str(path), "name": name})
    return found


@pytest.fixture
def table(tmp_path: Path) -> str:
    path = tmp_path / "mine.csv"
    path.write_text("gene,a\nLYZ,1\nCD3D,2\n")
    return str(path)


@pytest.fixture
def domains(tmp_path: Path) -> dict[str, Path]:
    """Chosen cells of two tissues."""
    folder = tmp_path / "cells"
    folder.mkdir()
    pd.DataFrame(
        {"group": np.zeros(3, dtype=int), f"{COLUMN}tissue": ["lung", "blood", "lung"]}
    ).to_parquet(folder / "obs.parquet")
    return {CELLS: folder}


def plan_of(prepared: dict[str, Path] | None = None, **changes: Any) -> Plan:
    content = {"study": "x", "cells": {"path": "pbmc68k"}, "models": MODELS[:1],
               "geometry": {}} | changes  # fmt: skip
    return Plan(parse_study(content, where="test"), prepared or {})


def made(plan: Plan) -> dict[str, list[Instance]]:
    return {a.name: list(a.plan(plan)) for a in ANALYSES}


def test_they_are_registered_and_tell_what_passing_means():
    assert {a.name for a in ANALYSES} <= set(analyses())
    assert {a.chapter for a in ANALYSES} == {"geometry"}
    assert "geometry" in CHAPTERS
    for analysis in ANALYSES:
        assert analysis.question.endswith("?")
        assert analysis.reference
        assert analysis.needs
        # what only describes claims nothing
        assert bool(analysis.claim) == (analysis.name not in DESCRIBES), analysis.name


def test_one_instance_a_model_network_and_domain(
    networks: list[dict[str, str]], domains: dict[str, Path]
):
    plan = plan_of(domains, models=MODELS, networks=networks, geometry={"domain": "tissue"})
    for name, instances in made(plan).items():
        assert all(i.unmet is None for i in instances), name
        expected = [
            {"model": m, "network": n, "domain": d}
            for m in MODELS for n in ("one", "two") for d in ("blood", "lung")
        ]  # fmt: skip
        if name not in ON_NETWORKS:
            expected = [{"model": m, "domain": d} for m in MODELS for d in ("blood", "lung")]
        if name == ALIGNMENT:
            expected = [{"model": "+".join(MODELS), "domain": d} for d in ("blood", "lung")]
        assert [dict(i.label) for i in instances] == expected, name
        results = [i.result for i in instances]
        assert results == [f"{name}/{'/'.join(i.label.values())}" for i in instances]
        assert len(set(results)) == len(results)


def test_without_domains_labels_are_short(networks: list[dict[str, str]]):
    found = made(plan_of(networks=networks[:1]))
    assert [dict(i.label) for i in found["geometry.distances"]] == [
        {"model": "mini-scgpt", "network": "one"}
    ]
    assert [dict(i.label) for i in found["geometry.shape"]] == [{"model": "mini-scgpt"}]


def test_all_fit_in_one_run_and_every_input_is_there(
    networks: list[dict[str, str]], domains: dict[str, Path], table: str, tmp_path: Path
):
    plan = plan_of(
        domains, models=MODELS, networks=networks,
        geometry={"domain": "tissue", "clouds": [{"path": table}]},
    )  # fmt: skip
    engine = Engine(tmp_path / "run", InlineExecutor(), 42)
    tasks = [t for instances in made(plan).values() for i in instances for t in i.tasks]
    engine.add(tasks)  # raises where one name means two tasks
    names = {t.name for t in tasks}
    prepared = {CELLS, *(f"genes/{m}" for m in MODELS)}
    assert {n for t in tasks for n in t.inputs} - names == prepared
    # scores of a domain serve every network and analysis
    scores = [n for n in names if n.startswith("gene-distances/")]
    assert len(scores) == 2 * 2 * 2 + 1


def test_an_untrained_copy_is_scored_where_there_is_one(networks: list[dict[str, str]]):
    for untrained in (True, False):
        plan = plan_of(networks=networks, geometry={"untrained": untrained})
        for name in ("geometry.distances", "geometry.communities"):
            instance = made(plan)[name][0]
            (task,) = [t for t in instance.tasks if t.name == instance.result]
            copy = "gene-distances/mini-scgpt-untrained/all"
            assert task.params["untrained"] == (copy if untrained else None)
            assert (copy in task.inputs) == untrained


def test_without_the_section_each_says_how_to_ask():
    for models in (MODELS[:1], MODELS):
        for instances in made(plan_of(geometry=None, models=models)).values():
            assert [i.unmet for i in instances] == [NOT_ASKED] * len(models)
            assert [dict(i.label) for i in instances] == [{"model": m} for m in models]


@pytest.mark.parametrize("named", ["geometry", "geometry.shape"])
def test_naming_them_is_asking(named: str):
    (instance,) = made(plan_of(geometry=None, analyses=[named]))["geometry.shape"]
    assert instance.unmet is None


def test_without_a_network_what_needs_one_says_so():
    for name, instances in made(plan_of(models=MODELS, networks=[])).items():
        unmet = [i.unmet for i in instances]
        assert unmet == ([NO_NETWORK] * 2 if name in ON_NETWORKS else [None] * len(instances)), name


def test_a_model_without_tokens_is_not_applicable(networks: list[dict[str, str]], tmp_path: Path):
    folder = tmp_path / "other"
    folder.mkdir()
    models = ["mini-scgpt", {"path": str(folder), "family": "scvi"}]
    for name, instances in made(plan_of(models=models, networks=networks)).items():
        why = [i.unmet for i in instances if i.label["model"] == "other"]
        assert [w.applicable for w in why] == [False], name
        assert "family scvi" in why[0].reason
    (alone,) = plan_alignment(plan_of(models=models[1:]))
    assert not alone.unmet.applicable


def test_a_cloud_of_a_user_is_a_subject(networks: list[dict[str, str]], table: str):
    plan = plan_of(networks=networks[:1], geometry={"clouds": [{"path": table, "name": "own"}]})
    for name, instances in made(plan).items():
        labels = [i.label["model"] for i in instances]
        expected = ["mini-scgpt+own"] if name == ALIGNMENT else ["mini-scgpt", "own"]
        assert labels == expected, name
        assert all(i.unmet is None for i in instances)
        own = [t for t in instances[-1].tasks if t.name == "gene-states/own"]
        assert [t.function.rpartition(":")[2] for t in own] == ["given_states"]
        assert not any("own-untrained" in t.name for t in instances[-1].tasks)


def test_alignment_needs_two_and_takes_every_pair(table: str, domains: dict[str, Path]):
    (alone,) = plan_alignment(plan_of())
    assert alone.unmet.reason == "there is one model only"
    assert not alone.unmet.applicable
    clouds = {"clouds": [{"path": table, "name": "own"}]}
    found = plan_alignment(plan_of(models=MODELS, geometry=clouds))
    assert [i.label["model"] for i in found] == [
        "mini-scgpt+mini-geneformer", "mini-scgpt+own", "mini-geneformer+own",
    ]  # fmt: skip
    # a cloud knows no domains, and is held against each of the model's
    plan = plan_of(domains, geometry=clouds | {"domain": "tissue"})
    assert [dict(i.label) for i in plan_alignment(plan)] == [
        {"model": "mini-scgpt+own", "domain": d} for d in ("blood", "lung")
    ]
    (task,) = [t for t in plan_alignment(plan)[0].tasks if t.name.startswith(ALIGNMENT)]
    assert task.params["states"] == ("gene-states/mini-scgpt", "gene-states/own")
    assert task.params["column"] == "tissue"
