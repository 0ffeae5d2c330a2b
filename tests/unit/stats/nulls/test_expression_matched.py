import numpy as np
import pytest
from scipy import stats

from cellglass.errors import InputError
from cellglass.stats import ExpressionMatched, matched_negatives
from cellglass.stats.nulls.matching import Expression, alike, candidates


def example(seed=0, shape=(15, 60)):
    rng = np.random.default_rng(seed)
    mask = rng.random(shape) < 0.9
    labels = (rng.random(shape) < 0.05) & mask
    source, target = rng.lognormal(0, 1, shape[0]), rng.lognormal(0, 1, shape[1])
    arrays = source, 1 - np.exp(-source), target, 1 - np.exp(-target)
    return labels, mask, arrays


def pair_matches(a_mean, a_det, b_mean, b_det, width):
    """The rule of specification 2.4, for one gene b against gene a."""
    return abs(b_mean - a_mean) <= width * a_mean and abs(b_det - a_det) <= width * max(a_det, 0.05)


def test_alike_equals_the_rule():
    rng = np.random.default_rng(0)
    mean, detection = rng.lognormal(0, 1, 80), rng.random(80) * 0.3
    start, members = alike(mean, detection, np.arange(0, 80, 2), 0.2)
    for i in range(80):
        expected = [
            j for j in range(80) if pair_matches(mean[i], detection[i], mean[j], detection[j], 0.2)
        ]
        assert members[start[i] : start[i + 1]].tolist() == (expected if i % 2 == 0 else [])


def test_exactly_twenty_percent_is_a_match():
    start, members = alike(np.array([1.0, 1.2, 0.8]), np.full(3, 0.5), np.array([0]), 0.2)
    assert members[start[0] : start[1]].tolist() == [0, 1, 2]


def brute_pools(labels, allowed, arrays, fewest):
    """Candidate pairs of each positive by trying every pair at 20 %, then at 40 %."""
    s_mean, s_det, t_mean, t_det = arrays
    pools = []
    for r, c in zip(*np.nonzero(labels), strict=True):
        for width in (0.2, 0.4):
            pool = [
                (i, j)
                for i in range(labels.shape[0])
                for j in range(labels.shape[1])
                if allowed[i, j]
                and pair_matches(s_mean[r], s_det[r], s_mean[i], s_det[i], width)
                and pair_matches(t_mean[c], t_det[c], t_mean[j], t_det[j], width)
            ]
            if len(pool) >= fewest:
                break
        pools.append((set(pool), width))
    return pools


def test_pools_equal_brute_force_and_draws_stay_in_them():
    labels, mask, arrays = example()
    null = ExpressionMatched(labels, mask, *arrays)
    pools = brute_pools(labels, mask, arrays, 6)
    assert null.pool_sizes.tolist() == [len(p) for p, _ in pools]
    assert null.widened.tolist() == [w == 0.4 for _, w in pools]
    assert 0 < null.widened.sum() < null.n_positives
    draws = null.draw_positives(np.random.default_rng(0), 100)
    for row in draws:
        assert np.unique(row).size == row.size
        for pair, (pool, _) in zip(row.tolist(), pools, strict=True):
            assert divmod(pair, labels.shape[1]) in pool


def test_alone_a_positive_is_uniform_over_its_pool_with_itself():
    _, mask, arrays = example()
    labels = np.zeros_like(mask)
    pair = np.argwhere(mask)[100]
    labels[tuple(pair)] = True
    null = ExpressionMatched(labels, mask, *arrays)
    draws = null.draw_positives(np.random.default_rng(0), 400 * int(null.pool_sizes[0])).ravel()
    values, counts = np.unique(draws, return_counts=True)
    assert values.size == null.pool_sizes[0]
    assert np.ravel_multi_index(pair, mask.shape) in values
    assert stats.chisquare(counts).pvalue > 1e-3


def test_crowded_pool_is_uniform_over_subsets():
    # One class of 2 x 3 pairs with 4 positives: draws must be uniform over the 15 subsets, also
    # where free pairs are rare and random tries fail.
    labels = np.array([[1, 1, 1], [1, 0, 0]], bool)
    flat = np.ones(2), np.full(2, 0.5), np.ones(3), np.full(3, 0.5)
    null = ExpressionMatched(labels, np.ones((2, 3), bool), *flat, sweeps=10)
    draws = null.draw_positives(np.random.default_rng(0), 9000)
    counts = np.unique((1 << draws).sum(1), return_counts=True)[1]
    assert counts.size == 15
    assert stats.chisquare(counts).pvalue > 1e-3


