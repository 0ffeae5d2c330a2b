from __future__ import annotations

import numpy as np
import pytest
import torch

from cellglass.concepts.dictionaries.settings import TrainingSettings
from cellglass.concepts.dictionaries.states import started
from cellglass.concepts.dictionaries.torch_step import TorchStep, unit_rows, without_parallel

WIDTH, SIZE = 10, 32
X = np.random.default_rng(0).normal(size=(50, WIDTH)).astype(np.float32)
KINDS = ["topk", "batchtopk", "matryoshka", "jumprelu", "l1"]


def state(seed: int, settings: TrainingSettings):
    return started(seed, settings, np.zeros(WIDTH, np.float32), WIDTH)


def stepped(seeds: tuple[int, ...], settings: TrainingSettings, steps: int = 4):
    states = [state(seed, settings) for seed in seeds]
    engine = TorchStep(states, settings, float(WIDTH), 1000)
    found = [engine.step(X, 3e-3) for _ in range(steps)]
    engine.close()
    return states, np.array(found)


@pytest.mark.parametrize("kind", KINDS)
def test_each_seed_of_a_batch_is_that_seed_alone(kind: str):
    settings = TrainingSettings(size=SIZE, k=3, kind=kind)
    together, fvu = stepped((0, 1), settings)
    alone, fvu_alone = stepped((1,), settings)
    np.testing.assert_allclose(fvu[:, 1], fvu_alone[:, 0], rtol=1e-5)
    for name, weight in alone[0].weights.items():
        np.testing.assert_allclose(together[1].weights[name], weight, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_steps_reduce_the_loss_and_keep_rows_unit(kind: str):
    settings = TrainingSettings(size=SIZE, k=3, kind=kind, sparsity=1e-3)
    states, fvu = stepped((0,), settings, steps=40)
    assert fvu[-1, 0] < 0.9 * fvu[0, 0]
    norms = states[0].weights["decoder"].norm(dim=1)
    np.testing.assert_allclose(norms, 1, rtol=1e-5)
    assert states[0].step == 40


def test_first_step_is_that_of_torchs_adam_after_projection_and_clipping():
    settings = TrainingSettings(size=SIZE, k=3, clip=0.01)
    ours = state(0, settings)
    leaves = {n: torch.nn.Parameter(w.clone()) for n, w in ours.weights.items()}
    engine = TorchStep([ours], settings, float(WIDTH), 1000)
    engine.step(X, 1e-2)
    engine.close()
    x = torch.from_numpy(X)
    pre = torch.relu((x - leaves["bias"]) @ leaves["encoder"].T + leaves["encoder_bias"])
    top = torch.topk(pre, 3, dim=1)
    z = torch.zeros_like(pre).scatter(1, top.indices, top.values)
    loss = (x - z @ leaves["decoder"] - leaves["bias"]).square().sum(1).mean() / WIDTH
    loss.backward()
    with torch.no_grad():
        rows = leaves["decoder"]
        rows.grad -= (rows.grad * rows).sum(1, keepdim=True) * rows
    torch.nn.utils.clip_grad_norm_(leaves.values(), 0.01)
    torch.optim.Adam(leaves.values(), lr=1e-2).step()
    with torch.no_grad():
        leaves["decoder"] /= leaves["decoder"].norm(dim=1, keepdim=True)
    for name, leaf in leaves.items():
        np.testing.assert_allclose(ours.weights[name], leaf.detach(), atol=1e-5)


def test_threshold_is_the_mean_of_the_smallest_activations():
    settings = TrainingSettings(size=SIZE, k=3, kind="batchtopk")
    start = state(0, settings)
    pre = np.maximum(X @ start.weights["encoder"].numpy().T, 0)
    engine = TorchStep([start], settings, float(WIDTH), 1000)
    engine.step(X, 0.0)
    engine.step(X[:25], 0.0)
    engine.close()
    smallest = [np.sort(p.ravel())[-3 * len(p)] for p in (pre, pre[:25])]
    assert start.minimum == pytest.approx(np.mean(smallest), rel=1e-5)


def test_sparsity_grows_over_the_ramp():
    """The first of ten steps of the ramp pulls as a tenth of the penalty does."""
    pulls = []
    for sparsity, ramp_steps in ((1.0, 10), (0.1, 0), (1.0, 0)):
        settings = TrainingSettings(size=SIZE, kind="l1", sparsity=sparsity, clip=1e9)
        one = state(0, settings)
        engine = TorchStep([one], settings, float(WIDTH), 1000, ramp_steps=ramp_steps)
        engine.step(X, 0.0)
        engine.close()
        pulls.append(one.first["encoder_bias"].numpy())
    np.testing.assert_allclose(pulls[0], pulls[1], rtol=1e-4, atol=1e-7)
    assert np.abs(pulls[2] - pulls[0]).max() > 1e-3


def test_bfloat16_is_near_float32():
    exact, fvu = stepped((0,), TrainingSettings(size=SIZE, k=3))
    half, fvu_half = stepped((0,), TrainingSettings(size=SIZE, k=3, dtype="bfloat16"))
    np.testing.assert_allclose(fvu, fvu_half, rtol=0.02)
    assert half[0].weights["decoder"].dtype == torch.float32
    assert not torch.equal(exact[0].weights["decoder"], half[0].weights["decoder"])


def test_rows_are_concepts():
    rows = torch.randn(3, 7, 4, generator=torch.Generator().manual_seed(0))
    np.testing.assert_allclose(unit_rows(rows).norm(dim=2), 1, rtol=1e-6)
    unit = unit_rows(rows)
    gradient = torch.randn(3, 7, 4, generator=torch.Generator().manual_seed(1))
    left = without_parallel(gradient, unit)
    np.testing.assert_allclose((left * unit).sum(2), 0, atol=1e-6)
    np.testing.assert_allclose(left + (gradient * unit).sum(2, keepdim=True) * unit, gradient,
                               atol=1e-6)  # fmt: skip
