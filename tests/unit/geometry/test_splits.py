"""Splits that separate genes, and the published subsets that do not."""

import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.geometry.pairs import Pairs
from cellglass.geometry.splits import (
    PairSplit,
    pair_splits,
    published_splits,
    splits_are_disjoint,
)
from cellglass.stats import assert_disjoint, auroc

KINDS = ["source", "target", "both"]


def planted(seed=0, sources=24, targets=90, shared=20):
    """Regulators of which the first `shared` are targets too."""
    rng = np.random.default_rng(seed)
    names = tuple(f"r{i}" for i in range(sources))
    genes = (*names[:shared], *(f"t{i}" for i in range(targets - shared)))
    mask = np.array(names)[:, None] != np.array(genes)[None, :]
    labels = mask & (rng.random(mask.shape) < 0.2)
    return Pairs(names, genes, labels, mask, "planted"), rng


PAIRS, _ = planted()
SOURCES, TARGETS = (np.array(names) for names in PAIRS.ends)


@pytest.mark.parametrize("kind", KINDS)
def test_every_pair_is_tested_once_a_partition_and_genes_are_apart(kind):
    splits = pair_splits(PAIRS, kind, 3, repeats=2)
    each = 9 if kind == "both" else 3
    assert [(s.repeat, s.fold) for s in splits] == [(r, f) for r in range(2) for f in range(each)]
    for part in (splits[:each], splits[each:]):
        assert np.array_equal(sum(s.test.astype(int) for s in part), np.ones(SOURCES.size))
    for split in splits:
        train, test = split.train, split.test
        assert not (train & test).any()
        if kind != "target":
            assert_disjoint(train, test, by={"regulator": SOURCES})
        if kind != "source":
            assert_disjoint(train, test, by={"target": TARGETS})
        if kind == "both":  # in whatever role
            genes = np.concatenate([SOURCES, TARGETS])
            assert_disjoint(np.tile(train, 2), np.tile(test, 2), by={"gene": genes})
        assert split.n_dropped == (~train & ~test).sum()
        assert (split.n_dropped > 0) == (kind == "both")
    assert splits_are_disjoint(PAIRS, splits).state == "passed"


def test_a_split_by_rows_and_columns_alone_would_share_genes():
    # the reason for folds of genes: half of the rows against half of the columns
    rows, columns = PAIRS.index
    train, test = (rows < 12) & (columns < 45), (rows >= 12) & (columns >= 45)
    for kind in ("source", "target"):
        assert not splits_are_disjoint(PAIRS, [PairSplit(kind, train, test)]).failed
    found = splits_are_disjoint(PAIRS, [PairSplit("both", train, test)])
    assert found.failed
    assert found.detail == "gene r12 is in training and in test, and 7 more"


def test_genes_of_one_role_cost_no_training_pairs():
    """Without genes that are both, a split by both is blocks of rows and columns."""
    apart, _ = planted(2, 8, 30, shared=0)
    splits = pair_splits(apart, "both", 2)
    assert len(splits) == 4
    for split in splits:
        assert split.test.sum() == split.train.sum() == 60


def test_partitions_are_random_and_repeat_with_the_seed():
    def tests(**settings):
        return np.stack([s.test for s in pair_splits(PAIRS, "both", 3, **settings)])

    both = tests(seed=1, repeats=2)
    assert np.array_equal(both, tests(seed=1, repeats=2))
    assert np.array_equal(both[:9], tests(seed=1))  # more repeats change none
    for other in (both[9:], tests(seed=2), tests(seed=1, task="other")):
        assert not np.array_equal(both[:9], other)
    folds = {s.test.tobytes() for s in pair_splits(PAIRS, "source", repeats=4)}
    assert len(folds) == 20  # no fold comes twice


def test_partitions_differ_though_no_two_genes_weigh_the_same():
    labels = np.arange(20)[None, :] < 2 * np.arange(1, 10)[:, None]
    steps = Pairs(
        tuple(f"r{i}" for i in range(9)), tuple(f"t{i}" for i in range(20)), labels,
        np.ones((9, 20), bool), "net",
    )  # fmt: skip
    splits = pair_splits(steps, "source", 3, repeats=8)
    partitions = {
        frozenset(s.test.tobytes() for s in splits if s.repeat == repeat) for repeat in range(8)
    }
    assert len(partitions) > 4


