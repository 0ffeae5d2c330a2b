"""Compiled loops against slow oracles."""

import numpy as np
import pytest
from scipy.stats import rankdata

from cellglass.regulation.coexpression import standardised_ranks
from cellglass.regulation.states.aggregators import AGGREGATORS, aggregate
from cellglass.regulation.states.kernels import (
    BLOCK,
    N_AGGREGATORS,
    aggregate_groups,
    aggregate_stack,
    ranks_within,
)


def test_there_is_a_row_for_every_aggregator():
    assert len(AGGREGATORS) == N_AGGREGATORS


@pytest.mark.parametrize("n_strata", [1, 2, 3, 6, 9])
def test_aggregates_of_a_stack_are_those_of_the_oracle(n_strata):
    rng = np.random.default_rng(n_strata)
    n = BLOCK + 37  # more than one block, and a part of one
    scores = rng.normal(size=(n_strata, 1, n))
    scores[rng.random(scores.shape) < 0.3] = np.nan
    scores[:, 0, 5] = np.nan
    scores[:, 0, 6] = 0.5  # ties
    sizes, pooled = rng.integers(5, 90, n_strata), rng.normal(size=(1, n))
    found = aggregate_stack(scores[:, 0], sizes.astype(float), pooled[0], np.nan)
    for row, how in zip(found, AGGREGATORS, strict=True):
        expected = aggregate(scores, sizes, how, pooled=pooled)[0]
        np.testing.assert_allclose(row, expected, atol=1e-12, err_msg=how)
    filled = aggregate_stack(scores[:, 0], sizes.astype(float), pooled[0], 0.0)
    assert (filled[:, 5] == 0.0).all()


def test_groups_are_summed_within_their_strata():
    rng = np.random.default_rng(3)
    groups, n = 14, BLOCK + 9
    sums = rng.random((groups, n)).astype(np.float32)
    counts = rng.integers(0, 3, (groups, n)).astype(np.int16)
    assignments = rng.integers(-1, 3, (5, groups))
    assignments[:, :3] = [0, 1, 2]
    sizes = rng.integers(5, 50, (5, 3)).astype(float)
    pooled = rng.random(n)
    found = aggregate_groups(sums, counts, assignments, sizes, pooled, np.nan)
    for draw, assignment in enumerate(assignments):
        total = [sums[assignment == s].sum(0, dtype=np.float64) for s in range(3)]
        cells = [counts[assignment == s].sum(0, dtype=np.int64) for s in range(3)]
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = np.where(np.array(cells) > 0, np.array(total) / np.array(cells), np.nan)
        for row, how in zip(found[draw], AGGREGATORS, strict=True):
            expected = aggregate(mean[:, None], sizes[draw], how, pooled=pooled[None])[0]
            np.testing.assert_allclose(row, expected, rtol=1e-9, atol=1e-12, err_msg=how)


def test_ranks_within_strata_are_ranks_of_each_part():
    rng = np.random.default_rng(4)
    values = np.where(rng.random((60, 7)) < 0.5, 0.0, rng.integers(1, 6, (60, 7)))
    values[:, 3] = 1.0  # does not vary at all
    codes = rng.integers(-1, 3, 60)
    sizes = np.bincount(codes[codes >= 0])
    order = np.argsort(values, axis=0).T.astype(np.int32)
    arranged = np.take_along_axis(values.T, order.astype(np.int64), axis=1)
    starts = np.ones(order.shape, bool)
    starts[:, 1:] = arranged[:, 1:] != arranged[:, :-1]
    places = np.full(60, -1)
    inside = np.flatnonzero(codes >= 0)
    places[inside[np.argsort(codes[inside], kind="stable")]] = np.arange(len(inside))
    found = ranks_within(order, starts, codes, places, sizes)
    for s in range(3):
        cells = np.flatnonzero(codes == s)
        np.testing.assert_allclose(found[:, places[cells]].T, standardised_ranks(values[cells]),
                                   atol=1e-12)  # fmt: skip
    assert (found[3] == 0).all()
    ranks = rankdata(values[codes == 1, 0])
    assert np.corrcoef(found[0, places[codes == 1]], ranks)[0, 1] == pytest.approx(1.0)
