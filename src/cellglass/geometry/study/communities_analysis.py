"""Are regulator and target in one community of gene space more often than degrees explain?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from cellglass.runs.result import AnalysisResult, FigureSpec
from cellglass.runs.sections import StatisticsConfig
from cellglass.runs.tasks import TaskContext

from .both_models import BothModels, judge_both
from .measures import SINGLE, Judged
from .pair_guards import pair_guards
from .pair_scores import COMMUNITY, PARTITION_NEIGHBOURS, PARTITIONS
from .verdicts import judging, measure_findings, measure_verdict

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
    both = judge_both(
        context, [COMMUNITY], settings, f"{ANALYSIS}/{'/'.join(label.values())}", scores=scores,
        untrained=untrained, network=network, min_targets=min_targets,
    )  # fmt: skip
    held, judged, copy = both.held, both.judged, both.copy
    result = AnalysisResult(ANALYSIS, dict(label))
    findings = measure_findings(judged, COMMUNITY, SINGLE, ANALYSIS, label, context.seed)
    result.findings = findings
    result.verdicts = [measure_verdict(judged, COMMUNITY, SINGLE, CLAIM, label, settings, findings)]
    _tables(result, both, network["name"])
    guards = pair_guards(held.facts, judged, [COMMUNITY], settings, context.seed)
    result.checks = [g.to_check() for g in guards]
    result.notes = _notes(held.facts, judged, copy)
    result.method = (
        f"In each layer the graph of {PARTITION_NEIGHBOURS} nearest neighbours in gene space was "
        "divided by the Leiden method, edges weighted by exp(-d^2 / 2 sigma^2) with sigma the "
        "median length, so that near neighbours count most (the published partition gave far ones "
        f"more weight). A pair's score is the share of {PARTITIONS} partitions in which both genes "
        f"are in one community. {judging(network['name'], settings)}"
    )
    result.write(context.output)


def _notes(facts: pd.DataFrame, judged: Judged, copy: Judged | None) -> list[str]:
    few, many = (f"{facts['communities'].agg(end):.0f}" for end in ("min", "max"))
    low, high = (f"{facts['modularity'].agg(end):.2f}" for end in ("min", "max"))
    turns = "" if few == many else ", depending on the layer"
    notes = [
        f"Gene space falls into {_range(few, many)} communities{turns}, with a modularity of "
        f"{_range(low, high)}."
    ]
    best = judged.baselines.sort_values("auroc").iloc[-1]
    notes.append(
        f"The best baseline without gene space ({best['baseline']}) has an AUROC of "
        f"{best['auroc']:.3f}, sharing a community {_best(judged)}."
    )
    if copy is not None:
        notes.append(
            f"In an untrained copy, sharing a community has {_best(copy)}: that much comes from "
            "the cells and the architecture, without any training."
        )
    return notes


def _range(low: str, high: str) -> str:
    return low if low == high else f"{low} to {high}"


def _best(judged: Judged) -> str:
    top = judged.layers.sort_values("auroc").iloc[-1]
    return f"{top['auroc']:.3f} ({top['where']})"


def _tables(result: AnalysisResult, both: BothModels, network: str) -> None:
    judged = both.judged
    facts = both.held.facts[["layer", "communities", "modularity"]]
    layers = judged.layers.merge(facts, "left", "layer").rename(
        columns={"communities": "n_communities"}
    )
    lines = [_lines(judged, COMMUNITY)]
    if both.copy is not None:
        lines.append(_lines(both.copy, f"{COMMUNITY}, untrained"))
    result.tables = {
        "measures": both.stacked("gains"), "layers": layers, "baselines": judged.baselines,
        "lines": pd.concat(lines, ignore_index=True),
    }  # fmt: skip
    result.captions = {
        "measures": f"What sharing a community adds on held-out genes ({judged.size}): AUROC of "
        "the baseline, AUROC with it, increment with 95 % interval over regulators, and the layer "
        "that most folds chose.",
        "layers": f"Communities, their modularity and the AUROC of sharing one, by layer "
        f"({judged.size}), 95 % interval over regulators; mean of both nulls and p against each, "
        "adjusted over layers.",
        "baselines": f"AUROC of what needs no gene space ({judged.size}). Degrees leave the "
        "pair's own label out; expression is cross-fitted over regulators.",
        "lines": "What the figure draws: AUROC with 95 % interval over regulators.",
    }  # fmt: skip
    result.figures = [
        FigureSpec("layers", "layer_lines", "lines",
                   f"AUROC of sharing a community in telling {network} pairs, by layer (-2 token "
                   f"table, -1 input){both.aside}. The dotted line is chance.", {"level": 0.5}),
    ]  # fmt: skip


def _lines(judged: Judged, series: str) -> pd.DataFrame:
    table = judged.layers
    return pd.DataFrame({
        "series": series, "layer": table["layer"], "value": table["auroc"],
        "low": table["low"], "high": table["high"],
    })  # fmt: skip
