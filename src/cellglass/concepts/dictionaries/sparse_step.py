"""Top-K training steps on a CPU: sparse decode and sparse gradients, without autograd."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .gates import top_of_rows
from .settings import TrainingSettings
from .sparse_kernels import (
    adam_rows,
    add_gradients,
    by_concept,
    decode_rows,
    project_rows,
    row_squares,
)
from .states import SeedState

ALL = np.empty(0, dtype=np.int64)
TILE = 512  # concepts encoded in one product


@dataclass
class Gradients:
    """Gradients of one seed: `rows` holds those of decoder and encoder, 2 x concepts x width."""

    rows: NDArray[np.float32]
    encoder_bias: NDArray[np.float32]
    bias: NDArray[np.float32]


class SparseStep:
    """Takes steps of several seeds over the same cells.

    Every seed is computed with the operations it would see alone, so its weights are those of a
    training of its own, bit by bit. Threads take a seed each where there are enough seeds: so
    they never wait for one another within a step.

    Parameters
    ----------
    states
        Changed in place.
    settings
        Of kind ``"topk"`` in float32.
    variance
        Summed variance of the transformed training cells.
    n_cells
        Training cells, in which death is measured.
    threads
        Among which seeds, and the rows of each pass of seeds left over, are divided; they do not
        change the result.
    """

    def __init__(
        self,
        states: Sequence[SeedState],
        settings: TrainingSettings,
        variance: float,
        n_cells: int,
        threads: int = 1,
    ) -> None:
        self.states = list(states)
        self._pool = ThreadPoolExecutor(threads) if threads > 1 else None
        # seeds that fill all threads have one each, those left over share all threads
        self._own = len(states) - len(states) % threads if threads > 1 else 0
        width = states[0].weights["bias"].shape[0]
        common = (settings, variance, settings.death_epochs * n_cells, width)
        self._workers = [SeedWorker(*common) for _ in range(threads if self._own else 0)]
        self._shared = SeedWorker(*common, self._pool, threads) if self._own < len(states) else None

    def step(self, batch: NDArray[np.float32], rate: float) -> list[float]:
        """Take one step with every seed.

        Parameters
        ----------
        batch
            Transformed cells, cells x width.
        rate
            Learning rate of this step.

        Returns
        -------
        list of float
            FVU of the batch before the step, one a seed.
        """
        x = torch.from_numpy(np.ascontiguousarray(batch))
        found = np.zeros(len(self.states))

        def take(worker: SeedWorker, numbers: range) -> None:
            for i in numbers:
                found[i] = worker.step(self.states[i], x, rate)

        before = torch.get_num_threads()
        torch.set_num_threads(1)  # threads are ours to divide
        try:
            if self._pool is not None and self._own:
                n = len(self._workers)
                jobs = [
                    self._pool.submit(take, worker, range(i, self._own, n))
                    for i, worker in enumerate(self._workers)
                ]
                for job in jobs:
                    job.result()
            if self._shared is not None:
                take(self._shared, range(self._own, len(self.states)))
        finally:
            torch.set_num_threads(before)
        return [float(v) for v in found]

    def close(self) -> None:
        """End the threads."""
        if self._pool is not None:
            self._pool.shutdown()


class SeedWorker:
    """Takes steps of one seed after another, in scratch memory of its own.

    Parameters
    ----------
    settings, variance
        See `SparseStep`.
    death
        Cells without firing after which a concept is dead.
    width
        Of the embedding.
    pool, threads
        Over which rows are divided, if any.
    """

    def __init__(
        self,
        settings: TrainingSettings,
        variance: float,
        death: float,
        width: int,
        pool: ThreadPoolExecutor | None = None,
        threads: int = 1,
    ) -> None:
        self.settings = settings
        self.variance = variance
        self.death = death
        self.threads = threads
        self._pool = pool
        self.gradients = Gradients(
            np.zeros((2, settings.size, width), np.float32),
            np.zeros(settings.size, np.float32),
            np.zeros(width, np.float32),
        )
        self._squares = np.empty((2, settings.size), np.float32)
        self._arrays: dict[tuple[str, int], NDArray[Any]] = {}

    def step(self, state: SeedState, x: Tensor, rate: float) -> float:
        """Take one step of one seed; the FVU of the batch before it."""
        fvu = self.gradient(state, x)
        self._apply(state, rate)
        state.step += 1
        return fvu

    def gradient(self, state: SeedState, x: Tensor) -> float:
        """Compute the gradients of the loss into `gradients`; the FVU of the batch."""
        w = {name: tensor.numpy() for name, tensor in state.weights.items()}
        n, k = len(x), self.settings.k or 1
        centred = x - state.weights["bias"]
        pre = self._encoded(state, centred)
        dead = np.flatnonzero(state.silent >= self.death)
        self.gradients.rows[:] = 0
        self.gradients.encoder_bias[:] = 0
        residual, squares, active = self._pass(
            "", pre, ALL, k, x.numpy(), w["bias"], w["decoder"], centred.numpy(),
            2 / n,
        )  # fmt: skip
        state.silent += n
        state.silent[active] = 0
        summed = residual.sum(0, dtype=np.float64)
        self.gradients.bias[:] = 2 / n * summed
        if len(dead) and self.settings.aux_weight:
            self._revive(state, pre, residual, centred.numpy(), dead)
        self.gradients.bias -= (
            state.weights["encoder"].T @ torch.from_numpy(self.gradients.encoder_bias)
        ).numpy()
        return float(squares.sum(dtype=np.float64)) / (n * self.variance)

    def _encoded(self, state: SeedState, centred: Tensor) -> NDArray[np.float32]:
        """Pre-activations, in tiles of concepts that are the same for any number of threads."""
        pre = self._array("pre", (len(centred), self.settings.size))
        out, w = torch.from_numpy(pre), state.weights

        def tiles(first: int, last: int) -> None:
            for start in range(first * TILE, min(last * TILE, self.settings.size), TILE):
                part = slice(start, start + TILE)
                product = centred @ w["encoder"][part].T
                torch.add(product, w["encoder_bias"][part], out=out[:, part])

        self._spread(-(-self.settings.size // TILE), tiles)
        return pre

    def _revive(
        self,
        state: SeedState,
        pre: NDArray[np.float32],
        residual: NDArray[np.float32],
        centred: NDArray[np.float32],
        dead: NDArray[np.int64],
    ) -> None:
        """Add the gradients of AuxK: dead concepts explain what is left, without a bias."""
        width = residual.shape[1]
        wanted = self.settings.aux_k or max(1, width // 2)
        left = -residual
        around = left - left.mean(0, dtype=np.float64)
        variance = float((around * around).sum()) / len(left)
        if not variance > 0:
            return
        # relative to what is left, as the FVU is to the cells' variance: see `losses`
        weight = self.settings.aux_weight * min(1.0, len(dead) / wanted) * self.variance / variance
        self._pass(
            "aux", pre, dead, min(wanted, len(dead)), left, np.zeros(width, np.float32),
            state.weights["decoder"].numpy(), centred, 2 * weight / len(left),
        )  # fmt: skip

    def _pass(
        self,
        name: str,
        pre: NDArray[np.float32],
        columns: NDArray[np.int64],
        k: int,
        target: NDArray[np.float32],
        bias: NDArray[np.float32],
        decoder: NDArray[np.float32],
        centred: NDArray[np.float32],
        factor: float,
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int64]]:
        """Select, decode and add gradients: residuals, their squares, active concepts."""
        n = len(pre)
        values = self._array(f"{name} values", (n, k))
        slopes = self._array(f"{name} slopes", (n, k))
        indices = self._array(f"{name} indices", (n, k), np.int32)
        counts = self._array(f"{name} counts", (n,), np.int64)
        squares = self._array(f"{name} squares", (n,))
        residual = self._array(f"{name} residual", target.shape)
        self._spread(n, top_of_rows, pre, columns, values, indices, counts)
        self._spread(n, decode_rows, target, bias, decoder, indices, values, counts, residual,
                     slopes, squares)  # fmt: skip
        lists = by_concept(indices, values, slopes, counts, self.settings.size)
        self._spread(self.settings.size, add_gradients, *lists, residual, centred,
                     np.float32(factor), self.gradients.rows,
                     self.gradients.encoder_bias)  # fmt: skip
        return residual, squares, np.flatnonzero(np.diff(lists[0]))

    def _apply(self, state: SeedState, rate: float) -> None:
        g, size = self.gradients, self.settings.size
        decoder = state.weights["decoder"].numpy()
        self._spread(size, project_rows, g.rows[0], decoder, self._squares[0])
        self._spread(size, row_squares, g.rows[1], self._squares[1])
        norm = np.sqrt(
            self._squares.sum(dtype=np.float64)
            + float((g.encoder_bias.astype(np.float64) ** 2).sum())
            + float((g.bias.astype(np.float64) ** 2).sum())
        )
        shrink = np.float32(min(1.0, self.settings.clip / norm) if norm > 0 else 1.0)
        t = state.step + 1
        step_rate = np.float32(rate / (1 - 0.9**t))
        root = np.float32(np.sqrt(1 - 0.999**t))
        of_weights = {
            "decoder": g.rows[0],
            "encoder": g.rows[1],
            "encoder_bias": g.encoder_bias[None],
            "bias": g.bias[None],
        }
        for name, gradient in of_weights.items():
            w, m, v = (
                np.atleast_2d(part[name].numpy())
                for part in (state.weights, state.first, state.second)
            )
            self._spread(len(w), adam_rows, w, gradient, m, v, shrink, step_rate, root,
                         name == "decoder")  # fmt: skip

    def _array(self, name: str, shape: tuple[int, ...], dtype: Any = np.float32) -> NDArray[Any]:
        key = (name, shape[0])
        found = self._arrays.get(key)
        if found is None or found.shape != shape:
            found = self._arrays[key] = np.empty(shape, dtype)
        return found

    def _spread(self, n: int, kernel: Callable[..., None], *arguments: Any) -> None:
        if self._pool is None or n < self.threads:
            kernel(*arguments, 0, n)
            return
        limits = [n * i // self.threads for i in range(self.threads + 1)]
        jobs = [self._pool.submit(kernel, *arguments, a, b) for a, b in pairwise(limits)]
        for job in jobs:
            job.result()