def test_folds_weigh_alike_in_positives():
    for kind in ("source", "target"):
        n = [PAIRS.positive[s.test].sum() for s in pair_splits(PAIRS, kind, 4)]
        assert max(n) < 1.3 * min(n)


def test_genes_without_a_judged_pair_take_no_part():
    judged = PAIRS.mask.copy()
    judged[:14], judged[:, 85:] = False, False
    fewer = PAIRS.within(judged)
    assert len(pair_splits(fewer, "source", 10)) == 10
    with pytest.raises(InputError, match="11 folds of 10 sources"):
        pair_splits(fewer, "source", 11)
    tested = sum(s.test.astype(int) for s in pair_splits(fewer, "both", 4))
    assert np.array_equal(tested, np.ones(int(judged[PAIRS.mask].sum())))


def test_published_subsets_are_medians_and_fail_the_assertion():
    subsets = published_splits(PAIRS)
    rows, columns = PAIRS.index
    low, high = rows <= np.median(rows), columns > np.median(columns)
    for name, kept in (
        ("source_disjoint", low), ("target_disjoint", high), ("dual_axis_disjoint", low & high),
    ):  # fmt: skip
        assert np.array_equal(subsets[name].train, kept)
        assert np.array_equal(subsets[name].test, kept)  # judged on what was fitted
        for kind in KINDS:
            found = splits_are_disjoint(PAIRS, [PairSplit(kind, kept, kept)])
            assert found.failed
            assert "in training and in test" in found.detail
    beside = PairSplit("both", low, high)
    shared = np.intersect1d(SOURCES[low], SOURCES[high]).size - 1
    with pytest.raises(InputError, match=rf"source r0 .* in test, and {shared} more"):
        splits_are_disjoint(PAIRS, [beside]).require()
    # nor is the complement of a subset free of its targets, though it is of its regulators
    assert not splits_are_disjoint(PAIRS, [PairSplit("source", low, ~low)]).failed
    assert splits_are_disjoint(PAIRS, [PairSplit("target", low, ~low)]).failed


def test_the_first_split_that_fails_is_told():
    good = pair_splits(PAIRS, "source", 3)
    bad = PairSplit("source", good[0].train, good[0].train)
    assert splits_are_disjoint(PAIRS, [good[0], bad, good[1]]).failed
    assert splits_are_disjoint(PAIRS, good).detail == (
        f"{good[-1].train.sum():,} training and {good[-1].test.sum()} test pairs share no gene "
        "(16 and 8 of role source)"
    )


def test_selection_is_judged_on_what_it_did_not_see():
    pairs, rng = planted(1)
    noise = rng.normal(size=(80, pairs.positive.size))

    def areas(part):
        return np.array([auroc(one[part], pairs.positive[part]) for one in noise])

    in_sample = areas(np.ones(pairs.positive.size, bool)).max()
    splits = pair_splits(pairs, "both", 3, repeats=3)
    values = [areas(s.test)[areas(s.train).argmax()] for s in splits]
    assert in_sample > 0.53
    assert abs(np.mean(values) - 0.5) < 0.02


@pytest.mark.parametrize(
    ("kind", "settings", "message"),
    [
        ("gene", {}, "split 'gene'"),
        ("source", {"n_folds": 1}, "1 folds of 24 sources"),
        ("source", {"n_folds": 25}, "25 folds of 24 sources"),
        ("target", {"n_folds": 91}, "91 folds of 90 targets"),
        ("both", {"repeats": 0}, "0 partitions"),
    ],
)
def test_refuses(kind, settings, message):
    with pytest.raises(InputError, match=message):
        pair_splits(PAIRS, kind, **settings)


def test_refuses_training_without_a_class_and_nothing_to_judge():
    labels = np.array([[True, False], [False, False]])
    few = Pairs(("A", "B"), ("C", "D"), labels, np.ones((2, 2), bool), "n")
    with pytest.raises(InputError, match="0 positives of 2 training pairs"):
        pair_splits(few, "source", 2)
    with pytest.raises(InputError, match="no split"):
        splits_are_disjoint(PAIRS, [])
    with pytest.raises(InputError, match="no pair is judged"):
        published_splits(PAIRS.within(PAIRS.mask & False))
    none = np.zeros(SOURCES.size, bool)
    with pytest.raises(InputError, match="0 test pairs"):
        splits_are_disjoint(PAIRS, [PairSplit("source", ~none, none)])
