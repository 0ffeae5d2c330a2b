from __future__ import annotations

import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.geometry.guards.sample_noise import repeat_samples, sample_noise
from cellglass.seeds import generator
from cellglass.stats import auroc


def gain_on_a_sample(rng: np.random.Generator, n: int) -> float:
    """Difference of AUROC of two scores of which one is truly better by some 0.03."""
    labels = np.arange(n) < n // 4
    return auroc(rng.normal(size=n) + 0.1 * labels, labels) - auroc(rng.normal(size=n), labels)


def test_an_effect_of_some_two_hundred_pairs_is_noise_and_of_many_is_not():
    few = repeat_samples(lambda rng: gain_on_a_sample(rng, 220), 30)
    found = sample_noise(few, 0.03)
    assert found.failed
    assert found.code == "G10"
    assert few.std(ddof=1) > 0.04
    many = repeat_samples(lambda rng: gain_on_a_sample(rng, 40_000), 6)
    assert sample_noise(many, 0.03).state == "passed"


def test_rows_that_another_sample_does_not_repeat_are_told():
    """As H139 and H140: the same quantity for eight domains and splits, on other edges."""
    truth = 0.03 + 0.01 * generator(1, "rows").normal(size=8)
    noisy = repeat_samples(lambda rng: truth + 0.03 * rng.normal(size=8), 12)
    told = sample_noise(noisy)
    r = np.mean([np.corrcoef(a, b)[0, 1] for i, a in enumerate(noisy) for b in noisy[:i]])
    assert f"correlate r = {r:.2f} between samples" in told.detail
    assert r < 0.4
    assert told.warning
    exact = repeat_samples(lambda rng: truth + 0.001 * rng.normal(size=8), 12)
    assert sample_noise(exact).warning == ""


def test_the_spread_is_that_of_the_mean_over_rows():
    table = np.array([[0.0, 0.4], [0.2, 0.2], [0.1, 0.3]])
    found = sample_noise(table)
    assert found.state == "passed"
    assert found.detail.startswith("the effect 0.2 is inf standard deviations")
    assert sample_noise([1.0, 1.0]).detail.startswith("the effect 1 is inf standard deviations")


def test_samples_are_streams_of_their_own():
    first = repeat_samples(lambda rng: rng.normal(), 3, seed=5, task="t")
    assert first.tolist() == [generator(5, f"t/{i}").normal() for i in range(3)]


def test_bad_input_is_told():
    with pytest.raises(InputError, match="1 samples"):
        sample_noise([0.1])
    with pytest.raises(InputError, match="1 samples"):
        repeat_samples(lambda rng: 0.0, 1)
    with pytest.raises(InputError, match="1 not finite"):
        sample_noise([0.1, np.nan])
