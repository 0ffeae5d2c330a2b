import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from cellglass.errors import InputError
from cellglass.regulation.responses.summary import (
    many_means,
    mean_interval,
    ranking_metrics,
    recalls,
)

OPTIONS = {"draws": 300, "seed": 1, "task": "t"}


def test_mean_and_its_interval_over_perturbations():
    values = np.random.default_rng(0).normal(0.7, 0.1, 40)
    mean, interval = mean_interval(values, **OPTIONS)
    assert mean == pytest.approx(values.mean())
    half = 1.96 * values.std(ddof=1) / np.sqrt(40)
    assert interval.low == pytest.approx(mean - half, abs=0.01)
    assert interval.high == pytest.approx(mean + half, abs=0.01)
    assert (interval.unit, interval.n) == ("perturbation", 40)
    assert mean_interval(values, **OPTIONS, level=0.9)[1].half_width < interval.half_width


@pytest.mark.parametrize("unit", ["pair", "pairs", "gene", "target", "edge", "cell", "row"])
def test_a_bootstrap_over_anything_but_perturbations_is_refused(unit):
    with pytest.raises(InputError, match=f"a bootstrap over {unit}s"):
        mean_interval(np.zeros(100), **OPTIONS, unit=unit)


def test_a_bootstrap_over_pairs_is_far_too_narrow_and_ours_is_not():
    """Pairs of one perturbation share its cells: resampling them counts one thing 200 times."""
    rng = np.random.default_rng(1)
    pairs_cover, ours_cover, repeats = 0, 0, 150
    for r in range(repeats):
        # the gain of each perturbation differs; the truth over perturbations is 0
        gain = rng.normal(0.0, 0.05, (25, 1)) + rng.normal(0.0, 0.2, (25, 200))
        drawn = rng.choice(gain.ravel(), (200, gain.size)).mean(1)
        low, high = np.quantile(drawn, [0.025, 0.975])
        pairs_cover += low <= 0 <= high
        interval = mean_interval(gain.mean(1), draws=300, seed=r, task="cover")[1]
        ours_cover += interval.low <= 0 <= interval.high
    assert pairs_cover < 0.65 * repeats
    assert ours_cover > 0.89 * repeats


def test_one_perturbation_has_no_interval():
    with pytest.raises(InputError, match="at least 2"):
        mean_interval(np.array([0.5]), **OPTIONS)


def test_resamples_are_shared_so_that_differences_are_paired():
    shared = np.random.default_rng(2).normal(0.5, 0.2, 30)
    found = many_means({"a": shared + 0.01, "b": shared}, **OPTIONS)
    gain = found.difference(0, 1)
    assert gain.estimates[0] == pytest.approx(0.01)
    assert gain.interval().half_width < 1e-9
    assert found.names == ("a", "b")


def test_auprc_base_rate_and_recall_of_each_perturbation(world):
    scored = world(1.0).judged.scored
    pairs = scored.pairs
    found = ranking_metrics(scored.candidates["score"], pairs)
    for p, name in enumerate(pairs.perturbations):
        labels = pairs.labels[p, pairs.mask[p]]
        values = scored.candidates["score"][p, pairs.mask[p]]
        row = found.loc[name]
        assert row["auprc"] == pytest.approx(average_precision_score(labels, values))
        assert row["base_rate"] == pytest.approx(labels.mean())
        for k in (10, 50):
            top = np.argsort(-values)[:k]  # no ties among normal numbers
            assert row[f"recall_{k}"] == pytest.approx(labels[top].sum() / labels.sum())
        assert np.isnan(row["recall_100"])  # 89 genes have no top 100


def test_ties_at_the_cut_count_by_expectation():
    labels = np.zeros(40, dtype=bool)
    labels[[0, 39]] = True
    scores = np.zeros(40)
    scores[0] = 1.0  # one positive leads, the other is tied with 38 genes for 9 places
    assert recalls(scores, labels)["recall_10"] == pytest.approx((1 + 9 / 39) / 2)


def test_the_expectation_of_a_score_that_knows_nothing_is_the_base_rate(world):
    pairs = world().judged.scored.pairs
    rng = np.random.default_rng(3)
    found = [ranking_metrics(rng.normal(size=pairs.mask.shape), pairs).mean() for _ in range(60)]
    mean = {k: np.mean([f[k] for f in found]) for k in ("auprc", "base_rate", "recall_10")}
    assert mean["recall_10"] == pytest.approx(10 / 89, abs=0.012)
    # average precision of chance lies a little above the base rate where positives are few
    assert mean["base_rate"] < mean["auprc"] < mean["base_rate"] + 0.06


def test_what_a_score_does_not_rank_has_no_metrics(world):
    scored = world(sources=("G0", "G1", "UNMEASURED")).judged.scored
    found = ranking_metrics(scored.coexpression, scored.pairs)
    assert found.loc["UNMEASURED"].isna().all()
    assert found.loc[["G0", "G1"], "auprc"].notna().all()
