"""Mutual information and entropy against scikit-learn and SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import mutual_info_score

from cellglass.concepts.statistics.information import label_information


@pytest.fixture
def problem() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    labels = rng.choice(list("abcd"), p=[0.6, 0.2, 0.1, 0.1], size=300)
    z = (rng.random((300, 6)) < 0.3) * rng.gamma(1.0, size=(300, 6))
    z[:, 0] = labels == "c"
    z[:, 1] = 0.0
    z[labels == "d", 2] = 1.0
    return z, labels


def test_against_libraries(problem: tuple[np.ndarray, np.ndarray]):
    z, labels = problem
    table = label_information(z, labels)
    for j, row in enumerate(table.itertuples()):
        active = z[:, j] > 0
        expected = mutual_info_score(active, labels) / np.log(2)
        assert row.mutual_information == pytest.approx(expected, abs=1e-12)
        assert row.mi_low <= row.mutual_information <= row.mi_high
        if j == 1:
            assert row.p == 1.0
            assert np.isnan([row.entropy, row.purity]).all()
            assert row.purest_label == ""
            continue
        counts = np.array([(labels[active] == c).sum() for c in "abcd"])
        assert row.entropy == pytest.approx(stats.entropy(counts, base=2))
        assert row.purity == pytest.approx(counts.max() / counts.sum())
        observed = np.array([[((active == a) & (labels == c)).sum() for c in "abcd"]
                             for a in (True, False)])  # fmt: skip
        if j > 2:
            test = stats.chi2_contingency(observed, correction=False, lambda_="log-likelihood")
            assert row.p == pytest.approx(test.pvalue, rel=1e-8)


def test_pure_unit_has_no_entropy(problem: tuple[np.ndarray, np.ndarray]):
    z, labels = problem
    row = label_information(z, labels).iloc[0]
    assert row.entropy == 0.0
    assert (row.purity, row.purest_label) == (1.0, "c")
    assert row.q < 1e-20


def test_balanced_labels_weigh_alike():
    labels = np.repeat(["big", "small"], [900, 100])
    z = np.ones((1000, 1))
    z[::2] = 0.0  # blind to the label
    plain = label_information(z, labels).iloc[0]
    fair = label_information(z, labels, balanced=True).iloc[0]
    assert plain.purity == pytest.approx(0.9)
    assert fair.purity == pytest.approx(0.5)
    assert fair.entropy == pytest.approx(1.0)
    assert plain.p == pytest.approx(fair.p)


def test_intervals_hold_the_truth():
    """Coverage over 300 samples of one population with known entropy and information."""
    rng = np.random.default_rng(2)
    share = {"a": 0.8, "b": 0.3}
    labels = rng.choice(["a", "b"], size=400)
    z = np.stack([(rng.random(400) < [share[c] for c in labels]) * 1.0 for _ in range(300)], axis=1)
    table = label_information(z, labels)
    half = np.mean(labels == "a")
    joint = np.array([[half * 0.8, (1 - half) * 0.3], [half * 0.2, (1 - half) * 0.7]])
    truth = mutual_info_score(
        None, None, contingency=np.rint(joint * 1e6).astype(np.int64)
    ) / np.log(2)
    held = (table.mi_low <= truth) & (truth <= table.mi_high)
    assert 0.9 < held.mean() <= 1.0
    entropy = stats.entropy(joint[0], base=2)
    held = (table.entropy_low <= entropy) & (entropy <= table.entropy_high)
    assert 0.88 < held.mean() <= 1.0
