"""Analysis: do more cells, or more cell states, change what edges recover?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import rankdata

from cellglass.data import Network
from cellglass.errors import InputError
from cellglass.regulation.networks.notes import network_note
from cellglass.regulation.networks.recovery import Pairs
from cellglass.regulation.study_edges import StudyEdges
from cellglass.runs.result import AnalysisResult, FigureSpec
from cellglass.runs.sections import StatisticsConfig
from cellglass.seeds import generator
from cellglass.stats import (
    BootstrapResult,
    Finding,
    NullSummary,
    auroc,
    expected_true_positives,
    not_applicable,
    permutation_test,
    top_k_f1,
    top_k_true_positives,
)

from .composition import Subset, more_cells, more_states
from .cssi_analysis import stratified_pairs
from .judged_pairs import JudgedPairs
from .nulls_analysis import MEAN_OF_LAYERS
from .scorers import AttentionScorer, SpearmanScorer
from .strata import MIN_CELLS
from .study_strata import StudyStrata, study_strata

ANALYSIS = "regulation.composition"
CLAIM = "the number of cells or of cell states changes what edges recover"
TOP = 100
BASELINE = "product of means"
VARIED = {"cells": "n_cells", "states": "n_states"}
WORDS = {
    "cells": "the number of cells, composition fixed",
    "states": "the number of states, cells fixed",
}
METRICS = {"auroc": "AUROC", "f1": f"F1 of the top {TOP}"}


@dataclass(frozen=True)
class _Universe:
    """What the subsets are judged on."""

    judged: JudgedPairs
    rows: NDArray[np.int64]
    labels: NDArray[np.bool_]


def judge_composition(
    held: StudyEdges,
    network: Network,
    name: str,
    min_targets: int,
    settings: StatisticsConfig,
    seed: int,
    *,
    min_cells: int = MIN_CELLS["attention"],
) -> AnalysisResult:
    """Vary the number of cells at fixed composition, and the number of states at fixed cells.

    Parameters
    ----------
    held
        Captured edges of a model.
    network, name, min_targets
        The reference, and targets that a regulator needs.
    settings, seed
        Numbers of draws; root seed.
    min_cells
        Cells that a state needs.

    Returns
    -------
    AnalysisResult
        AUROC and top-K F1 of |Spearman|, of attention averaged over layers and of a score
        without any pair, in the same subsets, and their rank correlations with what was varied.
        NOT APPLICABLE where the cells do not allow the design.

    Notes
    -----
    Unit A3 (specification 2.15). The universe of pairs is that of all cells, so that a subset
    that sees fewer pairs is not judged on easier ones; a pair without cells scores 0.
    """
    result = AnalysisResult(ANALYSIS, {**held.label, "network": name})
    try:
        strata = study_strata(held, min_cells=min_cells, seed=seed)
        cells = _designs(strata.cells.codes, None, seed, "cells")
    except InputError as error:
        result.verdicts = [
            not_applicable(CLAIM, f"recovering {name} edges", why=error.found,
                           tags={**held.label, "network": name})
        ]  # fmt: skip
        return result
    pairs, rows = stratified_pairs(held, strata, network, name, min_targets)
    judged = JudgedPairs.of(pairs)
    universe = _Universe(judged, rows, pairs.labels.ravel()[judged.index])
    runs = [*_of_cells(held, universe, cells), *_of_groups(held, universe, strata, seed)]
    result.tables = {"runs": pd.DataFrame(runs)}
    trends = _trends(result.tables["runs"], settings, seed)
    result.tables["trends"] = pd.DataFrame([t.row for t in trends])
    result.findings = [t.finding(held, name, seed) for t in trends]
    _told(result, pairs, strata)
    result.notes = [*strata.notes(), *NOTES, network_note(network, pairs, pairs.genes)]
    return result


def _designs(
    strata: NDArray[np.int64], sizes: NDArray[np.int64] | None, seed: int, units: str
) -> list[Subset]:
    task = f"{ANALYSIS}/{units}"
    return [
        *more_cells(strata, sizes=sizes, seed=seed, task=f"{task}/cells"),
        *more_states(strata, sizes=sizes, seed=seed, task=f"{task}/states"),
    ]


def _of_cells(
    held: StudyEdges, universe: _Universe, subsets: list[Subset]
) -> list[dict[str, object]]:
    """Subsets drawn cell by cell: |Spearman| and the baseline."""
    spearman = SpearmanScorer(held.expression, held.rows[universe.rows], universe.judged)
    scores: dict[str, Callable[[NDArray[np.bool_]], NDArray[np.float64]]] = {
        "|Spearman|": spearman.pooled,
        BASELINE: lambda cells: _product_of_means(held, universe, cells),
    }
    return _runs(universe, subsets, scores, len(held.cells), "cells")


def _of_groups(
    held: StudyEdges, universe: _Universe, strata: StudyStrata, seed: int
) -> list[dict[str, object]]:
    """Subsets of micro-groups: attention, and the others on the cells of the same groups."""
    if strata.mixed:
        return []
    try:
        subsets = _designs(strata.groups, strata.group_sizes, seed, "micro-groups")
    except InputError:
        return []
    group = held.study.group[held.cells]
    attention = AttentionScorer(
        held.attention, held.attention.layers, universe.rows, universe.judged,
        strata.group_sizes, MEAN_OF_LAYERS,
    )  # fmt: skip
    spearman = SpearmanScorer(held.expression, held.rows[universe.rows], universe.judged)
    scores: dict[str, Callable[[NDArray[np.bool_]], NDArray[np.float64]]] = {
        attention.name: attention.pooled,
        "|Spearman|": lambda groups: spearman.pooled(groups[group]),
        BASELINE: lambda groups: _product_of_means(held, universe, groups[group]),
    }
    return _runs(universe, subsets, scores, len(strata.groups), "micro-groups")


def _product_of_means(
    held: StudyEdges, universe: _Universe, cells: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Mean expression of the regulator times that of the target: no pair knows anything."""
    mean = held.expression[cells].mean(0, dtype=np.float64)
    return universe.judged.take(np.outer(mean[held.rows[universe.rows]], mean))


