import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.geometry.alignment.pair_ranks import (
    MEASURES,
    chance,
    rank_values,
    retrieval_values,
    standing,
)


def values_of(costs, truth, seed=0, back=None):
    returned = costs.T if back is None else back
    found = retrieval_values(costs, returned, [np.asarray(truth)], np.random.default_rng(seed))[0]
    return {m: found[:, i] for i, m in enumerate(MEASURES)}


def test_ranks_by_sorting():
    rng = np.random.default_rng(0)
    costs, truth = rng.normal(size=(30, 30)), rng.permutation(30)
    found = values_of(costs, truth)
    for direction, (table, true) in enumerate(((costs, truth), (costs.T, np.argsort(truth)))):
        rank = np.array([np.argsort(row).tolist().index(t) for row, t in zip(table, true,
                         strict=True)])  # fmt: skip
        rank = rank if direction == 0 else rank[truth]  # told in the order of the first side
        for k in (1, 5, 10):
            assert np.array_equal(found[f"top{k}"][direction], rank < k)
        assert np.allclose(found["reciprocal_rank"][direction], 1 / (rank + 1))
        assert np.allclose(found["rank_share"][direction], rank / 29)


def test_mutual_neighbours_by_hand():
    costs = np.array([[0.0, 2, 9], [1, 0.5, 9], [0.1, 9, 0.2]])
    found = values_of(costs, [0, 1, 2])
    assert found["top1"].tolist() == [[1, 1, 0], [1, 1, 1]]
    assert found["mutual"].tolist() == [[1, 1, 0], [1, 1, 0]]
    assert found["assigned"].tolist() == [[1, 1, 1], [1, 1, 1]]


def test_a_map_that_knows_nothing_scores_chance():
    """All candidates alike: top-k, mean reciprocal rank and rank share are those of guessing."""
    n = 40
    found = values_of(np.ones((n, n)), np.arange(n))
    for measure in ("top1", "top5", "top10", "reciprocal_rank", "rank_share"):
        assert np.allclose(found[measure], chance(measure, n))
    drawn = [values_of(np.ones((n, n)), np.arange(n), seed) for seed in range(100)]
    assert np.mean([d["assigned"].mean() for d in drawn]) == pytest.approx(1 / n, abs=0.01)
    assert np.mean([d["mutual"].mean() for d in drawn]) < 0.01


def test_ties_up_to_rounding_are_ties():
    costs = np.full((1, 4), 0.3)
    costs[0, 0] += 1e-15
    before, tied = standing(costs, np.array([0]))
    assert (before[0], tied[0]) == (0, 4)


def test_ties_in_part():
    slow = np.mean([[r < 5 for r in (3, 4, 5, 6)], [r < 10 for r in (3, 4, 5, 6)]], axis=1)
    found = rank_values(np.array([3.0]), np.array([4.0]), 20).ravel()
    assert found[1:3].tolist() == slow.tolist()
    assert found[3] == pytest.approx(np.mean([1 / 4, 1 / 5, 1 / 6, 1 / 7]))


def test_several_truths_share_one_search():
    rng = np.random.default_rng(0)
    costs, other = rng.normal(size=(12, 12)), rng.permutation(12)
    both = retrieval_values(costs, costs.T, [np.arange(12), other], np.random.default_rng(1))
    alone = retrieval_values(costs, costs.T, [other], np.random.default_rng(1))
    assert np.array_equal(both[1], alone[0])
    few = retrieval_values(costs, costs.T, [other], np.random.default_rng(1), one_to_one=False)
    assert np.array_equal(few[0], alone[0][:, :5])


def test_chance_by_simulation():
    rng = np.random.default_rng(0)
    n, found = 12, []
    for _ in range(400):
        costs = rng.normal(size=(n, n))
        values = retrieval_values(costs, costs.T, [np.arange(n)], rng)[0]
        found.append(values.mean((0, 2)))
    for i, measure in enumerate(MEASURES):
        if measure != "mutual":
            assert np.mean(found, axis=0)[i] == pytest.approx(chance(measure, n), abs=0.02)
    assert np.isnan(chance("mutual", n))
    assert chance("top10", 5) == 1.0
    with pytest.raises(InputError, match="measure 'top0'"):
        chance("top0", n)
