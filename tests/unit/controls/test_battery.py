"""Planted screens as studies: what is declared, and that a wrong outcome is seen."""

from __future__ import annotations

from dataclasses import replace

import pytest

import cellglass as cg
from cellglass.controls import battery
from cellglass.controls.analyses import WHOLE, plan_batteries, summarise_battery
from cellglass.controls.battery import Battery, run_battery
from cellglass.errors import InputError
from cellglass.regulation.claims.criteria import CURATED, PREDICTS, READS
from cellglass.report.source import behaved
from cellglass.runs.registry import Plan
from cellglass.runs.sections import StatisticsConfig
from cellglass.runs.study import parse_study

QUICK = StatisticsConfig(draws=99, bootstrap=200)
FAST = ("regulation.claims", "regulation.recovery", "A26", "A35", "A31")


@pytest.fixture(scope="module")
def found() -> dict[str, Battery]:
    return {n: run_battery(n, 3, settings=QUICK, analyses=FAST) for n in ("pairs", "nothing")}


def state(part: Battery, endpoint: str) -> str:
    return part.parts.set_index("endpoint")["state"][endpoint]


def test_planted_pairs_recover_edges_and_what_did_not_run_keeps_the_whole_open(found):
    assert state(found["pairs"], CURATED) == "PASS"
    assert state(found["pairs"], "ranking genes that respond in planted") == "PASS"
    # C2 was left out: the endpoint may not pass, nor may the whole
    assert state(found["pairs"], PREDICTS) == "INCONCLUSIVE"
    assert state(found["pairs"], "knows gene regulation by all four criteria") != "PASS"
    assert not found["pairs"].as_expected


def test_nothing_passes_nowhere(found):
    assert "PASS" not in set(found["nothing"].parts["state"])
    assert found["nothing"].as_expected


def test_a_control_that_does_not_behave_is_told(found):
    result = summarise_battery(found["pairs"])  # scoped, and so not as planted
    assert not behaved(result)
    assert "NOT as planted" in result.notes[0]
    assert PREDICTS in result.notes[1]
    right = summarise_battery(found["nothing"])
    assert behaved(right)
    assert {v.endpoint for v in right.verdicts} == {CURATED, PREDICTS}
    assert right.findings == []


def test_every_criterion_is_declared_for_what_must_pass(found):
    parts = found["pairs"].parts
    declared = parts[parts["analysis"].isin(READS)]
    assert (declared["planted"] == "PASS").all()
    nothing = found["nothing"].parts
    assert (nothing["planted"] == "not PASS").all()


def test_the_study_stays_where_a_folder_is_given(tmp_path):
    run_battery("prominence", 1, settings=QUICK, analyses=("A31",), folder=tmp_path)
    assert {"study.yaml", "screen.h5ad", "network.csv", "edges.parquet", "run"} <= {
        p.name for p in tmp_path.iterdir()
    }
    again = cg.runs.load_study(tmp_path / "study.yaml")
    assert again.statistics.draws == 99


def test_an_unknown_control_is_named_with_the_nearest():
    with pytest.raises(InputError, match="no control 'pair'"):
        run_battery("pair")  # type: ignore[arg-type]


def study(**changes):
    content = {"study": "x", "cells": {"path": "c.h5ad"}, "models": ["mini-scgpt"], **changes}
    return parse_study(content)


def test_batteries_run_beside_screens_or_when_asked_for():
    alone = plan_batteries(Plan(study()))
    assert len(alone) == 4
    assert all(i.unmet is not None and not i.unmet.applicable for i in alone)
    for changes in ({"screens": ["s.h5ad"]}, {"analyses": [WHOLE]}):
        assert all(i.unmet is None for i in plan_batteries(Plan(study(**changes))))


def test_the_state_decides_not_the_wording(found):
    verdict = found["pairs"].summary.results[0].verdicts[0]
    failed = replace(verdict, state=cg.stats.State.PASS)
    assert not battery._part("nothing", "regulation.claims", failed)["as_planted"]


@pytest.mark.parametrize("analyses", [[], (), "A31"])
def test_a_battery_of_nothing_is_refused(analyses):
    with pytest.raises(InputError, match="a list of one or more"):
        run_battery("pairs", analyses=analyses)


def test_a_battery_that_decides_nothing_is_refused():
    with pytest.raises(InputError, match="nothing was tested"):
        run_battery("pairs", 1, settings=QUICK, analyses=["A29"])


def test_a_negative_seed_is_refused():
    with pytest.raises(InputError, match="the seed is -1"):
        run_battery("pairs", -1)