def _runs(
    universe: _Universe,
    subsets: list[Subset],
    scores: dict[str, Callable[[NDArray[np.bool_]], NDArray[np.float64]]],
    n_units: int,
    drawn: str,
) -> list[dict[str, object]]:
    labels, k = universe.labels, min(TOP, universe.labels.size)
    rows = []
    for subset in subsets:
        inside = np.zeros(n_units, dtype=np.bool_)
        inside[subset.units] = True
        for score, function in scores.items():
            values = function(inside)
            rows.append(
                {
                    "design": subset.design,
                    "drawn": drawn,
                    "score": score,
                    "n_cells": subset.n_cells,
                    "n_states": subset.n_states,
                    "step": subset.step,
                    "repeat": subset.repeat,
                    "auroc": auroc(values, labels),
                    "f1": top_k_f1(values, labels, k),
                    "true_positives": top_k_true_positives(values, labels, k),
                    "expected_true_positives": expected_true_positives(labels, k),
                    "n_positives": int(labels.sum()),
                    "share_with_score": float((values != 0).mean()),
                }
            )
    return rows


@dataclass(frozen=True)
class _Trend:
    """Rank correlation of one metric of one score with what was varied."""

    row: dict[str, object]
    interval: BootstrapResult
    difference: BootstrapResult | None
    null: NullSummary

    def finding(self, held: StudyEdges, network: str, seed: int) -> Finding:
        row = self.row
        gain = None
        if self.difference is not None:
            span = self.difference.interval()
            gain = (float(self.difference.estimates[0]), span.low, span.high)
        return Finding(
            ANALYSIS,
            f"Does the {METRICS[str(row['metric'])]} of {row['score']} change with "
            f"{WORDS[str(row['design'])]} (subsets of {row['drawn']})?",
            "Spearman correlation",
            float(str(row["rho"])),
            self.interval.interval(),
            self.null,
            self.null.p,
            "subset of cells",
            self.interval.n,
            None if self.difference is None else (BASELINE, float(str(row["rho_baseline"]))),
            gain,
            seed,
            {**held.label, "network": network, "score": str(row["score"]),
             "design": str(row["design"]), "drawn": str(row["drawn"]),
             "metric": str(row["metric"]), "unit": "A3"},
            ANALYSIS,
            "descriptive",
        )  # fmt: skip