def test_full_pool_falls_back_to_listing_and_stays_put():
    labels = np.ones((2, 3), bool)
    flat = np.ones(2), np.full(2, 0.5), np.ones(3), np.full(3, 0.5)
    null = ExpressionMatched(labels, np.ones((2, 3), bool), *flat)
    draws = null.draw_positives(np.random.default_rng(0), 5)
    assert (np.sort(draws, axis=1) == np.arange(6)).all()
    assert not null.check(draws).passed


def test_positives_that_match_nothing_are_counted_and_fail_the_check():
    labels = np.eye(4, 6, dtype=bool)
    means = 10.0 ** np.arange(4), 10.0 ** np.arange(6)
    null = ExpressionMatched(
        labels, np.ones((4, 6), bool), means[0], np.full(4, 0.5), means[1], np.full(6, 0.5)
    )
    assert null.stuck.all()
    check = null.check(null.draw_positives(np.random.default_rng(0), 9))
    assert not check.passed
    assert "4 match only themselves" in " ".join(check.messages)


def test_five_other_pairs_are_enough_and_four_are_not():
    # A positive in a class of 1 x n pairs; the others lie between 20 % and 40 % away.
    for others, widened in ((5, False), (4, True)):
        labels = np.zeros((1, 12), bool)
        labels[0, 0] = True
        target = np.r_[np.ones(1 + others), np.full(11 - others, 1.3)]
        null = ExpressionMatched(
            labels, np.ones((1, 12), bool), [1.0], [0.5], target, np.full(12, 0.5)
        )
        assert null.widened.tolist() == [widened]
        assert null.pool_sizes.tolist() == [12 if widened else 6]


def test_wrong_expression_is_refused():
    labels, mask, arrays = example()
    with pytest.raises(InputError, match="source_detection"):
        ExpressionMatched(labels, mask, arrays[0], arrays[1] * 100, arrays[2], arrays[3])
    with pytest.raises(InputError, match=r"target_mean(.|\n)*shape \(60,\)"):
        ExpressionMatched(labels, mask, arrays[0], arrays[1], arrays[2][:5], arrays[3])


def test_matched_negatives_follow_specification_2_4():
    labels, mask, arrays = example()
    found = matched_negatives(labels, mask, *arrays, per_positive=10, seed=1, task="a24")
    pools = brute_pools(labels, mask & ~labels, arrays, 5)
    assert found.pool_sizes.tolist() == [len(p) for p, _ in pools]
    assert found.widened.tolist() == [w == 0.4 for _, w in pools]
    positives = np.flatnonzero(labels)
    sizes = np.array([len(p) for p, _ in pools])
    assert found.positives.tolist() == positives[sizes > 0].tolist()
    assert found.without_pool.tolist() == positives[sizes == 0].tolist()
    pool_of = {int(p): pool for p, (pool, _) in zip(positives, pools, strict=True)}
    for k, positive in enumerate(found.positives.tolist()):
        drawn = found.negatives[found.positive_of == k]
        assert np.unique(drawn).size == drawn.size == min(10, len(pool_of[positive]))
        assert all(divmod(n, 60) in pool_of[positive] for n in drawn.tolist())
    again = matched_negatives(labels, mask, *arrays, per_positive=10, seed=1, task="a24")
    assert np.array_equal(again.negatives, found.negatives)


def test_matched_negatives_take_away_what_expression_explains():
    # Positives sit where genes are highly expressed; the score is expression itself.
    rng = np.random.default_rng(0)
    source, target = rng.lognormal(0, 1, 60), rng.lognormal(0, 1, 300)
    score = np.outer(source, target)
    chance = 0.3 * score / (score + score.mean() * 5)
    labels = rng.random(score.shape) < chance
    detection = np.full(60, 0.5), np.full(300, 0.5)
    found = matched_negatives(
        labels, np.ones_like(labels), source, detection[0], target, detection[1], seed=1, task="t"
    )
    from cellglass.stats import auroc

    raw = auroc(score.ravel(), labels.ravel())
    pairs = np.r_[found.positives, found.negatives]
    matched = auroc(score.ravel()[pairs], np.arange(pairs.size) < found.positives.size)
    assert raw > 0.7
    assert abs(matched - 0.5) < 0.05


def test_candidates_widen_where_fewer_than_asked():
    expression = Expression.checked(
        [1.0, 1.3], [0.5, 0.5], [1.0, 1.3, 5.0], [0.5, 0.5, 0.5], (2, 3)
    )
    allowed = np.ones((2, 3), bool)
    narrow = candidates(expression, np.array([0]), np.array([0]), allowed, 1)
    wide = candidates(expression, np.array([0]), np.array([0]), allowed, 2)
    assert (narrow.pool.tolist(), narrow.wide.tolist()) == ([1], [False])
    assert (wide.pool.tolist(), wide.wide.tolist()) == ([4], [True])
