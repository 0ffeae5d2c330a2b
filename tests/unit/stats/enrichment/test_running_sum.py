from __future__ import annotations

import numpy as np
import pytest

from cellglass.stats.enrichment.running_sum import (
    against_null,
    deviation,
    null_scores,
    set_scores,
)


def naive(positions: np.ndarray, weights: np.ndarray, side: int) -> float:
    """Walk down the whole ranking; the sum before the first gene is 0."""
    hit = np.zeros(weights.size, dtype=bool)
    hit[positions] = True
    w = weights if weights[hit].sum() > 0 else np.ones_like(weights)
    steps = np.where(hit, w / w[hit].sum(), -1 / (~hit).sum())
    path = np.concatenate([[0.0], np.cumsum(steps)])[:-1]
    path = np.append(path, 0.0)
    high, low = path.max(), path.min()
    if side > 0 or (side == 0 and high >= -low - 1e-15):
        return high
    return low


@pytest.mark.parametrize("side", [-1, 0, 1])
def test_scores_equal_the_walk(side: int):
    rng = np.random.default_rng(0)
    weights = np.abs(np.sort(rng.normal(size=80)))[::-1].copy()
    weights[40:60] = 0.0
    sets = [np.sort(rng.choice(80, k, replace=False)) for k in (1, 3, 10, 40, 79)]
    sets.append(np.arange(40, 50))  # all weights are 0
    start = np.concatenate([[0], np.cumsum([s.size for s in sets])])
    scores, peaks = set_scores(start, np.concatenate(sets), weights, side)
    for s, score, peak in zip(sets, scores, peaks, strict=True):
        assert score == pytest.approx(naive(s, weights, side), abs=1e-12)
        assert peak in s


def test_random_sets_are_uniform_and_do_not_depend_on_the_other_sizes():
    # with 6 genes and unit weights there are 15 sets of 2: their scores must be met evenly
    weights = np.ones(6)
    seeds = np.random.default_rng(1).integers(0, 2**64, 30_000, dtype=np.uint64)
    null = null_scores(np.array([2, 4]), weights, seeds, 0)
    pairs = [(a, b) for a in range(6) for b in range(a + 1, 6)]
    exact = np.array([deviation(np.array(p), 2, weights, 6, 0)[0] for p in pairs])
    for value in np.unique(exact.round(9)):
        share = np.mean(np.isclose(exact, value))
        seen = np.mean(np.isclose(null[0], value))
        assert abs(seen - share) < 4 * np.sqrt(share * (1 - share) / seeds.size)
    assert np.array_equal(null_scores(np.array([2]), weights, seeds, 0)[0], null[0])
    assert np.array_equal(null_scores(np.array([4]), weights, seeds[7:9], 0)[0], null[1, 7:9])


def test_growing_and_drawing_at_once_give_the_same_sets():
    weights = np.linspace(2, 0.1, 100)
    seeds = np.arange(50, dtype=np.uint64)
    stepwise = null_scores(np.arange(1, 61), weights, seeds, 0)
    at_once = null_scores(np.array([60]), weights, seeds, 0)
    np.testing.assert_allclose(stepwise[-1], at_once[0], atol=1e-14)


def test_p_and_normalised_score_among_the_same_sign():
    null = np.array([[0.1, 0.3, 0.5, -0.2, -0.4]])
    scores = np.array([0.3, -0.4, 0.6, np.nan])
    nes, p = against_null(scores, np.array([0, 0, 0, 0]), null, 0)
    np.testing.assert_allclose(p[:3], [3 / 4, 2 / 3, 1 / 4])
    np.testing.assert_allclose(nes[:3], [1.0, -0.4 / 0.3, 2.0])
    assert np.isnan([nes[3], p[3]]).all()
