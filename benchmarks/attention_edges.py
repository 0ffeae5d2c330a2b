"""Attention edges against what a user would otherwise run, as ratios in one process.

A random scGPT of the published whole-human size (12 layers, 8 heads, width 512), 1,200 tokens a
cell. Compared: the forward pass without attention; ours for regulator rows (10 % of the tokens)
and for all rows; eager attention kept for all layers, then scattered by NumPy per cell.

    python benchmarks/attention_edges.py [--cells 3] [--repeats 5] [--threads 2]
"""

from __future__ import annotations

import argparse
import gc
import statistics
import threading
import time
from collections.abc import Callable
from typing import Any, cast

import numpy as np
import psutil
import torch

from cellglass.models import Tap, Tokens, Vocabulary
from cellglass.models.accumulate import EdgeAccumulator, EdgeAxes
from cellglass.models.encoder import EncoderConfig
from cellglass.models.scgpt.model import ScGPTModel
from cellglass.models.scgpt.network import ScGPTNetwork
from cellglass.models.scgpt.tokenizer import ScGPTTokenizer

N_GENES, N_TOKENS, N_LISTED = 5000, 1200, 5000


def random_model() -> ScGPTModel:
    config = EncoderConfig(n_layers=12, n_heads=8, width=512, mlp_width=512)
    network = ScGPTNetwork(config, N_GENES + 3)
    vocabulary = Vocabulary(
        {f"G{i}": i for i in range(N_GENES)},
        {"<pad>": N_GENES, "<cls>": N_GENES + 1, "<eoc>": N_GENES + 2},
    )
    return ScGPTModel(network, config, ScGPTTokenizer(vocabulary))


def random_tokens(n_cells: int, seed: int) -> Tokens:
    rng = np.random.default_rng(seed)
    ids = np.stack([rng.permutation(N_GENES)[: N_TOKENS - 1] for _ in range(n_cells)])
    ids = np.hstack([np.full((n_cells, 1), N_GENES + 1), ids])
    values = rng.integers(1, 51, ids.shape).astype(np.float32)
    special = np.zeros(ids.shape, bool)
    special[:, 0] = True
    return Tokens(ids, np.ones(ids.shape, bool), values, special)


def plain(model: ScGPTModel, tokens: Tokens) -> None:
    model.forward(tokens, [Tap.cell_embedding()], batch_size=1)


def accumulator_for(tokens: Tokens, axes: EdgeAxes) -> EdgeAccumulator:
    groups = np.zeros(len(tokens), np.int64)
    accumulator = EdgeAccumulator(tokens, axes, groups, 1, layers=range(12), n_heads=8)
    accumulator.sums.fill(0)  # touch the pages: a run pays for its sums once, not per cell
    return accumulator


def ours(model: ScGPTModel, tokens: Tokens, accumulator: EdgeAccumulator) -> np.ndarray:
    model.forward(tokens, [Tap.attention(reduce=accumulator), Tap.cell_embedding()], batch_size=1)
    accumulator.count_pairs()
    return accumulator.sums[0]


def eager(model: ScGPTModel, tokens: Tokens, axes: EdgeAxes, sums: np.ndarray) -> np.ndarray:
    """All maps kept for a cell, head means scattered by NumPy: the usual script."""
    row_of, column_of = axes.row_of(), axes.column_of()
    for cell in range(len(tokens)):
        one = tokens[[cell]]
        with torch.inference_mode():
            x = model.network.embed_tokens(
                torch.as_tensor(one.gene_ids), torch.as_tensor(one.values)
            )
            maps = []
            for layer in cast(Any, model.network.encoder).layers:
                n = x.shape[1]
                q, k, v = layer.qkv(x).view(1, n, 3, 8, 64).permute(2, 0, 3, 1, 4)
                weights = torch.softmax(q @ k.transpose(-1, -2) / 8.0, -1)
                maps.append(weights)
                context = (weights @ v).transpose(1, 2).reshape(1, n, 512)
                x = layer.attention_norm(x + layer.attention_out(context))
                x = layer.mlp_norm(x + layer.mlp_out(torch.relu(layer.mlp_in(x))))
        genes = np.where(one.is_gene[0], one.gene_ids[0], -1)
        rows = np.where(genes >= 0, row_of[genes], -1)
        columns = np.where(genes >= 0, column_of[genes], -1)
        at = np.ix_(rows[rows >= 0], columns[columns >= 0])
        for index, weights in enumerate(maps):
            mean = weights[0].mean(0).numpy()
            sums[index][at] += mean[rows >= 0][:, columns >= 0]
    return sums


