"""Do distances in gene space know regulation, and does each add to the simpler one?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from cellglass._words import plural
from cellglass.runs.result import AnalysisResult, FigureSpec
from cellglass.runs.sections import StatisticsConfig
from cellglass.runs.tasks import TaskContext

from .both_models import BothModels, judge_both
from .measures import PRIMARY, SINGLE, STRAIGHT, Judged
from .pair_guards import geodesics_are_geodesic, pair_guards
from .pair_scores import DIFFUSION, EUCLIDEAN, GEODESIC, TRIANGLE, PairScores
from .verdicts import SUBJECTS, judging, measure_findings, measure_verdict

ANALYSIS = "geometry.distances"
CLAIM = "distances in gene space know regulation beyond single genes"
HIERARCHY = {EUCLIDEAN: SINGLE, GEODESIC: STRAIGHT, DIFFUSION: STRAIGHT, TRIANGLE: STRAIGHT}
"""Each measure, and what it must add to: the published claims are about these steps."""
DRAWN_TIME = "4"
"""Steps of the diffusion that the figure shows."""


def judge(
    context: TaskContext,
    *,
    label: Mapping[str, str],
    statistics: Mapping[str, Any],
    scores: str,
    untrained: str | None,
    network: Mapping[str, Any],
    min_targets: int,
) -> None:
    """Judge four distances of gene states against a network; leave an `AnalysisResult`."""
    settings = StatisticsConfig(**statistics)
    both = judge_both(
        context, list(HIERARCHY), settings, f"{ANALYSIS}/{'/'.join(label.values())}",
        scores=scores, untrained=untrained, network=network, min_targets=min_targets,
    )  # fmt: skip
    held, judged, copy = both.held, both.judged, both.copy
    result = AnalysisResult(ANALYSIS, dict(label))
    for measure, over in HIERARCHY.items():
        findings = measure_findings(judged, measure, over, ANALYSIS, label, context.seed)
        result.findings += findings
        result.verdicts.append(
            measure_verdict(judged, measure, over, CLAIM, label, settings, findings)
        )
    _tables(result, both)
    _figures(result, both, network["name"], settings)
    guards = pair_guards(held.facts, judged, list(HIERARCHY), settings, context.seed)
    guards.insert(1, geodesics_are_geodesic(held.facts))
    result.checks = [g.to_check() for g in guards]
    result.notes = _notes(held, judged, copy)
    result.method = (
        f"Gene states were reduced to {int(held.facts['components'].iloc[0])} principal components "
        "layer by layer; distances of regulator and gene are Euclidean, geodesic (shortest paths "
        "on the graph of nearest neighbours), diffusion distances after 1, 2, 4 and 8 steps, and "
        "the triangle defect (how far the ways through third genes are longer than the way "
        f"between both). {judging(network['name'], settings)}"
    )
    result.write(context.output)


def _tables(result: AnalysisResult, both: BothModels) -> None:
    judged, gains = both.judged, both.stacked("gains")
    p_of = {m: max(judged.null_p(m).values()) for m in HIERARCHY}
    gains["p"] = [
        p_of[m] if kind == "trained" else np.nan
        for m, kind in zip(gains["measure"], gains["model"], strict=True)
    ]
    result.tables = {
        "measures": gains, "layers": both.stacked("layers"), "baselines": judged.baselines,
    }  # fmt: skip
    result.captions = {
        "measures": f"What each distance adds on held-out genes ({judged.size}): AUROC of the "
        "baseline, AUROC with the distance, increment with 95 % interval over regulators, the "
        "layer that most folds chose, and p against the harder of both nulls, adjusted over all "
        "distances and layers (none for an untrained copy).",
        "layers": f"AUROC of each distance by layer ({judged.size}), 95 % interval over "
        "regulators; mean of both nulls and p against each, adjusted over all distances and "
        "layers.",
        "baselines": f"AUROC of what needs no gene space ({judged.size}). Degrees leave the "
        "pair's own label out; expression is cross-fitted over regulators.",
    }  # fmt: skip


def _figures(
    result: AnalysisResult, both: BothModels, network: str, settings: StatisticsConfig
) -> None:
    lines = []
    for name, found in (("", both.judged), (", untrained", both.copy)):
        if found is not None:
            drawn = found.layers[found.layers["variant"].isin(["", DRAWN_TIME])]
            lines.append(pd.DataFrame({
                "series": drawn["measure"] + name, "layer": drawn["layer"],
                "value": drawn["auroc"], "low": drawn["low"], "high": drawn["high"],
            }))  # fmt: skip
    result.tables["lines"] = pd.concat(lines, ignore_index=True)
    result.captions["lines"] = "What the figure draws: AUROC with 95 % interval over regulators."
    primary = both.judged.gains[both.judged.gains["split"] == PRIMARY]
    result.tables["forest"] = pd.DataFrame({
        "score": primary["measure"] + " over " + primary["over"].map(
            {SINGLE: "single genes", STRAIGHT: "single genes + Euclidean"}
        ),
        "kind": ["candidate" if HIERARCHY[m] == o else "other"
                 for m, o in zip(primary["measure"], primary["over"], strict=True)],
        "increment": primary["increment"], "low": primary["low"], "high": primary["high"],
    })  # fmt: skip
    result.captions["forest"] = "What the figure draws: increments with both genes held out."
    result.figures = [
        FigureSpec("increments", "increment_forest", "forest",
                   f"What each distance adds in telling {network} pairs, regulators and targets "
                   "both held out. Rows in bold carry the verdicts; the band is the margin.",
                   {"margin": settings.margin}, (6.4, 1.2 + 0.5 * len(primary))),
        FigureSpec("layers", "layer_lines", "lines",
                   f"AUROC of {network} pairs by layer (-2 token table, -1 input), diffusion "
                   f"after {DRAWN_TIME} steps{both.aside}. The dotted line is chance.",
                   {"level": 0.5}),
    ]  # fmt: skip


def _notes(held: PairScores, judged: Judged, copy: Judged | None) -> list[str]:
    facts = held.facts
    notes = []
    bridged = facts[facts["bridges"] > 0]
    if len(bridged):
        notes.append(
            f"The graph of {len(bridged)} of {len(facts)} {plural('layer', len(facts))} fell into "
            f"parts, which up to {int(bridged['bridges'].max())} added edges join: lengths of "
            "paths across them say little."
        )
    best = judged.baselines.sort_values("auroc").iloc[-1]
    notes.append(
        f"The best baseline without gene space ({best['baseline']}) has an AUROC of "
        f"{best['auroc']:.3f}, the best distance ({_best(judged)}."
    )
    if copy is not None:
        notes.append(
            f"In an untrained copy the best distance ({_best(copy)}: that much comes from the "
            "cells and the architecture, without any training."
        )
    return notes


def _best(judged: Judged) -> str:
    """The distance, layer and AUROC that stand out, from after an opening bracket."""
    top = judged.layers.sort_values("auroc").iloc[-1]
    steps = f" after {top['variant']} {plural('step', int(top['variant']))}" if top["variant"] \
        else ""  # fmt: skip
    return f"{SUBJECTS[top['measure']]}{steps}, {top['where']}) has {top['auroc']:.3f}"
