"""Training steps in torch: every kind of dictionary, CPU or CUDA, several seeds in one product."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .losses import losses
from .settings import TrainingSettings
from .states import SeedState


class TorchStep:
    """Takes steps of several seeds over the same cells, stacked into one batched product.

    Parameters
    ----------
    states
        Read at the start and written by `close`.
    settings
        Of the training.
    variance
        Summed variance of the transformed training cells.
    n_cells
        Training cells, in which death is measured.
    device
        ``"cpu"`` or ``"cuda"``.
    ramp_steps
        Steps over which a sparsity penalty grows linearly.
    """

    def __init__(
        self,
        states: Sequence[SeedState],
        settings: TrainingSettings,
        variance: float,
        n_cells: int,
        device: str = "cpu",
        ramp_steps: int = 0,
    ) -> None:
        self.states = list(states)
        self.settings = settings
        self.variance = variance
        self.death = settings.death_epochs * n_cells
        self.device = torch.device(device)
        self.ramp_steps = ramp_steps
        self.weights = self._stacked("weights")
        self.first, self.second = self._stacked("first"), self._stacked("second")
        self.silent = torch.from_numpy(np.stack([s.silent for s in states])).to(self.device)
        self.minima = torch.zeros(len(states), device=self.device)
        self.n_minima = 0

    def step(self, batch: NDArray[np.float32], rate: float) -> list[float]:
        """Take one step with every seed; the FVU of the batch before it, one a seed."""
        x = torch.from_numpy(np.ascontiguousarray(batch)).to(self.device)
        leaves = {n: w.detach().requires_grad_(True) for n, w in self.weights.items()}
        t = self.states[0].step + 1
        half = self.settings.dtype == "bfloat16"
        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=half):
            found = losses(leaves, x, self.settings, self.variance, self.silent >= self.death,
                           ramp=min(1.0, t / max(1, self.ramp_steps)))  # fmt: skip
        slopes = torch.autograd.grad(found.total.sum(), list(leaves.values()))
        with torch.no_grad():
            self._apply(dict(zip(leaves, slopes, strict=True)), rate, t)
        self.silent = torch.where(found.fired, 0, self.silent + len(x))
        self.minima += found.minimum
        self.n_minima += 1
        for state in self.states:
            state.step += 1
        return [float(v) for v in found.fvu]

    def close(self) -> None:
        """Write weights, moments and what was counted back into the states."""
        for i, state in enumerate(self.states):
            for name in state.weights:
                state.weights[name] = self.weights[name][i].detach().cpu().clone()
                state.first[name] = self.first[name][i].cpu().clone()
                state.second[name] = self.second[name][i].cpu().clone()
            state.silent = self.silent[i].cpu().numpy().copy()
            state.minimum = float(self.minima[i]) / max(1, self.n_minima)

    def _stacked(self, part: str) -> dict[str, Tensor]:
        names = self.states[0].weights
        return {
            name: torch.stack([getattr(s, part)[name] for s in self.states]).to(self.device)
            for name in names
        }

    def _apply(self, slopes: dict[str, Tensor], rate: float, t: int) -> None:
        slopes = {"decoder": without_parallel(slopes["decoder"], self.weights["decoder"])} | {
            name: slope for name, slope in slopes.items() if name != "decoder"
        }
        squares = sum(s.double().square().flatten(1).sum(1) for s in slopes.values())
        norm = torch.as_tensor(squares).sqrt().clamp_min(1e-30)
        shrink = (self.settings.clip / norm).clamp_max(1.0).float()
        step_rate, root = rate / (1 - 0.9**t), (1 - 0.999**t) ** 0.5
        for name, slope in slopes.items():
            cut = slope * shrink.view(-1, *[1] * (slope.ndim - 1))
            self.first[name].mul_(0.9).add_(cut, alpha=0.1)
            self.second[name].mul_(0.999).addcmul_(cut, cut, value=0.001)
            moved = self.first[name] / (self.second[name].sqrt() / root + 1e-8)
            self.weights[name] = self.weights[name] - step_rate * moved
        self.weights["decoder"] = unit_rows(self.weights["decoder"])


def without_parallel(gradient: Tensor, rows: Tensor) -> Tensor:
    """Remove from the gradient of unit rows what would only change their length."""
    return gradient - (gradient * rows).sum(-1, keepdim=True) * rows


def unit_rows(rows: Tensor) -> Tensor:
    """Divide each row - a concept, not an output coordinate - by its norm."""
    return rows / rows.norm(dim=-1, keepdim=True).clamp_min(1e-30)
