from itertools import permutations

import numpy as np
import pytest
from scipy import stats

from cellglass.errors import InputError
from cellglass.stats.combined_p import (
    cauchy_combination,
    fisher,
    harmonic_mean_p,
    max_p,
    shared_permutation_test,
)

RULES = (max_p, cauchy_combination, harmonic_mean_p, lambda p: fisher(p, independent=True))


def test_formulas_against_plain_ones():
    p = np.array([0.003, 0.2, 0.7, 0.05])
    assert max_p(p) == 0.7
    score = np.mean(np.tan((0.5 - p) * np.pi))
    assert cauchy_combination(p) == pytest.approx(stats.cauchy.sf(score), rel=1e-12)
    assert harmonic_mean_p(p) == pytest.approx(
        min(1, np.e * np.log(4) * 4 / np.sum(1 / p)), rel=1e-12
    )
    assert fisher(p, independent=True) == pytest.approx(stats.combine_pvalues(p).pvalue, rel=1e-12)


def test_equal_p_values_stay_what_they_are_under_cauchy():
    for p in (1e-300, 1e-17, 1e-6, 0.04, 0.5, 0.9):
        assert cauchy_combination([p] * 7) == pytest.approx(p, rel=1e-9)


def test_one_p_of_one_does_not_outweigh_all_others():
    assert cauchy_combination([1e-6] * 9 + [1.0]) < 2e-6
    assert cauchy_combination([1.0, 1.0]) == pytest.approx(0.99)
    assert cauchy_combination([0.0, 1.0]) == 0.0


def test_the_factor_of_the_harmonic_mean_is_at_least_the_exact_one():
    """Vovk and Wang (2020, proposition 6): (y + n)^2 / ((y + 1) n), y^2 = n ((y+1) ln(y+1) - y)."""
    from scipy.optimize import brentq

    for n in (3, 4, 10, 1000):
        root = brentq(lambda y, n=n: y * y - n * ((y + 1) * np.log(y + 1) - y), 1e-3, 1e9)
        exact = (root + n) ** 2 / ((root + 1) * n)
        assert harmonic_mean_p([1e-6] * n) / 1e-6 >= exact
    assert harmonic_mean_p([0.03]) == pytest.approx(0.03)
    assert harmonic_mean_p([0.02, 1.0]) >= 0.02 * 2  # Bonferroni is never beaten by two
    assert harmonic_mean_p([0.0, 0.5]) == 0.0
    assert harmonic_mean_p([1.0, 1.0, 1.0]) == 1.0


def test_fisher_of_floors_is_what_was_printed():
    assert round(fisher([1 / 21] * 3, independent=True), 5) == 0.00560
    assert round(fisher([1 / 161] * 3, independent=True) * 1e5, 2) == 3.17
    assert fisher([0.0, 0.5], independent=True) == fisher([1e-12, 0.5], independent=True)


def test_fisher_wants_to_hear_that_tests_are_independent():
    with pytest.raises(InputError, match="needs independent tests"):
        fisher([0.1, 0.2], independent=False)
    with pytest.raises(TypeError):
        fisher([0.1, 0.2])


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("p", [[], [0.1, 1.2], [-0.1], [float("nan")], [[0.1, 0.2]]])
def test_what_is_no_p_is_refused(rule, p):
    with pytest.raises(InputError, match="what to do"):
        rule(p)


def test_a_cap_must_be_a_share():
    with pytest.raises(InputError, match="cap is 1"):
        cauchy_combination([0.1], cap=1.0)


def test_uniform_under_strong_dependence_where_fisher_is_not():
    """Ten rows that share most of their noise: 2,000 studies in which nothing is true."""
    rng = np.random.default_rng(0)
    common = rng.normal(size=(2000, 1))
    z = np.sqrt(0.9) * common + np.sqrt(0.1) * rng.normal(size=(2000, 10))
    p = stats.norm.sf(z)
    at = {
        "fisher": np.mean([fisher(row, independent=True) <= 0.05 for row in p]),
        "cauchy": np.mean([cauchy_combination(row) <= 0.05 for row in p]),
        "harmonic": np.mean([harmonic_mean_p(row) <= 0.05 for row in p]),
        "max": np.mean([max_p(row) <= 0.05 for row in p]),
    }
    assert at["fisher"] > 0.15
    assert 0.03 < at["cauchy"] < 0.065
    assert at["harmonic"] <= 0.05
    assert at["max"] <= 0.05


def test_shared_permutations_are_uniform_under_strong_dependence():
    rng = np.random.default_rng(1)
    p, smallest = [], []
    for _ in range(400):
        common = rng.normal(size=20)
        values = np.sqrt(0.9) * common + np.sqrt(0.1) * rng.normal(size=(6, 20))
        found = shared_permutation_test(values[:, 0], values[:, 1:])
        p.append(found.p)
        smallest.append(found.p_max)
    for found in (p, smallest):
        assert stats.kstest(np.array(found) - rng.uniform(0, 1 / 20, 400), "uniform").pvalue > 0.01


def test_shared_permutations_by_enumeration():
    """All 24 orders of four labels, two statistics of the same order."""
    first, second = np.array([1.0, 2.0, 4.0, 8.0]), np.array([3.0, 1.0, 2.0, 5.0])
    labels = [1, 0, 0, 1]
    orders = sorted(set(permutations(labels)))
    mine = orders.index(tuple(labels))
    values = np.array([[v[np.array(o) == 1].mean() for o in orders] for v in (first, second)])
    observed, others = values[:, mine], np.delete(values, mine, axis=1)
    found = shared_permutation_test(observed, others)
    assert found.p == np.mean(values.mean(axis=0) >= values.mean(axis=0)[mine])
    z = (values - values.mean(1, keepdims=True)) / values.std(1, keepdims=True)
    exact = [np.mean(z.max(axis=0) >= z[i, mine] - 1e-12) for i in (0, 1)]
    assert found.adjusted == pytest.approx(exact)
    assert found.p_max == min(found.adjusted)


def test_shared_permutations_of_the_lower_tail():
    rng = np.random.default_rng(2)
    observed, draws = rng.normal(size=3) - 5, rng.normal(size=(3, 99))
    assert shared_permutation_test(observed, draws, direction="less").p == 0.01
    assert shared_permutation_test(observed, draws).p == 1.0
    assert shared_permutation_test(observed, draws, direction="two-sided").p == 0.02


def test_shapes_and_numbers_are_checked():
    with pytest.raises(InputError, match=r"draws of shape \(3,\)"):
        shared_permutation_test([1.0, 2.0], [1.0, 2.0, 3.0])
    with pytest.raises(InputError, match=r"draws of shape \(2, 0\)"):
        shared_permutation_test([1.0, 2.0], np.empty((2, 0)))
    with pytest.raises(InputError, match="1 draws are not finite"):
        shared_permutation_test([1.0], [[0.0, np.nan]])
    with pytest.raises(InputError, match="not finite"):
        shared_permutation_test([np.nan], [[0.0, 1.0]])
