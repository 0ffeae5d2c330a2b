"""Analysis: do dedicated GRN methods recover more than attention, from the same cells?"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from cellglass.data import Network
from cellglass.errors import NetworkError
from cellglass.regulation.checklist import ITEMS
from cellglass.regulation.coexpression import spearman
from cellglass.regulation.networks.layer_scores import (
    COEXPRESSION,
    FEWEST_REGULATORS,
    not_judged,
    size_of,
)
from cellglass.regulation.networks.notes import network_note
from cellglass.regulation.networks.recovery import Pairs, with_edges
from cellglass.regulation.study_edges import StudyEdges, network_pairs
from cellglass.runs.result import AnalysisResult, Check, FigureSpec
from cellglass.runs.sections import StatisticsConfig

from .comparison import Entry, compare, difference_finding
from .grn_design import GRNDesign
from .grn_scores import METHODS
from .ladder import EXPRESSION
from .micro_groups import nested_edges
from .some_pairs import columns_of, rows_of
from .whole_score import WHOLE, whole_score

ANALYSIS = "regulation.methods"
KNOWN = "more of a reference network than dedicated methods find in the same cells"


def judge_methods(
    held: StudyEdges,
    network: Network,
    name: str,
    min_targets: int,
    design: GRNDesign,
    methods: Mapping[str, NDArray[np.float64]],
    settings: StatisticsConfig,
    seed: int,
) -> AnalysisResult:
    """Hold a subject against dedicated methods on the same cells, regulators and targets.

    Parameters
    ----------
    held
        Edges of a subject.
    network, name
        The reference and what the report calls it.
    min_targets
        Targets that a regulator needs, among all evaluable genes.
    design
        What the methods ran on.
    methods
        Scores by method, candidate regulators x targets of the design.
    settings, seed
        Draws; root seed.

    Returns
    -------
    AnalysisResult
        Specification 1, A22, and item B2 of the checklist.
    """
    label = {**held.label, "network": name}
    task = f"{ANALYSIS}/{held.name}/{name}"
    try:
        if design.too_small:
            raise NetworkError(design.too_small)
        pairs, among = _design_pairs(held, network, name, min_targets, design)
    except NetworkError as error:
        return not_judged(ANALYSIS, held, name, KNOWN, error)
    entries = [*_own(held, design, among), *_beside(held, design, methods, among)]
    table, gaps = compare(
        entries, pairs, draws=settings.bootstrap, seed=seed, task=f"{task}/bootstrap"
    )
    result = AnalysisResult(ANALYSIS, label)
    result.tables = {"scores": table.drop(columns="subject"), "differences": gaps}
    result.captions = {
        "scores": f"Every method against {name} ({size_of(pairs)}), from {len(design.cells):,} "
        "cells: AUROC with its 95 % interval over regulators, AUPRC with its base rate, early "
        "precision ratio, F1 of the top K.",
        "differences": f"{entries[0].name} minus each method: pooled AUROC with 95 % intervals "
        "over regulators, and Wilcoxon's test of per-regulator AUROCs.",
    }
    result.figures = [
        FigureSpec("scores", "score_forest", "scores",
                   f"Pooled AUROC against {name} of edges and of dedicated methods on the same "
                   "cells, regulators and targets.", {"chosen": entries[0].name}, size=(6.4, 4.2))
    ]  # fmt: skip
    result.findings = [
        difference_finding(
            row,
            analysis=ANALYSIS,
            unit="A22",
            question=f"Does {row['first']} recover {name} better than {row['second']}?",
            tags=label,
            seed=seed,
        )
        for row in gaps.to_dict("records")
    ]
    best = table[table["kind"] == "reference"].sort_values("auroc").iloc[-1]
    result.checks = [
        Check("B2", ITEMS["B2"], "passed",
              f"{', '.join(methods)} and {COEXPRESSION} on {len(design.cells):,} cells; best "
              f"{best['score']} {best['auroc']:.3f}")
    ]  # fmt: skip
    result.notes = [_cost(held, design, methods), network_note(network, pairs, pairs.genes)]
    result.method = (
        f"{', '.join(methods)} and {COEXPRESSION} were run on {len(design.cells):,} cells, "
        f"{len(design.rows)} candidate regulators and {len(design.columns)} targets, and compared "
        f"with {entries[0].name} from the same cells, paired by resampled regulators."
    )
    return result


def _design_pairs(
    held: StudyEdges, network: Network, name: str, min_targets: int, design: GRNDesign
) -> tuple[Pairs, NDArray[np.int64]]:
    """Pairs of the network within the design, and their rows among its candidates."""
    pairs, rows = network_pairs(held, network, name, min_targets)
    kept = np.flatnonzero(np.isin(rows, design.rows))
    if len(kept) < FEWEST_REGULATORS:
        raise NetworkError(
            f"{len(kept)} of its {len(rows)} regulators are candidates of the dedicated methods, "
            "which are the regulators of the directed networks",
            where=name,
        )
    pairs = with_edges(columns_of(rows_of(pairs, kept), design.columns))
    n = int(pairs.labels.any(1).sum())
    if n < FEWEST_REGULATORS:
        raise NetworkError(
            f"{n} regulator has an edge to the {len(design.columns)} targets that were drawn",
            where=name,
        )
    return pairs, np.searchsorted(design.rows, rows[kept])


def _own(held: StudyEdges, design: GRNDesign, among: NDArray[np.int64]) -> list[Entry]:
    """Edges of the subject from the cells of the design; the mean over layers comes first."""
    rows = design.rows[among]
    if design.groups is None:
        name, scores = whole_score(held.edges)
        return [Entry(name, "candidate", scores[rows][:, design.columns], True, held.name)]
    subset = next(nested_edges(held.attention, design.groups, [len(design.groups)], rows))
    layers = subset.scores[:, :, design.columns]
    return [
        Entry(WHOLE, "candidate", layers.mean(0), True, held.name),
        *(
            Entry(f"layer {n}", "candidate", scores, False, held.name)
            for n, scores in zip(held.attention.layers, layers, strict=True)
        ),
    ]


def _beside(
    held: StudyEdges,
    design: GRNDesign,
    methods: Mapping[str, NDArray[np.float64]],
    among: NDArray[np.int64],
) -> list[Entry]:
    """|Spearman|, the dedicated methods, and expression alone."""
    at = held.rows[design.rows[among]]
    # regulators first, then targets: the others need no ranks
    columns = np.concatenate([at, design.columns])
    part = held.expression[design.cells][:, columns]
    correlation = np.abs(spearman(part, np.arange(len(at))))[:, len(at) :]
    mean = part.mean(0, dtype=np.float64)
    found = [Entry(COEXPRESSION, "reference", correlation)]
    found += [Entry(n, "reference", scores[among]) for n, scores in methods.items()]
    return [*found, Entry(EXPRESSION, "baseline", np.outer(mean[: len(at)], mean[len(at) :]))]


def _cost(held: StudyEdges, design: GRNDesign, methods: Mapping[str, NDArray[np.float64]]) -> str:
    """Say what was bounded, and the settings of every method."""
    ran = "; ".join(f"{name}: {METHODS[name].settings}" for name in methods if name in METHODS)
    return (
        f"To bound the cost, methods ran on {len(design.cells):,} of {len(held.cells):,} cells, "
        f"{len(design.rows):,} candidate regulators and {len(design.columns):,} of "
        f"{len(held.edges.targets):,} targets, drawn at random; edges are those of the same cells. "
        f"{ran}."
    )
