"""Analysis: do edges score above pairs of genes that are expressed like them?"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from cellglass.data import Network
from cellglass.errors import NetworkError
from cellglass.regulation.checklist import ITEMS
from cellglass.regulation.study_edges import StudyEdges
from cellglass.runs.result import AnalysisResult, Check, FigureSpec
from cellglass.runs.sections import StatisticsConfig
from cellglass.stats import Finding

from .layer_scores import (
    COEXPRESSION,
    judged_pairs,
    layer_scores,
    not_judged,
    single_gene_scores,
)
from .matched import EXPRESSION, MatchedSet, match_edges, matched_table
from .notes import network_note
from .recovery import Pairs
from .resampled import RegulatorBootstrap, span

ANALYSIS = "regulation.matched_negatives"
KNOWN = "the reference network beyond how strongly genes are expressed"
BALANCED = 0.1


def judge_matched_negatives(
    held: StudyEdges,
    network: Network,
    name: str,
    min_targets: int,
    settings: StatisticsConfig,
    seed: int,
) -> AnalysisResult:
    """Hold edges against pairs of genes with like mean and detection.

    Parameters
    ----------
    held
        Captured edges and what stands beside them.
    network, name
        The reference and what the report calls it.
    min_targets
        Targets that a regulator needs.
    settings, seed
        Draws; root seed.

    Returns
    -------
    AnalysisResult
        Analysis A24: the tables of `matched_table` and of the balance, without a verdict; the
        recovery's expression-matched null decides.
    """
    task = f"{ANALYSIS}/{held.name}/{name}"
    try:
        pairs, rows = judged_pairs(held, network, name, min_targets)
        statistics = held.statistics(pairs.regulators)
        chosen = match_edges(pairs, statistics, seed=seed, task=f"{task}/negatives")
    except NetworkError as error:
        return not_judged(ANALYSIS, held, name, KNOWN, error)
    boot = RegulatorBootstrap.of(pairs, settings, seed, task)
    baselines = single_gene_scores(statistics, pairs)
    table = matched_table(pairs, chosen, layer_scores(held, rows), baselines, boot.resamples)
    result = AnalysisResult(ANALYSIS, {**held.label, "network": name})
    result.tables = {"matched": table, "balance": chosen.balance}
    result.captions = {
        "matched": f"Every score: AUROC of {_size(chosen)}, 95 % intervals over regulators. Own "
        "negatives: the share of the negatives drawn for it that an edge beats; what single genes "
        "reach there shows how far windows are balanced. The expression "
        "product is that of the means of both genes.",
        "balance": "Standardised mean difference of edges from all other pairs (before) and from "
        "the matched negatives (after), for what was matched on and what was not.",
    }
    result.figures = [
        FigureSpec("matched", "score_forest", "matched",
                   "AUROC against expression-matched negatives with 95 % intervals over "
                   "regulators. What single genes say should be near 0.5 here.",
                   size=(6.4, 6.0)),
        FigureSpec("balance", "balance_points", "balance",
                   f"Edges and negatives before and after matching; the band is {BALANCED:g}.",
                   {"balanced": BALANCED}, size=(6.4, 2.8)),
    ]  # fmt: skip
    result.findings = _findings(table, held, pairs, chosen, seed)
    result.checks = [_balance_check(chosen)]
    result.notes = [*_told(chosen), network_note(network, pairs, pairs.genes)]
    result.method = (
        f"Edges of {name} were compared with up to 50 pairs each that are no edges and whose genes "
        "have like mean and detection (20 %, 40 % where few match); regulators were resampled."
    )
    return result


def _size(chosen: MatchedSet) -> str:
    return (
        f"{chosen.found.positives.size:,} edges of {chosen.n_regulators} regulators against "
        f"{chosen.found.negatives.size:,} matched negatives"
    )


def _told(chosen: MatchedSet) -> list[str]:
    found = chosen.found
    repeats = found.negatives.size - np.unique(found.negatives).size
    told = [
        f"{int(found.widened.sum())} of {found.pool_sizes.size} edges were matched within 40 %; "
        f"{found.without_pool.size} match no pair and are left out. A pair that matches several "
        f"edges counts for each of them ({repeats:,} repeats)."
    ]
    name, smd = chosen.worst
    if abs(smd) > BALANCED:
        told.append(
            f"Matching did not reach balance: edges and negatives still differ in {name} by "
            f"{smd:.2f} standard deviations. An AUROC above 0.5 may come from that."
        )
    return told


def _balance_check(chosen: MatchedSet) -> Check:
    name, smd = chosen.worst
    return Check(
        "B6", ITEMS["B6"], "passed" if abs(smd) <= BALANCED else "failed",
        f"largest standardised mean difference after matching {smd:.2f} ({name}), "
        f"{BALANCED:g} or less is balanced",
    )  # fmt: skip


def _findings(
    table: pd.DataFrame, held: StudyEdges, pairs: Pairs, chosen: MatchedSet, seed: int
) -> list[Finding]:
    told = table[(table["kind"] == "candidate") | (table["score"] == COEXPRESSION)]
    rows = []
    for record in told.to_dict("records"):
        row: dict[str, Any] = {str(k): v for k, v in record.items()}
        tags = {**held.label, "network": pairs.network, "score": row["score"], "unit": "A24"}
        name = "over_expression_product"
        rows.append(
            Finding(
                ANALYSIS,
                f"Does {row['score']} tell edges of {pairs.network} from pairs of genes expressed "
                "like theirs?",
                "AUROC against expression-matched negatives",
                row["auroc"],
                span(row["auroc_low"], row["auroc_high"], chosen.n_regulators),
                unit="regulator",
                n=chosen.n_regulators,
                baseline=(EXPRESSION, row["auroc_expression_product"]),
                increment=(row[name], row[f"{name}_low"], row[f"{name}_high"]),
                seed=seed,
                tags=tags,
                family=ANALYSIS,
                kind="descriptive",
            )
        )
    return rows
