from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.stats import linregress, spearmanr

from cellglass.errors import InputError
from cellglass.regulation.networks.pairwise import pairwise_part
from cellglass.regulation.scaling.mapping import (
    ABSOLUTE,
    REFERENCE,
    SIGNED,
    map_scores,
    r2_by_unit,
)
from cellglass.regulation.scaling.rank_statistics import PairUnits


@pytest.fixture(scope="module")
def mapped(planted: Any) -> Any:
    p = planted(1.0)
    rng = np.random.default_rng(3)
    signed = rng.uniform(-1, 1, p.pairs.labels.shape)
    scores = {
        "follows": np.abs(signed) + 0.3 * rng.normal(size=signed.shape),
        "knows": rng.normal(size=signed.shape) + 2.0 * p.pairs.labels,
    }
    found = map_scores(scores, signed, p.pairs, draws=100, seed=1, task="t")
    return p.pairs, scores, signed, found


def test_statistics_are_those_of_scipy(mapped: Any) -> None:
    pairs, scores, signed, found = mapped
    mask, truth = pairs.mask, pairs.labels[pairs.mask].astype(float)
    targets = {ABSOLUTE: np.abs(signed)[mask], SIGNED: signed[mask], REFERENCE: truth}
    for i, name in enumerate(scores):
        x = scores[name][mask]
        for against, y in targets.items():
            assert found.r2[against].estimates[i] == pytest.approx(linregress(y, x).rvalue ** 2)
        for against in (ABSOLUTE, SIGNED):
            rho = found.ranks.with_given[against].estimates[i]
            assert rho == pytest.approx(spearmanr(x, targets[against])[0])
        rho = found.ranks.correlation[REFERENCE].estimates[i]
        assert rho == pytest.approx(spearmanr(x, truth)[0])
        parts = [pairwise_part(s, mask)[mask] for s in (scores[name], np.abs(signed))]
        assert found.pairwise.estimates[i] == pytest.approx(spearmanr(*parts)[0])


def test_what_follows_and_what_knows_are_told_apart(mapped: Any) -> None:
    *_, found = mapped
    follows, knows = found.ranks.with_given[ABSOLUTE], found.ranks.correlation[REFERENCE]
    assert follows.interval(0).low > 0.5
    assert not follows.interval(1).excludes(0.0)
    assert knows.interval(1).low > 0.2
    assert not knows.interval(0).excludes(0.0)
    assert follows.unit == "regulator"
    assert follows.n == len(mapped[0].regulators)


def test_resampled_r2_is_that_of_repeated_pairs() -> None:
    rng = np.random.default_rng(0)
    codes = np.repeat(np.arange(6), 20)
    x = rng.normal(size=120) + 1e6  # a large mean must not cost digits
    y = 0.3 * x + rng.normal(size=120)
    units = PairUnits(codes, None, 6, "regulator")
    times = np.stack(list(units.resamples(5, 1, "t")))
    found = r2_by_unit({"x": x}, y, units, times)
    for draw in range(5):
        at = np.repeat(np.arange(120), times[draw][codes].astype(int))
        expected = np.corrcoef(x[at], y[at])[0, 1] ** 2
        assert found.draws[0, draw] == pytest.approx(expected, rel=1e-6)


def test_r2_of_a_constant_is_undefined_and_two_genes_a_pair_are_refused() -> None:
    units = PairUnits(np.array([0, 1]), None, 2, "regulator")
    assert np.isnan(r2_by_unit({"c": np.ones(2)}, [0.0, 1.0], units, np.ones((1, 2))).estimates[0])
    both = PairUnits(np.array([0, 1]), np.array([1, 0]), 2, "gene")
    with pytest.raises(InputError, match="two genes"):
        r2_by_unit({"c": np.ones(2)}, [0.0, 1.0], both, np.ones((1, 2)))


def test_resampling_pairs_would_pretend_precision(planted: Any) -> None:
    """Regulators differ, and an interval over pairs would not say so."""
    p = planted(1.0)
    rng = np.random.default_rng(5)
    signed = rng.uniform(-1, 1, p.pairs.labels.shape)
    slope = rng.normal(0.0, 1.5, len(p.pairs.regulators))
    score = slope[:, None] * np.abs(signed) + 0.3 * rng.normal(size=signed.shape)
    found = map_scores({"s": score}, signed, p.pairs, draws=300, seed=1, task="t")
    x, y = score[p.pairs.mask], np.abs(signed)[p.pairs.mask]
    by_pair = [
        spearmanr(x[at], y[at])[0] for at in (rng.integers(0, x.size, x.size) for _ in range(300))
    ]
    assert found.ranks.with_given[ABSOLUTE].draws[0].std() > 3 * np.std(by_pair)
