"""Training of dictionaries: several seeds in one pass over cells in memory or on disk."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from numpy.typing import ArrayLike

from cellglass.concepts.transform import GAMMA_WARNING, Transform
from cellglass.errors import InputError, ResourceError

from .checkpoint import load_states, save_states
from .dictionary import Dictionary
from .metrics import Survey, baseline_fits, cells_sha256, dictionary_fit, survey
from .row_source import CellRows, RowSource, batch_bounds, batches, split
from .settings import TrainingSettings, settings_of
from .sparse_step import SparseStep
from .states import SeedState, all_started, starting_bias
from .torch_step import TorchStep

LOG = logging.getLogger("cellglass")
MEDIAN_SAMPLE = 10_000  # cells of which the geometric median is taken
Progress = Callable[[int, int], None]


def train(
    embedding: ArrayLike | RowSource,
    *,
    size: int,
    k: int | None = None,
    kind: str = "topk",
    seeds: Sequence[int] = (0,),
    validation: ArrayLike | None = None,
    transform: Transform | None = None,
    device: str = "cpu",
    threads: int | None = None,
    engine: str = "auto",
    checkpoint: str | Path | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> list[Dictionary]:
    """Train dictionaries of one kind and size, one a seed.

    Parameters
    ----------
    embedding
        Cells x width: an array, a memory map, or anything with `shape` and ``rows(index)`` such
        as the array of an `EmbeddingStore`. What lies on disk stays there.
    size, k, kind
        See `TrainingSettings`; `default_size_and_k` proposes sizes.
    seeds
        Of the initialisation. All seeds see the cells in the same order and share each read; a
        seed trained alone gives the same bytes on a CPU (`engine` ``"sparse"``), and the same to
        rounding otherwise.
    validation
        Mask or numbers of held-out cells: choose whole donors. With them, training stops early
        and the best epoch is kept.
    transform
        Fitted on the training cells where None.
    device
        ``"cpu"`` or ``"cuda"``.
    threads
        Of the sparse engine; None for as many as torch uses. They do not change the result.
    engine
        ``"sparse"`` (Top-K on a CPU in float32), ``"torch"``, or ``"auto"``.
    checkpoint
        Folder in which the state is kept after each epoch, and from which an interrupted training
        goes on to the same result.
    progress
        Called with epochs done and epochs planned.
    **options
        Fields of `TrainingSettings`.

    Returns
    -------
    list of Dictionary
        In the order of `seeds`; `meta` holds settings, fits and hashes.

    Raises
    ------
    InputError
        If sizes, options, cells or the split cannot be used.

    Examples
    --------
    >>> from cellglass.concepts.dictionaries.planted import planted_dictionary
    >>> cells = planted_dictionary(300, 16, 8, 2, seed=0).embedding
    >>> found = train(cells, size=16, k=2, seeds=(0, 1), epochs=2, batch=64)
    >>> [d.meta["seed"] for d in found]
    [0, 1]
    """
    settings = settings_of({"size": size, "k": k, "kind": kind, **options})
    cells, held = split(embedding, validation)
    settings.check_against(*cells.shape)
    sparse = _uses_sparse(engine, settings, device)
    # a store is sliced by Transform.fit block by block, as an array is
    fitted = transform or Transform.fit(
        cells,  # type: ignore[arg-type]
        centre=settings.centre,
        rescale=settings.rescale,
    )
    if fitted.mean.shape != (cells.shape[1],):
        raise InputError(f"a transform of width {len(fitted.mean)}", where="transform",
                         expected=f"{cells.shape[1]}")  # fmt: skip
    _tell_gamma(fitted)
    known = survey(cells)
    bias = starting_bias(
        fitted(cells[:: max(1, len(cells) // MEDIAN_SAMPLE)]), fitted(known.mean[None])[0], settings
    )
    states = all_started(tuple(seeds), settings, bias, cells.shape[1])
    of_held = None if held is None else cells_sha256(held, "held-out cells")
    task = _Task(settings, cells, held, fitted, known, of_held, device,
                 threads or torch.get_num_threads(), sparse)  # fmt: skip
    folder = None if checkpoint is None else Path(checkpoint)
    if folder is not None:
        load_states(folder, states, task.key(seeds))
    while running := [s for s in states if not s.stopped and s.epoch < settings.epochs]:
        epoch = running[0].epoch  # seeds that are not stopped go in step
        task.run_epoch(running, epoch)
        if folder is not None:
            save_states(folder, states, task.key(seeds))
        if progress is not None:
            progress(epoch + 1, settings.epochs)
    return [task.finished(state) for state in states]


def _uses_sparse(engine: str, settings: TrainingSettings, device: str) -> bool:
    if engine not in ("auto", "sparse", "torch"):
        raise InputError(f"engine is '{engine}'", where="engine",
                         expected="'auto', 'sparse' or 'torch'")  # fmt: skip
    if device not in ("cpu", *_gpus()):
        raise ResourceError(f"device is '{device}'", where="device",
                            expected="'cpu', or 'cuda' where there is a GPU",
                            fix="give 'cpu'")  # fmt: skip
    able = settings.kind == "topk" and settings.dtype == "float32" and device == "cpu"
    if engine == "sparse" and not able:
        raise InputError(
            f"kind '{settings.kind}' in {settings.dtype} on {device}", where="engine",
            expected="kind 'topk' in float32 on a CPU for the sparse engine",
            fix="give engine='auto'",
        )  # fmt: skip
    return able and engine != "torch"


def _gpus() -> list[str]:
    n = torch.cuda.device_count() if torch.cuda.is_available() else 0
    return [*(["cuda"] if n else []), *(f"cuda:{i}" for i in range(n))]


def _tell_gamma(transform: Transform) -> None:
    LOG.info("gamma of the embedding (norm of mean / sd): %.3g", transform.gamma)
    if transform.gamma > GAMMA_WARNING and not transform.mean.any():
        LOG.warning(
            "the embedding has a large common mean (gamma %.3g, above %g) and is not centred: "
            "concepts share that mean and many may die. Leave centring on",
            transform.gamma, GAMMA_WARNING,
        )  # fmt: skip


@dataclasses.dataclass(frozen=True, eq=False)
class _Task:
    """What does not change during a training."""

    settings: TrainingSettings
    cells: CellRows
    held: CellRows | None
    transform: Transform
    known: Survey
    held_sha256: str | None
    device: str
    threads: int
    sparse: bool

    def key(self, seeds: Sequence[int]) -> dict[str, Any]:
        return {
            "settings": dataclasses.asdict(self.settings),
            "seeds": list(seeds),
            "training cells": self.known.sha256,
            "held-out cells": self.held_sha256,
            "engine": "sparse" if self.sparse else f"torch on {self.device}",
        }

    def run_epoch(self, states: list[SeedState], epoch: int) -> None:
        s = self.settings
        steps = len(batch_bounds(len(self.cells), s.batch)) - 1
        warm_up = s.warm_up_steps(steps * s.epochs)
        variance = self.known.variance(self.transform)
        n = len(self.cells)
        engine: SparseStep | TorchStep
        if self.sparse:
            engine = SparseStep(states, s, variance, n, self.threads)
        else:
            engine = TorchStep(states, s, variance, n, self.device, warm_up)
        sums = [0.0] * len(states)
        for batch in batches(self.cells, self.transform, s.batch, s.shuffle_seed, epoch):
            rate = s.rate * min(1.0, (states[0].step + 1) / max(1, warm_up))
            for i, fvu in enumerate(engine.step(batch, rate)):
                sums[i] += fvu * len(batch)
        engine.close()
        for state, total in zip(states, sums, strict=True):
            state.epoch = epoch + 1
            state.history.append({"training_fvu": total / n})
            if self.held is not None:
                self._compare(state, warm=state.step >= warm_up)

    def _compare(self, state: SeedState, warm: bool) -> None:
        """Measure on held-out cells, keep the best epoch, and stop when nothing is gained.

        A sparsity penalty counts too: without it, the least sparse epoch would be the best. What
        was measured while the penalty still grew is not compared.
        """
        assert self.held is not None
        d = state.dictionary(self.settings, self.transform)
        found = dictionary_fit(d, self.held)
        state.history[-1]["held_out_fvu"] = found.fvu
        if not warm:
            return
        variance = self.known.variance(self.transform)
        loss = found.fvu + self.settings.penalty(found.l0, found.l1, variance)
        gained = loss < state.best_loss * (1 - self.settings.min_gain)
        state.waited = 0 if gained else state.waited + 1
        if loss < state.best_loss:
            state.best_loss, state.best_minimum = loss, state.minimum
            state.best = {name: w.clone() for name, w in state.weights.items()}
        state.stopped = state.waited >= self.settings.patience

    def finished(self, state: SeedState) -> Dictionary:
        d = state.dictionary(self.settings, self.transform, best=True)
        on_training = dictionary_fit(d, self.cells)
        on_held = None if self.held is None else dictionary_fit(d, self.held)
        cells = self.cells if self.held is None else self.held
        components = self.settings.k or max(1, round(on_training.l0))
        fits = baseline_fits(cells, self.known, [min(components, self.cells.shape[1])])
        meta = {
            "seed": state.seed,
            "start_sha256": state.start_sha256,
            "settings": dataclasses.asdict(self.settings),
            "engine": "sparse" if self.sparse else f"torch on {self.device}",
            "epochs_run": state.epoch,
            "stopped_early": state.stopped,
            "history": state.history,
            "training_data": {"n_cells": self.known.n_cells, "sha256": self.known.sha256},
            "held_out_data": None
            if self.held is None
            else {
                "n_cells": len(self.held),
                "sha256": self.held_sha256,
            },
            "measured_on": "training cells" if self.held is None else "held-out cells",
            "training": dataclasses.asdict(on_training),
            "held_out": None if on_held is None else dataclasses.asdict(on_held),
            "baselines": {name: dataclasses.asdict(fit) for name, fit in fits.items()},
        }
        return dataclasses.replace(d, meta=meta)
