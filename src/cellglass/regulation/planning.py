"""How regulation analyses list their tasks: subjects, networks, and what each of them reads."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from cellglass.data.screens.accessions import PUBLIC_SCREENS, SCPERTURB
from cellglass.errors import NetworkError
from cellglass.models.capture import capture_tasks, read_genes
from cellglass.models.context_capture import context_name, context_tasks
from cellglass.models.datasets import CELLS, edges_name, genes_name
from cellglass.models.inputs import model_params, network_params
from cellglass.models.networks import held_network
from cellglass.models.screens import dataset_of
from cellglass.models.tables import PERTURBED
from cellglass.models.transformer_only import no_attention
from cellglass.runs.pipeline import SUMMARY
from cellglass.runs.registry import Instance, Plan, Unmet
from cellglass.runs.sections import ModelConfig, NetworkConfig, ScreenConfig, TableConfig
from cellglass.runs.study import Study
from cellglass.runs.tasks import Task

Kind = Literal["model", "table"]
FIXED = "the scores of a table are the same whatever the cells"
NO_VALUES = "an edge table has no context vectors"


@dataclass(frozen=True)
class Subject:
    """What is judged: the attention of a model, or the scores of an edge table.

    Parameters
    ----------
    name
        As the report calls it.
    kind
        Which of the two.
    config
        Its entry in the study.
    """

    name: str
    kind: Kind
    config: ModelConfig | TableConfig

    @property
    def without_edges(self) -> Unmet | None:
        """Why it has no edges to judge; None where it has."""
        why = no_attention(self.config) if isinstance(self.config, ModelConfig) else ""
        return Unmet(why, applicable=False) if why else None

    @property
    def label(self) -> dict[str, str]:
        """Label of its instances and tag of its findings."""
        return label_of(self.name, self.kind)

    @property
    def noun(self) -> str:
        """Start of sentences about the subject."""
        return noun_of(self.name, self.kind)

    def params(self, dataset: str) -> dict[str, Any]:
        """What a task needs to load its edges in a data set."""
        model = model_params(self.config) if isinstance(self.config, ModelConfig) else None
        return {"name": self.name, "kind": self.kind, "dataset": dataset, "model": model}


def label_of(name: str, kind: Kind) -> dict[str, str]:
    """Label of results of a subject, and tag of its findings."""
    return {"model" if kind == "model" else "edges": name}


def noun_of(name: str, kind: Kind) -> str:
    """Start of sentences about a subject."""
    return f"Attention of {name}" if kind == "model" else f"The score '{name}'"


def subjects(study: Study) -> list[Subject]:
    """Models, then edge tables."""
    return [
        *(Subject(m.label, "model", m) for m in study.models),
        *(Subject(t.label, "table", t) for t in study.tables),
    ]


def edge_inputs(
    plan: Plan, subject: Subject, dataset: str = CELLS, *, untrained: bool
) -> tuple[list[Task], tuple[str, ...]]:
    """Tasks that bring a subject's edges in a data set, and the names that a task then reads."""
    genes = genes_name(subject.name, dataset)
    if not isinstance(subject.config, ModelConfig):
        return [], (dataset, genes)
    tasks = capture_tasks(plan, subject.config, dataset)
    names: tuple[str, ...] = (dataset, genes, edges_name(subject.name, dataset))
    if untrained:
        tasks += capture_tasks(plan, subject.config, dataset, untrained=True)
        names = (*names, edges_name(subject.name, dataset, untrained=True))
    return tasks, names


def contexts_of(plan: Plan, subject: Subject, dataset: str = CELLS) -> tuple[list[Task], list[str]]:
    """Tasks that capture a model's context vectors in a data set, and the names to read.

    Parameters
    ----------
    plan, subject
        The study, and the model.
    dataset
        Cells that are passed through it.

    Returns
    -------
    list of Task, list of str
        Of the model; of its untrained copy as well where the study has one.
    """
    if not isinstance(subject.config, ModelConfig):
        raise TypeError(f"{subject.name} is an edge table")
    tasks = context_tasks(plan, subject.config, dataset)
    names = [context_name(subject.name, dataset)]
    if plan.study.edges.untrained:
        tasks += context_tasks(plan, subject.config, dataset, untrained=True)
        names.append(context_name(subject.name, dataset, untrained=True))
    return tasks, names


def instance(
    plan: Plan,
    subject: Subject,
    analysis: str,
    function: str,
    *,
    dataset: str = CELLS,
    untrained: bool = False,
    label: Mapping[str, str] | None = None,
    params: Mapping[str, Any] | None = None,
    inputs: Sequence[str] = (),
    tasks: Sequence[Task] = (),
) -> Instance:
    """One run of an analysis on one subject.

    Parameters
    ----------
    plan, subject
        The study, and what is judged.
    analysis
        Name of the analysis; with the label it names the task.
    function
        ``"package.module:function"``; it gets ``subject`` and `params`.
    dataset, untrained
        Cells whose edges are read, and whether those of the untrained copy are read as well.
    label
        What distinguishes the instance beside the subject, such as the network.
    params, inputs, tasks
        Further parameters, names of tasks that are read, and those tasks.
    """
    more, names = edge_inputs(plan, subject, dataset, untrained=untrained)
    whole = {**subject.label, **(label or {})}
    result = Task(
        "/".join([analysis, *whole.values()]),
        function,
        {"subject": subject.params(dataset), **(params or {})},
        tuple(dict.fromkeys((*names, *inputs))),
    )
    return Instance(whole, result.name, (*more, *tasks, result))


