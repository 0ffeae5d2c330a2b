"""Do distances in gene space know regulation, and does each add to the simpler one?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from cellglass.geometry.guards.attainable import attainable_level
from cellglass.geometry.guards.baselines_run import baselines_run
from cellglass.geometry.guards.guard import GuardResult
from cellglass.geometry.pair_model import splits_are_disjoint
from cellglass.geometry.pair_splits import pair_splits
from cellglass.models.networks import held_network
from cellglass.runs.result import AnalysisResult, FigureSpec
from cellglass.runs.sections import StatisticsConfig
from cellglass.runs.tasks import TaskContext

from .measures import PRIMARY, SINGLE, STRAIGHT, Judged, judge_measures
from .names import layer_label
from .pair_scores import DIFFUSION, EUCLIDEAN, GEODESIC, TRIANGLE, PairScores
from .verdicts import measure_findings, measure_verdict

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
    reference = held_network(network["source"], network["options"])
    held = PairScores.read(context.input(scores))
    task = f"{ANALYSIS}/{'/'.join(label.values())}"
    judged = judge_measures(
        held, reference, network["name"], list(HIERARCHY), min_targets, settings, context.seed,
        task,
    )  # fmt: skip
    copy = None
    if untrained is not None:
        copy = judge_measures(
            PairScores.read(context.input(untrained)), reference, network["name"],
            list(HIERARCHY), min_targets, settings, context.seed, f"{task}/untrained",
            splits=(PRIMARY,),
        )  # fmt: skip
    result = AnalysisResult(ANALYSIS, dict(label))
    for measure, over in HIERARCHY.items():
        findings = measure_findings(judged, measure, over, ANALYSIS, label, settings, context.seed)
        result.findings += findings
        result.verdicts.append(
            measure_verdict(judged, measure, over, CLAIM, label, settings, findings)
        )
    _tables(result, judged, copy, network["name"])
    _figures(result, judged, copy, network["name"], settings)
    result.checks = [g.to_check() for g in _guards(held, judged, settings, context.seed)]
    result.notes = _notes(held, judged, copy)
    result.method = (
        f"Gene states were reduced to {int(held.facts['components'].iloc[0])} principal components "
        "layer by layer; distances of regulator and gene are Euclidean, geodesic (shortest paths "
        "on the graph of nearest neighbours), diffusion distances after 1, 2, 4 and 8 steps, and "
        "the triangle defect. Each was judged by the AUROC of the pairs of "
        f"{network['name']}, against labels redrawn with all degrees kept and against labels "
        "permuted within strata of degrees and co-expression, p adjusted over layers; and by its "
        "increment in a logistic model of degrees, mean, variance and detection of both genes, "
        "the layer chosen within each training fold, regulators and targets held out "
        f"({settings.folds} folds each), intervals by resampling regulators."
    )
    result.write(context.output)


def _tables(result: AnalysisResult, judged: Judged, copy: Judged | None, network: str) -> None:
    gains = judged.gains.assign(model="trained")
    layers = judged.layers.assign(model="trained")
    if copy is not None:
        gains = pd.concat([gains, copy.gains.assign(model="untrained")], ignore_index=True)
        layers = pd.concat([layers, copy.layers.assign(model="untrained")], ignore_index=True)
    p_of = {m: max(judged.null_p(m).values()) for m in HIERARCHY}
    gains["p"] = [
        p_of[m] if kind == "trained" else np.nan
        for m, kind in zip(gains["measure"], gains["model"], strict=True)
    ]
    result.tables = {"measures": gains, "layers": layers, "baselines": judged.baselines}
    pairs = judged.pairs
    size = f"{len(pairs.sources)} regulators, {len(pairs.targets)} targets, " \
           f"{int(pairs.labels.sum())} of {int(pairs.mask.sum()):,} pairs in {network}"  # fmt: skip
    result.captions = {
        "measures": f"What each distance adds on held-out genes ({size}): AUROC of the baseline, "
        "with the distance, increment with 95 % interval over regulators, the layer most folds "
        "chose; p against the harder null, over all layers.",
        "layers": f"AUROC of each distance by layer ({size}), 95 % interval over regulators, mean "
        "and p of both nulls, p adjusted over layers.",
        "baselines": f"AUROC of what needs no gene space ({size}). Degrees leave the pair's own "
        "label out; expression is cross-fitted over regulators.",
    }  # fmt: skip


def _figures(
    result: AnalysisResult, judged: Judged, copy: Judged | None, network: str,
    settings: StatisticsConfig,
) -> None:  # fmt: skip
    lines = []
    for name, found in (("", judged), (", untrained", copy)):
        if found is not None:
            drawn = found.layers[found.layers["variant"].isin(["", DRAWN_TIME])]
            lines.append(pd.DataFrame({
                "series": drawn["measure"] + name, "layer": drawn["layer"],
                "value": drawn["auroc"], "low": drawn["low"], "high": drawn["high"],
            }))  # fmt: skip
    result.tables["lines"] = pd.concat(lines, ignore_index=True)
    result.captions["lines"] = "What the figure draws; diffusion after 4 steps."
    primary = judged.gains[judged.gains["split"] == PRIMARY]
    result.tables["forest"] = pd.DataFrame({
        "score": primary["measure"] + " over " + primary["over"].map(
            {SINGLE: "single genes", STRAIGHT: "single genes + Euclidean"}
        ),
        "kind": ["candidate" if HIERARCHY[m] == o else "other"
                 for m, o in zip(primary["measure"], primary["over"], strict=True)],
        "increment": primary["increment"], "low": primary["low"], "high": primary["high"],
    })  # fmt: skip
    result.captions["forest"] = "Increments with both genes held out; judged ones first in line."
    result.figures = [
        FigureSpec("increments", "increment_forest", "forest",
                   f"What each distance adds about {network}, regulators and targets held out; "
                   "bold rows carry the verdicts. The band is the margin.",
                   {"margin": settings.margin}, (6.4, 1.2 + 0.5 * len(primary))),
        FigureSpec("layers", "layer_lines", "lines",
                   f"AUROC of {network} pairs by layer (-2 token table, -1 input); an untrained "
                   "copy is dashed.", {"level": 0.5}),
    ]  # fmt: skip


def _guards(
    held: PairScores, judged: Judged, settings: StatisticsConfig, seed: int
) -> list[GuardResult]:
    facts = held.facts
    failed = facts[facts["fallback"] == "failed"]
    worst = failed.iloc[0] if len(failed) else facts.iloc[-1]
    where = layer_label(int(worst["layer"]))
    n_copies = int(facts["duplicates"].max())
    return [
        GuardResult.of(
            "G3", failed=False, warning="" if not n_copies else
            f"up to {n_copies} genes have the state of another; they are one node of the graph",
            detail=f"{int(facts['genes'].iloc[0])} genes, those in too few cells dropped",
        ),
        GuardResult.of("G4", failed=bool(len(failed)),
                       detail=f"{where}: {worst['fallback_detail']}"),
        splits_are_disjoint(
            judged.pairs, "both", pair_splits(judged.pairs, "both", settings.folds, seed=seed)
        ),
        attainable_level(settings.draws, settings.level, tests=len(HIERARCHY)),
        baselines_run(
            dict(zip(judged.baselines["baseline"], judged.baselines["auroc"], strict=True)),
            {m: float(judged.layers.loc[judged.layers["measure"] == m, "auroc"].max())
             for m in HIERARCHY},
        ),
    ]  # fmt: skip


def _notes(held: PairScores, judged: Judged, copy: Judged | None) -> list[str]:
    facts = held.facts
    notes = []
    bridged = facts[facts["bridges"] > 0]
    if len(bridged):
        notes.append(
            f"The graph of {len(bridged)} of {len(facts)} layers needed bridges between its parts "
            f"(up to {int(bridged['bridges'].max())}): lengths that the data did not choose."
        )
    best = judged.baselines.sort_values("auroc").iloc[-1]
    top = judged.layers.sort_values("auroc").iloc[-1]
    notes.append(
        f"The best baseline without gene space ({best['baseline']}) has an AUROC of "
        f"{best['auroc']:.3f}, the best distance ({top['measure']}, {top['where']}) of "
        f"{top['auroc']:.3f}."
    )
    if copy is not None:
        own = copy.layers.sort_values("auroc").iloc[-1]
        notes.append(
            f"In an untrained copy the best is {own['measure']} with {own['auroc']:.3f}: what it "
            "reaches comes from the cells and the architecture, not from training."
        )
    return notes
