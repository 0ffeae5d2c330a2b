"""The losses, and the four mistakes that libraries made in this very block (concepts 1.4)."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from cellglass.concepts.dictionaries.losses import aux_k_loss, losses
from cellglass.concepts.dictionaries.settings import TrainingSettings

WIDTH, SIZE, CELLS = 8, 12, 30
V = 5.0


def problem(settings: TrainingSettings, scale: float = 1.0, seeds: int = 2):
    rng = np.random.default_rng(0)
    decoder = rng.normal(size=(seeds, SIZE, WIDTH))
    decoder /= np.linalg.norm(decoder, axis=2, keepdims=True)
    arrays = {
        "encoder": decoder + 0.1 * rng.normal(size=decoder.shape),
        "decoder": decoder,
        "encoder_bias": scale * 0.1 * rng.normal(size=(seeds, SIZE)),
        "bias": scale * rng.normal(size=(seeds, WIDTH)),
    }
    if settings.kind == "jumprelu":
        arrays["log_threshold"] = np.log(scale * rng.uniform(0.2, 0.5, size=(seeds, SIZE)))
    weights = {n: torch.from_numpy(a).requires_grad_(True) for n, a in arrays.items()}
    x = torch.from_numpy(scale * rng.normal(size=(CELLS, WIDTH)))
    return weights, x


def no_dead(seeds: int = 2) -> torch.Tensor:
    return torch.zeros(seeds, SIZE, dtype=torch.bool)


def by_hand(weights, x, s: int):
    """Pre-activations, codes' base and bias of one seed in NumPy."""
    w = {n: t.detach().numpy()[s] for n, t in weights.items()}
    pre = (x.numpy() - w["bias"]) @ w["encoder"].T + w["encoder_bias"]
    return w, pre, np.maximum(pre, 0)


def keep(values: np.ndarray, k: int) -> np.ndarray:
    """The k largest entries of each row."""
    out = np.zeros_like(values)
    for i, row in enumerate(values):
        top = np.argsort(-row)[:k]
        out[i, top] = row[top]
    return out


def codes_by_hand(kind: str, positive: np.ndarray, w: dict) -> np.ndarray:
    if kind in ("topk", "matryoshka"):
        return keep(positive, 3)
    if kind == "batchtopk":
        return keep(positive.reshape(1, -1), 3 * len(positive)).reshape(positive.shape)
    if kind == "jumprelu":
        return positive * (positive > np.exp(w["log_threshold"]))
    return positive


@pytest.mark.parametrize("kind", ["topk", "batchtopk", "matryoshka", "jumprelu", "l1"])
def test_values_by_hand(kind: str):
    settings = TrainingSettings(size=SIZE, k=3, kind=kind, sparsity=0.3)
    weights, x = problem(settings)
    with torch.no_grad():
        found = losses(weights, x, settings, V, no_dead(), ramp=0.5)
    for s in range(2):
        w, _, positive = by_hand(weights, x, s)
        z = codes_by_hand(kind, positive, w)
        total = 0.0
        for size in settings.prefixes():
            error = x.numpy() - z[:, :size] @ w["decoder"][:size] - w["bias"]
            fvu = (error**2).sum(1).mean() / V
            total += fvu
        l0, l1 = (z > 0).sum(1).mean(), z.sum(1).mean()
        total += 0.5 * settings.penalty(l0, l1, V)
        assert float(found.fvu[s]) == pytest.approx(fvu)
        assert float(found.total[s]) == pytest.approx(V * total)
        assert float(found.minimum[s]) == pytest.approx(z[z > 0].min())
        np.testing.assert_array_equal(found.fired[s].numpy(), (z > 0).any(0))


def test_nested_groups_reconstruct_on_their_own():
    settings = TrainingSettings(size=SIZE, k=3, kind="matryoshka", groups=(2, SIZE))
    weights, x = problem(settings)
    found = losses(weights, x, settings, V, no_dead())
    assert (found.total > 2 * V * found.fvu).all()  # the short prefix explains less


DEAD = torch.zeros(2, SIZE, dtype=torch.bool)
DEAD[0, [1, 4, 7, 9, 10]] = True  # more than half the width
DEAD[1, [2, 3]] = True  # fewer


