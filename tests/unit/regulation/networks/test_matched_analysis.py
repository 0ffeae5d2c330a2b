import numpy as np
import pytest

from cellglass.data import Network
from cellglass.regulation.networks.matched_analysis import BALANCED, judge_matched_negatives
from cellglass.stats import State


@pytest.fixture(scope="module")
def result(made):
    from cellglass.runs.sections import StatisticsConfig

    planted = made(1.0)
    settings = StatisticsConfig(draws=99, bootstrap=200)
    return judge_matched_negatives(planted.held, planted.network, "planted", 3, settings, 1)


def test_the_planted_layer_beats_matched_negatives(result):
    rows = result.tables["matched"].set_index("score")
    assert rows.loc["layer 1", "auroc_low"] > 0.5
    assert rows.loc["layer 1", "over_expression_product_low"] > 0
    assert rows.loc["layer 0", "auroc_low"] < 0.5
    assert rows.loc["layer 1", "auroc_own_negatives"] > 0.6
    assert np.isnan(rows.loc["mean product", "over_expression_product"])


def test_findings_stand_on_regulators(result):
    assert {f.tags["score"] for f in result.findings} == {"layer 0", "layer 1", "|Spearman|"}
    for finding in result.findings:
        assert finding.unit == "regulator"
        assert finding.n == 16
        assert finding.baseline[0] == "mean product"
        assert finding.interval.n == 16
        assert finding.tags["unit"] == "A24"


def test_the_check_says_whether_balance_was_reached(result):
    balance = result.tables["balance"]
    worst = balance[balance["matched_on"]]["after"].abs().max()
    check = result.checks[0]
    assert check.code == "B6"
    assert check.state == ("passed" if worst <= BALANCED else "failed")
    assert f"{worst:.2f}" in check.detail
    told = any("did not reach balance" in n for n in result.notes)
    assert told == (worst > BALANCED)


def test_figures_refer_to_tables(result):
    assert set(result.captions) == set(result.tables)
    assert {f.table for f in result.figures} <= set(result.tables)


def test_too_few_regulators_are_not_applicable(made, quick):
    planted = made(0.0)
    frame = planted.network.frame
    network = Network.from_frame(frame[frame["source"] == "G1"], name="one")
    found = judge_matched_negatives(planted.held, network, "one", 3, quick, 1)
    assert found.verdicts[0].state is State.NOT_APPLICABLE
