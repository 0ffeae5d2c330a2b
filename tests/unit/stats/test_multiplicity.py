import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from cellglass.errors import InputError
from cellglass.stats import bh, by, e_bh, holm, is_bh, lord, p_to_e

p_values = st.lists(st.floats(0, 1), min_size=1, max_size=30)


@settings(max_examples=40, deadline=None)
@given(p_values)
def test_adjusted_values_equal_statsmodels(p):
    for ours, theirs in ((bh, "fdr_bh"), (by, "fdr_by"), (holm, "holm")):
        expected = multipletests(p, method=theirs)[1]
        assert ours(p) == pytest.approx(expected, rel=1e-12, abs=1e-300)


@pytest.mark.parametrize("adjust", [bh, by, holm])
def test_nan_stays_and_does_not_count(adjust):
    p = np.array([0.01, np.nan, 0.2, np.nan, 0.03])
    found = adjust(p)
    assert np.isnan(found[[1, 3]]).all()
    assert found[[0, 2, 4]].tolist() == adjust(p[[0, 2, 4]]).tolist()
    assert np.isnan(adjust([np.nan])).all()
    assert adjust([]).size == 0


def test_hand_values():
    assert bh([0.005, 0.009, 0.05, 0.20]).round(6).tolist() == [0.018, 0.018, 0.066667, 0.2]
    assert holm([0.01, 0.04, 0.03]).tolist() == pytest.approx([0.03, 0.06, 0.06])


def test_out_of_range_is_refused():
    for bad in ([-0.1], [1.1]):
        with pytest.raises(InputError, match="outside"):
            bh(bad)
    with pytest.raises(InputError, match="1-d"):
        bh([[0.1]])


def test_a_printed_bh_that_is_not_bh_is_recomputed():
    """The published registry: p 0.020 among 44 tests, printed as 0.042 and "No"; BH gives 0.031.

    32 of the 44 are significant by BH (specification 2.23), 26 to 28 as printed. Where p stands
    among the 44 follows from q = 44 p / rank.
    """
    rank = round(44 * 0.020 / 0.031)
    p = np.r_[np.linspace(1e-6, 0.018, rank - 1), 0.020, np.linspace(0.0225, 0.0358, 32 - rank),
              np.linspace(0.2, 1.0, 12)]  # fmt: skip
    q = bh(p)
    assert q[rank - 1].round(3) == 0.031
    assert (q <= 0.05).sum() == 32
    printed = q.copy()
    printed[rank - 1] = 0.042  # its p times 44 over the rank that it would have as the 21st
    assert pytest.approx(0.042, abs=5e-4) == 0.020 * 44 / 21
    assert is_bh(p, q.round(3))
    assert not is_bh(p, printed.round(3))


def test_is_bh_accepts_rounding_and_rejects_another_family():
    p = np.array([0.0001, 0.004, 0.02, 0.03, 0.6])
    assert is_bh(p, bh(p).round(3))
    assert not is_bh(p, np.minimum(1, p * 5).round(3))  # Bonferroni printed as BH
    assert not is_bh(p, bh(np.r_[p, np.ones(20)])[:5].round(3))  # a larger family
    assert not is_bh(p, np.r_[bh(p)[:4], np.nan])  # one value kept back


def test_e_values_are_valid_and_infinite_at_zero():
    # Expectation over uniform p, exactly: integral of kappa p^(kappa - 1) is 1.
    from scipy.integrate import quad

    for kappa in (0.2, 0.5, 0.9):
        area, _ = quad(lambda p, k=kappa: float(p_to_e([p], k)[0]), 0, 1)
        assert area == pytest.approx(1.0, abs=1e-6)
    assert math.isinf(p_to_e([0.0])[0])
    assert math.isnan(p_to_e([np.nan])[0])
    with pytest.raises(InputError):
        p_to_e([0.1], kappa=1.0)


@given(st.lists(st.floats(0, 1000), min_size=1, max_size=20), st.sampled_from([0.05, 0.1, 0.3]))
def test_e_bh_rejects_what_the_rule_says(e, level):
    m, ranked = len(e), sorted(e, reverse=True)
    passing = [k for k in range(1, m + 1) if ranked[k - 1] >= m / (k * level) * (1 + 1e-12)]
    threshold = ranked[passing[-1] - 1] if passing else math.inf
    adjusted = e_bh(e)
    for value, q in zip(e, adjusted, strict=True):
        if value >= threshold:
            assert q <= level
        if q <= level * (1 - 1e-9):
            assert value >= threshold


def test_e_bh_refuses_negative_values_and_keeps_nan():
    with pytest.raises(InputError):
        e_bh([-1.0])
    assert np.isnan(e_bh([np.nan, 100.0])).tolist() == [True, False]


def lord_by_definition(p, level, wealth):
    """The levels of LORD++ from its formula, one test at a time."""

    def gamma(t):
        return 0.07908 * math.log(max(t, 2)) / (t * math.exp(math.sqrt(math.log(t))))

    rejections, levels = [], []
    for t in range(1, len(p) + 1):
        level_t = wealth * gamma(t)
        if rejections:
            level_t += (level - wealth) * gamma(t - rejections[0])
        level_t += level * sum(gamma(t - r) for r in rejections[1:])
        levels.append(level_t)
        if p[t - 1] <= level_t:
            rejections.append(t)
    return levels, rejections


def test_lord_equals_its_formula():
    rng = np.random.default_rng(0)
    p = np.where(rng.random(60) < 0.3, rng.random(60) * 1e-4, rng.random(60))
    found = lord(p, level=0.1)
    levels, rejections = lord_by_definition(p, 0.1, 0.05)
    assert found.levels == pytest.approx(levels, rel=1e-12)
    assert (np.flatnonzero(found.rejected) + 1).tolist() == rejections
    assert len(rejections) > 5


def test_lord_decides_without_looking_ahead_and_skips_nan():
    p = np.array([0.001, 0.5, np.nan, 0.0001, 0.9])
    whole = lord(p)
    assert lord(p[:2]).levels.tolist() == whole.levels[:2].tolist()
    without = lord(p[[0, 1, 3, 4]])
    assert without.levels.tolist() == whole.levels[[0, 1, 3, 4]].tolist()
    assert math.isnan(whole.levels[2])
    assert not whole.rejected[2]


def test_lord_never_spends_more_than_it_has():
    assert lord(np.ones(200_000)).levels.sum() < 0.025
    with pytest.raises(InputError, match="wealth"):
        lord([0.1], level=0.05, wealth=0.05)
