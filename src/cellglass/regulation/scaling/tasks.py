"""Scaling, several models, mapping and dedicated methods as tasks of a study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from cellglass.models.datasets import CELLS
from cellglass.models.inputs import network_params
from cellglass.regulation.planning import (
    FIXED,
    Subject,
    edge_inputs,
    instance,
    network_settings,
    not_fetched,
    per_network,
    subjects,
)
from cellglass.regulation.study_edges import load_edges, open_network
from cellglass.runs.registry import Instance, Plan, Unmet
from cellglass.runs.sections import StatisticsConfig
from cellglass.runs.tasks import Task, TaskContext

from .grn_design import grn_design, read_scores, run_method, write_scores
from .grn_scores import METHODS, Method
from .mapping_analysis import judge_mapping
from .methods_analysis import judge_methods
from .models_analysis import judge_models
from .scaling_analysis import judge_scaling

HERE = "cellglass.regulation.scaling.tasks"
NO_NETWORK = Unmet(
    "no reference network is given",
    "cellglass data fetch trrust, then networks: [trrust] in study.yaml",
)


def plan_scaling(plan: Plan) -> list[Instance]:
    """One instance a model and network."""
    return per_network(
        plan,
        lambda subject, network: instance(
            plan,
            subject,
            "regulation.scaling",
            f"{HERE}:scaling_result",
            label={"network": network["name"]},
            params=network_settings(plan, network),
        ),
        models_only=FIXED,
    )


def plan_mapping(plan: Plan) -> list[Instance]:
    """One instance a subject and network."""
    return per_network(
        plan,
        lambda subject, network: instance(
            plan,
            subject,
            "regulation.mapping",
            f"{HERE}:mapping_result",
            untrained=plan.study.edges.untrained,
            label={"network": network["name"]},
            params=network_settings(plan, network),
        ),
    )


def plan_methods(plan: Plan) -> list[Instance]:
    """One instance a subject and network; dedicated methods run once a subject."""
    return per_network(plan, lambda subject, network: _methods(plan, subject, network))


def _methods(plan: Plan, subject: Subject, network: dict[str, Any]) -> Instance:
    tasks = grn_tasks(plan, subject)
    names = dict(zip(METHODS, (t.name for t in tasks), strict=True))
    common = {"networks": network_params(plan.study), "methods": names}
    return instance(
        plan,
        subject,
        "regulation.methods",
        f"{HERE}:methods_result",
        label={"network": network["name"]},
        params={**network_settings(plan, network), **common},
        inputs=tuple(names.values()),
        tasks=tasks,
    )


def grn_tasks(plan: Plan, subject: Subject) -> list[Task]:
    """Dedicated methods on the cells and genes of a subject, one task each."""
    _, inputs = edge_inputs(plan, subject, untrained=False)
    return [
        Task(
            f"grn/{subject.name}/{method.replace(' ', '-')}",
            f"{HERE}:grn_result",
            {
                "subject": subject.params(CELLS),
                "method": method,
                "networks": network_params(plan.study),
                "min_targets": plan.study.genes.min_targets,
            },
            inputs,
        )
        for method in METHODS
    ]


def plan_models(plan: Plan) -> list[Instance]:
    """One instance a network: all subjects together."""
    if not plan.study.networks:
        return [Instance({"network": "none"}, unmet=NO_NETWORK)]
    at_hand = {n["name"]: n for n in network_params(plan.study)}
    found = []
    for network in plan.study.networks:
        label = {"network": network.label}
        if network.label in at_hand:
            found.append(_models(plan, label, at_hand[network.label]))
        else:
            found.append(Instance(label, unmet=not_fetched(network)))
    return found


def _models(plan: Plan, label: dict[str, str], network: dict[str, Any]) -> Instance:
    tasks: list[Task] = []
    names: list[str] = []
    everyone = [s for s in subjects(plan.study) if not s.without_edges]
    if not everyone:
        return Instance(label, unmet=Unmet("no model of the study has attention", applicable=False))
    for subject in everyone:
        more, inputs = edge_inputs(plan, subject, untrained=plan.study.edges.untrained)
        tasks += more
        names += inputs
    result = Task(
        f"regulation.models/{label['network']}",
        f"{HERE}:models_result",
        {
            "subjects": [s.params(CELLS) for s in everyone],
            **network_settings(plan, network),
        },
        tuple(dict.fromkeys(names)),
    )
    return Instance(label, result.name, (*tasks, result))


def scaling_result(
    context: TaskContext,
    *,
    subject: Mapping[str, Any],
    statistics: Mapping[str, Any],
    min_targets: int,
    network: Mapping[str, Any],
) -> None:
    """Judge a model's edges at growing numbers of cells."""
    judge_scaling(
        load_edges(context, subject), open_network(network), network["name"], min_targets,
        StatisticsConfig(**statistics), context.seed,
    ).write(context.output)  # fmt: skip


def mapping_result(
    context: TaskContext,
    *,
    subject: Mapping[str, Any],
    statistics: Mapping[str, Any],
    min_targets: int,
    network: Mapping[str, Any],
) -> None:
    """Hold a subject's edges against co-expression and a network."""
    judge_mapping(
        load_edges(context, subject), open_network(network), network["name"], min_targets,
        StatisticsConfig(**statistics), context.seed,
    ).write(context.output)  # fmt: skip


def models_result(
    context: TaskContext,
    *,
    subjects: Sequence[Mapping[str, Any]],
    statistics: Mapping[str, Any],
    min_targets: int,
    network: Mapping[str, Any],
) -> None:
    """Hold all subjects against each other."""
    judge_models(
        [load_edges(context, s) for s in subjects], open_network(network), network["name"],
        min_targets, StatisticsConfig(**statistics), context.seed,
    ).write(context.output)  # fmt: skip


def grn_result(
    context: TaskContext,
    *,
    subject: Mapping[str, Any],
    method: Method,
    networks: Sequence[Mapping[str, Any]],
    min_targets: int,
) -> None:
    """Run a dedicated method on the cells and genes of a subject."""
    held = load_edges(context, subject)
    design = grn_design(held, [open_network(n) for n in networks], min_targets, context.seed)
    scores = np.zeros((len(design.rows), len(design.columns)))
    if not design.too_small:  # else the analysis that reads it is not applicable, and says why
        scores = run_method(held, design, method, context.seed)
    write_scores(context.output, held, design, method, scores)


def methods_result(
    context: TaskContext,
    *,
    subject: Mapping[str, Any],
    statistics: Mapping[str, Any],
    min_targets: int,
    network: Mapping[str, Any],
    networks: Sequence[Mapping[str, Any]],
    methods: Mapping[str, str],
) -> None:
    """Hold a subject's edges against dedicated methods."""
    held = load_edges(context, subject)
    design = grn_design(held, [open_network(n) for n in networks], min_targets, context.seed)
    scores = read_scores({m: context.input(task) for m, task in methods.items()})
    judge_methods(
        held, open_network(network), network["name"], min_targets, design, scores,
        StatisticsConfig(**statistics), context.seed,
    ).write(context.output)  # fmt: skip
