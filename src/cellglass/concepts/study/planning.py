"""Tasks of the study of concepts, one set a model; analyses share what they read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cellglass.models.datasets import CELLS
from cellglass.models.gene_set_sources import gene_set_params
from cellglass.models.inputs import model_params
from cellglass.models.swapping_only import no_swaps
from cellglass.runs.concepts_section import ConceptsConfig
from cellglass.runs.registry import Instance, Plan, Unmet
from cellglass.runs.sections import ModelConfig
from cellglass.runs.tasks import Task

from .attribution import SHARDS
from .names import (
    Variant,
    atlas_name,
    attribution_name,
    curves_name,
    dictionary_name,
    embedding_name,
    enrichment_name,
    sanity_name,
    units_name,
)

_HERE = "cellglass.concepts.study"
NOT_ASKED = Unmet("the study has no section concepts", "add the line `concepts: {}` to study.yaml")


class ModelPlan:
    """Tasks of one model of a study.

    Parameters
    ----------
    plan
        What may be looked at.
    model
        Entry of the model.
    """

    def __init__(self, plan: Plan, model: ModelConfig) -> None:
        self.plan, self.model = plan, model
        self.config: ConceptsConfig = plan.study.concepts or ConceptsConfig()
        resources = plan.study.resources
        self.device = {"device": resources.device, "dtype": resources.dtype}
        self.options = {
            "layer": self.config.layer,
            "pooling": self.config.pooling,
            "normalise": self.config.normalise,
        }

    @property
    def label(self) -> str:
        """Name of the model."""
        return self.model.label

    @property
    def variants(self) -> tuple[Variant, ...]:
        """The model, and what it is held against where the study asks for controls."""
        return ("", "untrained", "shuffled") if self.config.controls else ("",)

    def embedding(self, variant: Variant = "") -> list[Task]:
        """Embed the cells."""
        params = {
            "model": model_params(self.model),
            "variant": variant,
            "options": self.options,
            "batch": self.plan.study.cells.batch,
            **self.device,
        }
        name = embedding_name(self.label, variant)
        return [Task(name, f"{_HERE}.cells:embed", params, (CELLS,))]

    def dictionaries(self, variant: Variant = "") -> list[Task]:
        """Train dictionaries; one seed of a control is enough."""
        embedded = embedding_name(self.label, variant)
        params = {
            "embedded": embedded,
            "dictionary": self.config.dictionary.model_dump(),
            "seeds": 1 if variant else self.config.dictionary.seeds,
            "test_share": self.config.test_share,
            "device": self.device["device"],
        }
        task = Task(
            dictionary_name(self.label, variant),
            f"{_HERE}.dictionaries:train_dictionaries", params, (embedded,),
        )  # fmt: skip
        return [*self.embedding(variant), task]

    def units(self) -> list[Task]:
        """Choose units of all kinds."""
        embedded, trained = embedding_name(self.label), dictionary_name(self.label)
        params = {
            "embedded": embedded,
            "dictionaries": trained,
            "units": self.config.units.model_dump(),
        }
        task = Task(
            units_name(self.label), f"{_HERE}.units:choose_units", params, (embedded, trained)
        )
        return [*self.dictionaries(), task]

    @property
    def held(self) -> dict[str, Any]:
        """What tasks of attribution open."""
        return {
            "model": model_params(self.model),
            "options": self.options,
            "embedded": embedding_name(self.label),
            "units": units_name(self.label),
            **self.device,
        }

    def attribution(self) -> list[Task]:
        """Attribute genes to all units, shard by shard, and put the parts together."""
        reads = (CELLS, embedding_name(self.label), units_name(self.label))
        name = attribution_name(self.label)
        plan = Task(
            f"{name}/plan", f"{_HERE}.attribution:plan_shards",
            {"attribution": self.config.attribution.model_dump(), "held": self.held}, reads,
        )  # fmt: skip
        shards = [
            Task(
                attribution_name(self.label, i),
                f"{_HERE}.attribution:run_shard",
                {"plan": plan.name, "shard": i, "held": self.held},
                (*reads, plan.name),
            )
            for i in range(SHARDS)
        ]
        names = [s.name for s in shards]
        done = Task(
            name, f"{_HERE}.gene_tables:write_gene_tables",
            {"plan": plan.name, "shards": names, "held": self.held,
             "n_decoys": self.config.units.decoys},
            (*reads, plan.name, *names),
        )  # fmt: skip
        return [*self.units(), plan, *shards, done]

    def curves(self) -> list[Task]:
        """Exchange genes cumulatively, for some units of each kind."""
        attributed = attribution_name(self.label)
        params = {
            "attributed": attributed,
            "held": self.held,
            "attribution": self.config.attribution.model_dump(),
            "n_units": self.config.attribution.curve_units,
            "n_prototypes": self.config.attribution.curve_prototypes,
        }
        reads = (CELLS, embedding_name(self.label), units_name(self.label), attributed)
        return [Task(curves_name(self.label), f"{_HERE}.curves:draw_curves", params, reads)]

    def sanity(self) -> list[Task]:
        """Attribute where scores must collapse; nothing where the study leaves that out."""
        if not self.config.attribution.sanity:
            return []
        copy = None
        before: list[Task] = []
        if "untrained" in self.variants:
            copy = {
                "embedded": embedding_name(self.label, "untrained"),
                "dictionaries": dictionary_name(self.label, "untrained"),
            }
            before = self.dictionaries("untrained")
        params = {
            "held": self.held,
            "attribution": self.config.attribution.model_dump(),
            "untrained": copy,
        }
        own = (CELLS, embedding_name(self.label), units_name(self.label))
        reads = (*own, *(copy or {}).values())
        task = Task(sanity_name(self.label), f"{_HERE}.sanity:check_sanity", params, reads)
        return [*before, task]

    def enrichment(self) -> tuple[list[Task], dict[str, str], list[str]]:
        """Test units in every library at hand: tasks, library to task, and what is missing."""
        found, missing = gene_set_params(self.plan.study)
        attributed = attribution_name(self.label)
        tasks = [
            Task(
                enrichment_name(self.label, library["name"]),
                f"{_HERE}.enrichment:enrich_library",
                {
                    "attributed": attributed,
                    "library": library,
                    "enrichment": self.config.enrichment.model_dump(),
                },
                (attributed,),
            )
            for library in found
        ]
        names = {lib["name"]: t.name for lib, t in zip(found, tasks, strict=True)}
        return tasks, names, missing

    def atlas(self, interventions: str | None) -> list[Task]:
        """Write everything into one folder."""
        enriched, libraries, _ = self.enrichment()
        names = {
            "embedded": embedding_name(self.label),
            "dictionaries": dictionary_name(self.label),
            "units": units_name(self.label),
            "attributed": attribution_name(self.label),
            "curves": curves_name(self.label),
        }
        params = {
            "model": self.label,
            **names,
            "libraries": libraries,
            "interventions": interventions,
            "settings": self.config.model_dump(),
        }
        reads = (CELLS, *names.values(), *libraries.values())
        reads += (interventions,) if interventions else ()
        task = Task(atlas_name(self.label), f"{_HERE}.atlas:write", params, reads)
        return [*self.attribution(), *self.curves(), *enriched, task]

    def result(
        self, analysis: str, function: str, tasks: Sequence[Task], params: Mapping[str, Any]
    ) -> Instance:
        """The instance of an analysis whose result reads all its tasks but shards.

        Parameters
        ----------
        analysis
            Name of the analysis.
        function
            ``"module:function"`` within this package.
        tasks
            What it stands on.
        params
            Further parameters of the function.
        """
        reads = tuple(t.name for t in tasks if "/shard-" not in t.name)
        task = Task(
            f"{analysis}/{self.label}", f"{_HERE}.{function}",
            {"model": self.label, "statistics": self.plan.study.statistics.model_dump(), **params},
            (CELLS, *reads),
        )  # fmt: skip
        return Instance({"model": self.label}, task.name, (*tasks, task))


def per_model(
    analysis: str, make: Callable[[ModelPlan], Instance | Unmet], *, swaps: bool = False
) -> Callable[[Plan], list[Instance]]:
    """Plan function of an analysis: one instance a model, where the study asks for concepts.

    Parameters
    ----------
    analysis
        Its name.
    make
        Makes the instance of a model, or says why there is none.
    swaps
        Whether it stands on exchanges of genes, so that it does not apply to models without.
    """

    def plan(plan: Plan) -> list[Instance]:
        asked = plan.study.concepts is not None or plan.study.analyses != "all"
        found = []
        for model in plan.study.models:
            made: Instance | Unmet = NOT_ASKED
            if asked:
                why = no_swaps(model) if swaps else ""
                made = Unmet(why, applicable=False) if why else make(ModelPlan(plan, model))
            if isinstance(made, Unmet):
                made = Instance({"model": model.label}, unmet=made)
            found.append(made)
        return found

    plan.__name__ = f"plan_{analysis.partition('.')[2]}"
    return plan
