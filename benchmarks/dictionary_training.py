"""Training of Top-K dictionaries: cellglass against SAELens, and many seeds against one by one.

One process, one thread, both in turn, in samples per CPU-second. SAELens is timed over its own
trainer's `step`, without its progress bar, logging or data loading; cellglass over its epoch loop
with reading, shuffling and transforming. The FVU on held-out cells is compared after equal
training at a smaller size. SAELens lives in the environment of the peers. Run there, from source:
``OMP_NUM_THREADS=1 PYTHONPATH=src PEERS/bin/python benchmarks/dictionary_training.py``
"""

from __future__ import annotations

import argparse
import logging
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from cellglass.concepts.dictionaries.metrics import dictionary_fit, survey
from cellglass.concepts.dictionaries.planted import planted_dictionary
from cellglass.concepts.dictionaries.row_source import CellRows, batches
from cellglass.concepts.dictionaries.settings import TrainingSettings
from cellglass.concepts.dictionaries.sparse_step import SparseStep
from cellglass.concepts.dictionaries.states import SeedState, all_started
from cellglass.concepts.transform import Transform

SAELENS_TARGET, SEEDS_TARGET, FVU_TARGET = 3.0, 1.3, 0.01
MISSING = (
    "sae-lens cannot be imported here ({error}): run this in the peers' environment.\n"
    "Only the comparison of seeds follows."
)


class Ours:
    """Our steps over some cells, from the start of a training."""

    def __init__(
        self,
        cells: NDArray[np.float32],
        settings: TrainingSettings,
        seeds: tuple[int, ...],
        threads: int = 1,
    ) -> None:
        self.cells, self.settings = CellRows(cells), settings
        self.transform = Transform.fit(cells)
        variance = survey(self.cells).variance(self.transform)
        self.states = all_started(
            seeds, settings, np.zeros(cells.shape[1], np.float32), cells.shape[1]
        )
        self.engine = SparseStep(self.states, settings, variance, len(cells), threads)
        self.epoch = 0

    def run(self) -> float:
        """Go once over the cells; CPU seconds."""
        start = time.process_time()
        s = self.settings
        for batch in batches(self.cells, self.transform, s.batch, s.shuffle_seed, self.epoch):
            self.engine.step(batch, s.rate)
        self.epoch += 1
        return time.process_time() - start


class SAELens:
    """SAELens's trainer over batches that are ready in memory."""

    def __init__(self, settings: TrainingSettings, width: int, start: SeedState) -> None:
        from sae_lens.config import LoggingConfig, SAETrainerConfig
        from sae_lens.saes.topk_sae import TopKTrainingSAE, TopKTrainingSAEConfig
        from sae_lens.training.sae_trainer import SAETrainer

        sae = TopKTrainingSAE(
            TopKTrainingSAEConfig(
                d_in=width, d_sae=settings.size, k=settings.k or 1, dtype="float32", device="cpu",
                normalize_activations="none", apply_b_dec_to_input=True, decoder_init_norm=1.0,
            )
        )  # fmt: skip
        with torch.no_grad():
            sae.W_dec.copy_(start.weights["decoder"])
            sae.W_enc.copy_(start.weights["decoder"].T)
        config = SAETrainerConfig(
            total_training_samples=10**9, train_batch_size_samples=settings.batch,
            lr=settings.rate, lr_end=settings.rate, device="cpu",
            logger=LoggingConfig(log_to_wandb=False),
        )  # fmt: skip
        self.sae = sae
        self.trainer: Any = SAETrainer(config, sae, iter(()))

    def run(self, ready: list[torch.Tensor]) -> float:
        """Go once over batches; CPU seconds."""
        start = time.process_time()
        for batch in ready:
            self.trainer.step(batch)
            self.trainer.n_training_steps += 1
        return time.process_time() - start

    def fvu(self, t: NDArray[np.float32]) -> float:
        """FVU of transformed cells."""
        x = torch.from_numpy(t)
        with torch.no_grad():
            error = self.sae.decode(self.sae.encode(x)) - x
        return float(error.square().sum() / (x - x.mean(0)).square().sum())


def speed_against_saelens(options: argparse.Namespace) -> None:
    """Throughput in alternation."""
    settings = TrainingSettings(size=options.size, k=options.k, batch=options.batch)
    cells = planted_dictionary(
        options.cells, options.size // 2, options.width, options.k, seed=1, noise=0.2
    ).embedding
    ours = Ours(cells, settings, (0,))
    theirs = SAELens(settings, options.width, ours.states[0])
    Ours(cells[: options.size], settings, (0,)).run()  # compiles, or reads from the cache
    line = "{:>5} {:>18} {:>16} {:>7}".format
    print(line("epoch", "cellglass, /CPU-s", "SAELens, /CPU-s", "ratio"))
    ratios = []
    for epoch in range(options.epochs):
        ready = ready_batches(cells, ours.transform, settings, epoch)
        a, b = ours.run(), theirs.run(ready)
        ratios.append(b / a)
        print(line(epoch + 1, f"{len(cells) / a:,.0f}", f"{len(cells) / b:,.0f}",
                   f"{ratios[-1]:.2f}"))  # fmt: skip
    ratio = float(np.median(ratios))
    print(f"median ratio {ratio:.2f} (target {SAELENS_TARGET:g}): "
          f"{'met' if ratio >= SAELENS_TARGET else 'NOT MET'}\n")  # fmt: skip


