import numpy as np
import pytest

from cellglass.stats.audit.grouped import summarise


@pytest.mark.parametrize("direction", ["greater", "less", "two-sided"])
def test_against_a_loop_over_the_groups(direction):
    rng = np.random.default_rng(0)
    group = rng.integers(0, 40, 900)
    group = group[group != 7]  # a group without draws
    values = np.round(rng.normal(size=group.size), 1)  # with ties
    observed = np.round(rng.normal(size=40), 1)
    found = summarise(values, group, observed, direction)
    turn = {"greater": lambda v: v, "less": np.negative, "two-sided": np.abs}[direction]
    for g in range(40):
        mine, seen = values[group == g], observed[g]
        assert found.n[g] == mine.size
        assert found.at_least[g] == (mine >= seen).sum()
        assert found.at_most[g] == (mine <= seen).sum()
        assert found.extreme[g] == (np.abs(mine) >= abs(seen)).sum()
        assert found.equal[g] == (mine == seen).sum()
        assert found.equal_size[g] == (np.abs(mine) == abs(seen)).sum()
        if mine.size == 0:
            assert np.isnan([found.quantile[g], found.mean[g], found.low[g]]).all()
            continue
        assert found.quantile[g] == np.quantile(turn(mine), 0.95)
        assert found.mean[g] == pytest.approx(mine.mean())
        assert (found.low[g], found.high[g]) == (mine.min(), mine.max())
        if mine.size > 1:
            assert found.sd[g] == pytest.approx(mine.std(ddof=1))


def test_draws_that_do_not_vary_have_no_spread_of_rounding_errors():
    found = summarise(np.full(7, 0.1 + 0.2), np.zeros(7, dtype=int), np.array([0.3]))
    assert found.sd[0] == 0.0
    assert found.mean[0] == 0.1 + 0.2
    assert np.isnan(summarise(np.array([1.0]), np.array([0]), np.array([0.0])).sd[0])


def test_infinite_draws_keep_their_place():
    found = summarise(np.array([0.0, np.inf, -np.inf]), np.zeros(3, dtype=int), np.array([1.0]))
    assert (found.at_least[0], found.at_most[0], found.n[0]) == (1, 2, 3)
    assert found.quantile[0] == np.inf
    assert np.isnan(found.sd[0])


def test_no_draws_at_all():
    found = summarise(np.empty(0), np.empty(0, dtype=int), np.array([1.0, np.nan]))
    assert found.n.tolist() == [0, 0]
    assert np.isnan(found.quantile).all()


def test_shapes():
    found = summarise(np.arange(4.0), np.array([0, 1, 2, 3]), np.zeros(4)).reshape(2, 2)
    assert found.n.shape == found.sd.shape == (2, 2)
    assert found.mean.tolist() == [[0.0, 1.0], [2.0, 3.0]]
