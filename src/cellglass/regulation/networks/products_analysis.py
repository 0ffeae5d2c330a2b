"""Analysis: do edges recover a network better than products of single-gene statistics do?"""

from __future__ import annotations

from typing import Any

import pandas as pd

from cellglass.data import Network
from cellglass.errors import NetworkError
from cellglass.regulation.checklist import baselines_check
from cellglass.regulation.study_edges import StudyEdges
from cellglass.runs.result import AnalysisResult, FigureSpec
from cellglass.runs.sections import StatisticsConfig
from cellglass.stats import Finding

from .layer_scores import (
    COEXPRESSION,
    judged_pairs,
    layer_scores,
    not_judged,
    single_gene_scores,
    size_of,
)
from .notes import network_note
from .products import RECOVERY, products_table
from .recovery import Pairs
from .resampled import RegulatorBootstrap, span

ANALYSIS = "regulation.products"
KNOWN = "the reference network better than products of single-gene statistics"


def judge_products(
    held: StudyEdges,
    network: Network,
    name: str,
    min_targets: int,
    settings: StatisticsConfig,
    seed: int,
) -> AnalysisResult:
    """Hold every layer against products of single-gene statistics.

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
        Analysis A23: the table of `products_table`, without a verdict. Beating a product is
        no evidence of pairs; losing to one says that the score is no better than it.
    """
    try:
        pairs, rows = judged_pairs(held, network, name, min_targets)
    except NetworkError as error:
        return not_judged(ANALYSIS, held, name, KNOWN, error)
    boot = RegulatorBootstrap.of(pairs, settings, seed, f"{ANALYSIS}/{held.name}/{name}")
    baselines = single_gene_scores(held.statistics(pairs.regulators), pairs)
    table = products_table(pairs, layer_scores(held, rows), baselines, boot)
    result = AnalysisResult(ANALYSIS, {**held.label, "network": name})
    scores, differences = table[list(RECOVERY)], _differences(table)
    result.tables = {"scores": scores, "differences": differences}
    result.captions = {
        "scores": f"Every score and every single-gene baseline against {name} ({size_of(pairs)}): "
        "pooled AUROC and mean per-regulator AUROC (3 targets or more), 95 % intervals over "
        "regulators.",
        "differences": "Each score minus the best of four products (detection, mean, variance, the "
        "score's own margins) and minus the best of all single-gene scores, or minus 0.5 where "
        "those are below it, in the same resamples of regulators; p of Wilcoxon's signed-rank "
        "test of per-regulator AUROCs against that product.",
    }
    result.figures = [
        FigureSpec("scores", "score_forest", "scores",
                   f"AUROC against {name} of every score, of what stands beside it, and of what "
                   "single genes and their products reach.", size=(6.4, 6.0)),
        FigureSpec("differences", "increment_forest", "differences",
                   "Each score minus the best product of single-gene statistics, with intervals "
                   "over regulators. Left of 0 the product is better.",
                   {"margin": 0.0, "what": "pooled AUROC minus that of the best product"},
                   size=(6.4, 1.4 + 0.32 * len(differences))),
    ]  # fmt: skip
    result.findings = _findings(differences, held, pairs, seed)
    result.checks = [baselines_check(scores)]
    result.notes = [network_note(network, pairs, pairs.genes)]
    result.method = (
        "Scores were compared with products of detection, mean and variance of both genes, with "
        f"their own marginal product and with single-gene scalars in recovering {name}; paired "
        "differences were interval-estimated by resampling regulators."
    )
    return result


def _differences(table: pd.DataFrame) -> pd.DataFrame:
    """The comparisons, under the names that the figure reads."""
    renamed = {"over_product": "increment", "over_product_low": "low", "over_product_high": "high"}
    chosen = table[table["kind"] != "baseline"].rename(columns=renamed).reset_index(drop=True)
    first = ["score", "kind", "auroc", "best_product", "auroc_best_product", *renamed.values()]
    skipped = {*first, *RECOVERY}
    return chosen[[*first, *(c for c in chosen.columns if c not in skipped)]]


def _findings(table: pd.DataFrame, held: StudyEdges, pairs: Pairs, seed: int) -> list[Finding]:
    rows = []
    told = table[(table["kind"] == "candidate") | (table["score"] == COEXPRESSION)]
    for row in told.to_dict("records"):
        rows += _of_score({str(k): v for k, v in row.items()}, held, pairs, seed)
    return rows


def _of_score(row: dict[str, Any], held: StudyEdges, pairs: Pairs, seed: int) -> list[Finding]:
    """The difference over pairs, and the difference with each regulator counting once."""
    tags = {**held.label, "network": pairs.network, "score": row["score"], "unit": "A23"}
    n = int(pairs.labels.any(1).sum())
    common: dict[str, Any] = {
        "analysis": ANALYSIS, "unit": "regulator", "seed": seed, "family": ANALYSIS,
        "kind": "descriptive", "tags": tags,
    }  # fmt: skip
    found = [
        Finding(
            question=f"Does {row['score']} recover {pairs.network} better than the best product "
            "of single-gene statistics?",
            statistic="pooled AUROC minus that of the best product",
            estimate=row["increment"],
            interval=span(row["low"], row["high"], n),
            baseline=(row["best_product"], row["auroc_best_product"]),
            increment=(row["increment"], row["low"], row["high"]),
            n=n,
            **common,
        )
    ]
    used = int(row["n_regulators"])
    if used > 1:
        gap, low, high = (row[f"per_regulator_over_product{end}"] for end in ("", "_low", "_high"))
        found.append(
            Finding(
                question=f"Does {row['score']} rank the targets of a regulator in {pairs.network} "
                "better than the best product does?",
                statistic="mean per-regulator AUROC minus that of the best product",
                estimate=gap,
                interval=span(low, high, used),
                p=row["p_over_product"],
                baseline=(row["best_product"], row["per_regulator_best_product"]),
                increment=(gap, low, high),
                n=used,
                **common,
            )
        )
    return found
