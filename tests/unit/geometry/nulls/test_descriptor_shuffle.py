"""Features of pairs permuted within bins."""

import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.geometry.nulls.descriptor_shuffle import DescriptorShuffle
from cellglass.geometry.nulls.within_bins import quantile_bins

TABLE = np.random.default_rng(0).normal(size=(60, 3))
BINS = quantile_bins(TABLE[:, 0], 3)


def test_rows_stay_whole_and_in_their_bin():
    drawn = DescriptorShuffle(TABLE, BINS).draw(np.random.default_rng(1))
    for b in range(3):
        inside = np.equal(BINS, b)
        here = {tuple(row) for row in TABLE[inside].tolist()}
        assert {tuple(row) for row in drawn[inside].tolist()} == here


def test_columns_are_taken_apart_where_asked_for():
    null = DescriptorShuffle(TABLE, BINS, columns=True)
    drawn = null.draw(np.random.default_rng(1))
    rows = {tuple(row) for row in TABLE.tolist()}
    assert sum(tuple(row) in rows for row in drawn.tolist()) < 10
    for b in range(3):
        inside = np.equal(BINS, b)
        assert np.array_equal(np.sort(drawn[inside], 0), np.sort(TABLE[inside], 0))


def test_a_vector_stays_a_vector():
    drawn = DescriptorShuffle(TABLE[:, 0]).draw(np.random.default_rng(1))
    assert drawn.shape == (60,)
    assert np.array_equal(np.sort(drawn), np.sort(TABLE[:, 0]))


def test_check_says_what_can_move():
    check = DescriptorShuffle(TABLE, BINS).check()
    assert check.passed
    assert check.messages == ("100% of the pairs lie in bins with more than one value.",)
    alone = DescriptorShuffle(TABLE, np.arange(60)).check()
    assert not alone.passed
    constant = DescriptorShuffle(np.ones((5, 2))).check()
    assert not constant.passed


@pytest.mark.parametrize(
    ("table", "bins", "message"),
    [
        (np.full(4, np.nan), None, "4 of them not finite"),
        (np.zeros((0, 2)), None, "shape"),
        (np.ones(4), np.zeros(3, int), "one integer an item"),
    ],
)
def test_refuses(table, bins, message):
    with pytest.raises(InputError, match=message):
        DescriptorShuffle(table, bins)
