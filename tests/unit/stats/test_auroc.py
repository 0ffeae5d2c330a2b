import math

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from cellglass.errors import InputError
from cellglass.stats import auroc, auroc_by_group


def by_counting(scores, labels):
    positives, negatives = scores[labels], scores[~labels]
    wins = (positives[:, None] > negatives).sum() + 0.5 * (positives[:, None] == negatives).sum()
    return wins / (positives.size * negatives.size)


@pytest.mark.parametrize("distinct", [2, 5, 10_000])
def test_equals_counting_pairs_and_sklearn(distinct):
    rng = np.random.default_rng(distinct)
    scores = rng.integers(distinct, size=300).astype(float)
    labels = rng.random(300) < 0.2
    assert auroc(scores, labels) == pytest.approx(by_counting(scores, labels), abs=1e-15)
    assert auroc(scores, labels) == pytest.approx(roc_auc_score(labels, scores), abs=1e-12)


def test_constant_score_is_exactly_one_half():
    assert auroc(np.zeros(7), np.arange(7) < 3) == 0.5


def test_order_of_items_does_not_change_a_bit():
    rng = np.random.default_rng(0)
    scores, labels = rng.normal(size=1000), rng.random(1000) < 0.1
    order = rng.permutation(1000)
    assert auroc(scores, labels) == auroc(scores[order], labels[order])


def test_reversing_the_score_reflects_the_area():
    rng = np.random.default_rng(1)
    scores, labels = rng.integers(4, size=50).astype(float), rng.random(50) < 0.4
    assert auroc(scores, labels) + auroc(-scores, labels) == pytest.approx(1.0, abs=1e-15)


@pytest.mark.parametrize("labels", [np.zeros(3, bool), np.ones(3, bool)])
def test_one_class_gives_nan(labels):
    assert math.isnan(auroc(np.arange(3.0), labels))


def test_by_group_equals_each_group_alone():
    rng = np.random.default_rng(2)
    groups = np.repeat(["a", "b", "c", "d"], [40, 30, 20, 5])
    scores, labels = rng.integers(6, size=95).astype(float), rng.random(95) < 0.3
    labels[-5:] = [True, False, False, False, False]  # d: too few positives
    labels[70:90] = True  # c: no negative
    found = auroc_by_group(scores, labels, groups)
    assert found.groups_used.tolist() == ["a", "b"]
    assert found.groups_skipped.tolist() == ["c", "d"]
    for group, value, positives in zip(
        found.groups_used, found.values, found.n_positives, strict=True
    ):
        inside = groups == group
        assert value == pytest.approx(roc_auc_score(labels[inside], scores[inside]), abs=1e-12)
        assert positives == labels[inside].sum()
    assert found.mean == pytest.approx(found.values.mean())


def test_min_positives_is_inclusive():
    scores, labels = np.arange(6.0), np.array([0, 1, 1, 1, 0, 0])
    assert auroc_by_group(scores, labels, np.zeros(6), min_positives=3).values.size == 1
    assert math.isnan(auroc_by_group(scores, labels, np.zeros(6), min_positives=4).mean)
    with pytest.raises(InputError):
        auroc_by_group(scores, labels, np.zeros(6), min_positives=0)


def test_pooled_and_by_group_differ_where_groups_differ_in_level():
    # A score that only knows which group is rich in positives: pooled high, within groups 0.5.
    groups = np.repeat([0, 1], 50)
    labels = np.r_[np.arange(50) < 25, np.arange(50) < 5]
    scores = 1.0 - groups
    assert auroc(scores, labels) > 0.65
    assert auroc_by_group(scores, labels, groups).mean == 0.5
