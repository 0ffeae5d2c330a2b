import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.regulation.responses.choice import nested_choice


def choose(values, folds=5, seed=1, groups=None):
    names = [f"layer {i}" for i in range(len(values))]
    return nested_choice(values, names, folds=folds, seed=seed, task="t", groups=groups)


def test_every_fold_is_judged_by_the_layer_that_the_others_choose():
    values = np.random.default_rng(0).uniform(size=(12, 23))
    found = choose(values)
    for p in range(23):
        others = [q for q in range(23) if found.fold[q] != found.fold[p]]
        means = [sum(values[s, q] for q in others) / len(others) for s in range(12)]
        best = means.index(max(means))
        assert found.values[p] == values[best, p]
        assert found.selected[found.fold[p]] == f"layer {best}"
    assert len(found.counts) > 1  # folds disagree, so that the choice matters
    assert sorted(np.bincount(found.fold)) == [4, 4, 5, 5, 5]
    assert sum(found.counts.values()) == 5


def test_the_best_layer_on_the_test_perturbations_is_optimistic_and_the_nested_one_is_not():
    """18 layers that know nothing: reading off the best is a gain that was never there."""
    rng = np.random.default_rng(1)
    best, nested = [], []
    for _ in range(200):
        values = 0.5 + 0.1 * rng.normal(size=(18, 30))
        best.append(values.mean(1).max())
        nested.append(choose(values, seed=int(rng.integers(10**6))).values.mean())
    assert np.mean(best) > 0.53
    assert abs(np.mean(nested) - 0.5) < 3 * np.std(nested) / np.sqrt(200)


def test_a_layer_that_knows_is_found_in_every_fold():
    values = 0.5 + 0.02 * np.random.default_rng(2).normal(size=(4, 12))
    values[2] += 0.2
    found = choose(values)
    assert found.selected == ("layer 2",) * 5
    assert found.main == "layer 2"
    assert found.told() == "layer 2, chosen in 5 of 5 folds"
    np.testing.assert_array_equal(found.values, values[2])


def test_what_shares_a_gene_is_never_parted():
    rng = np.random.default_rng(3)
    groups = np.array([0, 1, 0, 2, 3, 1, 4, 0])
    for seed in range(20):
        found = choose(rng.uniform(size=(3, 8)), folds=3, seed=seed, groups=groups)
        for g in range(5):
            assert len(set(found.fold[groups == g])) == 1


def test_seeds_deal_other_folds_and_the_same_seed_the_same():
    values = np.random.default_rng(4).uniform(size=(3, 40))
    one, again, two = choose(values), choose(values), choose(values, seed=2)
    np.testing.assert_array_equal(one.fold, again.fold)
    assert (one.fold != two.fold).any()


def test_fewer_perturbations_than_folds_and_one_score():
    values = np.random.default_rng(5).uniform(size=(3, 2))
    assert sorted(choose(values).fold) == [0, 1]
    alone = choose(values[:1])
    np.testing.assert_array_equal(alone.values, values[0])
    assert (alone.told(), alone.counts) == ("layer 0", {"layer 0": 1})
    assert choose(np.zeros((3, 0))).values.size == 0


def test_equal_layers_give_the_earlier_one():
    assert choose(np.full((3, 10), 0.6)).selected == ("layer 0",) * 5


def test_nothing_can_be_chosen_where_nothing_can_be_held_out():
    with pytest.raises(InputError, match="3 perturbations in 1 group"):
        choose(np.zeros((2, 3)), groups=np.zeros(3, np.int64))
