from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.stats import permutation_test as scipy_permutation_test
from scipy.stats import spearmanr

from cellglass.regulation.biology.depth import (
    depth_trend,
    peak_share,
    rank_correlation,
    trend_p,
)
from cellglass.regulation.biology.profile_universe import row_genes, undirected_universe
from cellglass.regulation.biology.profiles import profile


@pytest.fixture(scope="module")
def profiles(deep: Any) -> Any:
    d = deep()
    universe = undirected_universe(d.held, row_genes(d.held, 1), {"friends": d.square})
    return profile(universe, draws=80, seed=1, task="t")


def test_correlations_are_those_of_scipy() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 5, 9), rng.integers(0, 4, (9, 6)).astype(float)
    found = rank_correlation(x, y)
    for j in range(6):
        assert found[j] == pytest.approx(spearmanr(x, y[:, j])[0])
    assert np.isnan(rank_correlation(np.ones(4), np.arange(4.0))[0])


@pytest.mark.parametrize("n", [5, 6, 7])
def test_p_of_few_layers_is_exact(n: int) -> None:
    rng = np.random.default_rng(n)
    x, y = np.arange(n), rng.normal(size=n)
    found, how = trend_p(x, y, 1, "t")
    theirs = scipy_permutation_test(
        (y,), lambda z: spearmanr(x, z)[0], permutation_type="pairings", n_resamples=np.inf
    )
    both = np.mean(np.abs(theirs.null_distribution) >= abs(theirs.statistic) - 1e-12)
    assert found == pytest.approx(both)
    assert how.startswith("exact")


def test_p_of_many_layers_is_drawn_and_never_zero() -> None:
    x = np.arange(18)
    found, how = trend_p(x, x**2.0, 1, "t")
    assert found == pytest.approx(1 / 10_000)
    assert how == "9,999 permutations"
    noise = np.random.default_rng(0).normal(size=18)
    drawn, _ = trend_p(x, noise, 1, "t")
    assert drawn == pytest.approx(spearmanr(x, noise).pvalue, abs=0.03)
    assert trend_p(x, noise, 1, "t") == trend_p(x, noise, 1, "t")


def test_an_undefined_trend_has_no_p() -> None:
    assert np.isnan(trend_p(np.arange(5), np.ones(5), 1, "t")[0])


def test_a_planted_trend_is_found_and_the_copy_has_none(profiles: Any) -> None:
    trend = depth_trend(profiles, "friends")
    assert trend.estimates[0] < -0.9
    assert trend.interval().high < -0.6
    assert (trend.unit, trend.n > 40) == ("gene", True)
    copy = depth_trend(profiles, "friends", untrained=True)
    assert copy.draws[0].std() > 2 * trend.draws[0].std()


def test_the_peak_is_told_with_how_surely_it_is_one(profiles: Any) -> None:
    layer, share = peak_share(profiles, "friends")
    estimate, draws = profiles.drawn("friends")
    assert layer == int(np.argmax(estimate))
    assert layer < 2
    assert share == pytest.approx(np.mean(np.argmax(draws, axis=0) == layer))
    assert 0.2 < share < 1.0  # the first two layers hold nearly the same
