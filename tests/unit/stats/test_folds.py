import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cellglass.errors import InputError
from cellglass.stats import assert_disjoint, group_folds, two_way_blocks


@settings(max_examples=50)
@given(st.lists(st.integers(0, 11), min_size=30, max_size=80), st.integers(2, 4), st.integers(0, 9))
def test_groups_stay_whole_and_no_fold_is_empty(groups, n_folds, seed):
    groups = np.array(groups)
    if np.unique(groups).size < n_folds:
        return
    folds = group_folds(groups, n_folds, seed, "t")
    assert set(folds) == set(range(n_folds))
    for group in np.unique(groups):
        assert np.unique(folds[groups == group]).size == 1


def test_folds_have_like_sizes_and_like_positives():
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(60), rng.integers(5, 40, size=60))
    positives = rng.random(groups.size) < rng.random(60)[groups] * 0.3
    sizes = np.bincount(group_folds(groups, 5, 1, "t"))
    assert sizes.max() / sizes.min() < 1.05
    counts = np.bincount(group_folds(groups, 5, 1, "t", weights=positives)[positives])
    assert counts.max() - counts.min() <= 2


def test_every_fold_gets_positives_where_there_are_enough_groups_with_some():
    # 3 of 30 groups have positives: naive balancing by size would put them anywhere.
    groups = np.repeat(np.arange(30), 4)
    positives = np.isin(groups, [0, 1, 2])
    for seed in range(20):
        folds = group_folds(groups, 3, seed, "t", weights=positives)
        assert set(folds[positives]) == {0, 1, 2}


def test_a_heavy_group_is_placed_first():
    # 10 positives in one group, one in each of ten others: only 10 | 10 is balanced.
    groups = np.arange(11)
    weights = np.r_[np.ones(5), 10, np.ones(5)]
    for seed in range(20):
        folds = group_folds(groups, 2, seed, "t", weights=weights)
        assert np.bincount(folds, weights=weights).tolist() == [10, 10]


def test_seed_and_task_decide_among_equals():
    groups = np.arange(40)
    base = group_folds(groups, 4, 1, "t")
    assert np.array_equal(base, group_folds(groups, 4, 1, "t"))
    assert not np.array_equal(base, group_folds(groups, 4, 2, "t"))
    assert not np.array_equal(base, group_folds(groups, 4, 1, "u"))


@pytest.mark.parametrize("n_folds", [1, 4])
def test_impossible_numbers_of_folds_are_refused(n_folds):
    with pytest.raises(InputError, match="folds"):
        group_folds(["a", "b", "c"], n_folds, 1, "t")


def test_two_way_blocks_share_neither_axis_and_cover_every_pair_once():
    rng = np.random.default_rng(0)
    rows, columns = rng.integers(12, size=400), rng.integers(30, size=400)
    seen = np.zeros(400, int)
    for train, test in two_way_blocks(rows, columns, 3, 1):
        assert train.any()
        assert_disjoint(train, test, by={"perturbation": rows, "target": columns})
        seen += test
    assert (seen == 1).all()


def test_splitting_pairs_at_random_is_caught():
    # The published shortcut: pairs hashed into folds hold out neither end.
    rng = np.random.default_rng(0)
    rows = np.repeat(np.array(["GATA1", "SPI1"]), 50)
    test = rng.random(100) < 0.2
    with pytest.raises(InputError, match=r"regulator GATA1(.|\n)*and 1 more"):
        assert_disjoint(~test, test, by={"regulator": rows})


def test_disjoint_takes_indices_too():
    units = np.array(["a", "a", "b"])
    assert_disjoint([0, 1], [2], by={"gene": units})
    with pytest.raises(InputError, match="gene a"):
        assert_disjoint([0], [1, 2], by={"gene": units})