def fvu_against_saelens(epochs: int = 30, width: int = 128, n: int = 16_384) -> None:
    """FVU after equal training at a size at which both converge within a minute."""
    settings = TrainingSettings(size=4 * width, k=8, batch=512)
    made = planted_dictionary(n + 4096, 2 * width, width, 8, seed=1, noise=0.2).embedding
    cells, held = made[:n], made[n:]
    ours = Ours(cells, settings, (0,))
    theirs = SAELens(settings, width, ours.states[0])
    for epoch in range(epochs):
        theirs.run(ready_batches(cells, ours.transform, settings, epoch))
        ours.run()
    d = ours.states[0].dictionary(settings, ours.transform)
    fvu, other = dictionary_fit(d, CellRows(held)).fvu, theirs.fvu(ours.transform(held))
    met = fvu <= other * (1 + FVU_TARGET)
    print(f"held-out FVU, width {width}, {settings.size} concepts, k 8, {epochs} epochs of {n:,} "
          f"cells from the same start, in the same order, at the same rate:\ncellglass {fvu:.4f}, "
          f"SAELens {other:.4f} ({100 * (fvu / other - 1):+.2f} %; at most +1 %: "
          f"{'met' if met else 'NOT MET'})\n")  # fmt: skip


def ready_batches(
    cells: NDArray[np.float32], transform: Transform, settings: TrainingSettings, epoch: int
) -> list[torch.Tensor]:
    """The batches of an epoch, in memory."""
    order = batches(CellRows(cells), transform, settings.batch, settings.shuffle_seed, epoch)
    return [torch.from_numpy(b.copy()) for b in order]


def sizes() -> Iterator[tuple[str, int, int, int, int, int]]:
    """Name, width, size, k, batch, cells."""
    yield "scVI", 10, 64, 2, 1024, 40_000
    yield "scVI", 30, 256, 4, 1024, 40_000
    yield "scGPT", 512, 2048, 32, 1024, 6_144


def against_one_by_one(n_seeds: int, runs: int, threads: int) -> None:
    """Several seeds in one pass, and the same seeds one after the other."""
    line = "{:<6} {:>6} {:>6} {:>12} {:>12} {:>8} {:>11}  {}".format
    print(f"{n_seeds} seeds, {threads} threads: seconds an epoch, together and one by one")
    print(line("", "width", "size", "together", "one by one", "ratio", "CPU ratio", ""))
    for name, width, size, k, batch, n in sizes():
        settings = TrainingSettings(size=size, k=k, batch=batch)
        cells = planted_dictionary(n, size, width, k, seed=1).embedding
        seeds = tuple(range(n_seeds))
        together = Ours(cells, settings, seeds, threads)
        alone = [Ours(cells, settings, (s,), threads) for s in seeds]
        times = np.array([[*clock(together), *clock(*alone)] for _ in range(runs)])
        cpu, wall, cpu_alone, wall_alone = np.median(times, axis=0)
        ratio = float(np.median(times[:, 3] / times[:, 1]))
        equal = all(
            torch.equal(x, o.states[0].weights[w])
            for s, o in zip(together.states, alone, strict=True)
            for w, x in s.weights.items()
        )
        met = "met" if ratio >= SEEDS_TARGET else "NOT MET"
        print(line(name, width, size, f"{wall:.3f}", f"{wall_alone:.3f}", f"{ratio:.2f}",
                   f"{cpu_alone / cpu:.2f}", f"target {SEEDS_TARGET:g} {met}; "
                   f"weights {'equal bit by bit' if equal else 'DIFFER'}"))  # fmt: skip
    print()


def clock(*trainings: Ours) -> tuple[float, float]:
    """CPU and elapsed seconds of an epoch of each."""
    start = time.perf_counter()
    return sum(t.run() for t in trainings), time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--width", type=int, default=512)
    parser.add_argument("--size", type=int, default=4096)
    parser.add_argument("--k", type=int, default=32)
    parser.add_argument("--batch", type=int, default=4096)
    parser.add_argument("--cells", type=int, default=16_384)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    torch.set_num_threads(1)
    logging.getLogger("sae_lens").setLevel(logging.ERROR)
    print(f"width {options.width}, {options.size:,} concepts, k {options.k}, batch "
          f"{options.batch:,}, float32, one thread\n")  # fmt: skip
    try:
        import sae_lens  # noqa: F401
    except ImportError as error:
        print(MISSING.format(error=error) + "\n")
    else:
        speed_against_saelens(options)
        fvu_against_saelens()
    for threads in range(1, options.threads + 1):
        against_one_by_one(options.seeds, options.runs, threads)


if __name__ == "__main__":
    main()
