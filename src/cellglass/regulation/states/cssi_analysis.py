"""Analysis: do cell states sharpen attention edges, beside shuffled states?"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellglass.data import Network
from cellglass.errors import InputError
from cellglass.regulation.networks.notes import network_note
from cellglass.regulation.networks.recovery import Pairs, with_edges
from cellglass.regulation.study_edges import StudyEdges, network_pairs
from cellglass.runs.result import AnalysisResult, Check, FigureSpec
from cellglass.runs.sections import StatisticsConfig
from cellglass.stats import (
    Finding,
    NullDistribution,
    NullSummary,
    Verdict,
    not_applicable,
)
from cellglass.stats.nulls import max_z

from .aggregators import AGGREGATORS
from .gain_intervals import gain_intervals
from .judged_pairs import JudgedPairs
from .null_strata import null_strata
from .scorers import SCORES, AttentionScorer, SpearmanScorer, StratifiedScorer
from .strata import MIN_CELLS
from .study_strata import StudyStrata, study_strata

ANALYSIS = "regulation.cssi"
CLAIM = "stratifying by cell state sharpens attention edges"


def judge_cssi(
    held: StudyEdges,
    network: Network,
    name: str,
    min_targets: int,
    settings: StatisticsConfig,
    seed: int,
    *,
    min_cells: int = MIN_CELLS["attention"],
) -> AnalysisResult:
    """Stratify a model's layer edges and |Spearman| by cell state.

    Parameters
    ----------
    held
        Captured edges of a model.
    network, name, min_targets
        The reference, and targets that a regulator needs.
    settings, seed
        Number of shuffles; root seed.
    min_cells
        Cells that a stratum needs.

    Returns
    -------
    AnalysisResult
        Every aggregator of every layer beside shuffled strata; none is chosen on these edges.
        NOT APPLICABLE where fewer than two strata are large enough.

    Notes
    -----
    Attention's strata are shuffled as micro-groups of cells, |Spearman|'s cell by cell; all
    layers see the same shuffles, so that p can be adjusted for the choice among them.
    """
    result = AnalysisResult(ANALYSIS, {**held.label, "network": name})
    try:
        strata = study_strata(held, min_cells=min_cells, seed=seed)
    except InputError as error:
        result.verdicts = [without_strata(held, name, error)]
        return result
    pairs, rows = stratified_pairs(held, strata, network, name, min_targets)
    judged = JudgedPairs.of(pairs)
    draws = settings.stratum_shuffles
    by_group = null_strata(strata.groups, "permuted", draws, seed=seed, task=ANALYSIS)
    by_cell = null_strata(strata.cells.codes, "permuted", draws, seed=seed, task=f"{ANALYSIS}/cell")
    tables = []
    for layer in held.attention.layers if strata.groups.max() > 0 else ():
        scorer: StratifiedScorer = AttentionScorer(
            held.attention, [layer], rows, judged, strata.group_sizes
        )
        tables.append(_rows(scorer, strata.groups, by_group, settings.bootstrap, seed))
    attention = _adjusted(tables)
    scorer = SpearmanScorer(held.expression, held.rows[rows], judged)
    alone = _rows(scorer, strata.cells.codes, by_cell, settings.bootstrap, seed)
    table = pd.concat([attention, _adjusted([alone])], ignore_index=True)
    return _told(result, held, table, strata, pairs, network, settings, seed)


def without_strata(held: StudyEdges, network: str, error: InputError) -> Verdict:
    """NOT APPLICABLE: there is nothing to stratify by, which is a property of the cells."""
    return not_applicable(
        CLAIM,
        f"recovering {network} edges",
        why=f"{error.found}; expected {error.expected}: {error.fix}",
        tags={**held.label, "network": network},
    )


def stratified_pairs(
    held: StudyEdges, strata: StudyStrata, network: Network, name: str, min_targets: int
) -> tuple[Pairs, NDArray[np.int64]]:
    """Universe of a network among pairs that enough cells of the strata kept hold.

    Returns
    -------
    Pairs, numpy.ndarray
        As of `network_pairs`, with a smaller mask.
    """
    pairs, rows = network_pairs(held, network, name, min_targets)
    counts = np.asarray(held.attention.counts[strata.kept]).sum(0)[rows]
    seen = counts >= held.attention.min_count
    return with_edges(replace(pairs, mask=pairs.mask & seen)), rows


@dataclass(frozen=True)
class _Scored:
    """AUROCs of one score: true strata, shuffled ones (draws x scores); ends of gains."""

    name: str
    found: NDArray[np.float64]
    null: NDArray[np.float64]
    gains: NDArray[np.float64]


def _rows(
    scorer: StratifiedScorer,
    true: NDArray[np.int64],
    shuffled: NDArray[np.int64],
    bootstrap: int,
    seed: int,
) -> _Scored:
    found = scorer.aurocs(np.concatenate([true[None], shuffled]))[:, :, 0]
    gains = gain_intervals(
        scorer.scores(true), scorer.judged, draws=bootstrap, seed=seed,
        task=f"{ANALYSIS}/regulators",
    )  # fmt: skip
    return _Scored(scorer.name, found[0], found[1:], gains)


def _adjusted(scored: list[_Scored]) -> pd.DataFrame:
    """A row a score and aggregator; p adjusted by the largest z of all in each draw."""
    rows: list[dict[str, object]] = []
    if not scored:
        return pd.DataFrame()
    observed = np.concatenate([s.found[1:] for s in scored])
    drawn = np.concatenate([s.null[:, 1:] for s in scored], axis=1)
    adjusted = iter(max_z(observed, drawn.T))
    for s in scored:
        rows.append({"score": s.name, "aggregator": "pooled", "auroc": s.found[0], "draws": 0})
        for place, how in enumerate(SCORES[1:], start=1):
            values = s.null[:, place]
            distribution = NullDistribution.of(float(s.found[place]), values, "greater")
            low, high = np.quantile(values, [0.025, 0.975])
            least, most = map(float, s.gains[place - 1])
            rows.append(
                {
                    "score": s.name,
                    "aggregator": how,
                    "auroc": s.found[place],
                    "gain": s.found[place] - s.found[0],
                    "gain_low": least,
                    "gain_high": most,
                    "shuffled_mean": distribution.mean,
                    "shuffled_sd": distribution.sd,
                    "shuffled_low": float(low),
                    "shuffled_high": float(high),
                    "gain_over_shuffled": s.found[place] - distribution.mean,
                    "p": distribution.p,
                    "p_adjusted": float(next(adjusted)),
                    "draws": len(values),
                }
            )
    return pd.DataFrame(rows)


def _told(
    result: AnalysisResult,
    held: StudyEdges,
    table: pd.DataFrame,
    strata: StudyStrata,
    pairs: Pairs,
    network: Network,
    settings: StatisticsConfig,
    seed: int,
) -> AnalysisResult:
    """Table, figure, findings, check, notes and method."""
    name, draws = pairs.network, settings.stratum_shuffles
    columns = [
        "score", "aggregator", "auroc", "gain", "gain_low", "gain_high", "shuffled_mean",
        "shuffled_sd", "shuffled_low", "shuffled_high", "gain_over_shuffled", "p", "p_adjusted",
        "draws",
    ]  # fmt: skip
    table = table[columns]
    result.tables = {"cssi": table}
    result.captions = {
        "cssi": f"Pooled AUROC against {name} of scores put together over "
        f"{len(strata.cells.names)} strata; gain over the pooled score of the same cells with its "
        f"interval over regulators; the same with shuffled strata ({draws} draws). p_adjusted is "
        "p corrected for all layers and aggregators by the largest z in each draw (|Spearman| by "
        "itself)."
    }
    result.figures = [
        FigureSpec("cssi", "cssi_lines", "cssi",
                   "AUROC of stratified edges (points) beside shuffled strata (bands) and pooled "
                   "edges (line), by layer. A gain counts only above its band.", size=(6.4, 4.2))
    ]  # fmt: skip
    n = int((pairs.labels.sum(1) > 0).sum())
    result.findings = [_finding(row, held.label, name, seed, n) for _, row in table.iterrows()
                       if row["aggregator"] != "pooled"]  # fmt: skip
    result.checks = [
        Check("N5", "shuffled strata for CSSI", "passed", f"{draws} draws beside every aggregator")
    ]
    result.notes = [
        *strata.notes(),
        "Choosing the best aggregator or layer on this table is selection: regulation.cssi_choice "
        "chooses on other cells and other regulators. A gain is one in recovering reference edges, "
        "not in predicting responses.",
        network_note(network, pairs, pairs.genes),
    ]
    result.method = (
        f"Edges were stratified by cell state (CSSI; {strata.cells.source}) with "
        f"{len(AGGREGATORS)} aggregators and compared with {draws} draws of shuffled strata."
    )
    return result


def _finding(row: pd.Series, label: dict[str, str], network: str, seed: int, n: int) -> Finding:
    null = NullSummary(
        "shuffled strata", int(row["draws"]), float(row["shuffled_mean"]),
        float(row["shuffled_sd"]), float(row["p"]),
    )  # fmt: skip
    return Finding(
        ANALYSIS,
        f"Does stratifying {row['score']} ({row['aggregator']}) recover {network} better than "
        "shuffled strata?",
        "pooled AUROC",
        float(row["auroc"]),
        None,
        null,
        float(row["p"]),
        "regulator",
        n,
        ("pooled score", float(row["auroc"] - row["gain"])),
        (float(row["gain"]), float(row["gain_low"]), float(row["gain_high"])),
        seed,
        {**label, "network": network, "score": str(row["score"]),
         "aggregator": str(row["aggregator"]), "unit": "A15"},
        ANALYSIS,
        "descriptive",
    )  # fmt: skip
