"""Analyses of the study of concepts, and their instances in a run."""

from __future__ import annotations

from dataclasses import replace

from cellglass.runs.registry import Analysis, Instance, Unmet

from .study.names import (
    atlas_name,
    attribution_name,
    curves_name,
    dictionary_name,
    embedding_name,
    sanity_name,
    units_name,
)
from .study.planning import ModelPlan, per_model

NO_LIBRARY = Unmet(
    "no gene sets are at hand", "cellglass data fetch reactome, or gene_sets: [FILE.gmt]"
)
INTERVENTIONS = "concepts.interventions"
INTERVENED_UNITS = 20


def _dictionary(plan: ModelPlan) -> Instance | Unmet:
    tasks = [t for v in plan.variants for t in plan.dictionaries(v)]
    params = {
        "dictionaries": dictionary_name(plan.label),
        "embedded": embedding_name(plan.label),
        "controls": {v: dictionary_name(plan.label, v) for v in plan.variants if v},
    }
    return plan.result("concepts.dictionary", "dictionary_analysis:judge", tasks, params)


def _description(plan: ModelPlan) -> Instance | Unmet:
    params = {
        "dictionaries": dictionary_name(plan.label),
        "embedded": embedding_name(plan.label),
        "columns": plan.config.columns,
    }
    return plan.result("concepts.description", "description:describe", plan.dictionaries(), params)


def _information(plan: ModelPlan) -> Instance | Unmet:
    columns = plan.config.columns
    if plan.plan.study.cells.strata is None and not columns:
        return Unmet("no column with labels was given", "set cells.strata in study.yaml")
    controls = {
        v: [embedding_name(plan.label, v), dictionary_name(plan.label, v)]
        for v in plan.variants
        if v
    }
    params = {
        "embedded": embedding_name(plan.label),
        "dictionaries": dictionary_name(plan.label),
        "units": units_name(plan.label),
        "columns": columns,
        "controls": controls,
    }
    before = [t for v in plan.variants if v for t in plan.dictionaries(v)]
    tasks = [*before, *plan.units()]
    return plan.result("concepts.information", "information:judge", tasks, params)


def _scores(plan: ModelPlan) -> Instance | Unmet:
    params = {
        "dictionaries": dictionary_name(plan.label),
        "embedded": embedding_name(plan.label),
    }
    return plan.result("concepts.scores", "scores:judge", plan.dictionaries(), params)


def _attribution(plan: ModelPlan) -> Instance | Unmet:
    tasks = [*plan.attribution(), *plan.curves(), *plan.sanity()]
    params = {
        "attributed": attribution_name(plan.label),
        "curves": curves_name(plan.label),
        "sanity": sanity_name(plan.label) if plan.config.attribution.sanity else None,
    }
    return plan.result("concepts.attribution", "attribution_analysis:judge", tasks, params)


def _enrichment(plan: ModelPlan) -> Instance | Unmet:
    tasks, libraries, missing = plan.enrichment()
    if not libraries:
        return replace(NO_LIBRARY, reason=". ".join([NO_LIBRARY.reason, *missing]).rstrip("."))
    params = {
        "attributed": attribution_name(plan.label),
        "libraries": libraries,
        "missing": missing,
    }
    tasks = [*plan.attribution(), *tasks]
    return plan.result("concepts.enrichment", "enrichment_analysis:judge", tasks, params)


def _comparison(plan: ModelPlan) -> Instance | Unmet:
    tasks, libraries, _ = plan.enrichment()
    params = {
        "embedded": embedding_name(plan.label),
        "dictionaries": dictionary_name(plan.label),
        "units": units_name(plan.label),
        "attributed": attribution_name(plan.label),
        "curves": curves_name(plan.label),
        "libraries": libraries,
    }
    tasks = [*plan.attribution(), *plan.curves(), *tasks]
    return plan.result("concepts.comparison", "comparison:judge", tasks, params)


