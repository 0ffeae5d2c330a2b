"""Analyses of reference networks as tasks of a study."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cellglass.models.inputs import network_params
from cellglass.regulation.planning import Subject, instance, network_settings, per_network
from cellglass.regulation.study_edges import load_edges, open_network
from cellglass.runs.registry import Instance, Plan
from cellglass.runs.result import AnalysisResult
from cellglass.runs.sections import StatisticsConfig
from cellglass.runs.tasks import TaskContext

from .circularity_analysis import judge_circularity
from .degree_analysis import judge_degree
from .matched_analysis import judge_matched_negatives
from .per_regulator_analysis import judge_per_regulator
from .products_analysis import judge_products
from .recovery_analysis import judge_recovery
from .residual_analysis import judge_residual

Judge = Callable[..., AnalysisResult]

JUDGES: dict[str, Judge] = {
    "recovery": judge_recovery,
    "products": judge_products,
    "matched_negatives": judge_matched_negatives,
    "residual": judge_residual,
    "degree": judge_degree,
}
"""Judges that take one network and the least number of targets."""


def plan_network(what: str) -> Callable[[Plan], Sequence[Instance]]:
    """Plan of an analysis that has one instance a subject and network.

    Parameters
    ----------
    what
        Name of the analysis after ``"regulation."``; its task is ``network_result`` for a name in
        `JUDGES`, and a function of its own else.
    """
    function = "network_result" if what in JUDGES else f"{what}_result"

    def plan(study_plan: Plan) -> list[Instance]:
        def make(subject: Subject, network: dict[str, Any]) -> Instance:
            return instance(
                study_plan,
                subject,
                f"regulation.{what}",
                f"cellglass.regulation.networks.tasks:{function}",
                untrained=study_plan.study.edges.untrained,
                label={"network": network["name"]},
                params=_params(study_plan, network, what),
            )

        return per_network(study_plan, make)

    return plan


def _params(plan: Plan, network: Mapping[str, Any], what: str) -> dict[str, Any]:
    params = network_settings(plan, network)
    if what in JUDGES:
        return {**params, "judge": what}
    if what == "circularity":
        return {**params, "networks": network_params(plan.study)}
    params.pop("min_targets")  # regulators with few targets are in, and counted apart
    return params


def network_result(
    context: TaskContext,
    *,
    subject: Mapping[str, Any],
    statistics: Mapping[str, Any],
    min_targets: int,
    network: Mapping[str, Any],
    judge: str,
) -> None:
    """Judge a subject's edges against a network."""
    held = load_edges(context, subject)
    result = JUDGES[judge](
        held, open_network(network), network["name"], min_targets,
        StatisticsConfig(**statistics), context.seed,
    )  # fmt: skip
    result.write(context.output)


def per_regulator_result(
    context: TaskContext,
    *,
    subject: Mapping[str, Any],
    statistics: Mapping[str, Any],
    network: Mapping[str, Any],
) -> None:
    """Judge a subject's edges regulator by regulator; those with few targets are in."""
    held = load_edges(context, subject)
    result = judge_per_regulator(
        held, open_network(network), network["name"], StatisticsConfig(**statistics), context.seed
    )
    result.write(context.output)


def circularity_result(
    context: TaskContext,
    *,
    subject: Mapping[str, Any],
    statistics: Mapping[str, Any],
    min_targets: int,
    network: Mapping[str, Any],
    networks: Sequence[Mapping[str, Any]],
) -> None:
    """Judge a subject's edges on parts of a network, beside all networks of the study."""
    held = load_edges(context, subject)
    result = judge_circularity(
        held, {n["name"]: open_network(n) for n in networks}, network["name"], min_targets,
        StatisticsConfig(**statistics), context.seed,
    )  # fmt: skip
    result.write(context.output)
