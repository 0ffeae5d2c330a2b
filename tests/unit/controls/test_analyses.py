"""Controls in a report: verdict, what was planted, nothing in the ledger."""

from __future__ import annotations

from dataclasses import replace

import pytest

import cellglass as cg
from cellglass.controls.analyses import ANALYSES, summarise
from cellglass.runs.sections import StatisticsConfig

QUICK = StatisticsConfig(draws=99, bootstrap=100)


@pytest.fixture(scope="module")
def pairs():
    return cg.controls.run("pairs", seed=3, settings=QUICK)


@pytest.fixture(scope="module")
def circuit():
    return cg.controls.run("circuit", seed=3, settings=QUICK)


def test_planted_truth_stays_out_of_the_ledger(pairs):
    found = summarise(pairs)
    assert found.findings == []
    assert found.verdicts[0].state == "PASS"
    assert found.verdicts[0].finding_ids == ()
    assert found.label == {"control": "pairs"}
    assert found.checks[0].code == "R6"
    assert found.checks[0].state == "passed"
    assert "it said PASS: as planted" in found.notes[0]
    assert {"cssi", "scores", "nulls"} <= set(found.tables) == set(found.captions)


def test_a_battery_that_misbehaves_fails_the_check(pairs):
    found = summarise(replace(pairs, as_expected=False))
    assert found.checks[0].state == "failed"
    assert "NOT as planted" in found.notes[0]


def test_the_circuit_shows_its_ablation(circuit):
    found = summarise(circuit)
    layer, head = circuit.planted
    assert (
        f"Planted in layer {layer} head {head}; the battery named layer {layer}" in found.notes[1]
    )
    assert len(found.tables["ablation"]) == 12
    assert "ablation" in [f.name for f in found.figures]
    assert "zeroing" in found.verdicts[0].sentence


def test_results_survive_writing(circuit, tmp_path):
    from cellglass.runs.result import AnalysisResult

    summarise(circuit).write(tmp_path)
    again = AnalysisResult.read(tmp_path)
    assert again.verdicts == summarise(circuit).verdicts
    assert len(again.tables["ablation"]) == 12


def test_the_analysis_is_registered():
    assert [a.name for a in ANALYSES] == ["controls.planted", "controls.battery"]
