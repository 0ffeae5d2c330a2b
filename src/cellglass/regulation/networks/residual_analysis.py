"""Analysis: what is left of a score's recovery once covariates are taken out of it?"""

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
from cellglass.stats import CrossFit, Finding, NullSummary
from cellglass.stats.nulls import LabelWithinRegulator, NullResult, NullScorer, null_distribution
from cellglass.stats.residual import Model

from .covariates import GENE_LEVEL, PAIRWISE, CovariateSet, covariate_sets
from .layer_scores import (
    COEXPRESSION,
    SIGNED,
    UNTRAINED,
    Matrices,
    Score,
    judged_pairs,
    layer_scores,
    not_judged,
    size_of,
)
from .notes import network_note
from .recovery import Pairs
from .resampled import RegulatorBootstrap, span
from .residuals import KEPT, SEEDS, SUPPRESSOR, UNDEFINED, Residualisation

ANALYSIS = "regulation.residual"
KNOWN = "the reference network beyond what covariates say"
BOOSTED = (GENE_LEVEL, PAIRWISE)
NULL = "label within regulator"


def judge_residual(
    held: StudyEdges,
    network: Network,
    name: str,
    min_targets: int,
    settings: StatisticsConfig,
    seed: int,
) -> AnalysisResult:
    """Take covariates out of every score and look at what is left.

    Parameters
    ----------
    held
        Captured edges and what stands beside them.
    network, name
        The reference and what the report calls it.
    min_targets
        Targets that a regulator needs.
    settings, seed
        Folds, draws; root seed.

    Returns
    -------
    AnalysisResult
        Analyses A25 and A35: `Residualisation.table` for gene-level and pairwise covariates
        apart, by least squares and by boosted trees. No verdict: criterion C3 reads the
        findings tagged ``criterion="retained"`` (all gene-level covariates, least squares).
    """
    try:
        pairs, rows = judged_pairs(held, network, name, min_targets)
    except NetworkError as error:
        return not_judged(ANALYSIS, held, name, KNOWN, error)
    task = f"{ANALYSIS}/{held.name}/{name}"
    scores = layer_scores(held, rows, signed=True)
    correlation = next(s for s in scores if s.name == SIGNED).make
    sets = covariate_sets(pairs, held.statistics(pairs.regulators), correlation)
    work = Residualisation(
        RegulatorBootstrap.of(pairs, settings, seed, f"{task}/bootstrap"),
        seed, f"{task}/folds", settings.folds,
    )  # fmt: skip
    table = residual_table(work, scores, sets)
    null = _null(work, scores, sets[0], settings, seed, f"{task}/null")
    table = table.merge(_null_columns(null, sets[0]), "left", ["score", "covariates", "model"])
    result = AnalysisResult(ANALYSIS, {**held.label, "network": name})
    primary = table[(table["covariates"] == GENE_LEVEL) & (table["model"] == "linear")]
    result.tables = {"residual": table, "retained": primary.reset_index(drop=True)}
    result.captions = _captions(pairs, sets)
    result.figures = [
        FigureSpec("retained", "retained_forest", "retained",
                   f"AUROC against {name} before and after all gene-level covariates were taken "
                   "out by least squares, with 95 % intervals over regulators.",
                   size=(6.4, 1.6 + 0.34 * len(primary))),
    ]  # fmt: skip
    result.findings = _findings(table, held, pairs, seed)
    result.checks = [_check(table)]
    result.notes = [*_notes(table), network_note(network, pairs, pairs.genes)]
    result.method = (
        "Scores were residualised on gene-level covariates and, apart from that, on co-expression, "
        f"cross-fitted over {settings.folds} folds of pairs in float64 by ordinary least squares "
        f"({SEEDS} draws of the folds) and by gradient-boosted trees (100 trees of depth 3, "
        "learning rate 0.05; scikit-learn's histogram trees); the fraction of above-chance AUROC "
        "retained was interval-estimated by resampling regulators."
    )
    return result


def residual_table(
    work: Residualisation, scores: list[Score], sets: list[CovariateSet]
) -> pd.DataFrame:
    """Every set of covariates by least squares, two of them by boosted trees.

    Returns
    -------
    pandas.DataFrame
        See `Residualisation.table`. Trees make their own products, so that two sets suffice. The
        untrained copy stands beside the primary model only: all gene-level covariates.
    """
    trained = [s for s in scores if not s.name.startswith(UNTRAINED)]
    parts = []
    for covariates in sets:
        primary = covariates.name == GENE_LEVEL
        parts.append(work.table(scores if primary else trained, covariates, "linear"))
        if covariates.name in BOOSTED:
            parts.append(work.table(trained, covariates, "boosted"))
    return pd.concat(parts, ignore_index=True)


def _null(
    work: Residualisation,
    scores: list[Score],
    covariates: CovariateSet,
    settings: StatisticsConfig,
    seed: int,
    task: str,
) -> NullResult:
    """Residuals of the primary model against labels shuffled within each regulator."""
    pairs = work.boot.pairs
    fit = CrossFit(covariates.make(), n_folds=work.n_folds)
    left = [work.residual_score(s, fit, covariates) for s in scores]
    scorer = NullScorer(Matrices(left), pairs.labels, pairs.mask, names=[s.name for s in left])
    return null_distribution(
        scorer, LabelWithinRegulator(pairs.labels, pairs.mask), draws=settings.draws, seed=seed,
        task=task, level=settings.level,
    )  # fmt: skip


