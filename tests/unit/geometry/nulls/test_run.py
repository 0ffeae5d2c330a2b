"""One functional for the data and for the draws of every family."""

import numpy as np
import pytest

from cellglass.errors import InputError, ResourceError
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.nulls.descriptor_shuffle import DescriptorShuffle
from cellglass.geometry.nulls.feature_shuffle import FeatureShuffle
from cellglass.geometry.nulls.run import (
    null_draws,
    null_families,
    observed_data,
    one_draw,
    replacing,
)
from cellglass.seeds import generator
from cellglass.stats import auroc
from cellglass.stats.nulls import LabelPermutation, NullScorer, null_distribution
from cellglass.stats.permutation import attainable_p, permutation_test

RNG = np.random.default_rng(0)
MASK = RNG.random((10, 40)) < 0.9
LABELS = MASK & (RNG.random(MASK.shape) < 0.15)
SCORE = RNG.normal(size=MASK.shape) + 1.0 * LABELS


def area(labels):
    return float(auroc(SCORE[MASK], labels[MASK]))


def test_draws_of_labels_are_those_of_the_engine():
    null = LabelPermutation(LABELS, MASK)
    found = null_draws(area, null, draws=150, seed=3, task="t")
    engine = null_distribution(NullScorer([SCORE], LABELS, MASK), null, draws=150, seed=3, task="t")
    assert found.values == pytest.approx(engine.draws[0], abs=1e-12)
    assert found.result.p == engine.distributions[0].p == attainable_p(150)
    assert found.check.passed


def test_draws_do_not_depend_on_how_they_are_asked_for():
    null = DescriptorShuffle(SCORE[MASK])
    truth = LABELS[MASK]

    def statistic(values):
        return values[truth].mean()

    values = null_draws(statistic, null, draws=25, seed=1, task="t", batch=10).values
    by_hand = []
    for batch in range(3):
        rng = generator(1, f"t/{batch}")
        by_hand += [statistic(null.draw(rng)) for _ in range(10)]
    assert np.array_equal(values, by_hand[:25])


def test_another_functional_for_the_observed_value_is_refused():
    null = LabelPermutation(LABELS, MASK)
    value = area(LABELS)
    assert null_draws(area, null, draws=9, seed=1, task="t", observed=value).observed == value
    with pytest.raises(InputError, match="one functional") as told:
        null_draws(area, null, draws=9, seed=1, task="t", observed=value - 0.5)
    assert f"{value:.9g}" in str(told.value)
    assert "null 'label'" in str(told.value)


def test_stopping_is_that_of_the_permutation_test():
    null = LabelPermutation(LABELS, MASK)
    noise = RNG.normal(size=MASK.shape)

    def statistic(labels):
        return float(auroc(noise[MASK], labels[MASK]))

    found = null_draws(statistic, null, draws=500, seed=2, task="t", stop_after=5, batch=20)
    engine = permutation_test(
        statistic(LABELS),
        lambda rng, n: [statistic(one_draw(null, rng)) for _ in range(n)],
        draws=500, seed=2, task="t", stop_after=5, batch=20,
    )  # fmt: skip
    assert found.result == engine
    assert found.result.stopped
    assert found.values.size == found.result.draws < 500
    assert (found.values >= found.observed).sum() == 5


def test_a_null_of_other_data_is_refused():
    with pytest.raises(InputError, match="one functional"):
        null_families(
            lambda score: float(auroc(score[MASK], LABELS[MASK])),
            {"score": SCORE},
            {"scores": ("score", DescriptorShuffle(SCORE[::-1]))},
            draws=9, seed=1, task="t",
        )  # fmt: skip


def test_data_of_each_kind_of_null():
    cloud = PointCloud.of(RNG.normal(size=(9, 2)))
    for null, data in (
        (LabelPermutation(LABELS, MASK), LABELS),
        (FeatureShuffle(cloud), cloud),
        (DescriptorShuffle(SCORE), SCORE),
    ):
        held = observed_data(null)
        assert held is data or np.array_equal(held, data)
        drawn = one_draw(null, np.random.default_rng(0))
        assert type(drawn) is type(held)
        assert len(drawn) == len(held)
    found = null_draws(len, FeatureShuffle(cloud), draws=3, seed=1, task="t")
    assert found.check.passed
    assert found.check.mean_changed > 0.5


def test_replacing_leaves_the_other_inputs():
    assert replacing(lambda a, b: 10 * a + b, {"a": 1, "b": 2}, "b")(7) == 17.0


def test_refuses():
    null = DescriptorShuffle(SCORE)
    with pytest.raises(InputError, match="the statistic is nan"):
        null_draws(lambda s: np.nan, null, draws=3, seed=1, task="t")
    with pytest.raises(InputError, match="draw 0"):
        null_draws(lambda s: 1.0 if s is null.observed else np.inf, null, draws=3, seed=1, task="t")
    with pytest.raises(ResourceError, match="19"):
        null_draws(lambda s: 1.0, null, draws=5, seed=1, task="t", level=0.05)
    with pytest.raises(InputError, match="no null"):
        null_families(lambda: 1.0, {}, {}, draws=3, seed=1, task="t")
    with pytest.raises(InputError, match="redraws z"):
        null_families(lambda x: 1.0, {"x": SCORE}, {"f": ("z", null)}, draws=3, seed=1, task="t")