def _trends(runs: pd.DataFrame, settings: StatisticsConfig, seed: int) -> list[_Trend]:
    """Every score, design and metric; resamples of subsets are shared, so that scores pair."""
    found = []
    for (drawn, design), part in runs.groupby(["drawn", "design"], sort=False):
        varied = part[part["score"] == BASELINE][VARIED[str(design)]].to_numpy(float)
        task = f"{ANALYSIS}/trend/{drawn}/{design}"
        n = len(varied)
        resamples = generator(seed, f"{task}/bootstrap").integers(n, size=(settings.bootstrap, n))
        for metric in METRICS:
            base = part[part["score"] == BASELINE][metric].to_numpy(float)
            alone = _bootstrapped(varied, base, resamples)
            for score in dict.fromkeys(part["score"]):
                values = part[part["score"] == score][metric].to_numpy(float)
                own = _bootstrapped(varied, values, resamples)
                null = permutation_test(
                    float(own.estimates[0]), _permuted(varied, values), draws=settings.draws,
                    seed=seed, task=f"{task}/{metric}/{score}", alternative="two-sided",
                )  # fmt: skip
                beside = None if score == BASELINE else _minus(own, alone)
                span = own.interval()
                row: dict[str, object] = {
                    "design": design, "drawn": drawn, "score": score, "metric": metric,
                    "rho": float(own.estimates[0]), "low": span.low, "high": span.high,
                    "p": null.p, "rho_baseline": float(alone.estimates[0]), "n_subsets": n,
                    "first": float(values[varied == varied.min()].mean()),
                    "last": float(values[varied == varied.max()].mean()),
                }  # fmt: skip
                summary = NullSummary(
                    "sizes permuted over subsets", null.draws, null.mean, null.sd, null.p
                )
                found.append(_Trend(row, own, beside, summary))
    return found


def _permuted(
    varied: NDArray[np.float64], values: NDArray[np.float64]
) -> Callable[[np.random.Generator, int], NDArray[np.float64]]:
    """Correlations when what was varied is permuted over subsets."""

    def draw(rng: np.random.Generator, n: int) -> NDArray[np.float64]:
        return _correlations(rng.permuted(np.tile(varied, (n, 1)), axis=1), np.tile(values, (n, 1)))

    return draw


def _bootstrapped(
    varied: NDArray[np.float64], values: NDArray[np.float64], resamples: NDArray[np.int64]
) -> BootstrapResult:
    drawn = _correlations(varied[resamples], values[resamples])
    estimate = _correlations(varied[None], values[None])
    return BootstrapResult(("rho",), estimate, drawn[None], "subset of cells", len(varied), 0.95)


def _minus(first: BootstrapResult, second: BootstrapResult) -> BootstrapResult:
    return BootstrapResult(
        ("difference",), first.estimates - second.estimates, first.draws - second.draws,
        first.unit, first.n, first.level,
    )  # fmt: skip


def _correlations(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    """Spearman correlation of each row; 0 where one does not vary, which is no trend."""
    ranks = [rankdata(x, axis=1) for x in (first, second)]
    a, b = (r - r.mean(1, keepdims=True) for r in ranks)
    norm = np.sqrt((a**2).sum(1) * (b**2).sum(1))
    return np.divide((a * b).sum(1), norm, out=np.zeros(len(norm)), where=norm > 0)


def _told(result: AnalysisResult, pairs: Pairs, strata: StudyStrata) -> None:
    runs = result.tables["runs"]
    expected, positives = (
        float(runs["expected_true_positives"].iloc[0]),
        int(runs["n_positives"].iloc[0]),
    )
    result.captions = {
        "runs": f"A row a subset and score: AUROC and the top {TOP} against {pairs.network}. "
        f"{positives:,} positives; {expected:.2f} of the top {TOP} would be positive by chance.",
        "trends": "Rank correlation over subsets of each metric with what was varied, its interval "
        "over subsets, p against permuted sizes, and that of a score without pairs beside it; "
        "first and last are means at the smallest and largest.",
    }
    result.figures = [
        FigureSpec(f"composition-{design}", "composition_lines", "runs",
                   f"AUROC of subsets by {WORDS[design]}: points are subsets, lines their means.",
                   {"design": design})
        for design in dict.fromkeys(runs["design"])
    ]  # fmt: skip
    result.method = (
        "Edges were computed in subsets of the cells, with more cells of the same composition and "
        f"with as many cells of more states ({len(strata.cells.names)}), and AUROC and the F1 of "
        f"the top {TOP} were correlated with what was varied."
    )


NOTES = [
    "AUROC and the top of the list answer different questions and may move in opposite "
    "directions: the paper's F1 fell with cells where its AUROC rose. F1 rests on few hits; "
    "read it beside the number expected by chance.",
    "Subsets share cells, so that their intervals are too narrow for other cells: they tell "
    "how sure the trend is in these. Pairs are those that all cells allow; where a small "
    "subset holds no cell with both genes, the pair scores 0, which itself lowers attention "
    "with few cells (share_with_score).",
]
