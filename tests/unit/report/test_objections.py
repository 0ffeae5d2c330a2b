"""Ten objections: answered by what the run did, open where it did nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cellglass.regulation.claims.claims_analysis import judge_claims
from cellglass.report.checks import checklist
from cellglass.report.objections import Objection, objections
from cellglass.report.source import source_of_result, source_of_run
from cellglass.runs.result import AnalysisResult, Check
from cellglass.stats import State

from .conftest import recovery

TITLES = (
    "The null is weak", "There is no trivial baseline", "The endpoint does not match the claim",
    "Pairs are not independent, or folds leak", "The layer was chosen on the data that judge it",
    "Negative results have no positive control", "It is a single condition",
    "There is no interval and no test of stability", "The wording is causal",
    "It cannot be reproduced",
)  # fmt: skip


@pytest.fixture
def source(full_run):
    return source_of_run(full_run)


def answers(source, checks=None) -> dict[str, Objection]:
    found = objections(source, checklist(source).checks if checks is None else checks)
    return {o.title: o for o in found}


def test_all_ten_are_there_and_none_is_silent(source):
    found = answers(source)
    assert tuple(found) == TITLES
    assert all(o.answer for o in found.values())


def test_a_single_result_is_no_run():
    single = source_of_result(recovery("t", State.FAIL))
    assert objections(single, checklist(single).checks) == ()


def test_a_failed_check_fails_the_answer_and_is_named(source):
    checks = [Check("R5", "manifest", "failed", "the manifest lacks seed")]
    found = answers(source, checks)["It cannot be reproduced"]
    assert found.state == "failed"
    assert "Failed: R5 manifest" in found.answer


def test_what_did_not_run_leaves_the_objection_open(source):
    bare = replace(source, results=[r for r in source.results if r not in source.control_results])
    found = answers(bare)["Negative results have no positive control"]
    assert found.state == "open"
    assert "No planted control ran" in found.answer


def test_a_control_that_misbehaves_is_no_answer(source):
    wrong = [replace_checks(r) for r in source.results]
    found = answers(replace(source, results=wrong), [])[TITLES[5]]
    assert found.state == "open"
    assert "3 of 4 planted controls came out as planted" in found.answer


def replace_checks(result: AnalysisResult) -> AnalysisResult:
    if result.analysis != "controls.planted" or result.label["control"] != "pairs":
        return result
    return replace(result, checks=[Check("R6", "controls", "failed")])


def test_units_of_intervals_are_counted(source):
    told = answers(source)[TITLES[3]].answer
    assert "regulators" in told
    assert "never pairs" in told


def test_a_single_network_is_called_a_single_condition(source):
    first = next(r.label["network"] for r in source.results if "network" in r.label)
    kept = [r for r in source.results if r.label.get("network", first) == first]
    found = answers(replace(source, results=kept))[TITLES[6]]
    assert found.state == "open"
    assert "single condition" in found.answer


def test_endpoints_are_told_apart_where_the_criteria_ran(source):
    assert answers(source)[TITLES[2]].state == "open"
    claims = judge_claims({"model": "m"}, "Attention of m", {}, {}, level=0.05)
    found = answers(replace(source, results=[*source.results, claims]))[TITLES[2]]
    assert "recovers curated edges: 1 NOT RUN" in found.answer
