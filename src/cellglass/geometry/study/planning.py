"""Tasks of the study of geometry, one set a model or cloud; analyses share what they read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd

from cellglass.geometry.states.collect import ALL
from cellglass.models.capture import shard_ranges
from cellglass.models.datasets import CELLS, COLUMN, genes_name
from cellglass.models.inputs import model_params, network_params
from cellglass.models.transformer_only import no_attention
from cellglass.runs.geometry_section import CloudConfig, GeometryConfig
from cellglass.runs.keys import file_digest
from cellglass.runs.registry import Instance, Plan, Unmet
from cellglass.runs.sections import ModelConfig
from cellglass.runs.tasks import Task

from .capture import NO_DOMAIN
from .names import states_name

HERE = "cellglass.geometry.study"
NOT_ASKED = Unmet("the study has no section geometry", "add the line `geometry: {}` to study.yaml")


class SubjectPlan:
    """Tasks of one model, or of one cloud that a user brings.

    Parameters
    ----------
    plan
        What may be looked at.
    subject
        Entry of the model or cloud.
    """

    def __init__(self, plan: Plan, subject: ModelConfig | CloudConfig) -> None:
        self.plan, self.subject = plan, subject
        self.config: GeometryConfig = plan.study.geometry or GeometryConfig()

    @property
    def label(self) -> str:
        """Name of the model or cloud."""
        return self.subject.label

    @property
    def has_copy(self) -> bool:
        """Whether an untrained copy stands beside it."""
        return self.config.untrained and isinstance(self.subject, ModelConfig)

    @property
    def domains(self) -> list[str]:
        """Names of the domains; those of the cells where they are prepared."""
        column = self.config.domain
        if column is None or isinstance(self.subject, CloudConfig):
            return [ALL]
        if CELLS not in self.plan.prepared:
            return [column]
        obs = pd.read_parquet(
            self.plan.prepared[CELLS] / "obs.parquet", columns=[f"{COLUMN}{column}"]
        )
        held = obs.iloc[:, 0].astype(str)
        return sorted(set(held.where(held != "", NO_DOMAIN)))

    def states(self, *, untrained: bool = False) -> list[Task]:
        """Gene states of all layers, blocks and domains."""
        if isinstance(self.subject, CloudConfig):
            params = {
                "cloud": {"path": self.subject.path, "name": self.label, "key": self.subject.key},
                "sha256": file_digest(self.subject.path),
                "min_count": self.config.min_count,
                "max_genes": self.plan.study.genes.max_genes,
                "networks": network_params(self.plan.study),
            }
            return [Task(states_name(self.label), f"{HERE}.capture:given_states", params, (CELLS,))]
        genes = genes_name(self.label)
        name = states_name(self.label, untrained=untrained)
        common = {
            "model": model_params(self.subject),
            "genes": genes,
            "layers": self.config.layers,
            "domain": self.config.domain,
            "untrained": untrained,
            "device": self.plan.study.resources.device,
            "dtype": self.plan.study.resources.dtype,
        }
        shards = [
            Task(
                f"{name}/shard-{i:04d}", f"{HERE}.capture:capture_states",
                {**common, "start": start, "stop": stop}, (CELLS, genes),
            )
            for i, (start, stop) in enumerate(shard_ranges(self.plan))
        ]  # fmt: skip
        names = [s.name for s in shards]
        done = Task(
            name, f"{HERE}.capture:sum_states",
            {"shards": names, "genes": genes, "min_count": self.config.min_count,
             "model": self.label, "untrained": untrained},
            (CELLS, genes, *names),
        )  # fmt: skip
        return [*shards, done]

    def both_states(self) -> tuple[list[Task], dict[str, str]]:
        """States of the model and of its untrained copy: tasks, and their names by variant."""
        tasks, names = self.states(), {"": states_name(self.label)}
        if self.has_copy:
            tasks += self.states(untrained=True)
            names["untrained"] = states_name(self.label, untrained=True)
        return tasks, names

    def result(
        self,
        analysis: str,
        function: str,
        tasks: Sequence[Task],
        label: Mapping[str, str],
        params: Mapping[str, Any],
        *,
        reads: Sequence[str] = (),
    ) -> Instance:
        """The instance of an analysis.

        Parameters
        ----------
        analysis
            Name of the analysis.
        function
            ``"module:function"`` within this package.
        tasks
            What it stands on.
        label
            What distinguishes the instance.
        params
            Of the function.
        reads
            Names of further results that it reads.
        """
        read = [t.name for t in tasks if "/shard-" not in t.name]
        task = Task(
            f"{analysis}/{'/'.join(label.values())}",
            f"{HERE}.{function}",
            {
                "label": dict(label),
                "statistics": self.plan.study.statistics.model_dump(),
                **params,
            },
            tuple(dict.fromkeys((CELLS, *read, *reads))),
        )
        return Instance(dict(label), task.name, (*tasks, task))


def subjects(plan: Plan) -> list[tuple[ModelConfig | CloudConfig, str]]:
    """Models and clouds of a study, each with why geometry does not apply to it, if so."""
    config = plan.study.geometry
    found: list[tuple[ModelConfig | CloudConfig, str]] = []
    for model in plan.study.models:
        why = no_attention(model)
        found.append((model, why and f"{why}, and with it no states of genes"))
    found += [(c, "") for c in (config.clouds if config is not None else ())]
    return found


def asked(plan: Plan) -> bool:
    """Whether a study asks for geometry: by its section, or by naming analyses."""
    return plan.study.geometry is not None or plan.study.analyses != "all"


def per_subject(
    analysis: str, make: Callable[[SubjectPlan], list[Instance] | Unmet]
) -> Callable[[Plan], list[Instance]]:
    """Plan function of an analysis: the instances of each model and cloud.

    Parameters
    ----------
    analysis
        Its name.
    make
        Makes the instances of a subject, or says why there are none.
    """

    def plan(plan: Plan) -> list[Instance]:
        found: list[Instance] = []
        for subject, why in subjects(plan):
            made: list[Instance] | Unmet = NOT_ASKED
            if asked(plan):
                made = Unmet(why, applicable=False) if why else make(SubjectPlan(plan, subject))
            if isinstance(made, Unmet):
                made = [Instance({"model": subject.label}, unmet=made)]
            found += made
        return found

    plan.__name__ = f"plan_{analysis.partition('.')[2]}"
    return plan
