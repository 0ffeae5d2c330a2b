"""Are regulator and target in one community of gene space more often than degrees explain?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from cellglass.geometry.guards.baselines_run import baselines_run
from cellglass.geometry.guards.guard import GuardResult
from cellglass.models.networks import held_network
from cellglass.runs.result import AnalysisResult, FigureSpec
from cellglass.runs.sections import StatisticsConfig
from cellglass.runs.tasks import TaskContext

from .measures import PRIMARY, SINGLE, Judged, judge_measures
from .pair_scores import COMMUNITY, PARTITION_NEIGHBOURS, PARTITIONS, PairScores
from .verdicts import measure_findings, measure_verdict

ANALYSIS = "geometry.communities"
CLAIM = "communities of gene space hold regulators with their targets beyond single genes"


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
    """Judge communities of gene space against a network; leave an `AnalysisResult`."""
    settings = StatisticsConfig(**statistics)
    reference = held_network(network["source"], network["options"])
    held = PairScores.read(context.input(scores))
    task = f"{ANALYSIS}/{'/'.join(label.values())}"
    judged = judge_measures(
        held, reference, network["name"], [COMMUNITY], min_targets, settings, context.seed, task
    )
    copy = None
    if untrained is not None:
        copy = judge_measures(
            PairScores.read(context.input(untrained)), reference, network["name"], [COMMUNITY],
            min_targets, settings, context.seed, f"{task}/untrained", splits=(PRIMARY,),
        )  # fmt: skip
    result = AnalysisResult(ANALYSIS, dict(label))
    findings = measure_findings(judged, COMMUNITY, SINGLE, ANALYSIS, label, settings, context.seed)
    result.findings = findings
    result.verdicts = [measure_verdict(judged, COMMUNITY, SINGLE, CLAIM, label, settings, findings)]
    _tables(result, held, judged, copy, network["name"])
    found = dict(zip(judged.baselines["baseline"], judged.baselines["auroc"], strict=True))
    best = {COMMUNITY: float(judged.layers["auroc"].max())}
    result.checks = [g.to_check() for g in (baselines_run(found, best), _weights())]
    facts = held.facts
    result.notes = [
        f"A partition has {facts['communities'].min():.0f} to {facts['communities'].max():.0f} "
        f"communities, modularity {facts['modularity'].min():.2f} to "
        f"{facts['modularity'].max():.2f}, by layer."
    ]
    result.method = (
        f"The graph of {PARTITION_NEIGHBOURS} nearest neighbours was divided by Leiden, edges "
        "weighted by exp(-d^2 / 2 sigma^2) with sigma the median length; a pair's score is the "
        f"share of {PARTITIONS} partitions in which both genes are in one community. Judged as "
        "distances are."
    )
    result.write(context.output)


def _weights() -> GuardResult:
    return GuardResult.of(
        "G8", failed=False,
        detail="edges are weighted by similarity (the published partition gave far neighbours "
        "more weight); observed and null scores come from the same partitions",
    )  # fmt: skip


def _tables(
    result: AnalysisResult, held: PairScores, judged: Judged, copy: Judged | None, network: str
) -> None:
    facts = held.facts[["layer", "communities", "modularity"]]
    layers = judged.layers.merge(facts, "left", "layer").rename(
        columns={"communities": "n_communities"}
    )
    gains = judged.gains.assign(model="trained")
    lines = [_lines(judged, COMMUNITY)]
    if copy is not None:
        gains = pd.concat([gains, copy.gains.assign(model="untrained")], ignore_index=True)
        lines.append(_lines(copy, f"{COMMUNITY}, untrained"))
    pairs = judged.pairs
    size = f"{len(pairs.sources)} regulators, {len(pairs.targets)} targets, " \
           f"{int(pairs.labels.sum())} of {int(pairs.mask.sum()):,} pairs in {network}"  # fmt: skip
    result.tables = {
        "measures": gains, "layers": layers, "baselines": judged.baselines,
        "lines": pd.concat(lines, ignore_index=True),
    }  # fmt: skip
    result.captions = {
        "measures": f"What membership of one community adds on held-out genes ({size}): AUROC of "
        "the baseline, with membership, increment with 95 % interval over regulators.",
        "layers": f"Communities and AUROC of membership by layer ({size}), p adjusted over layers.",
        "baselines": f"AUROC of what needs no gene space ({size}).",
        "lines": "What the figure draws.",
    }  # fmt: skip
    result.figures = [
        FigureSpec("layers", "layer_lines", "lines",
                   f"AUROC of {network} pairs by membership of one community, by layer (-2 token "
                   "table, -1 input).", {"level": 0.5}),
    ]  # fmt: skip


def _lines(judged: Judged, series: str) -> pd.DataFrame:
    table = judged.layers
    return pd.DataFrame({
        "series": series, "layer": table["layer"], "value": table["auroc"],
        "low": table["low"], "high": table["high"],
    })  # fmt: skip
