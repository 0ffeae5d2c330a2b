import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score

from cellglass.errors import InputError
from cellglass.seeds import generator
from cellglass.stats import bootstrap_mean, cluster_bootstrap_auroc, mann_whitney_matrix


def example(seed=0, n_groups=9, distinct=8):
    rng = np.random.default_rng(seed)
    groups = rng.integers(n_groups, size=240)
    labels = rng.random(240) < 0.25
    labels[groups == 3] = False  # a regulator without a positive
    scores = rng.integers(distinct, size=240) + labels
    return scores.astype(float), labels, groups


def counted(scores, labels, groups):
    k = groups.max() + 1
    wins = np.zeros((k, k))
    for i in np.flatnonzero(labels):
        for j in np.flatnonzero(~labels):
            wins[groups[i], groups[j]] += (scores[i] > scores[j]) + 0.5 * (scores[i] == scores[j])
    return wins


@pytest.mark.parametrize("distinct", [1, 2, 8, 10_000])
def test_matrix_equals_counting_pairs(distinct):
    scores, labels, groups = example(distinct=distinct)
    assert np.array_equal(
        mann_whitney_matrix(scores, labels, groups), counted(scores, labels, groups)
    )


def test_each_resample_equals_sklearn_on_the_copied_rows():
    scores, labels, groups = example()
    other = np.random.default_rng(9).normal(size=240)
    result = cluster_bootstrap_auroc([scores, other], labels, groups, draws=40, seed=4, task="b")
    weights = generator(4, "b").multinomial(9, np.full(9, 1 / 9), size=40)
    for d in range(40):
        rows = np.concatenate(
            [np.tile(np.flatnonzero(groups == g), weights[d, g]) for g in range(9)]
        ).astype(int)
        for s, score in enumerate((scores, other)):
            expected = roc_auc_score(labels[rows], score[rows])
            assert result.draws[s, d] == pytest.approx(expected, abs=1e-12)
    assert result.estimates == pytest.approx(
        [roc_auc_score(labels, scores), roc_auc_score(labels, other)], abs=1e-12
    )
    assert result.n == 8  # of 9 regulators, one has no positive


def test_differences_are_paired():
    scores, labels, groups = example()
    result = cluster_bootstrap_auroc(
        [scores, scores + 0.0], labels, groups, draws=50, seed=1, task="b", names=["a", "b"]
    )
    same = result.difference(1, 0)
    assert same.names == ("b - a",)
    assert (same.draws == 0).all()
    interval = same.interval(level=0.9)
    assert (interval.low, interval.high, interval.level) == (0.0, 0.0, 0.9)


def test_interval_is_wider_than_the_plain_percentile_by_the_stated_amount():
    scores, labels, groups = example()
    result = cluster_bootstrap_auroc([scores], labels, groups, draws=4000, seed=1, task="b")
    n = result.n
    tail = stats.norm.cdf(-np.sqrt(n / (n - 1)) * stats.t.ppf(0.975, n - 1))
    low, high = np.quantile(result.draws[0], [tail, 1 - tail])
    interval = result.interval()
    assert (interval.low, interval.high) == pytest.approx((low, high))
    assert interval.low < np.quantile(result.draws[0], 0.025)
    assert (interval.unit, interval.n, interval.level) == ("regulator", n, 0.95)


def test_mean_over_units_resamples_units():
    values = np.random.default_rng(0).normal(size=(2, 30))
    result = bootstrap_mean(values, unit="donor", draws=5000, seed=1, task="m")
    assert result.estimates == pytest.approx(values.mean(1))
    assert result.draws.std(1) == pytest.approx(values.std(1) / np.sqrt(30), rel=0.05)
    assert result.interval(1).unit == "donor"
    # Shared resamples: the correlation of the means is that of the values.
    drawn = np.corrcoef(result.draws)[0, 1]
    assert drawn == pytest.approx(np.corrcoef(values)[0, 1], abs=0.05)
    shorter = bootstrap_mean(values, unit="donor", draws=300, seed=1, task="m")
    assert shorter.draws == pytest.approx(result.draws[:, :300], rel=1e-12)


def test_resamples_without_a_positive_are_left_out_and_counted():
    groups = np.repeat(np.arange(6), 10)
    labels = np.zeros(60, bool)
    labels[[0, 1, 10, 11]] = True  # two of six regulators
    scores = np.random.default_rng(0).normal(size=60)
    result = cluster_bootstrap_auroc([scores], labels, groups, draws=2000, seed=1, task="b")
    share = np.isnan(result.draws).mean()
    assert share == pytest.approx((4 / 6) ** 6, abs=0.03)
    assert "resamples" in result.interval().method
    assert f"{np.isfinite(result.draws).sum()} resamples" in result.interval().method


def test_intervals_that_cannot_be_had_are_refused():
    groups = np.repeat(np.arange(20), 5)
    labels = np.zeros(100, bool)
    labels[:2] = True  # one regulator
    scores = np.arange(100.0)
    result = cluster_bootstrap_auroc([scores], labels, groups, draws=50, seed=1, task="b")
    with pytest.raises(InputError, match="1 regulator carries information"):
        result.interval()


def test_wrong_input_is_refused():
    scores, labels, groups = example()
    with pytest.raises(InputError, match="both classes"):
        cluster_bootstrap_auroc([scores], np.zeros(240, bool), groups, draws=9, seed=1, task="b")
    with pytest.raises(InputError, match="2 groups"):
        cluster_bootstrap_auroc([scores], labels, np.zeros(240), draws=9, seed=1, task="b")
    with pytest.raises(InputError, match="different lengths"):
        cluster_bootstrap_auroc([scores, scores[1:]], labels, groups, draws=9, seed=1, task="b")
    with pytest.raises(InputError, match="not finite"):
        bootstrap_mean([1.0, np.nan], unit="donor", draws=9, seed=1, task="b")
    with pytest.raises(InputError, match="names"):
        bootstrap_mean([1.0, 2.0], unit="donor", draws=9, seed=1, task="b", names=["a", "b"])
