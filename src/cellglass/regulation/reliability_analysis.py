"""Analysis: are attention edges the same in other cells?"""

from __future__ import annotations

import math
from itertools import combinations, count

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import rankdata

from cellglass._words import plural
from cellglass.models.attention_edges import AttentionEdges
from cellglass.runs.result import AnalysisResult, FigureSpec
from cellglass.runs.sections import StatisticsConfig
from cellglass.seeds import generator
from cellglass.stats import Finding

from .networks.pairwise import pairwise_part
from .study_edges import StudyEdges

ANALYSIS = "regulation.reliability"
MAX_SPLITS = 20
SPLIT_SEED = 0  # the splits are the same in every study


def judge_reliability(held: StudyEdges, settings: StatisticsConfig, seed: int) -> AnalysisResult:
    """Correlate edges between halves of the replicate blocks, for model and untrained copy.

    Descriptive: no verdict rests on it, but edges that are not the same in other cells cannot
    know anything.
    """
    rows, unit = [], held.attention.unit
    for name, edges in (
        (held.name, held.attention), (f"{held.name}, untrained", held.untrained),
    ):  # fmt: skip
        if edges is None:
            continue
        for layer in edges.layers:
            rows += _layer(name, edges, layer)
    table = pd.DataFrame(rows)
    result = AnalysisResult(ANALYSIS, held.label)
    result.tables = {"reliability": table}
    result.captions = {
        "reliability": "Spearman correlation of the edges of one half of the replicate blocks "
        f"with those of the other ({MAX_SPLITS} splits at most; mean, smallest, largest), of the "
        "whole score and "
        f"of its pairwise part; blocks are {plural(unit, 2)} ({len(held.attention.blocks)})."
    }
    result.figures = [
        FigureSpec("reliability", "reliability_lines", "reliability",
                   "Agreement of edges between halves of the cells, by layer. The pairwise part "
                   "is what row and column effects of the score do not say.")
    ]  # fmt: skip
    for row in rows:
        if row["part"] == "pairwise" and row["score"] == held.name:
            result.findings.append(
                Finding(
                    ANALYSIS,
                    f"Are the edges of layer {row['layer']} the same in other cells?",
                    "Spearman correlation between halves, pairwise part",
                    float(str(row["mean"])),
                    unit=unit,
                    n=len(held.attention.blocks),
                    seed=seed,
                    tags={**held.label, "score": f"layer {row['layer']}"},
                    family=ANALYSIS,
                    kind="descriptive",
                )
            )
    result.method = (
        "The reproducibility of edges was measured as the Spearman correlation between halves of "
        f"the replicate blocks ({plural(unit, 2)})."
    )
    return result


def _layer(name: str, edges: AttentionEdges, layer: int) -> list[dict[str, object]]:
    table = edges.layer(layer)
    if table.blocks is None:
        return []
    values: dict[str, list[float]] = {"whole": [], "pairwise": []}
    for first, second in halves(len(edges.blocks)):
        one = table.blocks.scores(list(first))
        two = table.blocks.scores(list(second))
        mask = table.evaluable & np.isfinite(one) & np.isfinite(two)
        if mask.sum() < 10:
            continue
        values["whole"].append(_correlation(one[mask], two[mask]))
        parts = [pairwise_part(np.nan_to_num(s), mask)[mask] for s in (one, two)]
        values["pairwise"].append(_correlation(*parts))
    return [
        {
            "score": name,
            "layer": layer,
            "part": part,
            "mean": float(np.mean(found)) if found else np.nan,
            "smallest": float(np.min(found)) if found else np.nan,
            "largest": float(np.max(found)) if found else np.nan,
            "n_splits": len(found),
        }
        for part, found in values.items()
    ]


def halves(n: int) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Ways to split n blocks in two halves as equal as can be.

    Parameters
    ----------
    n
        Blocks, at least 2.

    Returns
    -------
    list
        Each way once where there are few; MAX_SPLITS drawn ones where there are more, because
        30 donors have 77 million.

    Examples
    --------
    >>> halves(2)
    [((0,), (1,))]
    """
    ways = math.comb(n, n // 2) // (2 if n % 2 == 0 else 1)
    if ways <= MAX_SPLITS:
        chosen = list(combinations(range(n), n // 2))[:ways]  # later ones mirror them if n is even
    else:
        drawn: dict[tuple[int, ...], None] = {}
        for draw in count():
            order = generator(SPLIT_SEED, f"{ANALYSIS}/halves/{n}/{draw}").permutation(n)
            half = sorted(order[: n // 2].tolist())
            rest = sorted(order[n // 2 :].tolist())
            drawn[tuple(min(half, rest) if len(half) == len(rest) else half)] = None
            if len(drawn) == MAX_SPLITS:
                break
        chosen = list(drawn)
    return [(first, tuple(i for i in range(n) if i not in first)) for first in chosen]


def _correlation(a: NDArray[np.floating], b: NDArray[np.floating]) -> float:
    ranks = rankdata(a), rankdata(b)
    return float(np.corrcoef(*ranks)[0, 1])
