"""The planted controls as analyses of a study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from cellglass.regulation.checklist import ITEMS
from cellglass.regulation.claims.claims_analysis import ANALYSIS as CLAIMS
from cellglass.regulation.claims.criteria import CURATED, PREDICTS
from cellglass.regulation.networks.recovery_analysis import recovery_tables
from cellglass.runs.registry import Analysis, Instance, Plan, Unmet
from cellglass.runs.result import AnalysisResult, Check, FigureSpec
from cellglass.runs.sections import StatisticsConfig
from cellglass.runs.tasks import Task, TaskContext

from .ablation import changes
from .battery import Battery, run_battery
from .run import EXPECTED, WHAT, ControlResult, run

ANALYSIS, WHOLE = "controls.planted", "controls.battery"


WHAT_SCREEN = {
    "pairs": "a screen whose knock-downs act through the edges that make genes correlate in "
    "control cells",
    "prominence": "a screen without any edge, in which prominent genes respond to whatever is "
    "perturbed, and a network that lists them",
    "nothing": "a screen whose responses, and a network whose edges, have nothing to do with what "
    "correlates",
    "circuit": "a hand-set checkpoint that attends the pairs through which knock-downs act",
}


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


def plan_batteries(plan: Plan) -> Sequence[Instance]:
    """One instance a control, where the study has screens or asks for it by name.

    Without screens the planted controls of `plan_controls` go through what the study itself runs.
    """
    asked = plan.study.analyses != "all" and WHOLE in plan.study.analyses
    if not (asked or plan.study.screens):
        why = "the study has no screen; the planted controls above judge what it runs"
        return [Instance({"control": c}, unmet=Unmet(why, applicable=False))
                for c in plan.study.controls]  # fmt: skip
    instances = []
    for name in plan.study.controls:
        task = Task(
            f"{WHOLE}/{name}",
            "cellglass.controls.analyses:battery_result",
            {"name": name, "statistics": plan.study.statistics.model_dump()},
        )
        instances.append(Instance({"control": name}, task.name, (task,)))
    return instances


def battery_result(context: TaskContext, *, name: str, statistics: Mapping[str, Any]) -> None:
    """Run the whole battery on one control, as a study of its own."""
    found = run_battery(
        name, context.seed, settings=StatisticsConfig(**statistics)  # type: ignore[arg-type]
    )  # fmt: skip
    summarise_battery(found).write(context.output)


def summarise_battery(found: Battery) -> AnalysisResult:
    """Result of a control that went through the whole battery."""
    result = AnalysisResult(WHOLE, {"control": found.name})
    deciding = [v for r in found.summary.results if r.analysis == CLAIMS for v in r.verdicts
                if v.endpoint in (CURATED, PREDICTS)]  # fmt: skip
    # Planted truth is no finding about a model: it stays out of the ledger.
    result.verdicts = [replace(v, finding_ids=()) for v in deciding]
    result.tables = {"parts": found.parts}
    result.captions = {
        "parts": "Every verdict of the battery on a planted screen and network: what came out, and "
        "what must come out (empty where nothing is declared)."
    }
    behaved = "as planted" if found.as_expected else "NOT as planted"
    wrong = found.parts[~found.parts["as_planted"].astype(bool)]
    result.notes = [
        f"Planted: {WHAT_SCREEN[found.name]}. Every criterion must say {EXPECTED[found.name]}: "
        f"{behaved}."
    ]
    if len(wrong):
        result.notes.append(f"Not as planted: {'; '.join(wrong['told'])}")
    result.checks = [
        Check("R6", ITEMS["R6"], "passed" if found.as_expected else "failed",
              f"{found.name}, whole battery: {int(found.parts['as_planted'].sum())} of "
              f"{len(found.parts)} verdicts as planted")
    ]  # fmt: skip
    result.method = (
        "Planted screens went through the whole battery as studies of their own, from files to "
        "criteria."
    )
    return result


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
        Check("R6", ITEMS["R6"],
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
    ),
    Analysis(
        WHOLE,
        "Planted screens through the whole battery",
        "Do all criteria pass what is planted in a screen and a network, and nothing else?",
        "cellglass: item R6 of the quality-control checklist",
        "a study with a screen; the planted screens are made",
        plan_batteries,
        "every criterion passes planted signal and nothing else",
    ),
]