class PeakMemory:
    """Largest resident memory above that at the start, sampled every 2 ms."""

    def __enter__(self) -> PeakMemory:
        gc.collect()
        self._process = psutil.Process()
        self._base = self._process.memory_info().rss
        self.added = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def _watch(self) -> None:
        while not self._stop.wait(0.002):
            self.added = max(self.added, self._process.memory_info().rss - self._base)

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()


def seconds(run: Callable[[], object]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cells", type=int, default=3)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    model, tokens = random_model(), random_tokens(arguments.cells, 1)
    genes = np.arange(N_GENES)
    some = EdgeAxes(np.sort(np.random.default_rng(2).permutation(genes)[: N_GENES // 10]), genes,
                    N_GENES + 3)  # fmt: skip
    everything = EdgeAxes(genes, genes, N_GENES + 3)

    few, full = accumulator_for(tokens, some), accumulator_for(tokens, everything)
    few_sums, full_sums = np.zeros_like(few.sums[0]), np.zeros_like(full.sums[0])
    difference = np.abs(ours(model, tokens, few) - eager(model, tokens, some, few_sums)).max()
    print(f"same sums: largest difference {difference:.1e} of at most {few_sums.max():.1e}")
    full_sums.fill(0)

    runs = {
        "plain": lambda: plain(model, tokens),
        "regulator rows": lambda: ours(model, tokens, few),
        "all rows": lambda: ours(model, tokens, full),
        "eager, regulator rows": lambda: eager(model, tokens, some, few_sums),
        "eager, all rows": lambda: eager(model, tokens, everything, full_sums),
    }
    times: dict[str, list[float]] = {name: [] for name in runs}
    for repeat in range(arguments.repeats + 1):
        for name, run in runs.items():
            elapsed = seconds(run)
            if repeat:  # the first round warms up
                times[name].append(elapsed)
    median = {name: statistics.median(t) for name, t in times.items()}
    for name, value in median.items():
        print(f"{name:24s} {1000 * value / arguments.cells:8.0f} ms per cell")

    def ratio(a: str, b: str) -> float:
        return statistics.median(x / y for x, y in zip(times[a], times[b], strict=True))

    print(f"regulator rows / plain          {ratio('regulator rows', 'plain'):.2f}  (at most 1.15)")
    print(f"all rows / plain                {ratio('all rows', 'plain'):.2f}  (at most 1.6)")
    print(f"eager / regulator rows          "
          f"{ratio('eager, regulator rows', 'regulator rows'):.2f}  (at least 1.6)")  # fmt: skip
    print(f"eager / all rows                "
          f"{ratio('eager, all rows', 'all rows'):.2f}  (at least 1.3)")  # fmt: skip
    memory(model, some)


def memory(model: ScGPTModel, axes: EdgeAxes) -> None:
    """Peak memory beyond the sums, which both ways need; and whether cells change it."""
    peaks = {}
    for n_cells in (1, 2, 6):
        tokens = random_tokens(n_cells, 3)
        accumulator = accumulator_for(tokens, axes)
        with PeakMemory() as peak:
            ours(model, tokens, accumulator)
        peaks[n_cells] = max(peak.added, 1)
    tokens = random_tokens(2, 3)
    sums = accumulator_for(tokens, axes).sums[0]
    with PeakMemory() as kept:
        eager(model, tokens, axes, sums)
    print("peak memory beyond the sums, ours: "
          + ", ".join(f"{n} cells {b / 1e6:.0f} MB" for n, b in peaks.items())
          + f"; eager {kept.added / 1e6:.0f} MB")  # fmt: skip
    print(f"eager / ours                    {kept.added / max(peaks.values()):.0f}  (at least 10)")


if __name__ == "__main__":
    main()
