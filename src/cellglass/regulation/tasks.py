"""Analyses of the edges themselves as tasks of a study: reliability, co-expression."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cellglass.runs.registry import Instance, Plan
from cellglass.runs.sections import StatisticsConfig
from cellglass.runs.tasks import TaskContext

from .coexpression_analysis import judge_coexpression
from .planning import FIXED, Subject, instance, per_subject, settings
from .reliability_analysis import judge_reliability
from .study_edges import load_edges


def plan_reliability(plan: Plan) -> list[Instance]:
    """One instance a model."""
    return per_subject(plan, lambda s: _of_cells(plan, s, "reliability"), models_only=FIXED)


def plan_coexpression(plan: Plan) -> list[Instance]:
    """One instance a model."""
    return per_subject(plan, lambda s: _of_cells(plan, s, "coexpression"), models_only=FIXED)


def _of_cells(plan: Plan, subject: Subject, what: str) -> Instance:
    return instance(
        plan,
        subject,
        f"regulation.{what}",
        f"cellglass.regulation.tasks:{what}_result",
        untrained=plan.study.edges.untrained,
        params=settings(plan),
    )


def reliability_result(
    context: TaskContext,
    *,
    subject: Mapping[str, Any],
    statistics: Mapping[str, Any],
) -> None:
    """Judge how reproducible a model's edges are over replicate blocks."""
    held = load_edges(context, subject)
    judge_reliability(held, StatisticsConfig(**statistics), context.seed).write(context.output)


def coexpression_result(
    context: TaskContext,
    *,
    subject: Mapping[str, Any],
    statistics: Mapping[str, Any],
) -> None:
    """Judge whether a model's edges know co-expression in other cells."""
    held = load_edges(context, subject)
    judge_coexpression(held, StatisticsConfig(**statistics), context.seed).write(context.output)
