"""Gene states of every layer against a plain forward pass, as ratios in one process.

A random scGPT of the published whole-human size (12 layers, 8 heads, width 512). Compared: the
forward pass alone; the same pass with sums of states by gene at 13 layers and 5 blocks; the usual
script, which keeps the residual states of a batch and adds them gene by gene in NumPy. Memory
that the sums add is measured for few and for many cells: it must be the same.

    python benchmarks/geometry_states.py [--cells 4] [--tokens 1200] [--repeats 5] [--threads 2]
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np
import torch

from cellglass.geometry.states.accumulator import GeneStateSums
from cellglass.models import Tap, Tokens, Vocabulary
from cellglass.models.encoder import EncoderConfig
from cellglass.models.scgpt.model import ScGPTModel
from cellglass.models.scgpt.network import ScGPTNetwork
from cellglass.models.scgpt.tokenizer import ScGPTTokenizer

N_GENES, N_BLOCKS, N_LAYERS = 2000, 5, 12


def random_model() -> ScGPTModel:
    config = EncoderConfig(n_layers=N_LAYERS, n_heads=8, width=512, mlp_width=512)
    vocabulary = Vocabulary(
        {f"G{i}": i for i in range(N_GENES)},
        {"<pad>": N_GENES, "<cls>": N_GENES + 1, "<eoc>": N_GENES + 2},
    )
    return ScGPTModel(
        ScGPTNetwork(config, N_GENES + 3), config, ScGPTTokenizer(vocabulary), name="random"
    )


def random_tokens(n_cells: int, n_tokens: int, seed: int) -> Tokens:
    rng = np.random.default_rng(seed)
    ids = np.stack([rng.permutation(N_GENES)[: n_tokens - 1] for _ in range(n_cells)])
    ids = np.hstack([np.full((n_cells, 1), N_GENES + 1), ids])
    values = rng.integers(1, 51, ids.shape).astype(np.float32)
    special = np.zeros(ids.shape, bool)
    special[:, 0] = True
    return Tokens(ids, np.ones(ids.shape, bool), values, special)


def sums_for(tokens: Tokens) -> GeneStateSums:
    sums = GeneStateSums(
        tokens, np.arange(N_GENES), N_GENES + 3, np.arange(len(tokens)) % N_BLOCKS, N_BLOCKS,
        layers=range(-1, N_LAYERS), width=512,
    )  # fmt: skip
    sums.sums.fill(0)  # touch the pages: a run pays for its sums once, not per cell
    return sums


def plain(model: ScGPTModel, tokens: Tokens) -> None:
    model.forward(tokens, [Tap.cell_embedding()], batch_size=2)


def ours(model: ScGPTModel, tokens: Tokens, sums: GeneStateSums) -> None:
    model.forward(tokens, [sums.tap(), Tap.cell_embedding()], batch_size=2)


def usual(model: ScGPTModel, tokens: Tokens, held: np.ndarray) -> None:
    """States of a batch kept for all layers, then added gene by gene."""
    for first in range(0, len(tokens), 2):
        part = tokens[slice(first, first + 2)]
        trace = model.forward(part, [Tap.residual()], batch_size=2)
        states = trace.residual
        for cell in range(len(part)):
            genes = part.gene_ids[cell, 1:]
            held[:, genes] += states[:, cell, 1:]  # a gene stands once in a cell


def seconds(run: Callable[[], None], repeats: int) -> float:
    took = []
    for _ in range(repeats):
        began = time.process_time()
        run()
        took.append(time.process_time() - began)
    return statistics.median(took)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=int, default=4)
    parser.add_argument("--tokens", type=int, default=1200)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    model, tokens = random_model(), random_tokens(args.cells, args.tokens, 0)
    sums = sums_for(tokens)
    held = np.zeros((N_LAYERS, N_GENES, 512), dtype=np.float32)
    runs: dict[str, Callable[[], None]] = {
        "forward pass alone": lambda: plain(model, tokens),
        "with gene states (13 layers, 5 blocks)": lambda: ours(model, tokens, sums),
        "usual: states kept, added by NumPy": lambda: usual(model, tokens, held),
    }
    for run in runs.values():
        run()
    # in turns, so that a busy neighbour slows all of them alike
    took: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(args.repeats):
        for name, run in runs.items():
            took[name].append(seconds(run, 1))
    base = statistics.median(took["forward pass alone"])
    print(f"{args.cells} cells of {args.tokens} tokens, {args.threads} threads, CPU seconds")
    for name, values in took.items():
        median = statistics.median(values)
        print(f"  {name}: {median / args.cells:.3f} s a cell, {median / base:.2f}x")
    sizes = [sums_for(random_tokens(n, 200, 1)).sums.nbytes for n in (2, 200)]
    print(f"  memory of the sums: {sizes[0] / 1e6:.0f} MB for 2 cells, "
          f"{sizes[1] / 1e6:.0f} MB for 200 cells")  # fmt: skip


if __name__ == "__main__":
    main()
