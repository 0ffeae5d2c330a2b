"""Each control through the whole battery, one seed; 40 are in tests/calibration."""

from __future__ import annotations

import pytest

import cellglass as cg
from cellglass.controls.run import EXPECTED, WHAT, ControlResult
from cellglass.errors import InputError
from cellglass.runs.sections import StatisticsConfig
from cellglass.runs.study import CONTROLS

QUICK = StatisticsConfig(draws=99, bootstrap=200)


@pytest.fixture(scope="module")
def results() -> dict[str, ControlResult]:
    return {name: cg.controls.run(name, seed=11, settings=QUICK) for name in EXPECTED}


@pytest.mark.parametrize("name", list(EXPECTED))
def test_the_battery_says_what_was_planted(results, name):
    found = results[name]
    assert found.as_expected
    assert (found.verdict.state == "PASS") == (name in ("pairs", "circuit"))
    assert found.verdict == found.recovery.verdict
    assert (found.name, found.seed, found.expected) == (name, 11, EXPECTED[name])


def test_every_control_of_a_study_is_described():
    assert set(CONTROLS) == set(EXPECTED) == set(WHAT)


def test_states_sharpen_pairs_beside_shuffled_states(results):
    cssi = results["pairs"].cssi
    assert cssi is not None
    assert cssi.quality is not None
    assert cssi.statistic["max"] > cssi.statistic["pooled"]
    assert cssi.shuffled["max"].p == pytest.approx(0.05)
    assert cssi.quality.silhouette > cssi.quality.silhouette_shuffled


def test_the_verdict_on_the_circuit_names_head_and_ablation(results):
    found = results["circuit"]
    layer, head = found.planted
    assert found.recovery.chosen == f"layer {layer} head {head}"
    assert f"(layer {layer} head {head}, chosen in" in found.verdict.sentence
    assert f"zeroing layer {layer} head {head} changes the decoded" in found.verdict.sentence
    assert len(found.ablation) == 12
    assert found.ablation.loc[found.ablation["change"].idxmax(), "planted"]


def test_a_folder_keeps_the_checkpoint(tmp_path):
    cg.controls.run("circuit", seed=11, settings=QUICK, folder=tmp_path)
    assert {p.name for p in tmp_path.iterdir()} == {"args.json", "best_model.pt", "vocab.json"}


def test_an_unknown_control_is_named_with_the_nearest():
    with pytest.raises(InputError, match="no control 'circut'") as error:
        cg.controls.run("circut")  # type: ignore[arg-type]
    assert "circuit" in str(error.value)