def per_subject(
    plan: Plan,
    make: Callable[[Subject], Instance],
    *,
    models_only: str = "",
) -> list[Instance]:
    """One instance a subject.

    Parameters
    ----------
    plan
        The study.
    make
        Makes the instance of a subject.
    models_only
        Why the analysis makes no sense for an edge table; empty where it does.
    """
    found = []
    for subject in subjects(plan.study):
        unmet = _inapplicable(subject, models_only)
        found.append(Instance(subject.label, unmet=unmet) if unmet else make(subject))
    return found


def _inapplicable(subject: Subject, models_only: str) -> Unmet | None:
    """Why an analysis makes no sense for a subject; None where it does."""
    if models_only and subject.kind == "table":
        return Unmet(models_only, applicable=False)
    return subject.without_edges


def per_network(
    plan: Plan,
    make: Callable[[Subject, dict[str, Any]], Instance],
    *,
    models_only: str = "",
) -> list[Instance]:
    """One instance a subject and reference network; networks that lack say how to get them.

    Parameters
    ----------
    plan
        The study.
    make
        Makes the instance of a subject and the parameters of a network.
    models_only
        See `per_subject`.
    """
    if not plan.study.networks:
        unmet = Unmet(
            "no reference network is given",
            "cellglass data fetch trrust, then networks: [trrust] in study.yaml",
        )
        return [Instance(s.label, unmet=s.without_edges or unmet) for s in subjects(plan.study)]
    at_hand = {n["name"]: n for n in network_params(plan.study)}
    found = []
    for subject in subjects(plan.study):
        for network in plan.study.networks:
            label = {**subject.label, "network": network.label}
            if never := _inapplicable(subject, models_only):
                found.append(Instance(label, unmet=never))
            elif network.label not in at_hand:
                found.append(Instance(label, unmet=not_fetched(network)))
            elif why := _no_regulator(plan, subject, at_hand[network.label]):
                found.append(Instance(label, unmet=Unmet(why, applicable=False)))
            else:
                found.append(make(subject, at_hand[network.label]))
    return found


def _no_regulator(plan: Plan, subject: Subject, network: Mapping[str, Any]) -> str:
    """Why a subject cannot be judged by a network; empty where it can.

    An edge table may score genes that are perturbed in a screen and no regulator of the network,
    and of several networks one may hold none of a model's genes.
    """
    prepared = plan.prepared.get(genes_name(subject.name))
    if prepared is None:
        return ""
    genes = read_genes(prepared)
    rows = set(genes.loc[genes["row"], "gene"].astype(str))
    try:
        held_network(network["source"], network["options"]).universe(
            list(genes["gene"].astype(str)), regulators=rows,
            min_targets=plan.study.genes.min_targets,
        )  # fmt: skip
    except NetworkError as error:
        return error.found
    return ""


def not_fetched(network: NetworkConfig) -> Unmet:
    """A network of the catalogue that was not fetched yet."""
    return Unmet(
        f"the network {network.label} is not at hand", f"cellglass data fetch {network.source}"
    )


def settings(plan: Plan) -> dict[str, Any]:
    """Parameters that most analyses take: the section ``statistics``."""
    return {"statistics": plan.study.statistics.model_dump()}


def network_settings(plan: Plan, network: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters of an analysis of one reference network."""
    return {
        **settings(plan),
        "min_targets": plan.study.genes.min_targets,
        "network": dict(network),
    }


def per_screen(
    plan: Plan,
    make: Callable[[Subject, ScreenConfig, str], Instance],
    *,
    models_only: str = "",
) -> list[Instance]:
    """One instance a subject and screen; without a screen, where to get those of the paper.

    Parameters
    ----------
    plan
        The study.
    make
        Makes the instance of a subject, a screen and the data set whose cells are read.
    models_only
        See `per_subject`.
    """
    if not plan.study.screens:
        return [
            Instance(s.label, unmet=_inapplicable(s, models_only) or no_screen())
            for s in subjects(plan.study)
        ]
    found = []
    for subject in subjects(plan.study):
        for screen in plan.study.screens:
            label = {**subject.label, "screen": screen.label}
            dataset = dataset_of(plan.study, screen)
            if never := _inapplicable(subject, models_only):
                found.append(Instance(label, unmet=never))
            elif why := _not_scored(plan, subject, screen, dataset):
                found.append(Instance(label, unmet=Unmet(why, applicable=False)))
            else:
                found.append(make(subject, screen, dataset))
    return found


def no_screen() -> Unmet:
    """No screen is given: the accessions of those that the paper used."""
    files = "; ".join(f"{s.name}: {s.file}, {s.accession}" for s in PUBLIC_SCREENS.values())
    return Unmet(
        "no perturbation screen is given",
        f"get one, for example of scPerturb (doi:{SCPERTURB}; {files}), then screens: [FILE] in "
        "study.yaml",
    )


def _not_scored(plan: Plan, subject: Subject, screen: ScreenConfig, dataset: str) -> str:
    """Why a subject has no score of any perturbed gene of a screen; empty where it has some."""
    prepared = plan.prepared.get(genes_name(subject.name, dataset))
    if prepared is None:  # planned before anything is prepared, as for a list of analyses
        return ""
    noted = json.loads((prepared / SUMMARY).read_text())
    if noted.get("unmet"):
        return f"{noted['unmet']} in the controls of {screen.label}"
    if subject.kind == "table":
        if not (prepared / PERTURBED).is_dir():
            return f"no perturbed gene of {screen.label} is a source in the table"
    elif dataset != CELLS and noted["regulators"] == 0:
        return f"of {screen.label}, {noted['note'].removeprefix('rows are ')}"
    return ""
