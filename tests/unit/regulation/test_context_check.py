from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest

from cellglass.regulation.context_check import same_cells, worse_and_better


@dataclass
class Context:
    counts: np.ndarray
    targets: tuple[str, ...]


@pytest.mark.parametrize(
    ("counts", "targets", "state"),
    [([[3, 4]], ("A", "B"), "passed"), ([[3, 5]], ("A", "B"), "failed"),
     ([[3, 4]], ("A", "C"), "failed")],
)  # fmt: skip
def test_the_same_cells_and_genes_are_asked_for(
    counts: list[list[int]], targets: tuple[str, ...], state: str
) -> None:
    attention = SimpleNamespace(total_counts=np.array([[3, 4]]), targets=("A", "B"))
    held: Any = SimpleNamespace(attention=attention)
    check = same_cells(held, cast(Any, Context(np.array(counts), targets)))
    assert (check.code, check.state) == ("I4", state)


def test_worse_and_better_are_intervals_beyond_zero() -> None:
    tests = pd.DataFrame(
        {
            "second": ["layer 0: attention", "|Spearman|", "layer 1: attention", "|Spearman|"],
            "low": [-0.3, -0.1, 0.1, -0.1],
            "high": [-0.1, 0.1, 0.3, 0.1],
        }
    )
    assert worse_and_better(tests) == (
        "Cosine of context vectors: worse than attention in 1, better in 1 of 2 layers; worse than "
        "|Spearman| in 0, better in 0 of 2 layers (interval of the difference beyond 0)."
    )