def _interventions(plan: ModelPlan) -> Instance | Unmet:
    params = {
        "held": plan.held,
        "attributed": attribution_name(plan.label),
        "n_units": min(INTERVENED_UNITS, plan.config.units.concepts),
    }
    return plan.result(INTERVENTIONS, "interventions:judge", plan.attribution(), params)


def _atlas(plan: ModelPlan) -> Instance | Unmet:
    moved = _interventions(plan)
    before = [] if isinstance(moved, Unmet) else list(moved.tasks)
    name = None if isinstance(moved, Unmet) else moved.result
    tasks = plan.atlas(name)
    made = plan.result("concepts.atlas", "atlas_analysis:describe", tasks[-1:],
                       {"atlas": atlas_name(plan.label)})  # fmt: skip
    return replace(
        made, tasks=(*before, *tasks, *made.tasks),
        exports={f"atlas/{plan.label}": atlas_name(plan.label)},
    )  # fmt: skip


ANALYSES = [
    Analysis(
        "concepts.dictionary",
        "Dictionaries",
        "Which part of the embedding do sparse concepts reconstruct, and do they recur?",
        "Gao et al. 2024 (Top-K with AuxK); stability: arXiv 2505.20254",
        "cells and a model",
        per_model("concepts.dictionary", _dictionary),
        "concepts recur when training starts elsewhere",
    ),
    Analysis(
        "concepts.information",
        "Information kept",
        "Do concepts keep what the embedding knows about labels?",
        "cellglass: probes of section 1.6 of the specification of concepts",
        "cells with labels",
        per_model("concepts.information", _information),
        "codes keep what the embedding knows about labels",
    ),
    Analysis(
        "concepts.attribution",
        "Genes that drive concepts",
        "Which genes does the model read for each concept, and may the scores be believed?",
        "Claye et al. 2025, arXiv 2510.25807 (counterfactual perturbation)",
        "cells and a model",
        per_model("concepts.attribution", _attribution, swaps=True),
        "the genes named are those that the model reads",
    ),
    Analysis(
        "concepts.enrichment",
        "What the genes mean",
        "Do the genes of concepts share known biology, more than genes alike would?",
        "Claye et al. 2025; over-representation, and Subramanian et al. 2005 (preranked)",
        "gene sets",
        per_model("concepts.enrichment", _enrichment, swaps=True),
        "the genes of concepts share known biology",
    ),
    Analysis(
        "concepts.comparison",
        "Concepts and neurons",
        "Are concepts more interpretable than neurons and linear components?",
        "Claye et al. 2025, with the linear baselines that its reviewers asked for",
        "cells and a model; labels and gene sets give more measures",
        per_model("concepts.comparison", _comparison, swaps=True),
        "concepts are more interpretable than neurons and linear components",
    ),
    Analysis(
        INTERVENTIONS,
        "Interventions",
        "What does decoding show when a concept is weakened or strengthened?",
        "cellglass: novae-sae's control by directions of equal length",
        "a model that decodes expression",
        per_model(INTERVENTIONS, _interventions, swaps=True),
        "moving a concept moves decoded expression more than random directions as long",
    ),
    Analysis(
        "concepts.scores",
        "Scores of dictionaries",
        "Are concepts absorbed by one another, and do they act on their label alone?",
        "SAEBench (Karvonen et al. 2025), what carries over to cells",
        "cells and a model; labels, donors and batches give more scores",
        per_model("concepts.scores", _scores),
    ),
    Analysis(
        "concepts.description",
        "What each concept is like",
        "How often does each concept fire, in which cells, and is it technical?",
        "cellglass: section 1.6 of the specification of concepts",
        "cells and a model; labels, donors and batches say more",
        per_model("concepts.description", _description),
    ),
    Analysis(
        "concepts.atlas",
        "Atlas",
        "What does each concept hold, in one table and one folder?",
        "cellglass",
        "cells and a model",
        per_model("concepts.atlas", _atlas, swaps=True),
    ),
]
