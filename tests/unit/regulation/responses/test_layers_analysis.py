import numpy as np
import pytest
from scipy import stats

from cellglass.regulation.responses.layers_analysis import judge_layers
from cellglass.stats import State


@pytest.fixture(scope="module")
def judged(world):
    return world(1.5, kind="model", untrained=True).judged


@pytest.fixture(scope="module")
def result(judged):
    return judge_layers(judged)


def test_the_full_profile(judged, result):
    table = result.tables["layers"].set_index("score")
    scored = judged.scored
    assert list(table.index) == ["layer 0", "layer 1", "layer 2"]
    other = scored.values("|Spearman|")
    for name in table.index:
        values, row = scored.values(name), table.loc[name]
        assert row["auroc"] == pytest.approx(values.mean())
        assert row["difference"] == pytest.approx((values - other).mean())
        p = stats.wilcoxon(values, other).pvalue
        assert row["p"] == pytest.approx(p)
        assert row["p_adjusted"] == pytest.approx(min(1.0, 3 * p))
        assert row["untrained"] == pytest.approx(scored.values(f"untrained: {name}").mean())
        assert row["chosen_in_folds"] == scored.choice.counts.get(name, 0)
    assert table["chosen_in_folds"].sum() == 3


def test_the_number_to_quote_is_the_held_out_one(judged, result):
    (finding,) = result.findings
    scored = judged.scored
    own, other = scored.nested, scored.values("|Spearman|")
    assert finding.estimate == pytest.approx((own - other).mean())
    assert finding.p == pytest.approx(min(1.0, 3 * stats.wilcoxon(own, other).pvalue))
    assert finding.interval.low > 0
    assert (finding.unit, finding.n, finding.tags["unit"]) == ("perturbation", 12, "A34")
    d = (own - other).mean() / (own - other).std(ddof=1)
    assert finding.tags["d"] == f"{d:.3f}"
    assert {c.code: c.state for c in result.checks} == {"S2": "passed"}


def test_the_best_of_layers_that_know_nothing_is_not_the_held_out_value(world):
    """Over screens of noise the best row of the profile is optimistic, the nested value is not."""
    best, nested = [], []
    for seed in range(40):
        scored = world(0.0, kind="model", seed=seed).judged.scored
        best.append(max(scored.values(n).mean() for n in scored.candidates))
        nested.append(scored.nested.mean())
    assert np.mean(best) > 0.5 + 4 * np.std(best) / np.sqrt(40)
    assert abs(np.mean(nested) - 0.5) < 3 * np.std(nested) / np.sqrt(40)


def test_an_unstable_choice_is_told(world):
    told = [judge_layers(world(0.0, kind="model", seed=s).judged).notes[-1] for s in range(6)]
    assert any(n.endswith(": the choice is not stable.") for n in told)
    knows = judge_layers(world(2.0, kind="model").judged).notes[-1]
    assert knows == "The best layer of the profile is layer 2; layer 2, chosen in 3 of 3 folds."


def test_without_coexpression_the_value_itself_is_described(world):
    sources = ("G0", "UNMEASURED")
    rule = world().judged.responses.model_copy(update={"min_perturbations": 2})
    (finding,) = judge_layers(world(1.0, kind="model", sources=sources, rule=rule).judged).findings
    assert finding.kind == "descriptive"
    assert finding.statistic == "mean AUROC over perturbations"
    assert np.isnan(finding.p)
    assert finding.n == 2


def test_a_table_has_no_layers(world):
    (verdict,) = judge_layers(world().judged).verdicts
    assert verdict.state is State.NOT_APPLICABLE
    assert "the subject has one score, and so no layer to choose" in verdict.sentence
