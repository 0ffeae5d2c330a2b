import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from cellglass.errors import InputError
from cellglass.stats import GroupResamples, bootstrap_mean, cluster_bootstrap_auroc, derived

SEEDED = {"draws": 60, "seed": 3, "task": "t"}


def problem(groups=12, items=20):
    rng = np.random.default_rng(0)
    codes = np.repeat(np.arange(groups), items)
    labels = rng.random(codes.size) < 0.2
    return rng.integers(0, 30, codes.size) + 3.0 * labels, labels, codes, rng


def test_auroc_is_that_of_the_resampled_items():
    scores, labels, codes, _ = problem()
    resamples = GroupResamples.draw(12, **SEEDED)
    found = resamples.auroc(scores, labels, codes)
    assert found.estimates[0] == pytest.approx(roc_auc_score(labels, scores))
    for draw in (0, 7, 59):
        taken = np.concatenate(
            [np.flatnonzero(codes == g) for g in range(12)
             for _ in range(int(resamples.weights[draw, g]))]
        )  # fmt: skip
        assert found.draws[0, draw] == pytest.approx(roc_auc_score(labels[taken], scores[taken]))


def test_equals_the_bootstrap_of_many_scores_at_once():
    scores, labels, codes, rng = problem()
    other = rng.normal(size=scores.size)
    both = cluster_bootstrap_auroc([scores, other], labels, codes, **SEEDED)
    resamples = GroupResamples.draw(12, **SEEDED)
    one, two = resamples.auroc(scores, labels, codes), resamples.auroc(other, labels, codes)
    assert np.array_equal(both.draws, np.concatenate([one.draws, two.draws]))
    assert both.n == one.n == np.unique(codes[labels]).size
    gap = derived("gap", np.subtract, one, two)
    assert gap.interval().low == both.difference(0, 1).interval().low


def test_groups_without_items_keep_resamples_in_step():
    scores, labels, codes, _ = problem()
    resamples = GroupResamples.draw(12, **SEEDED)
    kept = ~np.isin(codes, [3, 11])
    found = resamples.auroc(scores[kept], labels[kept], codes[kept])
    weights = resamples.weights.copy()
    weights[:, [3, 11]] = 0.0
    same = GroupResamples(weights).auroc(scores, labels, codes)
    assert np.allclose(found.draws, same.draws)
    assert found.estimates[0] == pytest.approx(roc_auc_score(labels[kept], scores[kept]))


def test_mean_equals_the_bootstrap_of_means_and_skips_groups_without_a_value():
    rng = np.random.default_rng(1)
    values = rng.normal(size=9)
    resamples = GroupResamples.draw(9, **SEEDED)
    plain = bootstrap_mean(values, unit="regulator", **SEEDED)
    assert np.allclose(resamples.mean(values).draws, plain.draws)
    holed = values.copy()
    holed[[0, 4]] = np.nan
    found = resamples.mean(holed)
    assert found.n == 7
    assert found.estimates[0] == pytest.approx(np.nanmean(holed))
    drawn = np.repeat(holed, resamples.weights[5].astype(int))
    assert found.draws[0, 5] == pytest.approx(np.nanmean(drawn))


def test_weighted_mean_counts_groups_by_their_size():
    resamples = GroupResamples.draw(3, **SEEDED)
    found = resamples.mean([0.0, 1.0, 5.0], weights=[1.0, 3.0, 0.0])
    assert found.estimates[0] == 0.75
    assert found.n == 2
    only_third = np.flatnonzero(resamples.weights[:, 2] == 3)
    assert only_third.size
    assert np.isnan(found.draws[0, only_third]).all()


def test_a_ratio_is_taken_within_resamples():
    resamples = GroupResamples.draw(6, **SEEDED)
    top, bottom = resamples.mean(np.arange(6.0) * 2), resamples.mean(np.arange(6.0))
    ratio = derived("ratio", np.divide, top, bottom)
    drawn = ratio.draws[np.isfinite(ratio.draws)]
    assert drawn == pytest.approx(np.full(drawn.size, 2.0))
    assert ratio.names == ("ratio",)


def test_what_does_not_fit_is_refused():
    scores, labels, codes, _ = problem()
    resamples = GroupResamples.draw(12, **SEEDED)
    with pytest.raises(InputError, match="codes do not fit"):
        resamples.auroc(scores, labels, codes + 1)
    with pytest.raises(InputError, match="both classes"):
        resamples.auroc(scores, labels & False, codes)
    with pytest.raises(InputError, match="values of shape"):
        resamples.mean(np.ones(3))
    with pytest.raises(InputError, match="no regulator has a value"):
        resamples.mean(np.full(12, np.nan))
    with pytest.raises(InputError, match=r"1 regulator, 60 draws(.|\n)*at least 2 regulators"):
        GroupResamples.draw(1, **SEEDED)
    other = GroupResamples.draw(12, draws=10, seed=1, task="t").mean(np.arange(12.0))
    with pytest.raises(InputError, match="different resamples"):
        derived("x", np.subtract, other, resamples.mean(np.arange(12.0)))
