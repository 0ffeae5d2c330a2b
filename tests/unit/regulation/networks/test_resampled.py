import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from cellglass.regulation.networks.layer_scores import judged_pairs
from cellglass.regulation.networks.resampled import (
    RegulatorBootstrap,
    ends,
    interval_of,
    over,
    span,
    three,
)
from cellglass.stats import auroc_by_group, derived


@pytest.fixture
def boot(made, quick):
    planted = made(0.0)
    pairs, _ = judged_pairs(planted.held, planted.network, "n", 3)
    return RegulatorBootstrap.of(pairs, quick, 1, "t")


def test_pooled_and_mean_are_the_statistics_of_the_house(boot):
    rng = np.random.default_rng(0)
    pairs = boot.pairs
    scores = pairs.labels + rng.normal(size=pairs.labels.shape)
    truth, values = pairs.labels[pairs.mask], scores[pairs.mask]
    pooled = boot.pooled(scores)
    assert pooled.estimates[0] == pytest.approx(roc_auc_score(truth, values))
    assert np.array_equal(pooled.draws, boot.pooled_values(values).draws)
    by = auroc_by_group(values, truth, pairs.groups, 3)
    found = boot.by_regulator(scores)
    assert found[by.groups_used] == pytest.approx(by.values)
    assert boot.mean(found).estimates[0] == pytest.approx(by.mean)
    assert boot.mean(np.where(np.arange(16) == 2, 0.5, np.nan)) is None


def test_a_gain_over_less_than_chance_is_counted_from_chance(boot):
    rng = np.random.default_rng(0)
    labels = boot.pairs.labels
    score = boot.pooled(rng.normal(size=labels.shape))
    useless = boot.pooled(-1.0 * labels + rng.normal(size=labels.shape))
    assert useless.estimates[0] < 0.4
    plain = derived("difference", np.subtract, score, useless)
    assert plain.interval().low > 0  # noise "beats" the useless baseline
    gain = over(score, useless)
    assert gain.estimates[0] == score.estimates[0] - 0.5
    assert not gain.interval().excludes(0.0)
    good = boot.pooled(labels + rng.normal(size=labels.shape))
    assert np.array_equal(
        over(score, good).draws, derived("difference", np.subtract, score, good).draws
    )


def test_what_has_no_interval_is_nan(boot):
    none = boot.resamples.mean(np.where(np.arange(16) == 2, 0.5, np.nan))
    assert interval_of(none) is None
    assert interval_of(None) is None
    assert ends(none)[0] == 0.5
    assert np.isnan(ends(none)[1:]).all()
    assert np.isnan(ends(None)).all()
    assert list(three("x", None)) == ["x", "x_low", "x_high"]
    assert span(float("nan"), 0.5, 9) is None
    assert span(0.4, 0.5, 9).n == 9
