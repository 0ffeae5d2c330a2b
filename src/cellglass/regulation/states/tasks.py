"""Analyses of cell states as tasks of a study."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cellglass.regulation.planning import (
    FIXED,
    instance,
    network_settings,
    per_network,
    subjects,
)
from cellglass.regulation.study_edges import load_edges, open_network
from cellglass.runs.registry import Instance, Plan, Unmet
from cellglass.runs.sections import StatisticsConfig
from cellglass.runs.tasks import TaskContext

from .cssi_analysis import judge_cssi

MIN_STRATUM_CELLS = 20


def plan_cssi(plan: Plan) -> list[Instance]:
    """One instance a model and network; needs strata."""
    if plan.study.cells.strata is None:
        unmet = Unmet("no column with strata was given", "set cells.strata in study.yaml")
        return [Instance(s.label, unmet=unmet) for s in subjects(plan.study)]
    return per_network(
        plan,
        lambda subject, network: instance(
            plan,
            subject,
            "regulation.cssi",
            "cellglass.regulation.states.tasks:cssi_result",
            label={"network": network["name"]},
            params=network_settings(plan, network),
        ),
        models_only=FIXED,
    )


def cssi_result(
    context: TaskContext,
    *,
    subject: Mapping[str, Any],
    statistics: Mapping[str, Any],
    min_targets: int,
    network: Mapping[str, Any],
) -> None:
    """Judge stratified edges against a network, beside shuffled strata."""
    held = load_edges(context, subject)
    result = judge_cssi(
        held, open_network(network), network["name"], min_targets,
        StatisticsConfig(**statistics), context.seed, min_cells=MIN_STRATUM_CELLS,
    )  # fmt: skip
    result.write(context.output)
