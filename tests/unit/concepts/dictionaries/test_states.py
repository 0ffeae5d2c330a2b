from __future__ import annotations

import numpy as np
import pytest

from cellglass.concepts.dictionaries.settings import TrainingSettings
from cellglass.concepts.dictionaries.states import (
    all_started,
    geometric_median,
    started,
    starting_bias,
)
from cellglass.concepts.transform import Transform
from cellglass.errors import InputError

SETTINGS = TrainingSettings(size=40, k=3)
BIAS = np.arange(8, dtype=np.float32)


def test_start_has_unit_rows_and_an_encoder_equal_to_the_decoder():
    state = started(0, SETTINGS, BIAS, 8)
    decoder = state.weights["decoder"].numpy()
    np.testing.assert_allclose(np.linalg.norm(decoder, axis=1), 1, rtol=1e-6)
    np.testing.assert_array_equal(state.weights["encoder"].numpy(), decoder)
    assert state.weights["encoder"].data_ptr() != state.weights["decoder"].data_ptr()
    np.testing.assert_array_equal(state.weights["bias"].numpy(), BIAS)
    assert not state.weights["encoder_bias"].any()


def test_seeds_start_apart():
    """Equal starts fake stability (arXiv 2606.02061)."""
    a, b = all_started((0, 1), SETTINGS, BIAS, 8)
    cosines = (a.weights["decoder"] * b.weights["decoder"]).sum(1)
    assert cosines.abs().mean() < 0.5
    assert a.start_sha256 != b.start_sha256
    assert started(1, SETTINGS, BIAS, 8).start_sha256 == b.start_sha256


@pytest.mark.parametrize("seeds", [(0, 0), ()])
def test_repeated_or_missing_seeds_are_refused(seeds: tuple):
    with pytest.raises(InputError, match="different whole numbers"):
        all_started(seeds, SETTINGS, BIAS, 8)


def test_geometric_median_is_where_the_pulls_balance():
    points = np.random.default_rng(0).normal(size=(200, 3))
    points[:20] += 50
    centre = geometric_median(points)
    pulls = (points - centre) / np.linalg.norm(points - centre, axis=1, keepdims=True)
    np.testing.assert_allclose(pulls.sum(0), 0, atol=1e-4)
    assert np.linalg.norm(centre) < 0.5 < np.linalg.norm(points.mean(0))


def test_bias_starts():
    sample = np.array([[0.0], [1.0], [100.0]], np.float32)
    mean = np.array([5.0])

    def start(how: str) -> float:
        settings = TrainingSettings(size=4, k=1, bias_start=how)
        return float(starting_bias(sample, mean, settings)[0])

    assert start("mean") == 5
    assert start("zero") == 0
    assert start("geometric median") == pytest.approx(1, abs=1e-3)


def test_dictionary_of_a_state_and_of_its_best_epoch():
    transform = Transform(np.zeros(8, np.float32), 1.0)
    settings = TrainingSettings(size=40, k=3, kind="batchtopk")
    state = started(0, settings, BIAS, 8)
    state.minimum, state.best_minimum = 0.5, 0.25
    state.best = {n: w.clone() for n, w in state.weights.items()}
    state.weights["encoder_bias"] += 1
    now, best = (state.dictionary(settings, transform, best=b) for b in (False, True))
    assert (now.threshold == 0.5).all()
    assert (best.threshold == 0.25).all()
    assert (now.encoder_bias == 1).all()
    assert (best.encoder_bias == 0).all()
