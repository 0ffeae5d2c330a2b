"""Regulators one by one: numbers, one-target regulators, and counts beside chance."""

import numpy as np
import pytest
from scipy.stats import mannwhitneyu
from sklearn.metrics import roc_auc_score

from cellglass.regulation.networks.layer_scores import Score
from cellglass.regulation.networks.per_regulator import per_regulator
from cellglass.regulation.networks.recovery import Pairs
from cellglass.runs.sections import StatisticsConfig
from cellglass.stats import bh

R, G = 40, 200
NAMES = tuple(f"G{i}" for i in range(G))
QUICK = StatisticsConfig(draws=99, bootstrap=200)


@pytest.fixture(scope="module")
def problem():
    """Regulators with 1, 2, 5 or 20 targets, popular genes among them."""
    rng = np.random.default_rng(0)
    n_targets = np.array([1, 2, 5, 20] * (R // 4))
    mask = np.ones((R, G), bool)
    mask[np.arange(R), np.arange(R)] = False
    popularity = rng.lognormal(0, 1.0, G)
    labels = np.zeros((R, G), bool)
    for row, n in enumerate(n_targets):
        odds = popularity * mask[row]
        labels[row, rng.choice(G, n, replace=False, p=odds / odds.sum())] = True
    pairs = Pairs(NAMES[:R], NAMES, labels, mask, "n")
    matrices = {
        "knows": 1.0 * labels + rng.normal(size=(R, G)),
        "popular": np.log(popularity) + 0.5 * rng.normal(size=(R, G)),
        "noise": rng.normal(size=(R, G)),
    }
    scores = [Score(n, "candidate", lambda m=m: m) for n, m in matrices.items()]
    return pairs, scores, matrices


@pytest.fixture(scope="module")
def found(problem):
    pairs, scores, _ = problem
    return per_regulator(pairs, scores, settings=QUICK, seed=1, task="t")


def test_each_regulator_has_its_auroc_interval_and_exact_p(problem, found):
    pairs, _, matrices = problem
    table = found.regulators[found.regulators["score"] == "knows"].set_index("regulator")
    assert len(table) == R
    for row in (0, 2, 3):
        inside = pairs.mask[row]
        values, truth = matrices["knows"][row, inside], pairs.labels[row, inside]
        told = table.loc[NAMES[row]]
        assert told["auroc"] == pytest.approx(roc_auc_score(truth, values))
        assert told["n_targets"] == truth.sum()
        p = mannwhitneyu(values[truth], values[~truth], alternative="greater", method="exact")
        assert told["p"] == pytest.approx(p.pvalue)
    assert table["q"].to_numpy() == pytest.approx(bh(table["p"].to_numpy()))
    assert (table["low"].dropna() <= table["auroc"][table["low"].notna()]).all()


def test_one_target_has_no_interval_and_is_counted_apart(found):
    table = found.regulators
    single = table["n_targets"] == 1
    assert table[single][["low", "high"]].isna().all().all()
    assert not table[single]["above"].any()
    assert table[~single]["low"].notna().all()
    counts = found.counts.set_index(["score", "targets"])
    assert counts.loc[("knows", "1 target"), "regulators"] == R // 4
    assert np.isnan(counts.loc[("knows", "1 target"), "above"])
    assert np.isnan(counts.loc[("knows", "1 target"), "expected_by_chance"])
    summary = found.summary.set_index("score")
    assert summary.loc["knows", "with_one_target"] == R // 4
    assert summary.loc["knows", "with_3_targets"] == R // 2
    assert summary.loc["knows", "with_interval"] == 3 * R // 4


def test_two_targets_stand_above_by_chance_and_the_table_says_how_often(found):
    counts = found.counts.set_index(["score", "targets"])
    two = counts.loc[("noise", "2 targets")]
    assert two["expected_by_chance"] > 0.15 * two["regulators"]  # 2.5 % is the nominal share
    many = counts.loc[("noise", "10 or more")]
    assert many["expected_by_chance"] < 0.06 * many["regulators"]


def test_knowledge_is_above_chance_and_noise_is_not(found):
    summary = found.summary.set_index("score")
    assert summary.loc["knows", "interval_above"] > 2 * summary.loc["knows", "expected_by_chance"]
    assert summary.loc["knows", "p_binomial"] < 0.01
    assert summary.loc["knows", "p_degree_adjusted"] <= 0.05
    assert summary.loc["noise", "p_binomial"] > 0.01
    assert summary.loc["noise", "p_degree"] > 0.05
    assert found.shown() == "knows"


def test_shared_popular_targets_deceive_the_binomial_test_and_not_the_degree_null(found):
    row = found.summary.set_index("score").loc["popular"]
    assert row["p_binomial"] < 1e-4
    assert row["p_label_within_regulator"] == 0.01
    assert row["p_degree"] > 0.05
    assert row["mean_degree"] > 3 * row["mean_label_within_regulator"]


def test_nulls_check_themselves(found):
    assert set(found.checks) == {"label within regulator", "degree"}
    assert all(c.passed for c in found.checks.values())
    assert found.checks["degree"].n_draws == 99


def test_classes_cover_all_regulators(found):
    assert found.counts.groupby("score")["regulators"].sum().eq(R).all()