def aux_by_hand(weights, x, k: int, s: int, *, bias: float = 0.0) -> float:
    w, _, positive = by_hand(weights, x, s)
    error = x.numpy() - keep(positive, k) @ w["decoder"] - w["bias"]
    dead = np.flatnonzero(DEAD[s].numpy())
    z = keep(positive[:, dead], WIDTH // 2)
    left = error - (z @ w["decoder"][dead] + bias * w["bias"])
    variance = ((error - error.mean(0)) ** 2).sum(1).mean()
    return min(1, len(dead) / (WIDTH // 2)) * (left**2).sum(1).mean() / variance


def aux_of(weights, x, **changes) -> torch.Tensor:
    """What AuxK adds to the loss, as a share of the variance."""
    settings = TrainingSettings(size=SIZE, k=3, **changes)
    with_dead = losses(weights, x, settings, V, DEAD).total
    return (with_dead - losses(weights, x, settings, V, no_dead()).total) / V


def test_aux_k_has_its_weight_and_no_bias():
    """Library mistake 1: the decoder bias added again where the residual has none."""
    weights, x = problem(TrainingSettings(size=SIZE, k=3))
    found = aux_of(weights, x).detach()
    for s in range(2):
        right = aux_by_hand(weights, x, 3, s) / 32
        wrong = aux_by_hand(weights, x, 3, s, bias=1.0) / 32
        assert float(found[s]) == pytest.approx(right)
        assert abs(wrong - right) > 1e-3 * right


def test_aux_k_does_not_pull_on_the_residual():
    """Library mistake 2: without detaching, living concepts would serve the dead ones."""
    weights, x = problem(TrainingSettings(size=SIZE, k=3))
    slopes = torch.autograd.grad(aux_of(weights, x).sum(), list(weights.values()))
    of = dict(zip(weights, slopes, strict=True))
    for name in ("encoder", "decoder", "encoder_bias"):
        assert (of[name][~DEAD].abs() < 1e-12).all(), name
        assert of[name][DEAD].abs().max() > 1e-6, name


@pytest.mark.parametrize("scale", [1e-2, 30.0])
def test_aux_k_is_on_the_scale_of_the_reconstruction(scale: float):
    """Library mistake 3: the balance of the two must not depend on the embedding's scale."""
    shares = []
    for factor in (1.0, scale):
        settings = TrainingSettings(size=SIZE, k=3)
        weights, x = problem(settings, factor)
        whole = losses(weights, x, settings, V * factor**2, DEAD)
        shares.append((whole.total / (V * factor**2 * whole.fvu)).detach().numpy())
    np.testing.assert_allclose(shares[0], shares[1], rtol=1e-9)


def test_aux_k_is_a_share_whatever_the_width():
    """Library mistake 3: a sum over dimensions beside a mean would grow with the width."""
    rng = np.random.default_rng(1)
    found = []
    for width in (8, 64):
        residual = torch.from_numpy(rng.normal(size=(1, 400, width)))
        pre = torch.full((1, 400, 4), -1.0, dtype=torch.float64)  # the dead explain nothing
        decoder = torch.eye(4, width, dtype=torch.float64)[None]
        every = torch.ones(1, 4, dtype=torch.bool)
        found.append(float(aux_k_loss(residual, pre, decoder, every, aux_k=4)))
    assert found == pytest.approx([1, 1], abs=0.01)


def test_aux_k_of_nothing_is_nothing():
    residual, pre = torch.zeros(1, 5, 4), torch.ones(1, 5, 3)
    dead = torch.ones(1, 3, dtype=torch.bool)
    assert float(aux_k_loss(residual, pre, torch.ones(1, 3, 4), dead)) == 0
    assert float(aux_k_loss(residual + torch.eye(5, 4), pre, torch.ones(1, 3, 4), ~dead)) == 0


def test_jump_relu_thresholds_feel_the_cells_near_them():
    """The straight-through gradient is that of the loss smoothed over the bandwidth."""
    settings = TrainingSettings(size=1, kind="jumprelu", sparsity=1.0, bandwidth=0.2)
    x = torch.linspace(0, 1, 2001, dtype=torch.float64)[:, None]
    one = torch.ones(1, 1, 1, dtype=torch.float64)
    log_threshold = torch.full((1, 1), np.log(0.5), dtype=torch.float64, requires_grad=True)
    weights = {
        "encoder": one, "decoder": one, "encoder_bias": one[0] * 0, "bias": one[0] * 0,
        "log_threshold": log_threshold,
    }  # fmt: skip
    found = losses(weights, x, settings, 1.0, torch.zeros(1, 1, dtype=torch.bool))
    (slope,) = torch.autograd.grad(found.total.sum(), log_threshold)
    # x is uniform on 0 to 1, so with threshold t the loss is t^3 / 3 + 1 - t, and its slope in
    # log t is t (t^2 - 1); the error of cells below t is taken over half a bandwidth
    assert float(slope) == pytest.approx(0.5 * (0.5 * 0.45 - 1), abs=0.002)