def _null_columns(null: NullResult, covariates: CovariateSet) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "score": null.names,
            "covariates": covariates.name,
            "model": "linear",
            "null_mean": [d.mean for d in null.distributions],
            "null_sd": [d.sd for d in null.distributions],
            "p_residual": [d.p if null.check.passed else np.nan for d in null.distributions],
            "draws": [float(d.draws) for d in null.distributions],
        }
    )


def _captions(pairs: Pairs, sets: list[CovariateSet]) -> dict[str, str]:
    told = "; ".join(f"{s.name}: {', '.join(s.columns)}" for s in sets[:3])
    columns = (
        f"({size_of(pairs)}): AUROC of the score and of its residual, the change, the fraction of "
        "the above-chance AUROC retained, R2 out of sample, all with 95 % intervals over "
        "regulators; the standard deviation of the residual's AUROC over draws of the folds; the "
        "residual minus that of |Spearman|; p of the residual against labels shuffled within "
        "regulators."
    )
    return {
        "residual": f"Every score, set of covariates and model {columns} Covariates are {told}.",
        "retained": f"All gene-level covariates taken out by least squares {columns}",
    }


def _findings(table: pd.DataFrame, held: StudyEdges, pairs: Pairs, seed: int) -> list[Finding]:
    told = table[(table["kind"] == "candidate") | (table["score"] == COEXPRESSION)]
    found = []
    for record in told.to_dict("records"):
        row: dict[str, Any] = {str(k): v for k, v in record.items()}
        if np.isfinite(row["auroc_residual"]):
            found += _of_row(row, held, pairs, seed, table)
    return found


def _of_row(
    row: dict[str, Any], held: StudyEdges, pairs: Pairs, seed: int, table: pd.DataFrame
) -> list[Finding]:
    """Fraction retained (A35) and share explained (A25)."""
    n = int(pairs.labels.any(1).sum())
    primary = row["covariates"] == GENE_LEVEL and row["model"] == "linear"
    model: Model = row["model"]
    tags = {
        **held.label, "network": pairs.network, "score": row["score"],
        "covariates": row["covariates"], "model of covariates": model,
    }  # fmt: skip
    common: dict[str, Any] = {
        "unit": "regulator", "n": n, "seed": seed, "family": ANALYSIS, "kind": "descriptive",
    }  # fmt: skip
    beside = table[
        (table["score"] == COEXPRESSION)
        & (table["covariates"] == row["covariates"])
        & (table["model"] == model)
    ].iloc[0]
    gain = tuple(float(row[f"over_spearman{end}"]) for end in ("", "_low", "_high"))
    out = f"{row['covariates']} covariates ({model})"
    retained = Finding(
        ANALYSIS,
        f"How much of the recovery of {pairs.network} by {row['score']} is left without {out}?",
        "fraction of above-chance AUROC retained",
        row["retained"],
        span(row["retained_low"], row["retained_high"], n),
        NullSummary(NULL, int(row["draws"]), row["null_mean"], row["null_sd"], row["p_residual"])
        if primary
        else None,
        baseline=(f"{COEXPRESSION}, residualised the same way", float(beside["retained"])),
        increment=(gain[0], gain[1], gain[2]) if np.isfinite(gain).all() else None,
        tags={**tags, "unit": "A35", **({"criterion": "retained"} if primary else {})},
        **common,
    )  # fmt: skip
    explained = Finding(
        ANALYSIS,
        f"How much of {row['score']} do {out} explain, over the pairs of {pairs.network}?",
        "R2 out of sample",
        row["r2"],
        span(row["r2_low"], row["r2_high"], n),
        baseline=(COEXPRESSION, float(beside["r2"])),
        tags={**tags, "unit": "A25"},
        **common,
    )
    return [retained, explained]


def _check(table: pd.DataFrame) -> Check:
    """B5: float64, cross-fitted, both models, both kinds of covariates."""
    there = set(zip(table["covariates"], table["model"], strict=True))
    needed = {(c, m) for c in BOOSTED for m in ("linear", "boosted")}
    spread = table["seed_sd"].max()
    detail = f"gene-level and pairwise apart; sd over {SEEDS} draws of the folds up to {spread:.2g}"
    return Check("B5", ITEMS["B5"], "passed" if needed <= there else "failed", detail)


def _notes(table: pd.DataFrame) -> list[str]:
    primary = table[(table["covariates"] == GENE_LEVEL) & (table["model"] == "linear")]
    tested = primary[primary["kind"] == "candidate"]
    undefined = int((tested["reading"] == UNDEFINED).sum())
    notes = [
        "Pairwise covariates are |Spearman| and Spearman over the same cells. A score that keeps "
        "its AUROC without them is not thereby regulatory: single genes may explain it.",
        "Fits are in float64; float32 is not offered, because least squares in float32 drop "
        "covariates and leave in the residual what they explain.",
    ]
    if undefined:
        notes.append(
            f"{undefined} of {len(tested)} scores have an AUROC whose interval reaches 0.5: there "
            "is nothing to retain, and the fraction is not applicable."
        )
    rising = tested[tested["reading"] == SUPPRESSOR]["score"]
    if len(rising):
        notes.append(
            f"Suppressor effect: without gene-level covariates {', '.join(rising)} recover more. "
            f"It counts as retained ({KEPT:.0%} or more), and says that single-gene statistics "
            "had hidden part of it."
        )
    return notes
