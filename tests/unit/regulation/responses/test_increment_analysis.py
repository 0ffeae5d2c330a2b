import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import average_precision_score, roc_auc_score

from cellglass.regulation.responses.increment_analysis import POWER, WHAT, judge_increment
from cellglass.regulation.responses.increments import (
    BASE,
    BOTH,
    COEXPRESSED,
    OVER,
    PAIRWISE,
    SCORE,
    held_out_predictions,
)
from cellglass.stats import State, boosted_classifier
from cellglass.stats.row_auroc import row_auroc


@pytest.fixture(scope="module", autouse=True)
def few_trees():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(boosted_classifier, "TREES", 20)
        yield


@pytest.fixture(scope="module")
def judged(world):
    return world(2.0, network=True).judged


@pytest.fixture(scope="module")
def result(judged):
    return judge_increment(judged)


@pytest.fixture(scope="module")
def table(result):
    return result.tables["increments"].set_index(["model", "new", "features"])


def test_rows_are_the_held_out_metrics_of_every_model_split_and_feature_set(judged, table):
    held = held_out_predictions(
        judged.scored, models=("logistic",), folds=3, joint_folds=2, seed=1,
        task=judged.task("increment"),
    )  # fmt: skip
    pairs = judged.scored.pairs
    assert len(table) == 9 + 4 + 2 * (7 + 4)
    for h in held:
        for name, odds in h.odds.items():
            row = table.loc[("logistic", WHAT[h.split], name)]
            by_row = [roc_auc_score(pairs.labels[p, pairs.mask[p]], odds[p, pairs.mask[p]])
                      for p in range(pairs.n)]  # fmt: skip
            assert row["auroc"] == pytest.approx(np.mean(by_row))
            y, x = pairs.labels[pairs.mask], odds[pairs.mask]
            assert row["auroc_pooled"] == pytest.approx(roc_auc_score(y, x))
            assert row["auprc_pooled"] == pytest.approx(average_precision_score(y, x))
            folds = h.fold[pairs.mask]
            within = [roc_auc_score(y[folds == f], x[folds == f]) for f in np.unique(folds)]
            assert row["auroc_folds"] == pytest.approx(np.mean(within))
            assert row["base_rate"] == pytest.approx(
                (pairs.labels.sum(1) / pairs.mask.sum(1)).mean()
            )
            assert row["n_pairs"] == pairs.mask.sum()
            assert row["n_positives"] == pairs.labels.sum()


def test_gains_are_paired_by_perturbation(judged, table):
    held = held_out_predictions(
        judged.scored, models=("logistic",), splits=("target",), folds=3, joint_folds=2, seed=1,
        task=judged.task("increment"),
    )[0]  # fmt: skip
    pairs = judged.scored.pairs
    for name, base in ((SCORE, BASE), (BOTH, COEXPRESSED)):
        own, over = (row_auroc(held.odds[n], pairs.labels, pairs.mask) for n in (name, base))
        row = table.loc[("logistic", WHAT["target"], name)]
        assert (row["over"], OVER[name]) == (base, base)
        assert row["gain"] == pytest.approx((own - over).mean())
        assert row["p"] == pytest.approx(stats.wilcoxon(own, over).pvalue)
        half = 1.96 * (own - over).std(ddof=1) / np.sqrt(12)
        assert row["gain_high"] - row["gain_low"] == pytest.approx(2 * half, rel=0.5)
    assert np.isnan(table.loc[("logistic", WHAT["target"], BASE), "gain"])


def test_knowledge_of_pairs_passes_and_rests_on_all_its_findings(result):
    (verdict,) = result.verdicts
    assert verdict.state is State.PASS
    assert "over two models, three splits and two forms of the score (n = 12" in verdict.sentence
    deciding = {f.id for f in result.findings if f.tags.get("criterion") == "C2"}
    assert set(verdict.finding_ids) == deciding
    assert len(deciding) == 12
    # two models, three splits, two forms, three metrics; three nulls
    assert len(verdict.reasons) == 36 + 3
    assert verdict.would_change == ()
    confirmatory = [f for f in result.findings if f.kind == "confirmatory"]
    assert {f.id for f in confirmatory} == deciding
    assert {f.unit for f in result.findings} == {"perturbation"}


