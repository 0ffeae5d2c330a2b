"""How long a model takes for a cell, timed on a sample."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from cellglass.models.accumulate import EdgeAccumulator, EdgeAxes
from cellglass.models.taps import Tap

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cellglass.models.contract import TransformerModel
    from cellglass.models.tokens import Tokens

TIMED_SECONDS = 2.0
CELLS_A_PASS = 4


def seconds_per_cell(
    model: TransformerModel,
    tokens: Tokens,
    seen: NDArray[np.int64],
    n_rows: int,
    n_columns: int,
    heads: bool,
) -> float:
    """Time of a forward pass with attention summed, one thread, median over repeats.

    Parameters
    ----------
    model, tokens
        The model and a sample of its cells.
    seen
        Cells of the sample in which each gene of the vocabulary is a token.
    n_rows, n_columns
        Size of the edge tables.
    heads
        Whether single heads are summed as well.
    """
    import torch

    columns = np.sort(np.argsort(-seen, kind="stable")[:n_columns])
    axes = EdgeAxes(np.sort(columns[:n_rows]), columns, model.vocabulary.n_embeddings)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        times: list[float] = []
        began = time.perf_counter()
        start = 0
        while time.perf_counter() - began < TIMED_SECONDS or len(times) < 2:
            part = tokens[slice(start, start + CELLS_A_PASS)]
            start = (start + CELLS_A_PASS) % max(len(tokens) - CELLS_A_PASS, 1)
            sinks = [
                EdgeAccumulator(part, axes, np.zeros(len(part), np.int64), 1,
                                layers=range(model.n_layers), n_heads=model.n_heads, per_head=kind)
                for kind in ((False, True) if heads else (False,))
            ]  # fmt: skip
            tick = time.perf_counter()
            model.forward(part, [Tap.attention(reduce=s) for s in sinks], batch_size=CELLS_A_PASS)
            times.append((time.perf_counter() - tick) / len(part))
        return float(np.median(times[1:]))
    finally:
        torch.set_num_threads(threads)
