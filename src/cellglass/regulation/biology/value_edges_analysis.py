"""Analysis: do context vectors (attention times values) know more than attention alone?"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellglass.data import Network
from cellglass.errors import NetworkError
from cellglass.models.context_edges import HOWS, ContextEdges
from cellglass.regulation.coexpression import spearman
from cellglass.regulation.context_check import ATTENTION, DEFINITION, same_cells, worse_and_better
from cellglass.regulation.networks.layer_scores import (
    COEXPRESSION,
    UNTRAINED,
    judged_pairs,
    not_judged,
    size_of,
)
from cellglass.regulation.networks.notes import network_note
from cellglass.regulation.scaling.comparison import Entry, compare, difference_finding
from cellglass.regulation.scaling.ladder import EXPRESSION
from cellglass.regulation.scaling.layer_mean import layer_mean
from cellglass.regulation.scaling.some_pairs import some_regulators
from cellglass.regulation.study_edges import StudyEdges, filled
from cellglass.runs.result import AnalysisResult, FigureSpec
from cellglass.runs.sections import StatisticsConfig
from cellglass.stats import bh

ANALYSIS = "regulation.value_edges"
KNOWN = "more of a reference network in context vectors than in attention"
MAX_REGULATORS = 200


def judge_value_edges(
    held: StudyEdges,
    context: ContextEdges,
    copy: ContextEdges | None,
    network: Network,
    name: str,
    min_targets: int,
    settings: StatisticsConfig,
    seed: int,
) -> AnalysisResult:
    """Hold value-weighted edges against attention and |Spearman|, layer by layer.

    Parameters
    ----------
    held
        Attention edges of a model and what stands beside them.
    context, copy
        Value-weighted edges of the model and of its untrained copy (None where not captured).
    network, name
        The reference and what the report calls it.
    min_targets
        Targets that a regulator needs.
    settings, seed
        Draws; root seed.

    Returns
    -------
    AnalysisResult
        Specification 2.18 (A49).
    """
    label = {**held.label, "network": name}
    task = f"{ANALYSIS}/{held.name}/{name}"
    try:
        pairs, rows = judged_pairs(held, network, name, min_targets)
    except NetworkError as error:
        return not_judged(ANALYSIS, held, name, KNOWN, error)
    judged, rows, told = some_regulators(pairs, rows, MAX_REGULATORS, seed, task)
    entries = _entries(held, context, copy, rows)
    position = {e.name: i for i, e in enumerate(entries)}
    contests = [
        (position[f"layer {n}: cosine"], position[other])
        for n in context.layers
        for other in (f"layer {n}: {ATTENTION}", COEXPRESSION)
    ]
    scores, tests = compare(
        entries, judged, draws=settings.bootstrap, seed=seed, task=f"{task}/bootstrap",
        contests=contests,
    )  # fmt: skip
    tests = tests.assign(q=bh(tests["p"].to_numpy()))
    result = AnalysisResult(ANALYSIS, label)
    result.tables = {
        "scores": scores.drop(columns="subject"),
        "differences": tests,
        "lines": _lines(scores),
    }
    result.captions = {
        "scores": f"Every layer against {name} ({size_of(judged)}): attention; cosine of context "
        "vectors, mean over heads and cells; cosine of their cell means (centroid); dot product; "
        "the same cosine of the untrained copy; |Spearman| of the same cells. 95 % intervals over "
        "regulators.",
        "differences": "Cosine of context vectors minus attention of the same layer, and minus "
        "|Spearman|: pooled AUROC with 95 % intervals over regulators, Wilcoxon's test of "
        "per-regulator AUROCs, q by BH over the table.",
        "lines": "AUROC by layer, as drawn.",
    }
    result.figures = [
        FigureSpec("lines", "layer_lines", "lines",
                   f"AUROC against {name} by layer: value-weighted edges beside attention and "
                   f"{COEXPRESSION}; bands are 95 % intervals over regulators.",
                   {"what": "AUROC (pooled over pairs)", "level": 0.5}, size=(6.4, 4.0))
    ]  # fmt: skip
    result.findings = [
        difference_finding(
            row, analysis=ANALYSIS, unit="A49",
            question=f"Do context vectors of {row['first']} recover {name} better than "
            f"{row['second']}?",
            tags=label, seed=seed,
        )
        for row in tests.to_dict("records")
    ]  # fmt: skip
    result.checks = [same_cells(held, context)]
    result.notes = [
        worse_and_better(tests),
        DEFINITION,
        *told,
        network_note(network, pairs, pairs.genes),
    ]
    result.method = (
        f"Value-weighted edges of {held.name} are the cosine of two genes' context vectors "
        "(attention times values, by head), mean over heads and over the cells that hold both; "
        "they were compared with attention of the same layer and with |Spearman|, paired by "
        "regulators."
    )
    return result


def _entries(
    held: StudyEdges, context: ContextEdges, copy: ContextEdges | None, rows: NDArray[np.int64]
) -> list[Entry]:
    """Every score, layer by layer; then what has no layer."""
    found = []
    for n in context.layers:
        found += [
            Entry(f"layer {n}: {how}", "candidate", filled(context.layer(n, how).scores, rows))
            for how in HOWS
        ]
        attention = layer_mean(held.attention, n, rows)
        found.append(Entry(f"layer {n}: {ATTENTION}", "reference", attention))
    if copy is not None:
        found += [
            Entry(f"{UNTRAINED}layer {n}", "reference", filled(copy.layer(n).scores, rows))
            for n in copy.layers
        ]
    at = held.rows[rows]
    mean = held.genes["mean"].to_numpy(float)
    return [
        *found,
        Entry(COEXPRESSION, "reference", np.abs(spearman(held.expression, at))),
        Entry(EXPRESSION, "baseline", np.outer(mean[at], mean)),
    ]


def _lines(scores: pd.DataFrame) -> pd.DataFrame:
    """AUROC by layer and kind of edge, for the figure; scores without a layer have none."""
    rows = []
    for row in scores.to_dict("records"):
        layer, _, series = str(row["score"]).partition(": ")
        if layer == UNTRAINED.removesuffix(": "):
            layer, series = series, "cosine, untrained"
        number = layer.removeprefix("layer ")
        if row["score"] == EXPRESSION:
            continue
        rows.append(
            {
                "series": series or row["score"],
                "layer": int(number) if number.isdigit() else None,
                "value": row["auroc"],
                "low": row["auroc_low"],
                "high": row["auroc_high"],
            }
        )
    return pd.DataFrame(rows).astype({"layer": "Int64"})
