from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from cellglass.concepts.dictionaries import sparse_step
from cellglass.concepts.dictionaries.losses import losses
from cellglass.concepts.dictionaries.settings import TrainingSettings
from cellglass.concepts.dictionaries.sparse_step import SeedWorker, SparseStep
from cellglass.concepts.dictionaries.states import SeedState, started
from cellglass.concepts.dictionaries.torch_step import TorchStep

WIDTH, SIZE = 24, 80
X = np.random.default_rng(0).normal(size=(60, WIDTH)).astype(np.float32)


def moved(seed: int, settings: TrainingSettings, dead: int = 0) -> SeedState:
    """A state away from the start, where every gradient is at work."""
    rng = np.random.default_rng(seed + 100)
    state = started(seed, settings, rng.normal(size=WIDTH).astype(np.float32) * 0.1, WIDTH)
    for name in ("encoder", "encoder_bias"):
        noise = rng.normal(size=state.weights[name].shape) * 0.1
        state.weights[name] += torch.from_numpy(noise.astype(np.float32))
    state.silent[:dead] = 10_000
    return state


def oracle(state: SeedState, settings: TrainingSettings, variance: float, dead: np.ndarray):
    """Gradients by autograd in float64."""
    leaves = {n: w.double()[None].requires_grad_(True) for n, w in state.weights.items()}
    found = losses(leaves, torch.from_numpy(X).double(), settings, variance,
                   torch.from_numpy(dead)[None])  # fmt: skip
    slopes = torch.autograd.grad(found.total.sum(), list(leaves.values()))
    return float(found.fvu[0]), {n: s[0].numpy() for n, s in zip(leaves, slopes, strict=True)}


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("dead", [0, 5, 40])  # none, fewer than half the width, more
def test_gradients_are_those_of_autograd(dead: int, threads: int):
    settings = TrainingSettings(size=SIZE, k=5, aux_weight=0.5)
    state = moved(0, settings, dead)
    wanted_fvu, wanted = oracle(state, settings, 20.0, state.silent >= 1000)
    pool = ThreadPoolExecutor(threads)
    engine = SeedWorker(settings, 20.0, 1000, WIDTH, pool, threads)
    fvu = engine.gradient(state, torch.from_numpy(X))
    assert fvu == pytest.approx(wanted_fvu, rel=1e-6)
    found = {
        "decoder": engine.gradients.rows[0],
        "encoder": engine.gradients.rows[1],
        "encoder_bias": engine.gradients.encoder_bias,
        "bias": engine.gradients.bias,
    }
    for name, gradient in found.items():
        error = np.linalg.norm(gradient - wanted[name]) / np.linalg.norm(wanted[name])
        assert error < 1e-6, name
    pool.shutdown()


def test_a_concept_that_fires_is_not_silent_any_more():
    settings = TrainingSettings(size=SIZE, k=5)
    state = moved(0, settings)
    engine = SparseStep([state], settings, 20.0, 1000)
    pre = (X - state.weights["bias"].numpy()) @ state.weights["encoder"].numpy().T
    pre += state.weights["encoder_bias"].numpy()
    top = np.argsort(-pre, axis=1)[:, :5]
    engine.step(X, 1e-3)
    fired = np.isin(np.arange(SIZE), top)
    assert (state.silent == np.where(fired, 0, 60)).all()
    assert 0 < fired.sum() < SIZE


def test_steps_agree_with_torch_for_several_seeds():
    settings = TrainingSettings(size=SIZE, k=5)
    sparse = [moved(seed, settings, dead=7) for seed in (0, 1)]
    dense = [moved(seed, settings, dead=7) for seed in (0, 1)]
    a = SparseStep(sparse, settings, 20.0, 1000)
    b = TorchStep(dense, settings, 20.0, 1000)
    for _ in range(5):
        np.testing.assert_allclose(a.step(X, 1e-3), b.step(X, 1e-3), rtol=1e-5)
    b.close()
    for one, other in zip(sparse, dense, strict=True):
        np.testing.assert_array_equal(one.silent, other.silent)
        for name in one.weights:
            # Adam divides small gradients by their size, which magnifies rounding
            np.testing.assert_allclose(one.weights[name], other.weights[name], atol=2e-5)


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_seeds_together_are_seeds_alone_whatever_the_threads(
    threads: int, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sparse_step, "TILE", 32)
    settings = TrainingSettings(size=SIZE, k=5)
    together = [moved(seed, settings, dead=7) for seed in range(3)]
    engine = SparseStep(together, settings, 20.0, 1000, threads)
    before = torch.get_num_threads()
    for _ in range(3):
        engine.step(X, 1e-3)
    engine.close()
    assert torch.get_num_threads() == before
    for seed, state in enumerate(together):
        alone = moved(seed, settings, dead=7)
        other = SparseStep([alone], settings, 20.0, 1000, threads=4 - threads)
        for _ in range(3):
            other.step(X, 1e-3)
        other.close()
        for name, weight in alone.weights.items():
            assert torch.equal(weight, state.weights[name]), name


def test_long_gradients_are_cut():
    settings = TrainingSettings(size=SIZE, k=5, clip=1e-3)
    state = moved(0, settings)
    SparseStep([state], settings, 20.0, 1000).step(X, 1e-3)
    squares = sum(float((m.double() / 0.1).square().sum()) for m in state.first.values())
    assert np.sqrt(squares) == pytest.approx(1e-3, rel=1e-4)


def test_rows_stay_unit_vectors_and_each_concept_is_a_row():
    """Library mistake 4: norms along the other axis are far from 1."""
    settings = TrainingSettings(size=SIZE, k=5)
    state = moved(0, settings)
    engine = SparseStep([state], settings, 20.0, 1000)
    for _ in range(3):
        engine.step(X, 1e-2)
    decoder = state.weights["decoder"].numpy()
    np.testing.assert_allclose(np.linalg.norm(decoder, axis=1), 1, rtol=1e-6)
    assert np.abs(np.linalg.norm(decoder, axis=0) - 1).min() > 0.1
