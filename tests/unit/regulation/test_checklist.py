"""Every item of section 4 is listed; those judged can pass, fail, or not be run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cellglass.regulation.checklist import ITEMS, NOT_RUN, complete, recovery_checks
from cellglass.regulation.networks.baselines import GeneStatistics
from cellglass.regulation.networks.recovery import Pairs, Recovery, evaluate_recovery
from cellglass.runs.result import Check
from cellglass.runs.sections import StatisticsConfig

R, G = 14, 60


def recover(
    *, candidates: int = 2, spearman: bool = True, degree: bool = True, at_most: int = G
) -> Recovery:
    rng = np.random.default_rng(0)
    names = tuple(f"G{i}" for i in range(G))
    labels = rng.random((R, G)) < 0.12
    labels &= labels.cumsum(1) <= at_most
    mask = np.ones((R, G), bool)
    mask[np.arange(R), np.arange(R)] = False
    features = pd.DataFrame(
        {k: rng.uniform(0.5, 1, G) for k in ("mean", "variance", "detection")}, index=list(names)
    )
    out_degree = rng.random(G) if degree else None
    pairs = Pairs(names[:R], names, labels, mask, "made up", out_degree)
    reference = {"|Spearman|": {"|Spearman|": rng.normal(size=(R, G))}} if spearman else None
    return evaluate_recovery(
        pairs, {f"s{i}": labels + rng.normal(size=(R, G)) for i in range(candidates)},
        GeneStatistics.of(features, names[:R], names), references=reference,
        settings=StatisticsConfig(draws=99, bootstrap=100, folds=3),
    )  # fmt: skip


@pytest.fixture(scope="module")
def recovery() -> Recovery:
    return recover()


def judged(recovery: Recovery, **options) -> dict[str, Check]:
    given = {"untrained": True, "cells": True, **options}
    return {c.code: c for c in recovery_checks(recovery, recovery.pairs, **given)}


def test_all_items_of_the_specification_are_there():
    spec = Path(__file__).resolve().parents[4] / "shared" / "specs" / "edges.md"
    if not spec.exists():
        pytest.skip(f"needs {spec}")
    section = spec.read_text().split("## 4. Quality-control")[1].split("\n## 5.")[0]
    import re

    codes = set(re.findall(r"\b([IBNSKR]\d)\b", section))
    assert codes == set(ITEMS)


def test_a_sound_recovery_passes_what_it_can_judge(recovery):
    found = judged(recovery)
    assert {c.state for c in found.values()} == {"passed"}, found
    assert {"B1", "B3", "N1", "N2", "N3", "N4", "N7", "S1", "S2", "S3", "I4", "R1", "R4"} == set(
        found
    )
    assert found["S1"].detail == "14 regulators with positives, resampled"
    assert "maximum over 2 scores" in found["N4"].detail


def test_what_was_not_at_hand_is_not_run():
    found = judged(recover(spearman=False), untrained=False, cells=False)
    assert [found[c].state for c in ("N3", "B3", "I4")] == ["not run"] * 3
    assert all(found[c].detail for c in ("N3", "B3", "I4"))


@pytest.mark.parametrize(("null", "code"), [("label", "N1"), ("degree", "N2")])
def test_a_null_that_fails_its_own_check_fails(recovery, null, code):
    broken = replace(recovery.nulls.checks[null], passed=False, messages=("It did not move.",))
    nulls = replace(recovery.nulls, checks=recovery.nulls.checks | {null: broken})
    found = judged(replace(recovery, nulls=nulls))
    assert found[code].state == found["N7"].state == "failed"
    assert "It did not move." in found[code].detail
    assert (found["N3"].state == "failed") == (null == "degree")


def test_an_out_degree_that_says_something_fails(recovery):
    pairs = recovery.pairs
    metrics = recovery.metrics.set_index("score")
    metrics.loc["target out-degree", ["auroc", "auroc_low", "auroc_high"]] = (0.65, 0.58, 0.71)
    told = replace(recovery, metrics=metrics.reset_index())
    check = {c.code: c for c in recovery_checks(told, pairs, untrained=True)}["B1"]
    assert check.state == "failed"
    assert "[0.580, 0.710] should be 0.5" in check.detail
    metrics.loc["target out-degree", "auroc_low"] = 0.54  # too wide to tell
    told = replace(recovery, metrics=metrics.reset_index())
    assert judged(told)["B1"].state == "passed"
    assert judged(recover(degree=False))["B1"].detail == "no out-degree: undirected, or not at hand"


def test_regulators_with_too_few_targets_fail():
    found = judged(recover(at_most=2))
    assert found["S3"].state == "failed"
    assert "no regulator has 3 targets" in found["S3"].detail


def test_findings_without_a_score_fail(recovery):
    bare = [replace(f, tags={}) for f in recovery.findings]
    assert judged(replace(recovery, findings=bare))["R4"].state == "failed"


def test_one_score_was_fixed_beforehand():
    found = judged(recover(candidates=1))
    assert found["S2"].detail == found["N4"].detail == "one score, fixed beforehand: s0"


def test_complete_takes_the_worst_and_says_why_the_rest_was_not_run():
    found = complete(
        [Check("N1", "x", "passed"), Check("N1", "x", "failed", "bad"), Check("S3", "x", "passed")],
        {"N5": "no strata were given"},
    )
    assert [c.code for c in found] == list(ITEMS)
    by_code = {c.code: c for c in found}
    assert (by_code["N1"].state, by_code["N1"].detail) == ("failed", "bad")
    assert by_code["S3"].state == "passed"
    assert by_code["N5"].detail == "no strata were given"
    assert by_code["K3"].detail == NOT_RUN["K3"]
    assert all(c.detail for c in found if c.state == "not run")
