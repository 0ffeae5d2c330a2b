"""What the study of concepts costs a model: exchanges of genes above all."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cellglass.models.contract import TransformerModel
from cellglass.models.gene_set_sources import gene_set_params, open_gene_sets

from .efforts import EFFORTS, UNKNOWN
from .exchanges import Exchanges, timed_exchanges

if TYPE_CHECKING:
    from cellglass.models.cell_model import CellModel
    from cellglass.runs.concepts_section import ConceptsConfig
    from cellglass.runs.study import Study

    from .samples import Sample
    from .steps import Steps

FAMILIES = ("concept-", "concepts.")
ATTRIBUTION, CURVES, SANITY = "concept-attribution", "concept-curves", "concept-sanity"
CONTROLS = ("-untrained", "-shuffled")
SHARDS = 16  # parts of the exchanges of a model
OPENED_SECONDS, OPENED_BYTE_SECONDS = 0.3, 2e-9  # a model and its cells, by bytes of weights
ENTRY_SECONDS = 2e-6  # a gene that differs in a pair: read, merged and resampled, measured
ENTRY_BYTES, BASE_BYTES = 60.0, 3e8  # of memory, measured
ENTRY_DISK = 14.0  # in the files of the shards, which go when all are there
SCORE_DISK = 120.0  # a unit and gene, in scores, tables and the atlas, measured
GRADIENT_PASSES, GRADIENT_SECONDS = 4.0, 1e-3  # a pair of cells: passes, and seconds at least
NARROW, CELLS_A_CONCEPT = 64, 50  # what sizes that a study leaves open go by
OFTEN = 2.3  # activity of the concepts that are chosen, in that of the mean one, measured
CURVE_PASSES = 150  # a unit and cell: 5 orders, 2 ways, 11 points and 3 sizes, the cell itself
SANITY_ROUNDS = 10  # small attributions; each of 4 concepts x 8 cells, 8 x 12 without tokens
SANITY_UNITS, SANITY_CELLS, SANITY_SOURCES, SANITY_BELOW = (8, 4), (12, 8), 2, 2_000
LIST_WORK = 140  # permutations that take as long as a random list of a unit, measured
INTERVENED = 20  # concepts that are moved, at most


@dataclass
class ConceptCost:
    """Cost of the concepts of a model.

    Attributes
    ----------
    passes
        Edited and plain passes of cells: embedding, attribution, curves, sanity.
    pass_seconds
        Of one, one thread.
    seconds
        Of CPU, passes and all other steps of the chapter.
    memory_bytes
        Of the process that needs most, beside interpreter and weights.
    disk_bytes
        In the run folder while it runs.
    work
        How much there is to do in steps whose time grows, in the unit of their `Effort`: by the
        first part of their name; of enrichment, by the name of the library.
    """

    passes: float = 0.0
    pass_seconds: float = 0.0
    seconds: float = 0.0
    memory_bytes: float = 0.0
    disk_bytes: float = 0.0
    work: dict[str, float] = field(default_factory=dict)


def concept_cost(
    study: Study, name: str, model: CellModel, sample: Sample, steps: Steps
) -> ConceptCost | None:
    """Cost of a model's concepts; None where a study does not look for any.

    Parameters
    ----------
    study, name, model
        The study, the model and what it is called.
    sample
        A few of the study's cells, between which genes are exchanged to take the time.
    steps
        What the study's analyses do.
    """
    from cellglass.runs.concepts_section import ConceptsConfig

    own = own_steps(steps, name)
    if not own:
        return None
    config = study.concepts or ConceptsConfig()
    given: dict[str, Any] = {"layer": config.layer, "pooling": config.pooling}
    measured = timed_exchanges(model, sample.cells, study.seed, given)
    found = ConceptCost(pass_seconds=measured.seconds)
    costly = isinstance(model, TransformerModel)
    size = dictionary_size(config, sample.n_cells, model.width)
    n_variants = sum(s.startswith("concept-cells/") for s in own)
    found.passes = float(sample.n_cells * n_variants)
    found.seconds = found.passes * measured.seconds
    opened = OPENED_SECONDS + OPENED_BYTE_SECONDS * model.cost(1).weight_bytes
    found.seconds += opened * (n_variants + sum(s.startswith((CURVES, SANITY)) for s in own))
    units = unit_counts(config, model.width, size[0])
    held = 4.0 * sample.n_cells * (model.width * n_variants + 0.3 * sum(units.values()))
    found.disk_bytes = held + 4.0 * size[0] * model.width * (2 * config.dictionary.seeds + 4)
    found.memory_bytes = BASE_BYTES + held
    # what is trained of controls is counted with the model's own: a mean over the variants
    n_dictionaries = (config.dictionary.seeds + n_variants - 1) / max(n_variants, 1)
    rows = sample.n_cells * (1 - config.test_share) * config.dictionary.epochs
    found.work["concept-dictionary"] = rows * size[0] * model.width * n_dictionaries
    found.work["concepts.interventions"] = min(INTERVENED, config.units.concepts)
    if any(s.startswith("concept-enrichment/") for s in own):
        found.work |= enrichment_work(study, config, set(measured.genes))
    if any(s.startswith(ATTRIBUTION) for s in own):
        often = min(0.5, OFTEN * size[1] / size[0])
        n_prototypes = min(config.attribution.prototypes, math.ceil(often * sample.n_cells))
        n_units, sources = sum(units.values()), config.attribution.counterfactuals
        _exchanged(found, config, measured, sample.n_cells, (n_units, n_prototypes, sources))
        found.seconds += opened * (SHARDS + 2)
        found.disk_bytes += SCORE_DISK * n_units * measured.n_genes
    if any(s.startswith(CURVES) for s in own):
        drawn = sum(min(n, config.attribution.curve_units) for n in units.values())
        _passed(found, drawn * config.attribution.curve_prototypes * CURVE_PASSES)
    if any(s.startswith(SANITY) for s in own):
        few = (SANITY_UNITS[costly], SANITY_CELLS[costly], SANITY_SOURCES)
        for _ in range(SANITY_ROUNDS):
            _exchanged(found, config, measured, sample.n_cells, few, below=SANITY_BELOW)
    return found


def own_steps(steps: Steps, model: str) -> list[str]:
    """Names of the steps of the chapter that work for a model."""
    names = (*steps.passes, *steps.shared, *(i.result for i in steps.results))
    return [n for n in dict.fromkeys(names) if works_for(n, model)]


def works_for(step: str, model: str) -> bool:
    """Whether a step is one of the chapter, for a model or a control of it."""
    label = step.partition("/")[2].partition("/")[0]
    return step.startswith(FAMILIES) and label in (model, *(model + c for c in CONTROLS))


def step_seconds(step: str, cost: ConceptCost) -> float:
    """CPU seconds of a step of the chapter, passes apart.

    Parameters
    ----------
    step
        Its name.
    cost
        Of the model that it works for.
    """
    effort = EFFORTS.get(step.partition("/")[0])
    return UNKNOWN if effort is None else effort.seconds(work_of(step, cost), 0)


def work_of(step: str, cost: ConceptCost) -> float:
    """How much there is to do in a step, in the unit of its `Effort`."""
    family, _, rest = step.partition("/")
    library = rest.partition("/")[2]
    what = f"{family}/{library}" if family == "concept-enrichment" else family
    return cost.work.get(what, 0.0)


def enrichment_work(study: Study, config: ConceptsConfig, genes: set[str]) -> dict[str, float]:
    """Tests of units in each library at hand: permutations, and random lists.

    Parameters
    ----------
    study, config
        The study, and what it says of concepts.
    genes
        That the model knows; sets that are too small or too large among them are not tested.
    """
    units, enrichment = config.units, config.enrichment
    each = units.concepts * enrichment.permutations
    each += LIST_WORK * sum(units.model_dump().values()) * enrichment.null_lists
    found = {}
    for params in gene_set_params(study)[0]:
        sets, _ = open_gene_sets(params)
        sizes = [len(genes.intersection(members)) for members in sets.sets.values()]
        n_sets = sum(enrichment.smallest <= n <= enrichment.largest for n in sizes)
        found[f"concept-enrichment/{params['name']}"] = float(n_sets * each)
    return found


def dictionary_size(config: ConceptsConfig, n_cells: int, width: int) -> tuple[int, int]:
    """Concepts, and those active in a cell, for so many cells."""
    asked: dict[str, Any] = {
        k: v for k in ("size", "k") if (v := getattr(config.dictionary, k)) is not None
    }
    asked |= {k: v for k, v in config.dictionary.options.items() if k in ("size", "k")}
    usual = (256, max(1, min(4, width // 4)))
    if width > NARROW:
        usual = (4 * width, min(32, max(4, width // 16)))
    training = int(n_cells * (1 - config.test_share))
    size = usual[0]
    most = max(training * asked.get("k", usual[1]) // CELLS_A_CONCEPT, 2)
    while size > min(most, max(training // 2, 2)):
        size //= 2
    size = int(asked.get("size", size))
    return size, int(asked.get("k", min(usual[1], max(size // 4, 1))))


def unit_counts(config: ConceptsConfig, width: int, size: int) -> dict[str, int]:
    """Units of each kind: no more than there are."""
    units = config.units
    tails = 4 * min(math.ceil(units.components / 4), width)
    return {
        "concept": min(units.concepts, size),
        "neuron": min(units.neurons, 2 * width),
        "rotated": min(units.rotated, 2 * width),
        "component": min(units.components, tails),
        "random": units.random,
    }


def _exchanged(
    cost: ConceptCost,
    config: ConceptsConfig,
    measured: Exchanges,
    n_cells: int,
    shape: tuple[int, int, int],
    *,
    below: int | None = None,
) -> None:
    """Add the exchanges of an attribution of units x prototypes x counterfactuals."""
    options = config.attribution.options
    most = options.get("exhaustive_below", measured.below)
    found = measured.of(
        n_cells, shape, screen=config.attribution.screen,
        below=most if below is None else min(most, below),
        shares=(options.get("top_share", 0.10), options.get("random_share", 0.02)),
        both=options.get("direction") == "both",
    )  # fmt: skip
    _passed(cost, found.passes)
    each = max(GRADIENT_PASSES * measured.seconds, GRADIENT_SECONDS)
    cost.seconds += found.gradients * each + found.entries * ENTRY_SECONDS
    cost.memory_bytes = max(cost.memory_bytes, BASE_BYTES + found.entries * ENTRY_BYTES)
    if below is None:
        cost.disk_bytes += ENTRY_DISK * found.entries


def _passed(cost: ConceptCost, passes: float) -> None:
    cost.passes += passes
    cost.seconds += passes * cost.pass_seconds
