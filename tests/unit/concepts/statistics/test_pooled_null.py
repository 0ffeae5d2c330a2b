"""p values from draws pooled over units."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from cellglass.concepts.statistics.pooled_null import PooledNull
from cellglass.errors import InputError


def test_deviations_are_from_the_other_draws():
    draws = np.random.default_rng(1).normal(size=(7, 3))
    null = PooledNull.of(draws, np.zeros(3))
    for d in range(7):
        others = np.delete(draws, d, axis=0)
        expected = (draws[d] - others.mean(0)) / others.std(0, ddof=1)
        np.testing.assert_allclose(null.deviations[d], expected)


def test_p_is_uniform_whatever_level_and_spread():
    rng = np.random.default_rng(2)
    level, spread = rng.normal(size=600) * 5, rng.gamma(2.0, size=600)
    draws = level + spread * rng.normal(size=(40, 600))
    null = PooledNull.of(draws, spread)
    p = null.p(level + spread * rng.normal(size=600))
    assert stats.kstest(p, "uniform").pvalue > 0.01
    assert null.p(level + 8 * spread).max() < 0.002 < 1 / 41
    assert stats.kstest(null.of_draw(3), "uniform").pvalue > 0.01


def test_pools_hold_units_alike():
    null = PooledNull.of(np.random.default_rng(3).normal(size=(5, 120)), np.arange(120)[::-1])
    assert np.bincount(null.pools).tolist() == [60, 60]
    assert null.pools[0] == 1
    assert null.pools[-1] == 0


def test_units_without_a_null_have_no_p():
    draws = np.random.default_rng(4).normal(size=(5, 3))
    draws[:, 1] = np.nan
    p = PooledNull.of(draws, np.zeros(3)).p([0.0, 0.0, np.nan])
    assert np.isnan(p).tolist() == [False, True, True]


def test_few_draws_are_refused():
    with pytest.raises(InputError, match="2 draws"):
        PooledNull.of(np.zeros((2, 1)), [0])
