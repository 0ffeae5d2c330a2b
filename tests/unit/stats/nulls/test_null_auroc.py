import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from cellglass.errors import InputError, ResourceError
from cellglass.stats import (
    LabelPermutation,
    LabelWithinRegulator,
    NullScorer,
    mann_whitney_moments,
    null_distribution,
)


def example(seed=0, shape=(10, 50), n_scores=3):
    rng = np.random.default_rng(seed)
    mask = rng.random(shape) < 0.9
    labels = (rng.random(shape) < 0.15) & mask
    scores = [rng.integers(12, size=shape).astype(float) for _ in range(n_scores)]
    for score in scores:
        score[~mask] = np.nan  # pairs never seen together have no score
    return labels, mask, scores, rng


def pooled_by_sklearn(score, labels, mask):
    return roc_auc_score(labels[mask], score[mask])


def per_regulator_by_sklearn(score, labels, mask, min_positives):
    values = []
    for r in range(labels.shape[0]):
        truth, inside = labels[r][mask[r]], score[r][mask[r]]
        if truth.sum() >= min_positives and not truth.all():
            values.append(roc_auc_score(truth, inside))
    return np.mean(values)


@pytest.mark.parametrize("n_scores", [1, 3])
def test_every_draw_and_score_equals_sklearn(n_scores):
    labels, mask, scores, _ = example(n_scores=n_scores)
    scorer = NullScorer(scores, labels, mask, per_regulator=True, min_positives=5)
    draws = LabelPermutation(labels, mask).draw_positives(np.random.default_rng(0), 20)
    pooled, mean = scorer.score(draws), scorer.score(draws, "per regulator")
    for d, row in enumerate(draws):
        drawn = np.zeros(labels.size, bool)
        drawn[row] = True
        drawn = drawn.reshape(labels.shape)
        for s, score in enumerate(scores):
            assert pooled[s, d] == pytest.approx(pooled_by_sklearn(score, drawn, mask), abs=1e-12)
            assert mean[s, d] == pytest.approx(
                per_regulator_by_sklearn(score, drawn, mask, 5), abs=1e-12
            )
    for s, score in enumerate(scores):
        expected = pooled_by_sklearn(score, labels, mask)
        assert scorer.observed()[s] == pytest.approx(expected, abs=1e-12)


def test_null_of_the_label_permutation_has_the_analytic_moments():
    labels, mask, scores, _ = example()
    result = null_distribution(
        NullScorer(scores, labels, mask),
        LabelPermutation(labels, mask),
        draws=4000,
        seed=1,
        task="t",
    )
    for distribution, score in zip(result.distributions, scores, strict=True):
        mean, sd = mann_whitney_moments(score[mask], labels[mask])
        assert distribution.mean == pytest.approx(mean, abs=4 * sd / np.sqrt(4000))
        assert distribution.sd == pytest.approx(sd, rel=0.05)


def test_result_holds_p_and_check_of_all_draws():
    labels, mask, scores, _ = example()
    scores[1] = labels + 0.0
    result = null_distribution(
        NullScorer(scores, labels, mask, names=["a", "truth", "c"]),
        LabelPermutation(labels, mask),
        draws=250,
        seed=1,
        task="t",
    )
    assert result.names == ("a", "truth", "c")
    assert result.distributions[1].p == 1 / 251
    assert result.adjusted_p[1] == 1 / 251
    assert result.check.n_draws == 250
    assert result.check.passed
    assert result.draws.shape == (3, 250)
    kept = result.summary(1)
    assert (kept.family, kept.draws, kept.p) == ("label", 250, 1 / 251)
    assert kept.mean == result.draws[1].mean()
    first = result.distributions[0]
    assert first.p == ((result.draws[0] >= first.observed).sum() + 1) / 251


def test_scores_do_not_influence_one_another_and_runs_repeat():
    labels, mask, scores, _ = example()
    null = LabelWithinRegulator(labels, mask)
    together = null_distribution(
        NullScorer(scores, labels, mask), null, draws=120, seed=1, task="t"
    )
    alone = null_distribution(
        NullScorer([scores[2]], labels, mask), null, draws=120, seed=1, task="t"
    )
    assert alone.distributions[0] == together.distributions[2]
    other = null_distribution(
        NullScorer([scores[2]], labels, mask), null, draws=120, seed=2, task="t"
    )
    assert other.distributions[0] != alone.distributions[0]


def test_float32_scores_rank_as_they_are():
    labels, mask, scores, _ = example()
    small = [s.astype(np.float32) for s in scores]
    a, b = NullScorer(scores, labels, mask), NullScorer(small, labels, mask)
    assert np.array_equal(a.observed(), b.observed())


def test_level_that_cannot_be_reached_is_refused_before_any_draw():
    labels, mask, scores, _ = example()
    with pytest.raises(ResourceError, match="999"):
        null_distribution(
            NullScorer(scores, labels, mask),
            LabelPermutation(labels, mask),
            draws=500,
            seed=1,
            task="t",
            level=0.001,
        )


def test_contradictions_are_refused():
    labels, mask, scores, _ = example()
    scorer = NullScorer(scores, labels, mask)
    moved = labels.copy()
    moved[np.nonzero(moved)[0][0], np.nonzero(moved)[1][0]] = False
    with pytest.raises(InputError, match="different labels or masks"):
        null_distribution(scorer, LabelPermutation(moved, mask), draws=9, seed=1, task="t")
    with pytest.raises(InputError, match="per_regulator=True"):
        scorer.score(scorer.positives[None], "per regulator")
    with pytest.raises(InputError, match="statistic is"):
        scorer.score(scorer.positives[None], "median")
    scores[1][tuple(np.argwhere(mask)[0])] = np.nan
    with pytest.raises(InputError, match="score 1"):
        NullScorer(scores, labels, mask)
    with pytest.raises(InputError, match="positives and negatives"):
        NullScorer([np.zeros((2, 2))], np.ones((2, 2)), np.ones((2, 2)))
    with pytest.raises(InputError, match="shape"):
        NullScorer([np.zeros((3, 2))], np.eye(2), np.ones((2, 2)))


def test_no_regulator_with_enough_positives_is_said():
    labels, mask, scores, _ = example()
    scorer = NullScorer(scores, labels, mask, per_regulator=True, min_positives=40)
    with pytest.raises(InputError, match="no regulator has 40 positives"):
        null_distribution(
            scorer,
            LabelPermutation(labels, mask),
            draws=9,
            seed=1,
            task="t",
            statistic="per regulator",
        )
