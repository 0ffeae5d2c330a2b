import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.regulation.responses.splits import (
    SPLITS,
    assert_split,
    shared_genes,
    split_pairs,
)


def made(seed=0, n_perturbations=13, n_targets=40):
    """Pairs with holes, in random order."""
    rng = np.random.default_rng(seed)
    p, t = np.nonzero(rng.random((n_perturbations, n_targets)) < 0.8)
    order = rng.permutation(len(p))
    p, t = p[order], t[order]
    return p, t, rng.random(len(p)) < 0.1


def parts(p, t, labels, how, seed=1, folds=5, joint_folds=3):
    return list(
        split_pairs(p, t, labels, how, folds=folds, joint_folds=joint_folds, seed=seed, task="x")
    )


@pytest.mark.parametrize("how", SPLITS)
def test_every_pair_is_tested_once(how):
    p, t, labels = made()
    found = parts(p, t, labels, how)
    assert len(found) == (9 if how == "both" else 5)
    assert (np.sum([test for _, test in found], axis=0) == 1).all()
    assert not any((train & test).any() for train, test in found)


def test_by_perturbation_no_perturbation_is_on_both_sides_and_all_other_pairs_teach():
    p, t, labels = made()
    for train, test in parts(p, t, labels, "perturbation"):
        assert not set(p[train]) & set(p[test])
        assert (train | test).all()


def test_by_target_no_target_is_on_both_sides():
    p, t, labels = made()
    for train, test in parts(p, t, labels, "target"):
        assert not set(t[train]) & set(t[test])
        assert (train | test).all()


def test_blocks_share_neither_a_perturbation_nor_a_target():
    p, t, labels = made()
    for train, test in parts(p, t, labels, "both"):
        assert train.any()
        assert test.any()
        assert not set(p[train]) & set(p[test])
        assert not set(t[train]) & set(t[test])
        left_out = ~(train | test)
        assert left_out.any()
        for i in np.flatnonzero(left_out):  # because it shares exactly one end with the test block
            assert (p[i] in set(p[test])) != (t[i] in set(t[test]))


def test_folds_of_perturbations_weigh_alike_in_responding_genes():
    p, t, _ = made()
    labels = (p == 0) | (t == 0)  # one perturbation holds most of them
    tested = [labels[test].sum() for _, test in parts(p, t, labels, "perturbation")]
    assert max(tested) == labels[p == 0].sum()  # nothing is dealt on top of it


def test_pairs_hashed_into_folds_are_no_joint_split():
    """The published shortcut: a hash of the pair decides its fold, and holds out neither axis."""
    p, t, _ = made()
    fold = np.array([hash((int(a), int(b))) % 5 for a, b in zip(p, t, strict=True)])
    for f in range(5):
        train, test = fold != f, fold == f
        assert set(p[test]) <= set(p[train])  # every test perturbation was taught
        assert set(t[test]) <= set(t[train])
        for how in SPLITS:
            with pytest.raises(InputError, match="is in training and in test"):
                assert_split(train, test, p, t, how)


@pytest.mark.parametrize("how", ["perturbation", "target"])
def test_a_split_by_one_axis_is_no_joint_split(how):
    p, t, labels = made()
    train, test = parts(p, t, labels, how)[0]
    assert_split(train, test, p, t, how)
    with pytest.raises(InputError, match="is in training and in test"):
        assert_split(train, test, p, t, "both")


@pytest.mark.parametrize("how", SPLITS)
def test_the_seed_decides_among_equals_and_the_order_of_pairs_does_not(how):
    p, t = np.divmod(np.arange(130), 10)  # all perturbations weigh the same
    labels = t < 2

    def assignment(seed, order):
        out = {}
        for f, (_, test) in enumerate(parts(p[order], t[order], labels[order], how, seed=seed)):
            out |= {(int(p[i]), int(t[i])): f for i in order[test]}
        return out

    plain, turned = np.arange(len(p)), np.random.default_rng(9).permutation(len(p))
    assert assignment(1, plain) == assignment(1, turned)
    assert assignment(1, plain) != assignment(2, plain)


def test_few_perturbations_make_few_folds():
    p, t = np.divmod(np.arange(20), 10)
    labels = t < 3
    assert len(parts(p, t, labels, "perturbation")) == 2
    assert len(parts(p, t, labels, "both")) == 4
    with pytest.raises(InputError, match="1 perturbation"):
        parts(np.zeros(10, int), np.arange(10), np.arange(10) < 3, "perturbation")
    with pytest.raises(InputError, match="there is no split 'pair'"):
        parts(p, t, labels, "pair")


def test_groups_of_perturbations_that_share_genes():
    sources = [("A",), ("B",), ("C", "D"), ("D", "A"), ("E",), ("B",), ("F", "E")]
    groups = shared_genes(sources).tolist()
    assert groups == [0, 1, 0, 0, 2, 1, 2]
    assert shared_genes([]).tolist() == []
