import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from cellglass.regulation.responses.increments import BASE, BOTH, COEXPRESSED, PAIRWISE, SCORE
from cellglass.regulation.responses.matching import match_responders
from cellglass.regulation.responses.matching_analysis import PROPENSITY, judge_matched
from cellglass.stats import State


@pytest.fixture(scope="module")
def judged(world):
    return world(2.0, network=True).judged


@pytest.fixture(scope="module")
def result(judged):
    return judge_matched(judged)


def test_every_ranking_on_the_matched_pairs(judged, result):
    scored = judged.scored
    matched = match_responders(scored.pairs, dict(scored.baselines))
    table = result.tables["matched"].set_index("score")
    for name, matrix in {"score": scored.candidates["score"], **scored.baselines,
                         PROPENSITY: matched.propensity}.items():  # fmt: skip
        by_row = [roc_auc_score(scored.pairs.labels[p, m], matrix[p, m])
                  for p, m in enumerate(matched.mask)]  # fmt: skip
        assert table.loc[name, "auroc"] == pytest.approx(np.mean(by_row))
    assert (table["n_perturbations"] == 12).all()


def test_what_single_genes_still_tell_stands_beside_the_score(result):
    """Matching leaves some of it; 0.5 would be the wrong thing to compare with."""
    table = result.tables["matched"].set_index("score")
    finding = next(f for f in result.findings if f.tags["score"] == "score")
    assert finding.baseline == (PROPENSITY, pytest.approx(table.loc[PROPENSITY, "auroc"]))
    assert (finding.unit, finding.n, finding.tags["unit"]) == ("perturbation", 12, "A44")
    assert {f.tags["score"]: f.kind for f in result.findings} == {
        "score": "confirmatory", "|Spearman|": "descriptive",
    }  # fmt: skip


def test_balance_is_checked_and_imbalance_is_told(judged, result):
    balance = result.tables["balance"].set_index("covariate")
    (check,) = result.checks
    balanced = (balance["after"].abs() < 0.1).all()
    assert (check.code, check.state) == ("B6", "passed" if balanced else "failed")
    assert not balanced
    assert balance["after"].abs().idxmax() in check.detail
    assert any("Matching did not reach balance" in n for n in result.notes)


def test_models_on_matched_pairs(result, judged):
    table = result.tables["matched_models"].set_index("features")
    assert list(table.index) == [BASE, SCORE, PAIRWISE, COEXPRESSED, BOTH]
    assert table.loc[SCORE, "gain"] == pytest.approx(
        table.loc[SCORE, "auroc"] - table.loc[BASE, "auroc"]
    )
    assert table.loc[SCORE, "gain_low"] > 0.1  # it does know pairs
    assert np.isnan(table.loc[BASE, "gain"])


def test_direct_targets_of_the_network(judged, result):
    table = result.tables["direct_targets"].set_index("score")
    pairs = judged.scored.pairs
    listed = judged.network.matrix(pairs.perturbations, pairs.genes) & pairs.mask
    rows = np.flatnonzero(listed.sum(1) >= 3)
    assert table.loc["score", "n_regulators"] == len(rows) == 6
    assert table.loc["score", "n_targets"] == listed[rows].sum()
    matrix = judged.scored.candidates["score"]
    by_row = [roc_auc_score(listed[p, pairs.mask[p]], matrix[p, pairs.mask[p]]) for p in rows]
    assert table.loc["score", "auroc"] == pytest.approx(np.mean(by_row))
    assert table.loc["score", "auroc_low"] < np.mean(by_row) < table.loc["score", "auroc_high"]


def test_without_a_network_there_are_no_direct_targets(world):
    assert "direct_targets" not in judge_matched(world().judged).tables


def test_doubles_are_no_regulator_of_a_network(world):
    rule = world().judged.responses.model_copy(update={"doubles": "mean"})
    result = judge_matched(world(1.0, network=True, rule=rule).judged)
    table = result.tables["direct_targets"].set_index("score")
    assert table.loc["score", "n_regulators"] == 6


def test_what_coexpression_does_not_rank_is_left_out_of_its_row_alone(world):
    sources = ("G0", "G1", "G2", "G3", "UNMEASURED")
    table = judge_matched(world(1.0, sources=sources).judged).tables["matched"].set_index("score")
    assert table.loc["score", "n_perturbations"] == 5
    assert table.loc["|Spearman|", "n_perturbations"] == 4


def test_too_few_perturbations_are_not_applicable(world):
    result = judge_matched(world(sources=("G1",)).judged)
    assert result.verdicts[0].state is State.NOT_APPLICABLE
