"""State of the training of one seed, and how it starts."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cellglass.concepts.transform import Transform
from cellglass.errors import InputError
from cellglass.seeds import generator

from .dictionary import Dictionary
from .settings import TrainingSettings


@dataclass
class SeedState:
    """Weights of one seed, their optimiser, and how far the training is.

    Parameters
    ----------
    seed
        Of the initialisation.
    weights
        ``encoder`` and ``decoder`` (concepts x width), ``encoder_bias``, ``bias`` and, for
        JumpReLU, ``log_threshold``.
    first, second
        Running moments of Adam.
    silent
        Cells seen since each concept fired.
    step, epoch
        Steps taken, and epochs completed.
    minimum
        BatchTopK: mean over the last epoch's batches of the smallest activation kept.
    history
        FVU of each epoch: of training batches, and of held-out cells where there are any.
    best
        Weights of the epoch with the lowest held-out loss.
    best_loss, best_minimum, waited
        That loss, the threshold then, and epochs since the last clear gain.
    stopped
        Whether patience ran out.
    """

    seed: int
    weights: dict[str, Tensor]
    first: dict[str, Tensor]
    second: dict[str, Tensor]
    silent: NDArray[np.int64]
    start_sha256: str
    step: int = 0
    epoch: int = 0
    minimum: float = 0.0
    history: list[dict[str, float]] = field(default_factory=list)
    best: dict[str, Tensor] | None = None
    best_loss: float = float("inf")
    best_minimum: float = 0.0
    waited: int = 0
    stopped: bool = False

    def dictionary(
        self,
        settings: TrainingSettings,
        transform: Transform,
        *,
        best: bool = False,
        meta: dict[str, Any] | None = None,
    ) -> Dictionary:
        """Make a dictionary of the current weights, or of the best."""
        use_best = best and self.best is not None
        source = self.best if use_best and self.best is not None else self.weights
        w = {name: tensor.detach().cpu().numpy().copy() for name, tensor in source.items()}
        threshold = np.exp(w["log_threshold"]) if "log_threshold" in w else None
        if settings.kind == "batchtopk":
            minimum = self.best_minimum if use_best else self.minimum
            threshold = np.full(settings.size, minimum, dtype=np.float32)
        return Dictionary(
            settings.kind, w["encoder"], w["encoder_bias"], w["decoder"], w["bias"], transform,
            k=settings.k, threshold=threshold,
            groups=settings.prefixes() if settings.kind == "matryoshka" else None,
            meta=meta or {},
        )  # fmt: skip


def started(
    seed: int, settings: TrainingSettings, bias: NDArray[np.float32], width: int
) -> SeedState:
    """Start one seed: random unit decoder rows, encoder equal to them, biases 0 and `bias`.

    Parameters
    ----------
    seed
        Draws the decoder rows.
    settings
        Of the training.
    bias
        See `starting_bias`, shape (width,).
    width
        Of the embedding.
    """
    rows = generator(seed, "start of a dictionary").normal(size=(settings.size, width))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    decoder = torch.from_numpy(rows.astype(np.float32)).clone()
    weights = {
        "encoder": decoder.clone(),
        "decoder": decoder,
        "encoder_bias": torch.zeros(settings.size),
        "bias": torch.from_numpy(bias).clone(),
    }
    if settings.kind == "jumprelu":
        weights["log_threshold"] = torch.full(
            (settings.size,), float(np.log(bandwidth_of(settings, width)))
        )
    zeros = {name: torch.zeros_like(w) for name, w in weights.items()}
    return SeedState(
        seed=seed,
        weights=weights,
        first=zeros,
        second={name: torch.zeros_like(w) for name, w in weights.items()},
        silent=np.zeros(settings.size, dtype=np.int64),
        start_sha256=hashlib.sha256(decoder.numpy().tobytes()).hexdigest(),
    )


def bandwidth_of(settings: TrainingSettings, width: int) -> float:
    """Bandwidth of JumpReLU, and the threshold it starts from."""
    return settings.bandwidth or 0.05 * float(np.sqrt(width))


def all_started(
    seeds: tuple[int, ...], settings: TrainingSettings, bias: NDArray[np.float32], width: int
) -> list[SeedState]:
    """Start all seeds and make sure that no two start alike.

    Raises
    ------
    InputError
        If seeds are repeated: equal starts would look like stable concepts.
    """
    if not seeds or len(set(seeds)) < len(seeds):
        raise InputError(f"seeds are {seeds}", where="seeds",
                         expected="different whole numbers, at least one")  # fmt: skip
    states = [started(seed, settings, bias, width) for seed in seeds]
    if len({s.start_sha256 for s in states}) < len(states):
        raise AssertionError("different seeds gave equal starts")
    return states


def starting_bias(
    sample: NDArray[np.float32], mean: NDArray[np.float32], settings: TrainingSettings
) -> NDArray[np.float32]:
    """Bias from which all seeds start, in the transformed space, shape (width,).

    Parameters
    ----------
    sample
        Transformed training cells, for the geometric median.
    mean
        Mean of all transformed training cells.
    settings
        `bias_start` chooses.
    """
    if settings.bias_start == "zero":
        return np.zeros_like(mean, dtype=np.float32)
    if settings.bias_start == "mean":
        return mean.astype(np.float32)
    return geometric_median(sample).astype(np.float32)


def geometric_median(points: NDArray[np.floating], steps: int = 100) -> NDArray[np.float64]:
    """Point with the smallest summed distance to all points (Weiszfeld's iteration).

    Parameters
    ----------
    points
        Points x width.
    steps
        At most; it ends earlier when nothing moves.

    Examples
    --------
    >>> geometric_median(np.array([[0.0], [1.0], [100.0]])).round(3).tolist()
    [1.0]
    """
    x = np.asarray(points, dtype=np.float64)
    centre = x.mean(0)
    spread = float(np.abs(x - centre).max())
    for _ in range(steps):
        weight = 1 / np.maximum(np.linalg.norm(x - centre, axis=1), 1e-9 * spread + 1e-300)
        new = (weight[:, None] * x).sum(0) / weight.sum()
        if np.linalg.norm(new - centre) <= 1e-9 * spread:
            return new
        centre = new
    return centre
