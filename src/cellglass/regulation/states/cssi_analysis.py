"""Analysis: do cell states sharpen attention edges, beside shuffled states?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellglass.data import Network
from cellglass.errors import InputError
from cellglass.regulation.coexpression import spearman
from cellglass.regulation.networks.notes import network_note
from cellglass.regulation.networks.recovery import Pairs, with_edges
from cellglass.regulation.study_edges import StudyEdges, network_pairs
from cellglass.runs.result import AnalysisResult, Check, FigureSpec
from cellglass.runs.sections import StatisticsConfig
from cellglass.seeds import generator
from cellglass.stats import Finding, NullDistribution, NullSummary, auroc

from .cssi import AGGREGATORS, Aggregator, aggregate, stratum_quality

ANALYSIS = "regulation.cssi"
NULL_COLUMNS = ("shuffled_mean", "shuffled_sd", "shuffled_low", "shuffled_high", "p")
SPEARMAN_SHUFFLES = 19  # the least with which p can reach 0.05: ranks are computed anew each time


def judge_cssi(
    held: StudyEdges,
    network: Network,
    name: str,
    min_targets: int,
    settings: StatisticsConfig,
    seed: int,
    *,
    min_cells: int,
) -> AnalysisResult:
    """Stratify a model's layer edges and |Spearman| by the given states.

    Strata are shuffled as micro-groups of cells, which lie within one stratum each; sizes are
    kept to within a group. Every aggregator is listed; none is chosen on these edges.
    """
    pairs, rows = network_pairs(held, network, name, min_targets)
    strata, kept = _large_strata(held, min_cells)
    pairs = with_edges(replace(pairs, mask=pairs.mask & _seen(held, rows, kept)))
    embedding = held.cell_embedding[strata >= 0]
    quality = stratum_quality(embedding, strata[strata >= 0], seed=seed)
    tables = [
        _layer_table(held, layer, rows, pairs, kept, settings, seed)
        for layer in held.attention.layers
    ]
    tables.append(_spearman_table(held, rows, pairs, strata, settings, seed))
    table = pd.concat(tables, ignore_index=True)
    result = AnalysisResult(ANALYSIS, {**held.label, "network": name})
    result.tables = {"cssi": table}
    result.captions = {
        "cssi": f"Pooled AUROC against {name} of scores put together over {len(kept)} strata; gain "
        "over the pooled score of the same cells; the same with shuffled strata "
        f"({_draws(settings)})."
    }
    result.figures = [
        FigureSpec("cssi", "cssi_lines", "cssi",
                   "AUROC of stratified edges (points) beside shuffled strata (bands) and pooled "
                   "edges (line), by layer. A gain counts only above its band.", size=(6.4, 4.2))
    ]  # fmt: skip
    result.findings = [_finding(row, held.label, name, seed, pairs) for _, row in table.iterrows()
                       if row["aggregator"] != "pooled"]  # fmt: skip
    result.checks = [
        Check("N5", "shuffled strata for CSSI", "passed",
              f"{_draws(settings)} beside every aggregator")
    ]  # fmt: skip
    result.notes = [
        f"Strata: {quality.n_strata} with {quality.smallest} to {quality.largest} cells. Their "
        f"silhouette in the model's embedding is {quality.silhouette:.3f} (shuffled "
        f"{quality.silhouette_shuffled:.3f}); {quality.variance_between:.0%} of the embedding's "
        "variance lies between them. Poor strata make stratified edges worse than pooled ones.",
        "Choosing the best aggregator or layer on this table is selection: use held-out cells.",
        network_note(network, pairs, pairs.genes),
    ]
    result.method = (
        "Edges were stratified by cell state (CSSI) with every aggregator and compared with "
        f"{_draws(settings)} of shuffled strata."
    )
    return result


def _draws(settings: StatisticsConfig) -> str:
    fewer = min(settings.stratum_shuffles, SPEARMAN_SHUFFLES)
    if fewer == settings.stratum_shuffles:
        return f"{fewer} draws"
    return f"{settings.stratum_shuffles} draws, {fewer} for |Spearman|"


def _seen(held: StudyEdges, rows: NDArray[np.int64], kept: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Pairs that enough cells of the strata kept hold."""
    groups = np.isin(held.attention.group_stratum, kept)
    counts = np.asarray(held.attention.counts[groups]).sum(0)[rows]
    return np.asarray(counts >= held.attention.min_count)


