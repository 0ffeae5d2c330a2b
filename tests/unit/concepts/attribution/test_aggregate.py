from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from cellglass.concepts import AttributionSettings, attribute_shard, plan_attribution
from cellglass.concepts.attribution.aggregate import (
    calibrate,
    predicted,
    score,
    score_interval,
    unit_effects,
)
from cellglass.concepts.attribution.effects import RANDOM, TOP, join_effects

N_GENES = 16


def made(toy, **options):
    plan = plan_attribution(toy.space, toy.units, toy.small(**options))
    return plan, join_effects([attribute_shard(toy.space, toy.units, plan)], len(plan.pairs))


def test_counterfactuals_are_averaged_with_zero_where_genes_agree(mlp):
    plan, effects = made(mlp)
    found = unit_effects(effects, plan, 1, N_GENES, None)
    want = np.zeros((found.prototypes.size, N_GENES))
    differed = np.zeros_like(want, dtype=bool)
    for pair in np.flatnonzero(plan.pairs.unit == 1):
        row = np.flatnonzero(found.prototypes == plan.pairs.prototype[pair])[0]
        part = effects.entries(pair, pair + 1)
        for gene, value in zip(effects.gene[part], effects.values["gated"][part], strict=True):
            want[row, gene] += value / 2
            differed[row, gene] = True
    assert np.allclose(found.values["gated"], want, atol=1e-6)
    assert np.array_equal(found.differed, differed)
    assert np.array_equal(found.exact, differed.astype(np.float32))


def test_some_pairs_only(mlp):
    plan, effects = made(mlp)
    first = unit_effects(effects, plan, 0, N_GENES, None, plan.pairs.draw == 0)
    alone, own = made(mlp, n_counterfactuals=1)
    want = unit_effects(own, alone, 0, N_GENES, None).values["gated"]
    assert np.allclose(first.values["gated"], want, atol=1e-6)


@pytest.mark.parametrize("direction", ["remove", "insert"])
def test_predicted_gated_effect_is_exact_for_a_linear_model(linear, direction: str):
    plan, effects = made(linear, screen="gradient", direction=direction, top_share=1.0)
    guess = predicted(effects, plan, "gated")
    assert np.allclose(guess, effects.values["gated"], atol=1e-4)
    assert np.abs(effects.screen - effects.values["gated"]).max() > 0.1  # the gate matters


def test_calibration_is_judged_on_the_random_share_alone(mlp):
    plan, effects = made(mlp, screen="gradient", top_share=0.2, random_share=0.4, n_prototypes=20)
    found = calibrate(effects, plan)
    unit = plan.pairs.unit[effects.pair_of_entry()]
    drawn = ((effects.run & RANDOM) > 0) & (unit == 0)
    guess, exact = predicted(effects, plan, "margin"), effects.values["margin"]
    want = stats.spearmanr(guess[drawn], exact[drawn]).statistic
    assert found.agreement["margin"][0] == pytest.approx(want, abs=1e-3)
    rest = drawn & ((effects.run & TOP) == 0)
    slope = (guess[rest] * exact[rest]).sum() / (guess[rest] ** 2).sum()
    assert found.slope["margin"][0] == pytest.approx(slope, rel=1e-3)
    assert found.n[0] == drawn.sum()
    assert calibrate(*made(mlp)[::-1]) is None


def test_entries_not_run_count_as_the_calibrated_gradient_or_zero(mlp):
    options = {"screen": "gradient", "top_share": 0.1, "random_share": 0.2}
    truth = unit_effects(*made(mlp)[::-1], 0, N_GENES, None).values["margin"].mean(0)
    off = {}
    for rule in ("calibrated", "zero"):
        plan, effects = made(mlp, unverified=rule, **options)
        found = unit_effects(effects, plan, 0, N_GENES, calibrate(effects, plan))
        off[rule] = np.abs(found.values["margin"].mean(0) - truth).sum()
        assert (found.exact < 1).any()
    assert off["calibrated"] < 0.6 * off["zero"]


@pytest.mark.parametrize(
    ("how", "want"),
    [("mean", 0.25), ("median", 0.2), ("trimmed mean", 0.2), ("share above cutoff", 0.8)],
)
def test_aggregations(how: str, want: float):
    values = np.array([[0.04], [0.1], [0.2], [0.3], [0.61]])
    settings = AttributionSettings(aggregation=how, trim=0.2)
    assert score(values, settings)[0] == pytest.approx(want)
    twice = score(np.repeat(values, 2, axis=0), settings)
    assert score(values, settings, np.full(5, 2.0)) == pytest.approx(twice)


@pytest.mark.parametrize("how", ["mean", "median"])
def test_intervals_cover(how: str):
    rng = np.random.default_rng(0)
    settings = AttributionSettings(aggregation=how, draws=200)
    values = rng.normal(1.0, 1.0, size=(60, 300))
    low, high = score_interval(values, np.arange(60), settings, "test")
    assert 0.9 < ((low < 1) & (high > 1)).mean() <= 0.99
    # donors that differ: the interval over them is wider than that over prototypes
    donors = np.repeat(np.arange(6), 10)
    shifted = values + rng.normal(size=(6, 300))[donors]
    wide = np.subtract(*score_interval(shifted, donors, settings, "a")[::-1])
    assert np.median(wide) > 2 * np.median(high - low)
    alone = score_interval(values, np.zeros(60, int), settings, "b")
    assert np.isnan(alone).all()