@pytest.mark.parametrize("usual", [0.0, 4.0])
def test_noise_and_prominence_of_targets_never_pass(world, usual):
    """A score of responsive genes adds to mean, variance and detection; its pairwise part not."""
    (verdict,) = judge_increment(world(0.0, usual=usual).judged).verdicts
    assert verdict.state in (State.FAIL, State.INCONCLUSIVE)


def test_regulators_and_others_apart(judged, result):
    strata = result.tables["strata"]
    assert set(strata["features"]) == {SCORE, PAIRWISE}
    assert strata.groupby("perturbations_of")["n_perturbations"].first().to_dict() == {
        "other genes": 6, "regulators": 6,
    }  # fmt: skip
    found = [f for f in result.findings if f.tags["unit"] == "A37"]
    assert len(found) == len(strata) == 24
    assert {f.kind for f in found} == {"descriptive"}
    row = strata[(strata["model"] == "logistic") & (strata["new"] == WHAT["perturbation"])
                 & (strata["features"] == SCORE)].set_index("perturbations_of")  # fmt: skip
    held = held_out_predictions(
        judged.scored, models=("logistic",), splits=("perturbation",), folds=3, joint_folds=2,
        seed=1, task=judged.task("increment"),
    )[0]  # fmt: skip
    pairs = judged.scored.pairs
    gain = (row_auroc(held.odds[SCORE], pairs.labels, pairs.mask)
            - row_auroc(held.odds[BASE], pairs.labels, pairs.mask))  # fmt: skip
    inside = np.isin(pairs.perturbations, [f"G{i}" for i in range(6)])
    assert row.loc["regulators", "gain"] == pytest.approx(gain[inside].mean())
    assert row.loc["other genes", "gain"] == pytest.approx(gain[~inside].mean())


def test_units_and_tags(result):
    by_unit = {}
    for f in result.findings:
        by_unit.setdefault(f.tags["unit"], []).append(f)
    assert set(by_unit) == {"A36", "A37", "A40"}
    assert {(f.tags["model_of_responses"], f.tags["split"]) for f in by_unit["A36"]} == {
        ("logistic", "perturbation")
    }
    assert len({f.id for f in result.findings}) == len(result.findings)


def test_power_is_told_at_the_level_of_perturbations(judged, result):
    held = held_out_predictions(
        judged.scored, models=("logistic",), splits=("perturbation",), folds=3, joint_folds=2,
        seed=1, task=judged.task("increment"),
    )[0]  # fmt: skip
    pairs = judged.scored.pairs
    gain = (row_auroc(held.odds[PAIRWISE], pairs.labels, pairs.mask)
            - row_auroc(held.odds[BASE], pairs.labels, pairs.mask))  # fmt: skip
    detectable = POWER * gain.std(ddof=1) / np.sqrt(12)
    assert any(f"a gain of {detectable:.4f} AUROC" in n for n in result.notes)
    assert pytest.approx(stats.norm.ppf(0.975) + stats.norm.ppf(0.8), abs=1e-3) == POWER


def test_the_figure_shows_the_margin(result, judged):
    (figure,) = result.figures
    assert (figure.function, figure.options) == ("split_forest", {"margin": judged.settings.margin})


def test_too_few_genes_for_a_recall_are_no_error(world):
    """No perturbation has more than 10 genes to rank: the rest is judged, and that is said."""
    w = world(2.0)
    import pandas as pd

    from cellglass.data import EdgeTable
    from cellglass.models.fixed_edges import FixedEdges

    truth = w.truth[:6]
    many = np.argsort(-truth.sum(0))[:10]
    scores = w.held.edges.candidate("score").scores[:6][:, many]
    names = tuple(f"G{g}" for g in many)
    w.held.edges = FixedEdges(EdgeTable(scores, tuple(f"G{i}" for i in range(6)), names), "score")
    w.held.genes = w.held.genes.iloc[many].reset_index(drop=True)
    w.held.expression = w.held.expression[:, many]
    result = judge_increment(w.judged)
    assert isinstance(result.tables["increments"], pd.DataFrame)
    assert any("recall confirms nothing" in n for n in result.notes)
    assert result.tables["increments"]["gain_recall"].isna().all()
    assert result.verdicts[0].state in State


def test_too_few_perturbations_are_not_applicable(world):
    result = judge_increment(world(sources=("G1",)).judged)
    assert result.verdicts[0].state is State.NOT_APPLICABLE
    assert result.findings == []
