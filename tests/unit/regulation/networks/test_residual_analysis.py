import numpy as np
import pytest

from cellglass.data import Network
from cellglass.regulation.networks.covariates import BOTH, GENE_LEVEL, PAIRWISE, PUBLISHED
from cellglass.regulation.networks.residual_analysis import judge_residual
from cellglass.regulation.networks.residuals import UNDEFINED
from cellglass.stats import State


@pytest.fixture(scope="module")
def result(made):
    from cellglass.runs.sections import StatisticsConfig

    planted = made(1.0)
    settings = StatisticsConfig(draws=99, bootstrap=200)
    return judge_residual(planted.held, planted.network, "planted", 3, settings, 1)


def test_both_models_and_both_kinds_of_covariates_stand_apart(result):
    table = result.tables["residual"]
    found = {k: set(v["score"]) for k, v in table.groupby(["covariates", "model"])}
    assert set(found) == {
        (GENE_LEVEL, "linear"), (GENE_LEVEL, "boosted"), (PUBLISHED, "linear"),
        (PAIRWISE, "linear"), (PAIRWISE, "boosted"), (BOTH, "linear"),
    }  # fmt: skip
    assert "untrained: layer 1" in found[GENE_LEVEL, "linear"]
    assert "untrained: layer 1" not in found[GENE_LEVEL, "boosted"]
    assert {"|Spearman|", "Spearman"} <= found[GENE_LEVEL, "boosted"]
    assert [(c.code, c.state) for c in result.checks] == [("B5", "passed")]


def test_the_criterion_has_one_finding_a_layer_and_undefined_is_no_pass(result):
    tagged = {f.tags["score"]: f for f in result.findings if f.tags.get("criterion") == "retained"}
    assert set(tagged) == {"layer 0", "layer 1", "|Spearman|"}
    known = tagged["layer 1"]
    assert known.estimate >= 0.8
    assert known.interval.low < known.estimate < known.interval.high
    assert known.null.p <= 0.05
    assert known.tags["covariates"] == GENE_LEVEL
    assert known.tags["unit"] == "A35"
    nothing = tagged["layer 0"]
    assert np.isnan(nothing.estimate)
    assert nothing.interval is None
    rows = result.tables["retained"].set_index("score")
    assert rows.loc["layer 0", "reading"] == UNDEFINED
    assert any("not applicable" in n for n in result.notes)


def test_explained_variance_is_told_for_every_model(result):
    explained = [f for f in result.findings if f.tags["unit"] == "A25"]
    assert {(f.tags["covariates"], f.tags["model of covariates"]) for f in explained} >= {
        (GENE_LEVEL, "linear"), (GENE_LEVEL, "boosted"), (PAIRWISE, "linear"),
    }  # fmt: skip
    for finding in explained:
        assert finding.interval.low <= finding.estimate <= finding.interval.high
        assert finding.baseline[0] == "|Spearman|"
    assert all(f.kind == "descriptive" for f in result.findings)
    assert len({f.id for f in result.findings}) == len(result.findings)


def test_what_is_left_is_held_against_shuffled_labels(result):
    rows = result.tables["retained"].set_index("score")
    assert rows.loc["layer 1", "p_residual"] == 0.01
    assert rows.loc["layer 0", "p_residual"] > 0.05
    assert abs(rows["null_mean"] - 0.5).max() < 0.02


def test_figures_refer_to_tables_and_results_can_be_written(result, tmp_path):
    from cellglass.runs.result import AnalysisResult

    assert set(result.captions) == set(result.tables)
    assert {f.table for f in result.figures} <= set(result.tables)
    result.write(tmp_path)
    assert AnalysisResult.read(tmp_path).findings == result.findings


def test_the_same_seed_gives_the_same_table(made, quick, result):
    planted = made(1.0)
    settings = quick.model_copy(update={"folds": 5})
    again = judge_residual(planted.held, planted.network, "planted", 3, settings, 1)
    assert again.tables["residual"].equals(result.tables["residual"])


def test_too_few_regulators_are_not_applicable(made, quick):
    planted = made(0.0)
    frame = planted.network.frame
    network = Network.from_frame(frame[frame["source"] == "G1"], name="one")
    found = judge_residual(planted.held, network, "one", 3, quick, 1)
    assert found.verdicts[0].state is State.NOT_APPLICABLE
