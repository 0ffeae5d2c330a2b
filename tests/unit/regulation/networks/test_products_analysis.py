import pytest

from cellglass.data import Network
from cellglass.regulation.networks.products_analysis import judge_products
from cellglass.stats import State


@pytest.fixture(scope="module")
def result(made):
    from cellglass.runs.sections import StatisticsConfig

    planted = made(1.0)
    settings = StatisticsConfig(draws=99, bootstrap=200)
    return judge_products(planted.held, planted.network, "planted", 3, settings, 1)


def test_the_planted_layer_beats_the_products_and_the_other_does_not(result):
    rows = result.tables["differences"].set_index("score")
    assert rows.loc["layer 1", "low"] > 0
    assert rows.loc["layer 0", "low"] < 0
    assert {"|Spearman|", "untrained: layer 0"} <= set(rows.index)
    scores = result.tables["scores"]
    assert {"mean product", "target out-degree"} <= set(scores["score"])


def test_findings_hold_the_product_the_gain_and_the_unit(result):
    assert {f.tags["score"] for f in result.findings} == {"layer 0", "layer 1", "|Spearman|"}
    assert all(f.kind == "descriptive" for f in result.findings)
    assert all(f.unit == "regulator" and f.n == 16 for f in result.findings)
    pooled, per_regulator = (f for f in result.findings if f.tags["score"] == "layer 1")
    assert pooled.tags["unit"] == "A23"
    assert pooled.interval.low == pooled.increment[1]
    assert pooled.estimate == pytest.approx(
        result.tables["differences"].set_index("score").loc["layer 1", "increment"]
    )
    assert per_regulator.p < 0.05
    assert len({f.id for f in result.findings}) == len(result.findings)


def test_out_degree_is_a_control_that_fails_where_it_knows_the_network(made, quick, result):
    assert [(c.code, c.state) for c in result.checks] == [("B1", "passed")]
    planted = made(0.0)
    frame = planted.network.frame
    # Regulators regulate regulators: the out-degree of the target tells edges from others.
    studied = frame[frame["target"].isin(frame["source"])]
    network = Network.from_frame(studied, name="studied")
    found = judge_products(planted.held, network, "studied", 1, quick, 1)
    assert found.checks[0].state == "failed"
    assert "well-studied genes" in found.checks[0].detail


def test_captions_figures_and_writing(result, tmp_path):
    from cellglass.runs.result import AnalysisResult

    assert set(result.captions) == set(result.tables)
    assert {f.table for f in result.figures} <= set(result.tables)
    result.write(tmp_path)
    assert AnalysisResult.read(tmp_path).findings == result.findings


def test_too_few_regulators_are_not_applicable(made, quick):
    planted = made(0.0)
    frame = planted.network.frame
    network = Network.from_frame(frame[frame["source"] == "G1"], name="one")
    found = judge_products(planted.held, network, "one", 3, quick, 1)
    assert found.verdicts[0].state is State.NOT_APPLICABLE
    assert "1 regulator of one can be judged" in found.verdicts[0].sentence
    assert not found.tables
