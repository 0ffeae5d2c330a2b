"""Analyses of reference networks as tasks of a study."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cellglass.regulation.planning import instance, network_settings, per_network
from cellglass.regulation.study_edges import load_edges, open_network
from cellglass.runs.registry import Instance, Plan
from cellglass.runs.sections import StatisticsConfig
from cellglass.runs.tasks import TaskContext

from .recovery_analysis import judge_recovery


def plan_recovery(plan: Plan) -> list[Instance]:
    """One instance a subject and network."""
    return per_network(
        plan,
        lambda subject, network: instance(
            plan,
            subject,
            "regulation.recovery",
            "cellglass.regulation.networks.tasks:recovery_result",
            untrained=plan.study.edges.untrained,
            label={"network": network["name"]},
            params=network_settings(plan, network),
        ),
    )


def recovery_result(
    context: TaskContext,
    *,
    subject: Mapping[str, Any],
    statistics: Mapping[str, Any],
    min_targets: int,
    network: Mapping[str, Any],
) -> None:
    """Judge a model's edges against a network."""
    held = load_edges(context, subject)
    result = judge_recovery(
        held, open_network(network), network["name"], min_targets,
        StatisticsConfig(**statistics), context.seed,
    )  # fmt: skip
    result.write(context.output)
