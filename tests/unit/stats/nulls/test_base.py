import logging

import numpy as np
import pytest

from cellglass.errors import InputError, StudyError
from cellglass.seeds import generator
from cellglass.stats import (
    DegreePreserving,
    ExpressionMatched,
    LabelNull,
    LabelPermutation,
    LabelWithinRegulator,
    ScoreColumn,
)
from cellglass.stats.nulls import base


def example(seed=0, shape=(12, 40), density=0.15):
    rng = np.random.default_rng(seed)
    mask = rng.random(shape) < 0.9
    mask[np.arange(shape[0]), np.arange(shape[0])] = False
    labels = (rng.random(shape) < density) & mask
    return labels, mask, rng


def make(kind):
    labels, mask, rng = example()
    if kind is ExpressionMatched:
        source, target = rng.uniform(1, 2, 12), rng.uniform(1, 2, 40)
        return kind(labels, mask, source, source / 4, target, target / 4)
    return kind(labels, mask)


ALL = [LabelPermutation, LabelWithinRegulator, DegreePreserving, ScoreColumn, ExpressionMatched]


@pytest.mark.parametrize("kind", ALL)
def test_draws_keep_what_they_claim_and_stay_in_the_mask(kind):
    null = make(kind)
    draws = null.draw_positives(np.random.default_rng(1), 50)
    assert draws.dtype == np.int64
    assert draws.shape == (50, null.n_positives)
    for row in draws:
        drawn = np.zeros(null.labels.size, bool)
        drawn[row] = True
        assert drawn.sum() == null.n_positives
        matrix = drawn.reshape(null.shape)
        assert not (matrix & ~null.mask).any()
        if "rows" in null.keeps:
            assert np.array_equal(matrix.sum(1), null.labels.sum(1))
        if "columns" in null.keeps:
            assert np.array_equal(matrix.sum(0), null.labels.sum(0))
    check = null.check(draws)
    assert check.passed, check.messages
    assert check.margins_kept
    assert (check.structural_zeros_filled, check.n_identical, check.n_draws) == (0, 0, 50)


@pytest.mark.parametrize("kind", ALL)
def test_draws_do_not_depend_on_how_many_are_asked_for_at_a_time(kind, monkeypatch):
    null = make(kind)
    together = null.draw_positives(np.random.default_rng(3), 7)
    rng = np.random.default_rng(3)
    apart = np.concatenate([null.draw_positives(rng, n) for n in (1, 4, 2)])
    assert np.array_equal(together, apart)
    whole = np.concatenate(list(null.batches(130, 5, "t")))
    monkeypatch.setattr(base, "_BLOCK_BYTES", 8 * null.n_positives * 3)
    pieces = list(null.batches(130, 5, "t"))
    assert max(len(p) for p in pieces) == 3
    assert np.array_equal(np.concatenate(pieces), whole)
    assert np.array_equal(whole[100:], null.draw_positives(generator(5, "t/1"), 30))


@pytest.mark.parametrize("kind", ALL)
def test_draws_differ_from_one_another_and_from_seed_to_seed(kind):
    null = make(kind)
    draws = np.sort(null.draw_positives(np.random.default_rng(1), 20), axis=1)
    assert np.unique(draws, axis=0).shape[0] == 20
    other = np.sort(null.draw_positives(np.random.default_rng(2), 20), axis=1)
    assert not (draws == other).all(1).any()


def test_jaccard_distance_equals_sets():
    null = make(LabelPermutation)
    draws = null.draw_positives(np.random.default_rng(1), 10)
    truth = set(null.positives.tolist())
    expected = np.mean([1 - len(truth & set(r)) / len(truth | set(r)) for r in draws.tolist()])
    assert null.check(draws).mean_jaccard_distance == pytest.approx(expected)


class Broken(LabelNull):
    """A null whose draws are given, to see what the check makes of them."""

    name = "broken"
    preserves = "nothing"
    keeps = frozenset({"rows", "columns"})

    def draw_from_seeds(self, seeds):
        return np.tile(self.positives, (seeds.size, 1))


def test_a_null_that_cannot_move_fails_loudly(caplog):
    labels, mask, _ = example()
    null = Broken(labels, mask)
    with caplog.at_level(logging.WARNING):
        check = null.check(null.draw_positives(np.random.default_rng(0), 9))
    assert not check.passed
    assert check.n_identical == 9
    assert check.mean_jaccard_distance == 0.0
    assert "9 of 9 draws equal the observed labels" in caplog.text
    with pytest.raises(StudyError, match="hardly move"):
        check.require()


def test_each_kind_of_fault_is_named():
    labels, mask, _ = example()
    null = Broken(labels, mask)
    good = DegreePreserving(labels, mask).draw_positives(np.random.default_rng(0), 3)
    assert null.check(good).passed

    outside = good.copy()
    outside[1, 0] = np.flatnonzero(~mask)[0]
    check = null.check(outside)
    assert check.structural_zeros_filled == 1
    assert not check.passed
    assert any("not evaluable" in m for m in check.messages)

    repeated = good.copy()
    repeated[2, 0] = repeated[2, 1]
    assert any("repeat a pair" in m for m in null.check(repeated).messages)

    moved = LabelPermutation(labels, mask).draw_positives(np.random.default_rng(0), 3)
    check = null.check(moved)
    assert not check.margins_kept
    assert check.column_score_constant is False
    assert any("sums of rows" in m for m in check.messages)
    assert any("sums of columns" in m for m in check.messages)
    assert any("score of the target only" in m for m in check.messages)


def test_distance_floor_is_the_stated_one():
    labels, mask, _ = example()
    draws = DegreePreserving(labels, mask).draw_positives(np.random.default_rng(0), 30)
    distance = Broken(labels, mask).check(draws).mean_jaccard_distance
    assert Broken(labels, mask, min_distance=distance - 1e-6).check(draws).passed
    assert not Broken(labels, mask, min_distance=distance + 1e-6).check(draws).passed


def test_labels_and_masks_are_checked():
    labels, mask, _ = example()
    with pytest.raises(InputError, match="1 positives lie on pairs that are not evaluable"):
        LabelPermutation(np.eye(1, 3), np.array([[0, 1, 1]]))
    with pytest.raises(InputError, match="no positive"):
        LabelPermutation(np.zeros((2, 3)), np.ones((2, 3)))
    with pytest.raises(InputError, match="regulators x genes"):
        LabelPermutation(np.ones(3), np.ones(3))
    with pytest.raises(InputError, match="shape"):
        LabelPermutation(labels, mask[:, 1:])
    with pytest.raises(InputError, match="at least 1"):
        LabelPermutation(labels, mask).draw_positives(np.random.default_rng(0), 0)


def test_draws_of_another_null_are_refused():
    null = make(LabelPermutation)
    with pytest.raises(InputError, match="as many positives as observed"):
        null.check(np.zeros((2, 3), dtype=np.int64))
    with pytest.raises(InputError, match="outside the matrix"):
        null.check(np.full((2, null.n_positives), null.labels.size))
    with pytest.raises(InputError, match="no draw"):
        null.check(np.zeros((0, null.n_positives), dtype=np.int64))
