"""Analysis: does attention know co-expression in cells it was not read from?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cellglass.models.attention_edges import AttentionEdges
from cellglass.runs.result import AnalysisResult
from cellglass.runs.sections import StatisticsConfig

from .coexpression import spearman
from .networks.recovery import Pairs, evaluate_recovery
from .networks.recovery_analysis import recovery_tables
from .study_edges import StudyEdges

ANALYSIS = "regulation.coexpression"
KNOWN = "which genes vary together, beyond single-gene statistics"
TOP_SHARE = 0.02
MAX_ROWS = 150


def judge_coexpression(held: StudyEdges, settings: StatisticsConfig, seed: int) -> AnalysisResult:
    """Recover the most co-expressed pairs of one half of the cells from the other half's edges.

    Parameters
    ----------
    held
        Captured edges; their replicate blocks are split in two.
    settings, seed
        Level, margin, draws; root seed.

    Returns
    -------
    AnalysisResult
        As for a reference network; the network is the 2 % of pairs with the largest |Spearman|
        in the other half. |Spearman| in the edges' own half stands beside as what is to be had.
    """
    edges = held.attention
    blocks = np.arange(len(edges.blocks))
    read, other = blocks[::2], blocks[1::2]
    block_of = held.study.block[held.cells]
    rows = np.arange(min(len(held.regulators), MAX_ROWS))
    here = np.flatnonzero(np.isin(block_of, read))
    there = np.flatnonzero(np.isin(block_of, other))
    truth = np.abs(spearman(held.expression, held.rows[rows], cells=there))
    tables = {n: _block_scores(edges, n, read)[rows] for n in edges.candidate_names()}
    mask = edges.evaluable[rows] & np.isfinite(next(iter(tables.values())))
    labels = _top(truth, mask)
    pairs = Pairs(
        tuple(held.regulators[i] for i in rows), edges.targets, labels, mask, "co-expression"
    )
    references = {
        "|Spearman|": {"|Spearman|": np.abs(spearman(held.expression, held.rows[rows], cells=here))}
    }
    if held.untrained is not None:
        references["untrained"] = {
            n: np.nan_to_num(_block_scores(held.untrained, n, read)[rows])
            for n in held.untrained.candidate_names()
        }
    recovery = evaluate_recovery(
        pairs,
        {k: np.nan_to_num(v) for k, v in tables.items()},
        held.statistics(pairs.regulators),
        references=references,
        settings=settings,
        seed=seed,
        task=f"{ANALYSIS}/{held.name}",
        subject=held.noun,
        claim=held.claim(KNOWN),
        tags=held.label,
        analysis=ANALYSIS,
        unit="gene",
    )
    result = recovery_tables(recovery, pairs, held.label, ANALYSIS)
    result.notes = [
        f"Edges were read from {len(here):,} cells and judged by |Spearman| in {len(there):,} "
        "others. Co-expression is no regulation: this endpoint says what attention follows, not "
        "what it knows of regulators.",
        "|Spearman| in the edges' own cells stands beside: it needs no model and sets what can "
        "be had.",
    ]
    if len(rows) < len(held.regulators):
        result.notes.append(
            f"Rows are the first {len(rows)} of the {len(held.regulators)} regulators captured."
        )
    result.method = (
        f"Attention edges of {held.name} from one half of the replicate blocks were judged by "
        "whether they recover the 2 % of gene pairs with the largest |Spearman| in the other half."
    )
    return result


def _block_scores(
    edges: AttentionEdges, name: str, blocks: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Scores of a candidate from some replicate blocks only."""
    words = name.split()
    layer = int(words[1])
    if "head" in words:
        table = edges.head(layer, int(words[3]))
    elif "max" in words:
        heads = [edges.head(layer, h) for h in range(edges.n_heads)]
        return np.max([h.blocks.scores(list(blocks)) for h in heads if h.blocks], axis=0)
    else:
        table = edges.layer(layer)
    if table.blocks is None:
        raise ValueError("edges without replicate blocks")
    scores = table.blocks.scores([int(b) for b in blocks])
    if "transposed" in words:
        return scores.T
    return (scores + scores.T) / 2 if "symmetric" in words else scores


def _top(truth: NDArray[np.float64], mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The share of evaluable pairs with the largest truth."""
    cut = np.quantile(truth[mask], 1 - TOP_SHARE)
    return (truth > cut) & mask
