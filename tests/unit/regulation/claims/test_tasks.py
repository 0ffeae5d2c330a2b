"""Claims read what the study chose, and nothing else."""

from __future__ import annotations

from cellglass.regulation.claims.tasks import claims_result, plan_claims
from cellglass.runs.registry import Plan
from cellglass.runs.result import AnalysisResult
from cellglass.runs.study import parse_study
from cellglass.runs.tasks import TaskContext


def study(**changes):
    content = {
        "study": "x", "cells": {"path": "c.h5ad"}, "tables": ["e.tsv"], "screens": [], **changes,
    }  # fmt: skip
    return Plan(parse_study(content))


def test_what_is_missing_goes_to_the_task_with_its_command():
    (found,) = plan_claims(study(networks=[]))
    task = found.tasks[-1]
    why, command, applicable = task.params["missing"]["regulation.response_baselines"][0]
    assert "no perturbation screen" in why
    assert "scPerturb" in command
    assert applicable
    assert task.inputs == ()


def test_analyses_that_were_not_chosen_are_not_read():
    (found,) = plan_claims(study(analyses=["regulation.claims", "A31"]))
    assert set(found.tasks[-1].params["missing"]) == {"regulation.response_baselines"}


def test_the_task_reads_results_and_writes_verdicts(tmp_path):
    folder = tmp_path / "r"
    folder.mkdir()
    AnalysisResult("regulation.response_baselines", {"edges": "e"}).write(folder)
    out = tmp_path / "out"
    out.mkdir()
    context = TaskContext("claims", 1, out, {"r": folder})
    claims_result(
        context, statistics={"level": 0.05}, label={"edges": "e"}, noun="The score 'e'",
        results={"regulation.response_baselines": ["r"]}, missing={},
    )  # fmt: skip
    assert len(AnalysisResult.read(out).verdicts) == 4
