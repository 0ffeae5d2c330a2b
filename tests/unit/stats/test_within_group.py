import math

import numpy as np
import pytest
from scipy.stats import mannwhitneyu
from sklearn.metrics import roc_auc_score

from cellglass.errors import InputError
from cellglass.stats import bootstrap_mean
from cellglass.stats.within_group import bootstrap_within, chance_above, mann_whitney_p


def group(n=12, m=300, shift=0.5, seed=0, ties=False):
    rng = np.random.default_rng(seed)
    scores = np.concatenate([rng.normal(shift, 1, n), rng.normal(0, 1, m)])
    return (np.round(scores, 1) if ties else scores), np.arange(n + m) < n


@pytest.mark.parametrize("ties", [False, True])
def test_draws_have_the_distribution_of_resampled_items(ties):
    scores, labels = group(ties=ties)
    found = bootstrap_within(scores, labels, draws=4000, seed=1, task="t")
    assert found.estimates[0] == pytest.approx(roc_auc_score(labels, scores))
    rng = np.random.default_rng(2)
    oracle = []
    for _ in range(2000):
        taken = np.concatenate([rng.integers(0, 12, 12), rng.integers(12, 312, 300)])
        oracle.append(roc_auc_score(labels[taken], scores[taken]))
    assert found.draws.mean() == pytest.approx(np.mean(oracle), abs=0.006)
    assert found.draws.std() == pytest.approx(np.std(oracle), rel=0.08)
    for q in (0.05, 0.95):
        assert np.quantile(found.draws, q) == pytest.approx(np.quantile(oracle, q), abs=0.015)


def test_the_interval_counts_targets_and_one_target_has_none():
    scores, labels = group(n=4)
    found = bootstrap_within(scores, labels, draws=500, seed=1, task="t")
    assert (found.n, found.interval().unit) == (4, "target")
    scores, labels = group(n=1)
    with pytest.raises(InputError, match="1 target carries information"):
        bootstrap_within(scores, labels, draws=500, seed=1, task="t").interval()


def test_p_is_exact_without_ties_and_the_rank_of_a_single_target():
    scores, labels = group(n=1, m=99)
    rank = int((scores[~labels] >= scores[0]).sum()) + 1
    assert mann_whitney_p(scores, labels) == pytest.approx(rank / 100)
    scores, labels = group(n=6, m=40)
    exact = mannwhitneyu(scores[:6], scores[6:], alternative="greater", method="exact").pvalue
    assert mann_whitney_p(scores, labels) == pytest.approx(exact, rel=1e-12)
    tied, labels = group(n=6, m=40, ties=True)
    normal = mannwhitneyu(tied[:6], tied[6:], alternative="greater", method="asymptotic").pvalue
    assert mann_whitney_p(tied, labels) == normal
    assert mann_whitney_p(np.ones(9), np.arange(9) < 3) == 1.0


@pytest.mark.parametrize(("n", "m"), [(1, 7), (2, 2), (3, 5), (5, 3), (8, 40), (20, 300), (17, 90)])
def test_every_outcome_has_its_exact_p(n, m):
    """Against SciPy's exact distribution, from the least to the most extreme outcome."""
    for shift in (-30.0, -1.0, -0.3, 0.0, 0.2, 0.8, 30.0):
        scores, labels = group(n, m, shift, seed=n + m)
        exact = mannwhitneyu(scores[:n], scores[n:], alternative="greater", method="exact").pvalue
        assert mann_whitney_p(scores, labels) == pytest.approx(exact, rel=1e-9)
    assert mann_whitney_p(*group(n, m, 1e6)) == pytest.approx(1 / math.comb(n + m, n), rel=1e-12)
    assert mann_whitney_p(*group(n, m, -1e6)) == 1.0


def test_exact_and_approximate_p_meet_where_the_one_gives_way_to_the_other():
    scores, labels = group(n=20, m=2000, shift=0.2)
    exact = mann_whitney_p(scores, labels)
    normal = mannwhitneyu(
        scores[:20], scores[20:], alternative="greater", method="asymptotic"
    ).pvalue
    assert exact == pytest.approx(normal, rel=0.02)
    more, labels = group(n=21, m=2000, shift=0.2)
    assert mann_whitney_p(more, labels) == mannwhitneyu(
        more[:21], more[21:], alternative="greater", method="asymptotic"
    ).pvalue  # fmt: skip


@pytest.mark.parametrize("n", [3, 12])
def test_chance_is_what_intervals_of_random_scores_do(n):
    rng = np.random.default_rng(3)
    above = 0
    for k in range(600):
        drawn = bootstrap_within(
            rng.normal(size=n + 400), np.arange(n + 400) < n, draws=300, seed=k, task="t"
        )
        above += drawn.interval().low > 0.5
    assert chance_above(n) == pytest.approx(above / 600, abs=0.03)
    assert chance_above(n) == chance_above(n)


def test_few_targets_stand_above_by_chance_more_often_than_the_level_says():
    assert chance_above(2) > 0.15  # both targets in the upper half: one in four
    assert chance_above(60) < 0.04


def test_wide_intervals_are_those_of_means_over_targets():
    """With many negatives the AUROC is the mean of the targets' shares."""
    rng = np.random.default_rng(4)
    scores, labels = np.concatenate([rng.random(5), np.linspace(0, 1, 4001)]), np.arange(4006) < 5
    found = bootstrap_within(scores, labels, draws=4000, seed=1, task="t").interval()
    mean = bootstrap_mean(scores[:5], unit="target", draws=4000, seed=1, task="t").interval()
    assert (found.low, found.high) == pytest.approx((mean.low, mean.high), abs=0.02)


def test_empty_classes_are_refused():
    for function in (bootstrap_within, mann_whitney_p):
        options = {"draws": 9, "seed": 1, "task": "t"} if function is bootstrap_within else {}
        with pytest.raises(InputError, match="0 positives"):
            function(np.arange(5.0), np.zeros(5, bool), **options)
    with pytest.raises(InputError, match="at least 2"):
        chance_above(1)
