"""Layer profiles, value-weighted edges and classes of regulators as tasks of a study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cellglass.models.context_capture import read_context_edges
from cellglass.models.gene_set_sources import gene_set_params, open_gene_sets
from cellglass.models.inputs import network_params
from cellglass.regulation.planning import (
    NO_VALUES,
    Subject,
    contexts_of,
    instance,
    network_settings,
    per_network,
    per_subject,
    settings,
)
from cellglass.regulation.responses.values_analysis import plan_values
from cellglass.regulation.study_edges import load_edges, open_network
from cellglass.runs.registry import Instance, Plan, Unmet
from cellglass.runs.sections import StatisticsConfig
from cellglass.runs.tasks import TaskContext

from .classes import MASTER_REGULATORS
from .classes_analysis import judge_classes
from .layer_profile_analysis import judge_layer_profile
from .value_edges_analysis import judge_value_edges

HERE = "cellglass.regulation.biology.tasks"
NO_LAYERS = "an edge table has no layers"
NO_REFERENCE = Unmet(
    "neither a reference network nor gene sets are at hand",
    "cellglass data fetch trrust, then networks: [trrust] and gene_sets: [...] in study.yaml",
)


def plan_layer_profile(plan: Plan) -> list[Instance]:
    """One instance a model: all references together."""
    sets, missing = gene_set_params(plan.study)
    networks = network_params(plan.study)
    known = {n["name"] for n in networks}
    missing += [
        f"Network {n.label} was not used: cellglass data fetch {n.source}."
        for n in plan.study.networks
        if n.label not in known
    ]

    def make(subject: Subject) -> Instance:
        if not sets and not networks:
            return Instance(subject.label, unmet=NO_REFERENCE)
        return instance(
            plan,
            subject,
            "regulation.layer_profile",
            f"{HERE}:layer_profile_result",
            untrained=plan.study.edges.untrained,
            params={
                **settings(plan),
                "min_targets": plan.study.genes.min_targets,
                "networks": networks,
                "gene_sets": sets,
                "missing": missing,
            },
        )

    return per_subject(plan, make, models_only=NO_LAYERS)


def plan_value_edges(plan: Plan) -> list[Instance]:
    """One instance a model and network, and one a model and screen."""
    of_networks = per_network(
        plan, lambda subject, network: _value_edges(plan, subject, network), models_only=NO_VALUES
    )
    return [*of_networks, *plan_values(plan)]


def _value_edges(plan: Plan, subject: Subject, network: dict[str, Any]) -> Instance:
    tasks, names = contexts_of(plan, subject)
    return instance(
        plan,
        subject,
        "regulation.value_edges",
        f"{HERE}:value_edges_result",
        label={"network": network["name"]},
        params={
            **network_settings(plan, network),
            "contexts": names,
            "min_count": plan.study.genes.min_pair_cells,
        },
        inputs=names,
        tasks=tasks,
    )


def plan_classes(plan: Plan) -> list[Instance]:
    """One instance a subject and network."""
    return per_network(
        plan,
        lambda subject, network: instance(
            plan,
            subject,
            "regulation.classes",
            f"{HERE}:classes_result",
            untrained=plan.study.edges.untrained,
            label={"network": network["name"]},
            params={
                **network_settings(plan, network),
                "members": plan.study.genes.master_regulators,
            },
        ),
    )


def layer_profile_result(
    context: TaskContext,
    *,
    subject: Mapping[str, Any],
    statistics: Mapping[str, Any],
    min_targets: int,
    networks: Sequence[Mapping[str, Any]],
    gene_sets: Sequence[Mapping[str, Any]],
    missing: Sequence[str],
) -> None:
    """Hold a model's layers against all references at hand."""
    sets, notes = {}, list(missing)
    for params in gene_sets:
        sets[params["name"]], told = open_gene_sets(params)
        notes += [told] if told else []
    judge_layer_profile(
        load_edges(context, subject), {n["name"]: open_network(n) for n in networks}, sets,
        min_targets, StatisticsConfig(**statistics), context.seed, notes=notes,
    ).write(context.output)  # fmt: skip


def value_edges_result(
    context: TaskContext,
    *,
    subject: Mapping[str, Any],
    statistics: Mapping[str, Any],
    min_targets: int,
    network: Mapping[str, Any],
    contexts: Sequence[str],
    min_count: int,
) -> None:
    """Hold a model's context vectors against its attention."""
    edges = [read_context_edges(context.input(name), min_count) for name in contexts]
    judge_value_edges(
        load_edges(context, subject), edges[0], edges[1] if len(edges) > 1 else None,
        open_network(network), network["name"], min_targets, StatisticsConfig(**statistics),
        context.seed,
    ).write(context.output)  # fmt: skip


def classes_result(
    context: TaskContext,
    *,
    subject: Mapping[str, Any],
    statistics: Mapping[str, Any],
    min_targets: int,
    network: Mapping[str, Any],
    members: Sequence[str] | None,
) -> None:
    """Compare a class of regulators with the others."""
    judge_classes(
        load_edges(context, subject), open_network(network), network["name"], min_targets,
        StatisticsConfig(**statistics), context.seed,
        members=MASTER_REGULATORS if members is None else members,
    ).write(context.output)  # fmt: skip
