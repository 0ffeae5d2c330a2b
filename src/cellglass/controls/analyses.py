"""The planted controls as analyses of a study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from cellglass.regulation.networks.recovery_analysis import recovery_tables
from cellglass.runs.registry import Analysis, Instance, Plan
from cellglass.runs.result import AnalysisResult, Check, FigureSpec
from cellglass.runs.sections import StatisticsConfig
from cellglass.runs.tasks import Task, TaskContext

from .ablation import changes
from .run import WHAT, ControlResult, run

ANALYSIS = "controls.planted"


def plan_controls(plan: Plan) -> Sequence[Instance]:
    """One instance a control of the study."""
    instances = []
    for name in plan.study.controls:
        task = Task(
            f"{ANALYSIS}/{name}",
            "cellglass.controls.analyses:control_result",
            {"name": name, "statistics": plan.study.statistics.model_dump()},
        )
        instances.append(Instance({"control": name}, task.name, (task,)))
    return instances


def control_result(context: TaskContext, *, name: str, statistics: Mapping[str, Any]) -> None:
    """Run one control and say whether the battery behaved."""
    found = run(name, context.seed, settings=StatisticsConfig(**statistics))  # type: ignore[arg-type]
    summarise(found).write(context.output)


def summarise(found: ControlResult) -> AnalysisResult:
    """Result of a control for the report."""
    pairs = found.recovery.pairs
    result = recovery_tables(found.recovery, pairs, {"control": found.name}, ANALYSIS)
    # Planted truth is no finding about a model: it stays out of the ledger.
    result.findings = []
    result.verdicts = [replace(v, finding_ids=()) for v in result.verdicts]
    behaved = "as planted" if found.as_expected else "NOT as planted"
    result.notes = [
        f"Planted: {WHAT[found.name]}. The battery must say {found.expected}; it said "
        f"{found.verdict.state}: {behaved}."
    ]
    if found.planted is not None:
        layer, head = found.planted
        planted, others = changes(found.ablation)
        result.notes.append(
            f"Planted in layer {layer} head {head}; the battery named {found.recovery.chosen}. "
            f"Zeroing that head changes the decoded expression at regulators by {planted:.2f} on "
            f"average, zeroing any other head by at most {others:.2f}."
        )
        result.tables["ablation"] = found.ablation
        result.captions["ablation"] = (
            "Mean absolute change of the decoded expression at regulators when a head is zeroed."
        )
        result.figures.append(
            FigureSpec("ablation", "ablation_grid", "ablation",
                       "Change of the decoded expression at regulators when each head is zeroed.",
                       size=(6.4, 2.6))
        )  # fmt: skip
    if found.cssi is not None:
        result.tables["cssi"] = found.cssi.table()
        result.captions["cssi"] = (
            "AUROC of |Spearman| pooled and stratified by the planted states, with shuffled states."
        )
        quality = found.cssi.quality
        if quality is not None:
            result.notes.append(
                f"Silhouette of the planted states {quality.silhouette:.2f} (shuffled "
                f"{quality.silhouette_shuffled:.2f})."
            )
    result.checks = [
        Check("R6", "positive and negative controls with planted truth",
              "passed" if found.as_expected else "failed",
              f"{found.name}: {found.verdict.state}, expected {found.expected}")
    ]  # fmt: skip
    result.method = (
        "Planted controls (pairwise signal, prominence only, no signal, a hand-set circuit) went "
        "through the same battery."
    )
    return result


ANALYSES = [
    Analysis(
        ANALYSIS,
        "Planted controls",
        "Does the battery pass what is planted and nothing else?",
        "cellglass: item R6 of the quality-control checklist",
        "nothing: cells and checkpoint are made",
        plan_controls,
        "the battery passes planted signal and nothing else",
    )
]
