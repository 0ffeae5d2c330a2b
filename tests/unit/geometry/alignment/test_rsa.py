from itertools import permutations

import numpy as np
import pytest
from scipy.spatial.distance import pdist
from scipy.stats import pearsonr, spearmanr

from cellglass.errors import InputError, ResourceError
from cellglass.geometry.alignment.matched import Matched
from cellglass.geometry.alignment.rsa import mantel, rsa, rsa_of_pairings


def clouds(n=20, seed=0, noise=0.7):
    rng = np.random.default_rng(seed)
    first = rng.normal(size=(n, 4))
    return Matched.of_arrays(first, first[:, :3] + noise * rng.normal(size=(n, 3)))


@pytest.mark.parametrize("distance", ["euclidean", "cosine", "correlation"])
def test_against_scipy(distance):
    matched = clouds()
    one, other = pdist(matched.first, distance), pdist(matched.second, distance)
    for name, slow in (("spearman", spearmanr), ("pearson", pearsonr)):
        found = rsa(matched, correlation=name, distance=distance)
        assert found == pytest.approx(slow(one, other).statistic)


def test_pairings_move_rows_and_columns():
    matched = clouds()
    order = np.random.default_rng(1).permutation(20)
    assert rsa_of_pairings(matched)(order) == pytest.approx(rsa(matched.paired(order)))


def test_mantel_against_all_permutations_of_5():
    matched = clouds(5, seed=3, noise=2.0)
    one, other = pdist(matched.first), matched.second
    everything = [spearmanr(one, pdist(other[list(p)])).statistic for p in permutations(range(5))]
    observed = spearmanr(one, pdist(other)).statistic
    statistic = rsa_of_pairings(matched)
    fast = [statistic(np.array(p)) for p in permutations(range(5))]
    assert np.allclose(fast, everything)
    exact = np.mean(np.array(everything) >= observed - 1e-12)
    assert 0.02 < exact < 0.5
    found = mantel(matched, draws=4000, seed=1)
    assert found.observed == pytest.approx(observed)
    assert found.p == pytest.approx(exact, abs=4 * np.sqrt(exact * (1 - exact) / 4000))
    assert found.mean == pytest.approx(np.mean(everything), abs=0.03)


def test_mantel_finds_shared_distances_and_keeps_its_level():
    assert mantel(clouds(), draws=99).p == 0.01
    p = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        rows = rng.normal(size=(12, 2)), rng.normal(size=(12, 2))
        p.append(mantel(Matched.of_arrays(*rows), draws=19, seed=seed).p)
    assert np.mean(np.array(p) <= 0.1) < 0.25
    assert 0.35 < np.mean(p) < 0.68


def test_too_few_draws_for_the_level_are_refused():
    with pytest.raises(ResourceError, match="at least 999 draws"):
        mantel(clouds(), draws=99, level=0.001)


def test_bad_input_is_refused():
    with pytest.raises(InputError, match="3 matched genes"):
        rsa(clouds(3))
    with pytest.raises(InputError, match="correlation 'kendall'"):
        rsa(clouds(), correlation="kendall")
    simplex = Matched.of_arrays(np.eye(4), np.random.default_rng(0).normal(size=(4, 2)))
    with pytest.raises(InputError, match="all distances of the first side are equal"):
        rsa(simplex)
    flat = Matched.of_arrays(np.ones((5, 3)) * np.arange(1, 6)[:, None], clouds(5).second)
    with pytest.raises(InputError, match="no correlation distance"):
        rsa(flat, distance="correlation")
