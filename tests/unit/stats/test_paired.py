import numpy as np
import pytest
from scipy import stats

from cellglass.errors import InputError
from cellglass.stats import cohen_d_paired, paired_t, rank_biserial, sign_test, wilcoxon


@pytest.fixture
def pairs():
    rng = np.random.default_rng(0)
    first = rng.normal(size=25)
    return first, first - rng.normal(0.3, 1, size=25)


@pytest.mark.parametrize("alternative", ["two-sided", "greater", "less"])
def test_equal_to_scipy_in_every_direction(pairs, alternative):
    a, b = pairs
    t = paired_t(a, b, alternative=alternative)
    expected = stats.ttest_rel(a, b, alternative=alternative)
    assert (t.statistic, t.p) == pytest.approx((expected.statistic, expected.pvalue))
    w = wilcoxon(a, b, alternative=alternative)
    expected = stats.wilcoxon(a, b, alternative=alternative)
    assert (w.statistic, w.p) == pytest.approx((expected.statistic, expected.pvalue))
    s = sign_test(a, b, alternative=alternative)
    assert s.p == pytest.approx(stats.binomtest((a > b).sum(), 25, alternative=alternative).pvalue)
    assert t.n == w.n == s.n == 25


def test_effects(pairs):
    a, b = pairs
    d = a - b
    assert paired_t(a, b).effect == pytest.approx(d.mean() / d.std(ddof=1))
    ranks = stats.rankdata(np.abs(d))
    expected = (ranks[d > 0].sum() - ranks[d < 0].sum()) / ranks.sum()
    assert wilcoxon(a, b).effect == pytest.approx(expected)
    assert rank_biserial(a, a - 1.0) == 1.0
    assert rank_biserial(a, a + 1.0) == -1.0


@pytest.mark.parametrize("test", [paired_t, wilcoxon, sign_test])
def test_an_intervention_that_changes_nothing_has_p_one(test):
    values = np.random.default_rng(0).random(9)
    found = test(values, values)
    assert (found.p, found.effect, found.n) == (1.0, 0.0, 9)


@pytest.mark.parametrize("test", [paired_t, wilcoxon, sign_test])
def test_rounding_noise_is_no_effect(test):
    # Equal up to the last bit, and all in one direction: a rank test would call it significant.
    values = np.random.default_rng(0).uniform(0.5, 1, 40)
    assert test(np.nextafter(values, 2), values).p == 1.0


def test_zero_differences_are_left_out_but_counted():
    a, b = np.array([1.0, 2, 3, 4, 5, 6]), np.array([1.0, 2, 2, 3, 4, 5])
    assert sign_test(a, b, alternative="greater").p == pytest.approx(1 / 16)
    assert sign_test(a, b).n == 6


def test_equal_differences_have_no_scale():
    with pytest.raises(InputError, match="sign_test"):
        paired_t(np.arange(5.0) + 0.1, np.arange(5.0))
    with pytest.raises(InputError):
        cohen_d_paired([2.0, 3.0], [1.0, 2.0])


def test_shapes_and_nan_are_checked():
    with pytest.raises(InputError, match="one pair a unit"):
        wilcoxon([1.0, 2.0], [1.0])
    with pytest.raises(InputError, match="not finite"):
        wilcoxon([1.0, np.nan], [1.0, 2.0])
    with pytest.raises(InputError, match="at least 2"):
        sign_test([1.0], [0.0])


@pytest.mark.parametrize("alternative", ["two-sided", "greater", "less"])
@pytest.mark.parametrize("seed", range(4))
def test_signed_ranks_with_ties_are_counted_over_all_signs(alternative, seed):
    from itertools import product

    d = np.random.default_rng(seed).integers(-3, 4, size=9).astype(float)
    d = d[d != 0]
    ranks = stats.rankdata(np.abs(d))
    sums = np.array([ranks[np.array(s)].sum() for s in product([False, True], repeat=d.size)])
    observed = ranks[d > 0].sum()
    above, below = (sums >= observed - 1e-9).mean(), (sums <= observed + 1e-9).mean()
    want = {"greater": above, "less": below, "two-sided": min(2 * min(above, below), 1.0)}
    found = wilcoxon(d, np.zeros(d.size), alternative=alternative)
    assert found.p == pytest.approx(want[alternative])
    assert found.statistic == pytest.approx(stats.wilcoxon(d, alternative=alternative).statistic)
