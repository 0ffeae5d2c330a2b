"""Analyses of the study of geometry, and their instances in a run."""

from __future__ import annotations

from itertools import combinations
from typing import Any

from cellglass.models.inputs import network_params
from cellglass.runs.registry import Analysis, Instance, Plan, Unmet
from cellglass.runs.tasks import Task

from .states.collect import ALL
from .study.names import scores_name, states_name
from .study.planning import HERE, NOT_ASKED, SubjectPlan, asked, per_subject, subjects

NO_NETWORK = Unmet(
    "no reference network is at hand", "cellglass data fetch trrust, or networks: [FILE]"
)
ALIGNMENT = "geometry.alignment"


def _label(subject: SubjectPlan, domain: str, **more: str) -> dict[str, str]:
    """What distinguishes an instance; the domain only where there are several."""
    return {"model": subject.label, **more, **({} if domain == ALL else {"domain": domain})}


def _shape(subject: SubjectPlan) -> list[Instance]:
    tasks, names = subject.both_states()
    return [
        subject.result(
            "geometry.shape", "shape_analysis:judge", tasks, _label(subject, domain),
            {"states": names, "domain": domain},
        )
        for domain in subject.domains
    ]  # fmt: skip


def _homology(subject: SubjectPlan) -> list[Instance]:
    tasks, names = subject.both_states()
    return [
        subject.result(
            "geometry.homology", "homology_analysis:judge", tasks, _label(subject, domain),
            {"states": names, "domain": domain, "homology": subject.config.homology.model_dump()},
        )
        for domain in subject.domains
    ]  # fmt: skip


def scoring(
    subject: SubjectPlan, domain: str, *, untrained: bool = True
) -> tuple[list[Task], dict[str, str | None]]:
    """Tasks that score pairs in a domain, and their names by variant."""
    both = untrained and subject.has_copy
    config = subject.config
    params = {
        "domain": domain,
        "column": config.domain,
        "networks": network_params(subject.plan.study),
        "components": config.components,
        "neighbours": config.neighbours,
        "most_neighbours": config.most_neighbours,
    }
    tasks: list[Task] = []
    names: dict[str, str | None] = {"untrained": None}
    for copy in (False, True) if both else (False,):
        states = states_name(subject.label, untrained=copy)
        name = scores_name(subject.label, domain, untrained=copy)
        tasks += subject.states(untrained=copy)
        tasks.append(
            Task(name, f"{HERE}.pair_scores:score_pairs", {"states": states, **params},
                 ("cells", states))
        )  # fmt: skip
        names["untrained" if copy else "scores"] = name
    return tasks, names


def _against_networks(analysis: str, function: str) -> Any:
    """Maker of one instance a network and domain."""

    def make(subject: SubjectPlan) -> list[Instance] | Unmet:
        study = subject.plan.study
        networks = network_params(study)
        if not networks:
            return NO_NETWORK
        found = []
        for network in networks:
            for domain in subject.domains:
                tasks, names = scoring(subject, domain)
                params = {**names, "network": network, "min_targets": study.genes.min_targets}
                label = _label(subject, domain, network=network["name"])
                found.append(subject.result(analysis, function, tasks, label, params))
        return found

    return make


def _artefacts(subject: SubjectPlan) -> list[Instance] | Unmet:
    study = subject.plan.study
    networks = network_params(study)
    if not networks:
        return NO_NETWORK
    found = []
    for network in networks:
        for domain in subject.domains:
            tasks, names = scoring(subject, domain, untrained=False)
            params = {
                "states": states_name(subject.label), "scores": names["scores"],
                "domain": domain, "column": subject.config.domain, "network": network,
                "min_targets": study.genes.min_targets,
            }  # fmt: skip
            label = _label(subject, domain, network=network["name"])
            found.append(
                subject.result(
                    "geometry.artefacts", "artefacts_analysis:judge", tasks, label, params
                )
            )
    return found


def plan_alignment(plan: Plan) -> list[Instance]:
    """One instance a pair of models or clouds and domain."""
    every = subjects(plan)
    if not asked(plan):
        return [Instance({"model": s.label}, unmet=NOT_ASKED) for s, _ in every]
    able = [s for s, why in every if not why]
    found = [
        Instance({"model": s.label}, unmet=Unmet(why, applicable=False)) for s, why in every if why
    ]
    if len(able) == 1:
        alone = Unmet("there is one model only", "name a second one under models", applicable=False)
        found.append(Instance({"model": able[0].label}, unmet=alone))
    for first, second in combinations(able, 2):
        names = first.label, second.label
        one, other = SubjectPlan(plan, first), SubjectPlan(plan, second)
        tasks = [*one.states(), *other.states()]
        shared = one.domains if len(one.domains) >= len(other.domains) else other.domains
        for domain in shared:
            label = {"model": f"{names[0]}+{names[1]}"}
            label |= {} if domain == ALL else {"domain": domain}
            params = {
                "states": tuple(states_name(n) for n in names), "models": names,
                "domain": domain, "column": one.config.domain,
                "alignment": one.config.alignment.model_dump(),
            }  # fmt: skip
            found.append(one.result(ALIGNMENT, "alignment_analysis:judge", tasks, label, params))
    return found


ANALYSES = [
    Analysis(
        "geometry.distances",
        "Distances in gene space",
        "Do distances in gene space know regulation, each beyond the simpler one?",
        "Kendiukhov 2026 (H13, H25, H70), with the baselines that were not run",
        "a transformer or a table of gene embeddings, and a reference network",
        per_subject(
            "geometry.distances",
            _against_networks("geometry.distances", "distances_analysis:judge"),
        ),
        "distances in gene space know regulation beyond single genes",
        step="increment",
    ),
    Analysis(
        "geometry.communities",
        "Communities of gene space",
        "Are regulators in one community with their targets?",
        "Kendiukhov 2026 (H16), weighted by similarity",
        "a transformer or a table of gene embeddings, and a reference network",
        per_subject(
            "geometry.communities",
            _against_networks("geometry.communities", "communities_analysis:judge"),
        ),
        "communities of gene space hold regulators with their targets beyond single genes",
        step="increment",
    ),
    Analysis(
        "geometry.homology",
        "Loops in gene space",
        "Does gene space hold loops that clouds of the same spread do not?",
        "Kendiukhov 2026 (H01, H03, H05), with nulls of the same covariance and radii",
        "a transformer or a table of gene embeddings",
        per_subject("geometry.homology", _homology),
        "gene space holds loops that clouds of the same spread do not",
        step="null",
    ),
    Analysis(
        ALIGNMENT,
        "Alignment of two models",
        "Is gene space shared between models, in shape and gene by gene?",
        "Kendiukhov 2026 (H20, H24, H27), on genes held out",
        "two transformers, or tables of gene embeddings",
        plan_alignment,
        "two models put each gene in the same place",
        step="generalisation",
    ),
    Analysis(
        "geometry.shape",
        "Shape of gene space",
        "How many dimensions does gene space fill, and how noisy are gene states?",
        "cellglass: section 2.8 of the specification of geometry",
        "a transformer or a table of gene embeddings",
        per_subject("geometry.shape", _shape),
        step="description",
    ),
    Analysis(
        "geometry.artefacts",
        "What published recipes would have said",
        "What would the recipes of the published screen say of this model, and what catches them?",
        "cellglass: section 0 of the specification of geometry; Kendiukhov 2026",
        "a transformer or a table of gene embeddings, and a reference network",
        per_subject("geometry.artefacts", _artefacts),
        step="description",
    ),
]
