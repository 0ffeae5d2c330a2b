"""Bins at quantiles and permutations within them."""

from itertools import permutations

import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.geometry.nulls.within_bins import (
    as_bins,
    permutation_within,
    quantile_bins,
    quantile_edges,
    share_in_movable_bins,
)


def test_bins_are_even_and_ordered():
    values = np.random.default_rng(0).normal(size=1000)
    bins = quantile_bins(values, 5)
    assert np.bincount(bins).tolist() == [200] * 5
    for b in range(4):
        assert values[bins == b].max() < values[bins == b + 1].min()


def test_equal_values_share_a_bin():
    values = np.repeat([0.0, 1.0, 2.0, 9.0], [70, 10, 10, 10])
    bins = quantile_bins(values, 5)
    for value in np.unique(values):
        assert np.unique(bins[values == value]).size == 1
    assert np.bincount(bins).tolist() == [80, 20]  # quantiles 0, 0, 0 and 1.2
    assert (quantile_bins(np.ones(9), 4) == 0).all()


def test_edges_may_be_cut_at_other_values():
    values = np.arange(100.0)
    edges = quantile_edges(values, 2, of=values[values >= 80])
    assert edges.tolist() == [89.5]
    assert quantile_edges(values, 3, of=np.array([500.0])).size == 0


def test_permutations_within_are_uniform():
    codes = np.array([1, 0, 1, 1, 0])
    rng = np.random.default_rng(0)
    drawn = [tuple(permutation_within(codes, rng).tolist()) for _ in range(12_000)]
    every = {p for p in permutations(range(5)) if (codes[list(p)] == codes).all()}
    found, counts = np.unique(drawn, axis=0, return_counts=True)
    assert {tuple(f) for f in found.tolist()} == every
    assert np.abs(counts - 1000).max() < 4.5 * np.sqrt(1000)


def test_movable_share():
    codes = np.array([0, 0, 1, 1, 2])
    assert share_in_movable_bins(codes, np.array([1, 2, 5, 5, 9])) == pytest.approx(0.4)
    assert share_in_movable_bins(codes, np.array([[1, 1], [1, 1], [5, 0], [5, 1], [9, 9]])) == 0.4


def test_refuses_what_is_no_bin():
    with pytest.raises(InputError, match="one integer an item"):
        as_bins(np.zeros(3), 3, "null")
    with pytest.raises(InputError, match="one integer an item"):
        as_bins(np.zeros(2, int), 3, "null")
    with pytest.raises(InputError, match="0 bins"):
        quantile_bins([1.0, 2.0], 0)
    with pytest.raises(InputError, match="not finite"):
        quantile_bins([1.0, np.nan], 2)
