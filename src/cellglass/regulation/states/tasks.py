"""Analyses of cell states as tasks of a study."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cellglass.regulation.planning import (
    FIXED,
    instance,
    network_settings,
    per_network,
)
from cellglass.regulation.study_edges import load_edges, open_network
from cellglass.runs.registry import Instance, Plan
from cellglass.runs.sections import StatisticsConfig
from cellglass.runs.tasks import Task, TaskContext

from . import synthetic_analysis
from .choice_analysis import judge_choice
from .composition_analysis import judge_composition
from .cssi_analysis import judge_cssi
from .nulls_analysis import judge_cssi_nulls

JUDGES = {
    "cssi": judge_cssi,
    "cssi_nulls": judge_cssi_nulls,
    "cssi_choice": judge_choice,
    "composition": judge_composition,
}


def plan_cssi(plan: Plan) -> list[Instance]:
    """One instance a model and network; strata are found where the study names none."""
    return _of_states(plan, "cssi")


def plan_cssi_nulls(plan: Plan) -> list[Instance]:
    """One instance a model and network."""
    return _of_states(plan, "cssi_nulls")


def plan_choice(plan: Plan) -> list[Instance]:
    """One instance a model and network."""
    return _of_states(plan, "cssi_choice")


def plan_composition(plan: Plan) -> list[Instance]:
    """One instance a model and network."""
    return _of_states(plan, "composition")


def plan_synthetic(plan: Plan) -> list[Instance]:
    """One instance, on cells that are simulated."""
    label = synthetic_analysis.LABEL
    task = Task(
        "/".join([synthetic_analysis.ANALYSIS, *label.values()]),
        "cellglass.regulation.states.tasks:synthetic_result",
        {},
    )
    return [Instance(label, task.name, (task,))]


def _of_states(plan: Plan, analysis: str) -> list[Instance]:
    return per_network(
        plan,
        lambda subject, network: instance(
            plan,
            subject,
            f"regulation.{analysis}",
            "cellglass.regulation.states.tasks:states_result",
            label={"network": network["name"]},
            params={"analysis": analysis, **network_settings(plan, network)},
        ),
        models_only=FIXED,
    )


def states_result(
    context: TaskContext,
    *,
    analysis: str,
    subject: Mapping[str, Any],
    statistics: Mapping[str, Any],
    min_targets: int,
    network: Mapping[str, Any],
) -> None:
    """Run one of `JUDGES` on a model's edges and a network."""
    held = load_edges(context, subject)
    result = JUDGES[analysis](
        held, open_network(network), network["name"], min_targets,
        StatisticsConfig(**statistics), context.seed,
    )  # fmt: skip
    result.write(context.output)


def synthetic_result(context: TaskContext) -> None:
    """Compute the published tables on simulated cells."""
    synthetic_analysis.judge_synthetic(context.seed).write(context.output)
