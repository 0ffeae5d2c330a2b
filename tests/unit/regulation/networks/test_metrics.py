"""Pooled and per-regulator metrics against scikit-learn and by hand."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from cellglass.regulation.networks.metrics import MIN_TARGETS, metrics_table, per_regulator_table
from cellglass.stats import cluster_bootstrap_auroc

R, G = 6, 40


@pytest.fixture
def problem() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels, mask and a score that knows which regulators have many targets, and no pair."""
    rng = np.random.default_rng(0)
    share = np.array([0.05, 0.1, 0.2, 0.3, 0.4, 0.0])
    labels = rng.random((R, G)) < share[:, None]
    labels[0] = False
    labels[0, :2] = True  # fewer targets than count for the mean over regulators
    mask = rng.random((R, G)) < 0.9
    labels &= mask
    return labels, mask, share[:, None] + 0.001 * rng.normal(size=(R, G)).round(1)


def table(labels, mask, score):
    bootstrap = cluster_bootstrap_auroc(
        [score[mask]], labels[mask], np.nonzero(mask)[0], draws=100, seed=1, task="t", names=["s"]
    )
    return metrics_table(labels, mask, [("s", "candidate", score)], bootstrap).iloc[0]


def test_pooled_metrics_equal_scikit_learn(problem):
    labels, mask, score = problem
    row = table(*problem)
    assert row["auroc"] == pytest.approx(roc_auc_score(labels[mask], score[mask]))
    assert row["auprc"] == pytest.approx(average_precision_score(labels[mask], score[mask]))
    assert row["base_rate"] == pytest.approx(labels[mask].mean())
    assert row["auroc_low"] <= row["auroc"] <= row["auroc_high"]
    assert (row["n_pairs"], row["n_positives"]) == (mask.sum(), labels.sum())
    assert row["n_regulators"] == 5


def test_the_mean_over_regulators_is_another_statistic(problem):
    labels, mask, score = problem
    row = table(*problem)
    alone = [
        roc_auc_score(labels[i, mask[i]], score[i, mask[i]])
        for i in range(R)
        if labels[i].sum() >= MIN_TARGETS
    ]
    assert len(alone) == 4
    assert row["auroc_per_regulator"] == pytest.approx(np.mean(alone))
    assert row["auroc"] > 0.7 > 0.6 > row["auroc_per_regulator"]


def test_top_k_by_hand(problem):
    labels, mask, _ = problem
    exact = np.where(labels, 1.0, 0.0)  # every edge first
    row = table(labels, mask, exact)
    n = int(labels.sum())
    precision, recall = n / 100, 1.0
    assert n < 100
    assert row["f1_top_100"] == pytest.approx(2 * precision * recall / (precision + recall))
    assert row["early_precision_ratio"] == pytest.approx(1 / labels[mask].mean())
    assert "f1_top_500" not in row.index  # more than there are pairs


def test_each_regulator_has_its_row(problem):
    labels, mask, score = problem
    found = per_regulator_table(labels, mask, score, [f"R{i}" for i in range(R)])
    assert set(found["regulator"]) == {"R0", "R1", "R2", "R3", "R4"}  # R5 has no target
    assert found["n_targets"].is_monotonic_decreasing
    for _, row in found.iterrows():
        i = int(row["regulator"][1])
        assert row["n_targets"] == labels[i].sum()
        assert row["auroc"] == pytest.approx(roc_auc_score(labels[i, mask[i]], score[i, mask[i]]))