def _large_strata(held: StudyEdges, min_cells: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Stratum of each captured cell (-1 for small ones), and the strata that are kept."""
    strata = held.study.stratum[held.cells].copy()
    values, sizes = np.unique(strata[strata >= 0], return_counts=True)
    kept = values[sizes >= min_cells]
    if len(kept) < 2:
        raise InputError(
            f"{len(kept)} strata have {min_cells} cells or more",
            where="cells.strata",
            expected="at least two",
            fix="choose a coarser column or more cells",
        )
    strata[~np.isin(strata, kept)] = -1
    return strata, kept


def _layer_table(
    held: StudyEdges,
    layer: int,
    rows: NDArray[np.int64],
    pairs: Pairs,
    kept: NDArray[np.int64],
    settings: StatisticsConfig,
    seed: int,
) -> pd.DataFrame:
    """Aggregators of one layer's attention, true and shuffled strata."""
    groups = np.flatnonzero(np.isin(held.attention.group_stratum, kept))
    true = np.full(len(held.attention.group_stratum), -1, dtype=np.int64)
    true[groups] = np.searchsorted(kept, held.attention.group_stratum[groups])
    # over the cells of the strata kept only, so that the gain compares the same cells
    pooled = held.attention.by_stratum(layer, np.where(true >= 0, 0, -1))[0][0, rows]

    def statistics(assignment: NDArray[np.int64]) -> dict[str, float]:
        scores, counts = held.attention.by_stratum(layer, assignment)
        return _aurocs(scores[:, rows], counts, pooled, pairs)

    drawn = []
    for draw in range(settings.stratum_shuffles):
        rng = generator(seed, f"{ANALYSIS}/{held.name}/{layer}/{draw}")
        wrong = true.copy()
        wrong[groups] = rng.permutation(true[groups])
        drawn.append(statistics(wrong))
    return _table(f"layer {layer}", _auroc(pooled, pairs), statistics(true), drawn)


def _spearman_table(
    held: StudyEdges,
    rows: NDArray[np.int64],
    pairs: Pairs,
    strata: NDArray[np.int64],
    settings: StatisticsConfig,
    seed: int,
) -> pd.DataFrame:
    """The same for |Spearman|, whose strata are shuffled cell by cell."""
    cells = np.flatnonzero(strata >= 0)
    _, codes = np.unique(strata[cells], return_inverse=True)
    pooled = np.abs(spearman(held.expression, held.rows[rows], cells=cells))

    def statistics(assignment: NDArray[np.int64]) -> dict[str, float]:
        n = int(assignment.max()) + 1
        parts = [cells[assignment == s] for s in range(n)]
        scores = np.stack(
            [np.abs(spearman(held.expression, held.rows[rows], cells=p)) for p in parts]
        )
        return _aurocs(scores, np.array([len(p) for p in parts]), pooled, pairs)

    drawn = []
    for draw in range(min(settings.stratum_shuffles, SPEARMAN_SHUFFLES)):
        rng = generator(seed, f"{ANALYSIS}/{held.name}/spearman/{draw}")
        drawn.append(statistics(rng.permutation(codes)))
    return _table("|Spearman|", _auroc(pooled, pairs), statistics(codes), drawn)


def _aurocs(
    scores: NDArray[np.float64],
    sizes: NDArray[np.integer],
    pooled: NDArray[np.float64],
    pairs: Pairs,
) -> dict[str, float]:
    return {how: _auroc(aggregate(scores, sizes, how, pooled=pooled), pairs) for how in AGGREGATORS}


def _auroc(scores: NDArray[np.float64], pairs: Pairs) -> float:
    return auroc(np.nan_to_num(scores)[pairs.mask], pairs.labels[pairs.mask])


def _table(
    score: str, pooled: float, found: dict[str, float], drawn: list[dict[str, float]]
) -> pd.DataFrame:
    rows = [{"score": score, "aggregator": "pooled", "auroc": pooled, "gain": 0.0,
             **dict.fromkeys(NULL_COLUMNS, np.nan), "draws": 0}]  # fmt: skip
    how: Aggregator
    for how in AGGREGATORS:
        null = np.array([d[how] for d in drawn])
        distribution = NullDistribution.of(found[how], null, "greater")
        low, high = np.quantile(null, [0.025, 0.975])
        rows.append(
            {
                "score": score,
                "aggregator": how,
                "auroc": found[how],
                "gain": found[how] - pooled,
                "shuffled_mean": float(null.mean()),
                "shuffled_sd": distribution.sd,
                "shuffled_low": float(low),
                "shuffled_high": float(high),
                "p": distribution.p,
                "draws": len(null),
            }
        )
    return pd.DataFrame(rows)


def _finding(
    row: pd.Series, label: dict[str, str], network: str, seed: int, pairs: Pairs
) -> Finding:
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
        int((pairs.labels.sum(1) > 0).sum()),
        ("pooled score", float(row["auroc"] - row["gain"])),
        None,
        seed,
        {**label, "network": network, "score": str(row["score"]),
         "aggregator": str(row["aggregator"])},
        ANALYSIS,
        "descriptive",
    )  # fmt: skip
