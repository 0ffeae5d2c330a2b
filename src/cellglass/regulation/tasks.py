"""The regulation analyses as tasks of a study."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cellglass.models.capture import capture_tasks, edges_name
from cellglass.models.inputs import CELLS, model_params, network_params
from cellglass.runs.registry import Instance, Plan, Unmet
from cellglass.runs.sections import ModelConfig, NetworkConfig, StatisticsConfig
from cellglass.runs.tasks import Task, TaskContext

from .coexpression_analysis import judge_coexpression
from .networks.recovery_analysis import judge_recovery
from .reliability_analysis import judge_reliability
from .states.cssi_analysis import judge_cssi
from .study_edges import load_edges, open_network

MIN_STRATUM_CELLS = 20


def plan_recovery(plan: Plan) -> list[Instance]:
    """One instance a model and network."""
    return _per_network(plan, "recovery", untrained=plan.study.edges.untrained)


def plan_cssi(plan: Plan) -> list[Instance]:
    """One instance a model and network; needs strata."""
    if plan.study.cells.strata is None:
        return [
            Instance(
                {"model": m.label},
                unmet=Unmet("no column with strata was given", "set cells.strata in study.yaml"),
            )
            for m in plan.study.models
        ]
    return _per_network(plan, "cssi", untrained=False)


def plan_reliability(plan: Plan) -> list[Instance]:
    """One instance a model."""
    return [_per_model(plan, model, "reliability") for model in plan.study.models]


def plan_coexpression(plan: Plan) -> list[Instance]:
    """One instance a model."""
    return [_per_model(plan, model, "coexpression") for model in plan.study.models]


def _per_model(plan: Plan, model: ModelConfig, what: str) -> Instance:
    untrained = plan.study.edges.untrained
    tasks, names = _captures(plan, model, untrained)
    result = Task(
        f"regulation.{what}/{model.label}",
        f"cellglass.regulation.tasks:{what}_result",
        _params(plan, model),
        (CELLS, *names),
    )
    return Instance({"model": model.label}, result.name, (*tasks, result))


def _per_network(plan: Plan, what: str, *, untrained: bool) -> list[Instance]:
    if not plan.study.networks:
        unmet = Unmet(
            "no reference network is given",
            "cellglass data fetch trrust, then networks: [trrust] in study.yaml",
        )
        return [Instance({"model": m.label}, unmet=unmet) for m in plan.study.models]
    at_hand = {n["name"]: n for n in network_params(plan.study)}
    instances = []
    for model in plan.study.models:
        for network in plan.study.networks:
            label = {"model": model.label, "network": network.label}
            if network.label not in at_hand:
                instances.append(Instance(label, unmet=_not_fetched(network)))
                continue
            tasks, names = _captures(plan, model, untrained)
            result = Task(
                f"regulation.{what}/{model.label}/{network.label}",
                f"cellglass.regulation.tasks:{what}_result",
                {**_params(plan, model), "network": at_hand[network.label]},
                (CELLS, *names),
            )
            instances.append(Instance(label, result.name, (*tasks, result)))
    return instances


def _not_fetched(network: NetworkConfig) -> Unmet:
    return Unmet(
        f"the network {network.label} is not at hand", f"cellglass data fetch {network.source}"
    )


def _captures(
    plan: Plan, model: ModelConfig, untrained: bool
) -> tuple[list[Task], tuple[str, ...]]:
    tasks = capture_tasks(plan, model)
    names: tuple[str, ...] = (edges_name(model),)
    if untrained:
        tasks += capture_tasks(plan, model, untrained=True)
        names = (*names, edges_name(model, untrained=True))
    return tasks, names


def _params(plan: Plan, model: ModelConfig) -> dict[str, Any]:
    return {
        "model": model_params(model),
        "statistics": plan.study.statistics.model_dump(),
        "min_targets": plan.study.genes.min_targets,
    }


def recovery_result(
    context: TaskContext,
    *,
    model: Mapping[str, Any],
    statistics: Mapping[str, Any],
    min_targets: int,
    network: Mapping[str, Any],
) -> None:
    """Judge a model's edges against a network."""
    held = load_edges(context, model)
    result = judge_recovery(
        held, open_network(network), network["name"], model["name"], min_targets,
        StatisticsConfig(**statistics), context.seed,
    )  # fmt: skip
    result.write(context.output)


def cssi_result(
    context: TaskContext,
    *,
    model: Mapping[str, Any],
    statistics: Mapping[str, Any],
    min_targets: int,
    network: Mapping[str, Any],
) -> None:
    """Judge stratified edges against a network, beside shuffled strata."""
    held = load_edges(context, model, untrained=False)
    result = judge_cssi(
        held, open_network(network), network["name"], model["name"], min_targets,
        StatisticsConfig(**statistics), context.seed, min_cells=MIN_STRATUM_CELLS,
    )  # fmt: skip
    result.write(context.output)


def reliability_result(
    context: TaskContext,
    *,
    model: Mapping[str, Any],
    statistics: Mapping[str, Any],
    min_targets: int,
) -> None:
    """Judge how reproducible a model's edges are over replicate blocks."""
    held = load_edges(context, model)
    settings = StatisticsConfig(**statistics)
    judge_reliability(held, model["name"], settings, context.seed).write(context.output)


def coexpression_result(
    context: TaskContext,
    *,
    model: Mapping[str, Any],
    statistics: Mapping[str, Any],
    min_targets: int,
) -> None:
    """Judge whether a model's edges know co-expression in other cells."""
    held = load_edges(context, model)
    settings = StatisticsConfig(**statistics)
    judge_coexpression(held, model["name"], settings, context.seed).write(context.output)
