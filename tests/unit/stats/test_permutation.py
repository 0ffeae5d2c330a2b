import math

import numpy as np
import pytest
from scipy import stats

from cellglass.errors import InputError, ResourceError
from cellglass.seeds import generator
from cellglass.stats import (
    NullDistribution,
    attainable_p,
    draws_needed,
    mann_whitney_moments,
    permutation_test,
)
from cellglass.stats.auroc import auroc


def normal(rng, n):
    return rng.normal(size=n)


def all_draws(draws, seed, task, batch=100):
    parts = [
        generator(seed, f"{task}/{i}").normal(size=min(batch, draws - first))
        for i, first in enumerate(range(0, draws, batch))
    ]
    return np.concatenate(parts)


def test_p_counts_the_data_among_the_draws():
    result = permutation_test(1.5, normal, draws=250, seed=3, task="t")
    drawn = all_draws(250, 3, "t")
    assert result.exceedances == (drawn >= 1.5).sum()
    assert result.p == ((drawn >= 1.5).sum() + 1) / 251
    assert result.mean == pytest.approx(drawn.mean())
    assert result.sd == pytest.approx(drawn.std(ddof=1))
    assert result.z == pytest.approx((1.5 - drawn.mean()) / drawn.std(ddof=1))
    assert result.quantiles[0.5] == pytest.approx(np.median(drawn))


def test_less_and_two_sided():
    drawn = all_draws(250, 3, "t")
    less = permutation_test(-1.5, normal, draws=250, seed=3, task="t", alternative="less")
    assert less.p == ((drawn <= -1.5).sum() + 1) / 251
    both = permutation_test(-1.5, normal, draws=250, seed=3, task="t", alternative="two-sided")
    assert both.p == 2 * less.p
    middle = permutation_test(0.0, normal, draws=250, seed=3, task="t", alternative="two-sided")
    assert middle.p <= 1.0


def test_p_is_never_zero_and_ties_count_against():
    assert permutation_test(99.0, normal, draws=19, seed=1, task="t").p == 1 / 20
    tied = permutation_test(0.3, lambda rng, n: np.full(n, 0.1 * 3), draws=19, seed=1, task="t")
    assert tied.p == 1.0
    assert math.isnan(tied.z)
    assert tied.sd == 0.0


def test_a_draw_that_differs_by_rounding_is_a_tie():
    above = 0.3
    assert above < 0.1 * 3  # 0.30000000000000004
    result = NullDistribution.of(0.1 * 3, np.full(9, above))
    assert result.p == 1.0


def test_batches_are_streams_of_their_own():
    long = permutation_test(0.5, normal, draws=250, seed=3, task="t")
    other_task = permutation_test(0.5, normal, draws=250, seed=3, task="u")
    assert permutation_test(0.5, normal, draws=250, seed=3, task="t") == long
    assert other_task.mean != long.mean
    first = permutation_test(0.5, normal, draws=100, seed=3, task="t")
    assert first.mean == pytest.approx(all_draws(250, 3, "t")[:100].mean())


@pytest.mark.parametrize("batch", [1, 7, 50, 400])
def test_stops_at_the_very_exceedance_also_within_a_batch(batch):
    # One stream for all batches, so that the draws are the same whatever the batch.
    drawn = np.random.default_rng(5).normal(size=400)
    position = {"at": 0}

    def draw(rng, n):
        start = position["at"]
        position["at"] += n
        return drawn[start : start + n]

    result = permutation_test(1.0, draw, draws=400, seed=0, task="t", stop_after=10, batch=batch)
    last = np.flatnonzero(drawn >= 1.0)[9] + 1
    assert result.stopped
    assert result.draws == last
    assert result.exceedances == 10
    assert result.p == 10 / last
    assert result.mean == pytest.approx(drawn[:last].mean())
    assert position["at"] <= last + batch


def test_sequential_test_that_never_stops_gives_the_usual_p():
    plain = permutation_test(2.5, normal, draws=300, seed=3, task="t")
    sequential = permutation_test(2.5, normal, draws=300, seed=3, task="t", stop_after=50)
    assert not sequential.stopped
    assert sequential.p == plain.p


def test_two_sided_sequential_waits_for_the_rarer_tail():
    result = permutation_test(
        0.0, normal, draws=900, seed=3, task="t", alternative="two-sided", stop_after=20
    )
    drawn = all_draws(900, 3, "t")
    above, below = np.cumsum(drawn >= 0), np.cumsum(drawn <= 0)
    last = np.flatnonzero(np.minimum(above, below) == 20)[0] + 1
    assert result.draws == last
    assert result.p == min(1.0, 2 * 20 / last)


@pytest.mark.parametrize("level", [0.05, 0.01, 0.001, 1e-6, 0.3, 0.07])
def test_draws_needed_is_the_smallest_number(level):
    needed = draws_needed(level)
    assert attainable_p(needed) <= level
    assert needed == 1 or attainable_p(needed - 1) > level
    two = draws_needed(level, "two-sided")
    assert attainable_p(two, "two-sided") <= level
    assert two == 1 or attainable_p(two - 1, "two-sided") > level


def test_a_level_no_draw_can_reach_is_refused_with_the_number_needed():
    with pytest.raises(ResourceError, match="at least 999 draws"):
        permutation_test(0.0, normal, draws=500, seed=1, task="t", level=0.001)
    with pytest.raises(ResourceError, match="at least 1999 draws"):
        permutation_test(
            0.0, normal, draws=999, seed=1, task="t", level=0.001, alternative="two-sided"
        )
    permutation_test(0.0, normal, draws=999, seed=1, task="t", level=0.001)


def test_draws_of_the_wrong_kind_are_refused():
    with pytest.raises(InputError, match="shape"):
        permutation_test(0.0, lambda rng, n: np.zeros(n + 1), draws=9, seed=1, task="t")
    with pytest.raises(InputError, match="not finite"):
        permutation_test(0.0, lambda rng, n: np.full(n, np.nan), draws=9, seed=1, task="t")
    with pytest.raises(InputError, match="observed"):
        permutation_test(np.nan, normal, draws=9, seed=1, task="t")
    with pytest.raises(InputError, match="alternative"):
        permutation_test(0.0, normal, draws=9, seed=1, task="t", alternative="bigger")
    with pytest.raises(InputError, match="draws is 0"):
        permutation_test(0.0, normal, draws=0, seed=1, task="t")


def test_moments_equal_every_relabelling_counted():
    import itertools

    scores = np.array([1.0, 1.0, 2.0, 3.0, 3.0, 3.0, 4.0])
    values = []
    for chosen in itertools.combinations(range(7), 3):
        labels = np.zeros(7, bool)
        labels[list(chosen)] = True
        values.append(auroc(scores, labels))
    mean, sd = mann_whitney_moments(scores, np.arange(7) < 3)
    assert mean == pytest.approx(np.mean(values))
    assert sd == pytest.approx(np.std(values), rel=1e-12)


def test_moments_equal_scipy_asymptotics():
    rng = np.random.default_rng(0)
    scores, labels = rng.integers(30, size=400).astype(float), rng.random(400) < 0.2
    _, sd = mann_whitney_moments(scores, labels)
    found = stats.mannwhitneyu(
        scores[labels], scores[~labels], method="asymptotic", use_continuity=False
    )
    z = (auroc(scores, labels) - 0.5) / sd
    assert found.pvalue == pytest.approx(2 * stats.norm.sf(abs(z)), rel=1e-9)
    assert all(math.isnan(v) for v in mann_whitney_moments(scores, np.zeros(400, bool)))
