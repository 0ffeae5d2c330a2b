"""Analysis: do a model's attention edges recover a reference network?"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellglass._words import plural
from cellglass.data import Network
from cellglass.errors import NetworkError
from cellglass.models.attention_edges import AttentionEdges
from cellglass.models.fixed_edges import FixedEdges
from cellglass.regulation.checklist import recovery_checks
from cellglass.regulation.coexpression import spearman
from cellglass.regulation.study_edges import StudyEdges, filled
from cellglass.runs.result import AnalysisResult, Check, FigureSpec
from cellglass.runs.sections import StatisticsConfig

from .layer_scores import judged_pairs, not_judged
from .notes import network_note
from .recovery import Pairs, Recovery, evaluate_recovery

ANALYSIS = "regulation.recovery"
DIRECTION = (
    "Row = query, column = key: the score of regulator -> gene is the attention that the "
    "regulator's token pays to the gene's token, mean over the cells that hold both. Layers "
    "and heads are counted from 0."
)
KNOWN = "the reference network beyond single-gene statistics"


def judge_recovery(
    held: StudyEdges,
    network: Network,
    name: str,
    min_targets: int,
    settings: StatisticsConfig,
    seed: int,
) -> AnalysisResult:
    """Evaluate every score of a subject against one network.

    Parameters
    ----------
    held
        Captured edges and what stands beside them.
    network, name
        The reference and what the report calls it.
    min_targets
        Targets that a regulator needs.
    settings, seed
        Level, margin, draws; root seed.

    Returns
    -------
    AnalysisResult
        NOT APPLICABLE with the reason where fewer than two regulators can be judged.
    """
    try:
        pairs, rows = judged_pairs(held, network, name, min_targets)
    except NetworkError as error:
        return not_judged(ANALYSIS, held, name, KNOWN, error)
    candidates = _scores(held.edges, rows)
    references = _references(held, rows)
    recovery = evaluate_recovery(
        pairs,
        candidates,
        held.statistics(pairs.regulators),
        references=references,
        settings=settings,
        seed=seed,
        task=f"{ANALYSIS}/{held.name}",
        subject=held.noun,
        claim=held.claim(KNOWN),
        tags=held.label,
    )
    result = recovery_tables(recovery, pairs, {**held.label, "network": name}, ANALYSIS)
    result.checks = recovery_checks(recovery, pairs, untrained=held.untrained is not None)
    result.checks.append(_count_check(held, rows))
    result.notes = [network_note(network, pairs, pairs.genes)]
    if held.kind == "model":
        result.notes.insert(0, DIRECTION)
    if not network.directed:
        result.notes.append("The network is undirected: its pairs stand in both directions.")
    what = (
        f"Attention edges of {held.name} (mean over cells, each layer and head)"
        if held.kind == "model"
        else f"Scores of the edge table {held.name}"
    )
    result.method = (
        f"{what} were compared with "
        f"{name} over {len(pairs.regulators)} regulators x {len(pairs.genes)} genes by pooled and "
        "mean per-regulator AUROC; the layer and head were chosen within folds of regulators; "
        "the increment of the pairwise part (normal scores of the ranks without regulator and "
        "gene effects and their products) over a logistic model of single-gene statistics, "
        "regulators held out, was interval-estimated by resampling regulators; nulls: label, "
        "label within regulator, degree-preserving, expression-matched, score-column "
        f"({settings.draws} draws each, p adjusted over layers and heads)."
    )
    return result


def recovery_tables(
    recovery: Recovery, pairs: Pairs, label: dict[str, str], analysis: str
) -> AnalysisResult:
    """Tables and figures that any recovery has."""
    result = AnalysisResult(analysis, label, list(recovery.findings), [recovery.verdict])
    n = int((pairs.labels & pairs.mask).sum())
    regulators = int(((pairs.labels & pairs.mask).sum(1) > 0).sum())
    size = (
        f"{regulators} {plural('regulator', regulators)}, {n:,} {plural('edge', n)} among "
        f"{int(pairs.mask.sum()):,} pairs"
    )
    result.tables = {
        "scores": recovery.metrics,
        "increments": increments_table(recovery),
        "nulls": recovery.nulls.table,
        "regulators": recovery.regulators,
    }
    result.captions = {
        "scores": f"Every score against {pairs.network} ({size}): pooled AUROC with its 95 % "
        "interval over regulators, mean per-regulator AUROC (regulators with 3 targets or more), "
        "AUPRC with its base rate, early precision ratio, F1 of the top K.",
        "increments": "Held-out AUROC of single-gene statistics alone and with the pairwise part "
        "of the score; the increment counts from 0.5 where single genes reach less; 95 % interval "
        "over regulators.",
        "nulls": "Each score against each null: what the null keeps, observed and null AUROC, z, "
        "p, and p adjusted for the choice among layers and heads.",
        "regulators": f"AUROC of {recovery.chosen} for each regulator, with its number of "
        "targets. With one target the AUROC is the rank of one gene.",
    }
    result.figures = [
        FigureSpec("scores", "score_forest", "scores",
                   f"Pooled AUROC against {pairs.network} with 95 % intervals over regulators. "
                   "Candidates, what stands beside them, and what single genes reach.",
                   size=(6.4, 6.0)),
        FigureSpec("increments", "increment_forest", "increments",
                   "What each score adds to single-gene statistics, regulators held out. The band "
                   "is the margin.", {"margin": recovery.increment.margin}, size=(6.4, 2.2)),
        FigureSpec("nulls", "null_z", "nulls",
                   f"{recovery.chosen} and what stands beside it against each null, in standard "
                   "deviations of the null.", {"score": recovery.chosen}, size=(6.4, 3.2)),
    ]  # fmt: skip
    return result


def increments_table(recovery: Recovery) -> pd.DataFrame:
    """One row for the candidates and one a reference."""
    rows = []
    for name, gain in {"candidates": recovery.increment, **recovery.reference_increments}.items():
        rows.append(
            {
                "score": recovery.chosen if name == "candidates" else name,
                "kind": "candidate" if name == "candidates" else "reference",
                "auroc_single_genes": gain.base_auroc,
                "auroc_with_score": gain.full_auroc,
                "increment": gain.delta,
                "low": gain.interval.low,
                "high": gain.interval.high,
                "auprc_single_genes": gain.auprc_base,
                "auprc_with_score": gain.auprc_full,
                "chosen_in_folds": ", ".join(
                    f"{k} ({v})" for k, v in sorted(gain.selection_counts.items())
                ),
                "n_regulators": gain.n_groups,
                "n_positives": gain.n_positives,
            }
        )
    return pd.DataFrame(rows)


def _references(
    held: StudyEdges, rows: NDArray[np.int64]
) -> dict[str, dict[str, NDArray[np.float64]]]:
    """|Spearman| over the same cells and genes, and the untrained copy's scores."""
    correlation = np.abs(spearman(held.expression, held.rows[rows]))
    references = {"|Spearman|": {"|Spearman|": correlation}}
    if held.untrained is not None:
        references["untrained"] = _scores(held.untrained, rows)
    return references


def _scores(
    edges: AttentionEdges | FixedEdges, rows: NDArray[np.int64]
) -> dict[str, NDArray[np.float64]]:
    """All scores over some rows, made one by one: a model has more than a hundred."""
    return {k: filled(edges.candidate(k).scores, rows) for k in edges.candidate_names()}


def _count_check(held: StudyEdges, rows: NDArray[np.int64]) -> Check:
    mask = held.edges.evaluable[rows]
    told = f"{float(mask.mean()):.0%} of pairs evaluable"
    if isinstance(held.edges, AttentionEdges):
        counts = held.edges.total_counts[rows]
        told += f", median {int(np.median(counts[mask]))} cells a pair"
    return Check(
        "I3",
        "evaluable genes after tokenisation; cells behind each pair",
        "passed" if mask.any() else "failed",
        told,
    )
