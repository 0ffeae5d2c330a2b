"""Ranking of units by their tie to a label, and random units like them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from cellglass.concepts.statistics.unit_choice import label_scores, matched_units, strongest
from cellglass.errors import InputError
from cellglass.stats.auroc import auroc


@pytest.fixture
def data() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    positive = rng.random(90) < 0.3
    z = np.maximum(rng.normal(size=(90, 300)), 0)
    z[positive, 7] += 2
    z[positive, 8] = 0
    z[:, 9] = 0.1
    return z, positive


def test_mean_difference_is_the_slow_one(data):
    z, positive = data
    slow = [(c[positive].mean() - c[~positive].mean()) / c.std() if np.ptp(c) else 0.0 for c in z.T]
    np.testing.assert_allclose(label_scores(z, positive), slow, atol=1e-10)


def test_auroc_is_the_slow_one(data):
    z, positive = data
    slow = [2 * auroc(c, positive) - 1 for c in z.T]
    np.testing.assert_allclose(label_scores(z, positive, "auroc"), slow, atol=1e-12)


@pytest.mark.parametrize("how", ["mean difference", "auroc"])
def test_sparse_codes_score_as_dense_ones(data, how):
    z, positive = data
    np.testing.assert_allclose(
        label_scores(sparse.csr_matrix(z), positive, how), label_scores(z, positive, how), atol=1e-9
    )


def test_strongest_takes_either_sign_unless_told(data):
    z, positive = data
    scores = label_scores(z, positive)
    assert set(strongest(scores, 2).tolist()) == {7, 8}
    assert strongest(scores, 1, signed=True).tolist() == [7]
    assert 8 not in strongest(scores, 299, signed=True)


def test_constant_units_have_no_tie(data):
    z, positive = data
    assert label_scores(z, positive)[9] == 0.0
    assert label_scores(sparse.csr_matrix(z), positive)[9] == 0.0


@pytest.mark.parametrize(("positive", "how"), [(np.zeros(4, bool), "auroc"), (np.eye(4)[0], "f1")])
def test_what_cannot_be_ranked_is_refused(positive, how):
    with pytest.raises(InputError):
        label_scores(np.ones((4, 2)), positive.astype(bool), how)


def test_matched_units_are_others_of_like_activity():
    activity = np.arange(200.0)
    chosen = np.array([10, 11, 150])
    rng = np.random.default_rng(0)
    sets = [matched_units(chosen, activity, rng, pool=8) for _ in range(50)]
    for drawn in sets:
        assert len(set(drawn.tolist())) == 3
        assert not set(drawn.tolist()) & {10, 11, 150}
        assert (np.abs(activity[drawn] - activity[chosen]) <= 10).all()
    assert len({tuple(s) for s in sets}) > 20


def test_too_few_others_are_refused():
    with pytest.raises(InputError, match="2 others"):
        matched_units(np.arange(3), np.ones(5), np.random.default_rng(0))
