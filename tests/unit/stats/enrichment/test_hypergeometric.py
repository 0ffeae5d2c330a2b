from __future__ import annotations

from fractions import Fraction
from math import comb

import numpy as np
import pytest
from scipy.stats import hypergeom

from cellglass.errors import InputError
from cellglass.stats.enrichment import hypergeometric
from cellglass.stats.enrichment.hypergeometric import bh_of_counts, upper_tail
from cellglass.stats.multiplicity import bh


def exact(x: int, n: int, k: int, total: int) -> float:
    ways = sum(comb(k, j) * comb(total - k, n - j) for j in range(x, min(n, k) + 1))
    return float(Fraction(ways, comb(total, n)))


def test_every_small_test_is_exact():
    quads = [
        (x, n, k, total)
        for total in (1, 7, 12)
        for n in range(total + 1)
        for k in range(total + 1)
        for x in range(min(n, k) + 1)
    ]
    ours = upper_tail(*np.array(quads).T)
    np.testing.assert_allclose(ours, [exact(*q) for q in quads], rtol=1e-12)


def test_large_universe_against_scipy_and_exact_tails():
    rng = np.random.default_rng(0)
    n, k = rng.integers(1, 200, 300), rng.integers(1, 500, 300)
    x = np.minimum(rng.integers(0, 12, 300), np.minimum(n, k))
    np.testing.assert_allclose(
        upper_tail(x, n, k, 19_000), hypergeom.sf(x - 1, 19_000, k, n), rtol=1e-9
    )
    tiny = upper_tail(60, 100, 300, 19_000)  # far below what 1 - cdf could show
    assert tiny < 1e-70
    assert tiny == pytest.approx(exact(60, 100, 300, 19_000), rel=1e-9)


def test_sorting_and_flags_find_the_same_quadruples(monkeypatch: pytest.MonkeyPatch):
    rng = np.random.default_rng(1)
    n, k = rng.integers(5, 50, (40, 1)), rng.integers(5, 80, 30)
    x = rng.integers(0, 5, (40, 30))
    by_flags = upper_tail(x, n, k, 400)
    monkeypatch.setattr(hypergeometric, "_LARGEST_TABLE", 10)
    assert np.array_equal(by_flags, upper_tail(x, n, k, 400))


def test_adjustment_by_counts_is_that_of_all_tests():
    rng = np.random.default_rng(2)
    p = rng.choice(np.linspace(0.001, 1, 40), 30) ** 2
    counts = rng.integers(1, 5, 30)
    everything = np.concatenate([np.repeat(p, counts), np.ones(50)])
    expected = bh(everything)[: counts.sum()]
    ours = np.repeat(bh_of_counts(p, counts, everything.size), counts)
    assert np.array_equal(ours, expected)


@pytest.mark.parametrize("quad", [(3, 2, 5, 9), (3, 5, 2, 9), (1, 9, 2, 5), (-1, 2, 2, 5)])
def test_impossible_sizes(quad: tuple[int, ...]):
    with pytest.raises(InputError):
        upper_tail(*quad)


def test_nothing_to_test():
    assert upper_tail([], [], [], []).size == 0
