"""How long a model takes for a cell, timed on a sample."""

from __future__ import annotations

import time
from collections.abc import Callable
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
    """CPU time of a forward pass with attention summed, one thread, median over repeats.

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
    columns = np.sort(np.argsort(-seen, kind="stable")[:n_columns])
    axes = EdgeAxes(np.sort(columns[:n_rows]), columns, model.vocabulary.n_embeddings)

    def taps(part: Tokens) -> list[Tap]:
        return [
            Tap.attention(
                reduce=EdgeAccumulator(part, axes, np.zeros(len(part), np.int64), 1,
                                       layers=range(model.n_layers), n_heads=model.n_heads,
                                       per_head=kind)
            )
            for kind in ((False, True) if heads else (False,))
        ]  # fmt: skip

    return _timed(model, tokens, taps)


def plain_seconds_per_cell(model: TransformerModel, tokens: Tokens) -> float:
    """CPU time of a forward pass without attention, one thread, median over repeats.

    Parameters
    ----------
    model, tokens
        The model and a sample of its cells.
    """
    return _timed(model, tokens, lambda _: [Tap.residual(reduce=lambda *_: None)])


def _timed(model: TransformerModel, tokens: Tokens, taps: Callable[[Tokens], list[Tap]]) -> float:
    import torch

    # what else the processor does meanwhile is no part of a forecast
    clock = time.process_time if model.device.type == "cpu" else time.perf_counter
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        times: list[float] = []
        began = time.perf_counter()
        start = 0
        while time.perf_counter() - began < TIMED_SECONDS or len(times) < 2:
            part = tokens[slice(start, start + CELLS_A_PASS)]
            start = (start + CELLS_A_PASS) % max(len(tokens) - CELLS_A_PASS, 1)
            asked = taps(part)
            tick = clock()
            model.forward(part, asked, batch_size=CELLS_A_PASS)
            times.append((clock() - tick) / len(part))
        return float(np.median(times[1:]))
    finally:
        torch.set_num_threads(threads)
