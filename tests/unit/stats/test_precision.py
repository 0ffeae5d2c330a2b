import itertools
import math

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from cellglass.errors import InputError
from cellglass.stats import (
    auprc,
    base_rate,
    early_precision_ratio,
    expected_true_positives,
    top_k_f1,
    top_k_true_positives,
)


@pytest.mark.parametrize("distinct", [1, 3, 1000])
def test_auprc_equals_sklearn(distinct):
    rng = np.random.default_rng(distinct)
    scores, labels = rng.integers(distinct, size=200).astype(float), rng.random(200) < 0.15
    assert auprc(scores, labels) == pytest.approx(
        average_precision_score(labels, scores), abs=1e-12
    )


def test_constant_score_has_the_base_rate():
    labels = np.arange(10) < 3
    assert auprc(np.zeros(10), labels) == pytest.approx(0.3)
    assert base_rate(labels) == pytest.approx(0.3)


def over_all_orders(scores, labels, k):
    """Mean number of positives in the top k over every order of equal scores."""
    counts = []
    for order in itertools.permutations(range(len(scores))):
        ranked = sorted(order, key=lambda i: -scores[i])  # stable: ties stay in `order`
        counts.append(sum(labels[i] for i in ranked[:k]))
    return np.mean(counts)


@pytest.mark.parametrize("k", range(1, 7))
def test_ties_are_resolved_by_expectation(k):
    scores = np.array([2.0, 1.0, 1.0, 1.0, 0.0, 0.0])
    labels = np.array([False, True, True, False, True, False])
    expected = over_all_orders(scores, labels, k)
    assert top_k_true_positives(scores, labels, k) == pytest.approx(expected)
    assert top_k_f1(scores, labels, k) == pytest.approx(2 * expected / (k + 3))
    if k == 3:
        assert early_precision_ratio(scores, labels) == pytest.approx(expected / 3 / 0.5)


def test_constant_score_finds_what_chance_finds():
    labels = np.arange(40) < 10
    flat = np.zeros(40)
    for k in (1, 7, 40):
        assert top_k_true_positives(flat, labels, k) == pytest.approx(
            expected_true_positives(labels, k)
        )
    assert early_precision_ratio(flat, labels) == pytest.approx(1.0)


def test_perfect_ranking():
    labels = np.arange(40) < 10
    assert early_precision_ratio(labels * 1.0, labels) == pytest.approx(4.0)
    assert top_k_f1(labels * 1.0, labels, 10) == pytest.approx(1.0)


@pytest.mark.parametrize("k", [0, 5])
def test_k_outside_the_universe_is_refused(k):
    with pytest.raises(InputError, match="k is"):
        top_k_true_positives(np.arange(4.0), np.ones(4, bool), k)


def test_without_positives_the_areas_are_undefined():
    labels = np.zeros(4, bool)
    assert math.isnan(auprc(np.arange(4.0), labels))
    assert math.isnan(early_precision_ratio(np.arange(4.0), labels))
    assert top_k_f1(np.arange(4.0), labels, 2) == 0.0
    with pytest.raises(InputError):
        base_rate([])
