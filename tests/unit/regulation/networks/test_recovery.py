"""The whole battery on made-up scores: what passes, what does not, and what is written down."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from cellglass.errors import InputError, NetworkError
from cellglass.regulation.networks.baselines import GeneStatistics
from cellglass.regulation.networks.recovery import Pairs, Recovery, evaluate_recovery, with_edges
from cellglass.runs.sections import StatisticsConfig
from cellglass.stats import State

R, G = 24, 120
QUICK = StatisticsConfig(draws=99, bootstrap=200)
NAMES = tuple(f"G{i}" for i in range(G))


def universe(seed: int = 0) -> tuple[Pairs, GeneStatistics, np.random.Generator]:
    rng = np.random.default_rng(seed)
    labels = rng.random((R, G)) < 0.08
    mask = rng.random((R, G)) < 0.95
    mask[np.arange(R), np.arange(R)] = False
    features = pd.DataFrame(
        {"mean": rng.uniform(1, 2, G), "variance": rng.uniform(1, 2, G),
         "detection": rng.uniform(0.5, 1, G)}, index=list(NAMES),
    )  # fmt: skip
    pairs = Pairs(NAMES[:R], NAMES, labels, mask, "made up", rng.poisson(3, G).astype(float))
    return pairs, GeneStatistics.of(features, NAMES[:R], NAMES), rng


@pytest.fixture(scope="module")
def knows() -> Recovery:
    """One of six candidates knows the pairs; a reference knows them a little."""
    pairs, statistics, rng = universe()
    candidates = {f"layer {i}": rng.normal(size=(R, G)) for i in range(6)}
    candidates["layer 4"] = 1.5 * pairs.labels + rng.normal(size=(R, G))
    weak = 0.5 * pairs.labels + rng.normal(size=(R, G))
    untrained = {f"layer {i}": rng.normal(size=(R, G)) for i in range(2)}
    return evaluate_recovery(
        pairs, candidates, statistics, settings=QUICK, seed=3, subject="Attention of M",
        references={"|Spearman|": {"|Spearman|": weak}, "untrained": untrained},
        tags={"model": "M"},
    )  # fmt: skip


def test_knowledge_passes_and_the_score_is_named(knows):
    assert knows.verdict.state is State.PASS
    assert knows.chosen == "layer 4"
    assert "layer 4, chosen in 5 of 5 folds" in knows.verdict.sentence
    assert knows.increment.n_groups == R
    assert knows.increment.interval.unit == "regulator"
    assert any("beside it, |Spearman| adds" in r for r in knows.verdict.reasons)


def test_metrics_hold_both_aurocs_and_the_base_rate(knows):
    row = knows.metrics.set_index("score").loc["layer 4"]
    truth = knows.pairs.labels[knows.pairs.mask]
    assert set(knows.metrics["kind"]) == {"candidate", "reference", "baseline"}
    assert row["base_rate"] == pytest.approx(truth.mean())
    assert row["auprc"] > 3 * row["base_rate"]
    assert abs(row["auroc"] - row["auroc_per_regulator"]) < 0.05  # alike here, yet not the same
    assert row["auroc"] != row["auroc_per_regulator"]
    assert {"own column mean", "target out-degree", "untrained: layer 1"} <= set(
        knows.metrics["score"]
    )


def test_one_confirmatory_finding_a_null_and_the_verdict_rests_on_them(knows):
    tests = [f for f in knows.findings if f.kind == "confirmatory"]
    assert [f.tags["null"] for f in tests] == list(knows.nulls.checks)
    assert tuple(f.id for f in tests) == knows.verdict.finding_ids
    assert {f.tags["score"] for f in knows.findings} == {"layer 4", "|Spearman|", "untrained"}
    for f in tests:
        assert f.p == knows.nulls.adjusted("layer 4")[f.tags["null"]]
        assert f.unit == "regulator"
        assert f.n == R
        assert f.increment is not None
        assert f.increment[0] == knows.increment.delta


def test_metrics_against_scikit_learn(knows):
    pairs = knows.pairs
    table = knows.metrics.set_index("score")
    degree = np.tile(pairs.out_degree, (R, 1))[pairs.mask]
    truth = pairs.labels[pairs.mask]
    assert table.loc["target out-degree", "auroc"] == pytest.approx(roc_auc_score(truth, degree))
    assert table.loc["target out-degree", "auprc"] == pytest.approx(
        average_precision_score(truth, degree)
    )


def test_the_best_of_many_noise_scores_gains_nothing():
    """Chosen on all pairs, the best of 200 looks like knowledge; within folds it does not."""
    nested, leaked = [], []
    for seed in (1, 2):
        pairs, statistics, rng = universe(seed)
        candidates = {f"head {i}": rng.normal(size=(R, G)) for i in range(200)}
        found = evaluate_recovery(pairs, candidates, statistics, settings=QUICK, seed=seed)
        assert found.verdict.state is not State.PASS
        assert found.nulls.adjusted(found.chosen)["label"] > 0.05
        scores = found.metrics[found.metrics["kind"] == "candidate"].set_index("score")["auroc"]
        best = {str(scores.idxmax()): candidates[str(scores.idxmax())]}
        again = evaluate_recovery(pairs, best, statistics, settings=QUICK, seed=seed)
        nested.append(found.increment.full_auroc)
        leaked.append(again.increment.full_auroc)
    # Ten covariates that say nothing pull held-out AUROCs somewhat below 0.5, both alike.
    assert np.mean(nested) < 0.515, nested
    assert np.mean(leaked) > np.mean(nested) + 0.015, (nested, leaked)


def test_products_of_gene_effects_do_not_pass():
    """Hubs regulate hubs, and the score is regulator level x gene level: no pair is known."""
    pairs, statistics, rng = universe(5)
    r, c = rng.lognormal(0, 0.7, R), rng.lognormal(0, 0.7, G)
    u, v = np.log(r) - np.log(r).mean(), np.log(c) - np.log(c).mean()
    odds = -2.7 + 0.7 * (u[:, None] + v) + 1.2 * np.outer(u, v)
    labels = rng.random((R, G)) < 1 / (1 + np.exp(-odds))
    pairs = Pairs(pairs.regulators, pairs.genes, labels, pairs.mask, "hubs")
    score = np.outer(r, c) * rng.lognormal(0, 0.1, (R, G))
    found = evaluate_recovery(pairs, {"product": score}, statistics, settings=QUICK, seed=1)
    assert found.nulls.adjusted("product")["label"] <= 0.05
    assert found.metrics["auroc"].iloc[0] > 0.6
    assert found.verdict.state is not State.PASS
    assert not found.increment.adds


def test_edges_that_cannot_be_judged_are_left_out():
    pairs, _, _ = universe()
    kept = with_edges(pairs)
    assert not (kept.labels & ~pairs.mask).any()
    assert kept.labels.sum() == (pairs.labels & pairs.mask).sum() < pairs.labels.sum()
    none = Pairs(pairs.regulators, pairs.genes, ~pairs.mask, pairs.mask, "made up")
    with pytest.raises(NetworkError, match="no edge of made up is left"):
        with_edges(none)


@pytest.mark.parametrize("name", ["target mean", "own column mean", "|Spearman|"])
def test_a_name_that_is_taken_is_refused(name):
    pairs, statistics, rng = universe()
    score = rng.normal(size=(R, G))
    with pytest.raises(InputError, match="two scores are called"):
        evaluate_recovery(
            pairs, {name: score}, statistics, references={"x": {"|Spearman|": score, "b": score},
            "|Spearman|": {"c": score}}, settings=QUICK,
        )  # fmt: skip


def test_the_same_seed_gives_the_same_numbers():
    pairs, statistics, rng = universe()
    score = {"s": pairs.labels + rng.normal(size=(R, G))}
    first, second = (
        evaluate_recovery(pairs, score, statistics, settings=QUICK, seed=9) for _ in range(2)
    )
    pd.testing.assert_frame_equal(first.metrics, second.metrics)
    pd.testing.assert_frame_equal(first.nulls.table, second.nulls.table)
    assert first.verdict == second.verdict


@pytest.mark.parametrize("at_a_time", [1, 7])
def test_how_many_scores_are_resampled_at_a_time_changes_nothing(monkeypatch, at_a_time):
    pairs, statistics, rng = universe()
    candidates = {f"layer {i}": rng.normal(size=(R, G)) for i in range(3)}

    def run():
        return evaluate_recovery(pairs, candidates, statistics, settings=QUICK, seed=1)

    whole = run()
    monkeypatch.setattr("cellglass.regulation.networks.recovery.AT_A_TIME", at_a_time)
    parts = run()
    pd.testing.assert_frame_equal(whole.metrics, parts.metrics)
    np.testing.assert_array_equal(whole.bootstrap.draws, parts.bootstrap.draws)
    assert whole.bootstrap.names == parts.bootstrap.names
