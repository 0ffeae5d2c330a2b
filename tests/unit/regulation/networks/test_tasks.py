"""Plans of the analyses of networks, and their results through the folders of a run."""

import json

import numpy as np
import pytest

from cellglass.regulation.networks import tasks
from cellglass.regulation.networks.analyses import ANALYSES
from cellglass.runs import parse_study
from cellglass.runs.registry import Plan
from cellglass.runs.result import AnalysisResult
from cellglass.runs.tasks import TaskContext
from cellglass.seeds import DEFAULT_SEED

NAMES = [a.name.removeprefix("regulation.") for a in ANALYSES]


def plan(tmp_path, n_networks=1, **more) -> Plan:
    networks = []
    for k in range(n_networks):
        path = tmp_path / f"net{k}.tsv"
        path.write_text("source\ttarget\nA\tB\n")
        networks.append({"source": str(path)})
    given = {
        "study": "x", "cells": {"path": "pbmc68k"}, "models": "mini-scgpt", "networks": networks,
    } | more  # fmt: skip
    return Plan(parse_study(given, where="test"))


@pytest.mark.parametrize("what", NAMES)
def test_one_instance_a_subject_and_network_with_its_own_task(what, tmp_path):
    edges = tmp_path / "edges.tsv"
    edges.write_text("source\ttarget\tscore\nA\tB\t1\n")
    found = tasks.plan_network(what)(plan(tmp_path, 2, tables=[{"path": str(edges)}]))
    assert len(found) == 4
    assert len({i.result for i in found}) == 4
    assert all(i.unmet is None for i in found)
    for instance in found:
        task = instance.tasks[-1]
        assert task.name == instance.result
        module, _, function = task.function.partition(":")
        assert module == "cellglass.regulation.networks.tasks"
        assert callable(getattr(tasks, function))
        json.dumps(dict(task.params))


def test_circularity_reads_all_networks_and_judges_one(tmp_path):
    found = tasks.plan_network("circularity")(plan(tmp_path, 3))
    for instance in found:
        params = instance.tasks[-1].params
        assert [n["name"] for n in params["networks"]] == ["net0", "net1", "net2"]
        assert params["network"]["name"] == instance.label["network"]


def test_regulators_with_one_target_are_not_left_out_by_the_study(tmp_path):
    (found,) = tasks.plan_network("per_regulator")(plan(tmp_path))
    assert "min_targets" not in found.tasks[-1].params


@pytest.mark.parametrize("what", NAMES)
def test_without_a_network_it_says_how_to_get_one(what, tmp_path):
    (lacking,) = tasks.plan_network(what)(plan(tmp_path, 0))
    assert "no reference network" in lacking.unmet.reason


@pytest.mark.parametrize("what", NAMES)
def test_results_of_every_task_are_written(what, made, quick, tmp_path, monkeypatch):
    planted = made(1.0)
    monkeypatch.setattr(tasks, "load_edges", lambda context, subject: planted.held)
    monkeypatch.setattr(tasks, "open_network", lambda params: planted.network)
    params = {
        "subject": {"name": "M"}, "statistics": quick.model_dump(), "network": {"name": "planted"},
    }  # fmt: skip
    context = TaskContext("t", DEFAULT_SEED, tmp_path, {})
    if what == "per_regulator":
        tasks.per_regulator_result(context, **params)
    elif what == "circularity":
        others = [{"name": "planted"}, {"name": "again"}]
        tasks.circularity_result(context, min_targets=3, networks=others, **params)
    else:
        tasks.network_result(context, min_targets=3, judge=what, **params)
    result = AnalysisResult.read(tmp_path)
    assert result.analysis == f"regulation.{what}"
    assert result.label == {"model": "M", "network": "planted"}
    assert result.tables
    assert result.method
    for finding in result.findings:
        assert finding.tags["model"] == "M"
        assert finding.seed == DEFAULT_SEED
        assert finding.interval is None or np.isfinite(finding.interval.low)
