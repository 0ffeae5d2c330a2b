"""Responses as tasks of a study: each screen is measured once, for all subjects."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from cellglass.data.screens import is_fold_changes, read_fold_changes
from cellglass.models.inputs import network_params
from cellglass.models.screens import opened, screen_params
from cellglass.regulation.planning import Subject, instance, per_screen, settings
from cellglass.regulation.study_edges import load_edges, open_network
from cellglass.runs.pipeline import INPUTS, SUMMARY
from cellglass.runs.registry import Instance, Plan
from cellglass.runs.result import AnalysisResult
from cellglass.runs.sections import ResponsesConfig, ScreenConfig, StatisticsConfig
from cellglass.runs.study import Study
from cellglass.runs.tasks import Task, TaskContext

from .folds import META as FOLDS_META
from .folds import MeasuredFolds
from .judged import Judged
from .judges import JUDGES, READS_UNTRAINED
from .measured import Measured, measure
from .on_target import on_target, target_check


def measuring_tasks(study: Study) -> list[Task]:
    """One task a screen: its responses in all genes."""
    return [
        Task(
            responses_name(screen),
            "cellglass.regulation.responses.tasks:measure_screen",
            {
                "screen": screen_params(study, screen),
                "responses": study.responses.model_dump(),
            },
        )
        for screen in study.screens
    ]


def responses_name(screen: ScreenConfig) -> str:
    """Name of the task that measures a screen."""
    return f"responses/{screen.label}"


def measure_screen(
    context: TaskContext, *, screen: Mapping[str, Any], responses: Mapping[str, Any]
) -> None:
    """Measure a screen; its summary stands in the report."""
    found: Measured | MeasuredFolds
    if is_fold_changes(screen["path"]):
        found = MeasuredFolds.of(
            read_fold_changes(screen["path"], name=screen["name"]),
            modality=screen["modality"] or "",
            cell_line=screen["cell_line"] or "",
        )
    else:
        found = measure(opened(screen), ResponsesConfig(**responses), context.seed)
    found.write(context.output)
    targets = on_target(found)
    check = target_check(found, targets)
    summary = {
        "name": found.name,
        "modality": found.modality,
        "cell_line": found.cell_line,
        "n_used": len(found.used),
        "n_measured_targets": len(targets),
        "targets": {"state": check.state, "detail": check.detail},
        "report": found.report,
    }
    (context.output / SUMMARY).write_text(json.dumps(summary, indent=1))
    (context.output / INPUTS).write_text(json.dumps({screen["path"]: screen["sha256"]}))


def read_measured(folder: Path) -> Measured | MeasuredFolds:
    """Read what `measure_screen` left."""
    return (MeasuredFolds if (folder / FOLDS_META).is_file() else Measured).read(folder)


def plan_responses(what: str) -> Callable[[Plan], list[Instance]]:
    """Make the planner of an analysis: one instance a subject and screen.

    Parameters
    ----------
    what
        Name of the analysis without its chapter; the task calls ``tasks:judge`` with it.
    """
    untrained = what in READS_UNTRAINED

    def plan(study_plan: Plan) -> list[Instance]:
        def make(subject: Subject, screen: ScreenConfig, dataset: str) -> Instance:
            return instance(
                study_plan,
                subject,
                f"regulation.{what}",
                "cellglass.regulation.responses.tasks:judge",
                dataset=dataset,
                untrained=untrained and study_plan.study.edges.untrained,
                label={"screen": screen.label},
                params={"what": what, **response_params(study_plan, screen)},
                inputs=(responses_name(screen),),
            )

        return per_screen(study_plan, make)

    return plan


def judge(
    context: TaskContext,
    *,
    subject: Mapping[str, Any],
    what: str,
    statistics: Mapping[str, Any],
    responses: Mapping[str, Any],
    measured: str,
    networks: list[Mapping[str, Any]],
) -> None:
    """Run one analysis of responses on one subject and screen."""
    judged = read_judged(
        context, subject, statistics=statistics, responses=responses, measured=measured,
        networks=networks,
    )  # fmt: skip
    result: AnalysisResult = JUDGES[what](judged)
    result.write(context.output)


def read_judged(
    context: TaskContext,
    subject: Mapping[str, Any],
    *,
    statistics: Mapping[str, Any],
    responses: Mapping[str, Any],
    measured: str,
    networks: Sequence[Mapping[str, Any]],
) -> Judged:
    """Read a subject, a screen and the settings from what a task was given.

    Parameters
    ----------
    context, subject
        The task, and whose edges it reads.
    statistics, responses
        Sections of the study.
    measured
        Name of the task that measured the screen.
    networks
        Networks at hand; the first directed one is used.
    """
    opened_networks = (open_network(n) for n in networks)
    return Judged(
        load_edges(context, subject, perturbed=True),
        read_measured(context.input(measured)),
        ResponsesConfig(**responses),
        StatisticsConfig(**statistics),
        next((n for n in opened_networks if n.directed), None),
        context.seed,
    )


def response_params(plan: Plan, screen: ScreenConfig) -> dict[str, Any]:
    """Parameters of an analysis of one screen."""
    return {
        **settings(plan),
        "responses": plan.study.responses.model_dump(),
        "measured": responses_name(screen),
        "networks": network_params(plan.study),
    }
