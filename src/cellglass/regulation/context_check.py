"""What is told of context vectors wherever they are judged."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cellglass.models.context_edges import ContextEdges
from cellglass.runs.result import Check

from .checklist import ITEMS
from .coexpression import COEXPRESSION
from .study_edges import StudyEdges

ATTENTION = "attention"
DEFINITION = (
    "A context vector holds what a gene's token reads from all others, itself and special tokens "
    "included; its similarities are symmetric and say nothing of direction."
)


def same_cells(held: StudyEdges, context: ContextEdges) -> Check:
    """Item I4: the context vectors come from exactly the cells of the attention edges.

    Parameters
    ----------
    held
        Attention edges.
    context
        Value-weighted edges of the same model.
    """
    same = np.array_equal(context.counts, held.attention.total_counts)
    same = same and context.targets == held.attention.targets
    return Check(
        "I4", ITEMS["I4"], "passed" if same else "failed",
        "counts of cells a pair are those of the attention edges" if same
        else "counts of cells a pair differ from those of the attention edges",
    )  # fmt: skip


def worse_and_better(tests: pd.DataFrame) -> str:
    """In how many layers context vectors do worse, in words.

    Parameters
    ----------
    tests
        Differences of the cosine of each layer: ``second`` (what it is held against), ``low`` and
        ``high``.
    """
    told = []
    for other, rows in tests.groupby(tests["second"] == COEXPRESSION):
        worse, better = int((rows["high"] < 0).sum()), int((rows["low"] > 0).sum())
        told.append(
            f"worse than {COEXPRESSION if other else ATTENTION} in {worse}, better in {better} "
            f"of {len(rows)} layers"
        )
    return f"Cosine of context vectors: {'; '.join(told)} (interval of the difference beyond 0)."
