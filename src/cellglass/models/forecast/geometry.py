"""What the study of geometry costs a model or a cloud: states, distances, loops, alignment."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING

from cellglass.runs.geometry_section import GeometryConfig
from cellglass.runs.study import COPY

from .efforts import EFFORTS, UNKNOWN
from .gene_space import GeneSpace, space_of_cloud, space_of_model
from .passes import plain_seconds_per_cell

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cellglass.models.contract import TransformerModel
    from cellglass.models.tokens import Tokens
    from cellglass.runs.geometry_section import CloudConfig
    from cellglass.runs.sections import StatisticsConfig
    from cellglass.runs.study import Study

    from .samples import Sample
    from .steps import Steps

STATES, SCORES, ALIGNMENT = "gene-states", "gene-distances", "geometry.alignment"
DISTANCES, COMMUNITIES = "geometry.distances", "geometry.communities"
SHAPE, HOMOLOGY = "geometry.shape", "geometry.homology"
ARTEFACTS = "geometry.artefacts"
FAMILIES = (f"{STATES}/", f"{SCORES}/", "geometry.")
SUMMED = 1.06  # a pass that sums states, in passes that do not, measured 1.03 to 1.1
OPENED_SECONDS, OPENED_BYTE_SECONDS = 0.3, 2e-9  # a model and its cells, by bytes of weights
MEASURES = 8  # scores of a pair and layer: diffusion four times, each other measure once
# Pairs of regulator and gene that take as long: through all third points, of all paths, of the
# partitions of a gene; measured on clouds of 200 to 2,500 genes.
THIRDS, PATHS, PARTITION = 1500, 0.1, 120
# What measures are judged over, and how often Euclidean distance is among it: each of its layers is
# a column more. A fit to all pairs is one unit.
OVER, COMMUNITY_OVER, COLUMN = (7, 3), (2, 1), 0.1
SCORE, SCORE_DRAW = 0.05, 7e-5  # ranks and intervals of a score, and its share of a draw
HALVES = 2e8  # of a layer: halves of the cells, in multiplications of its spectrum
NULLS, COPY_DRAWS = 3, 19  # kinds of null cloud; draws for an untrained copy
LOOPS, LOOPS_POINTS, LOOPS_POWER = 0.35, 100, 2.3  # a null cloud, in those of 100 points
# An alignment, in pairs of genes of one refit of all maps in five folds: what a refit takes at
# least; each gene in the jackknife; of layers, a pair of genes; of co-expression, a pair and cell.
REFIT, REFIT_FOLDS, LEFT_OUT, LEFT_OUT_WIDTH = 65_000, 5, 12_000, 0.25
GRAM, GRAM_WIDTH, EXPRESSED = 0.06, 7e-5, 6.5e-4
STATE_BYTES = 20.0  # of memory, a state while shards are added: float64 twice, float32
PAIR_BYTES, PATH_BYTES = 350.0, 16.0  # a scored pair, and a pair of genes with its path, measured
HELD_SCORES = 1.5  # scores are held, and one measure twice
JUDGED_BYTES, JUDGED_SCORE_BYTES = 1500.0, 15.0  # a judged pair, and each of its scores, measured
BASE_BYTES = 1.5e8  # libraries of graphs, homology and fits, measured
LIKENESS_BYTES, PUBLISHED_BYTES = (
    45.0,
    65.0,
)  # a pair of genes: of layers, of dense graphs, measured
EXPRESSED_BYTES, ALIGNED_BYTES = 24.0, 48.0  # a gene and cell: as matrix, and with its components


@dataclass
class GeometryCost:
    """Cost of the geometry of a model or cloud.

    Attributes
    ----------
    space, config
        Size of gene space, and what the study says of it.
    passes
        Of cells, trained and untrained; none for a cloud.
    pass_seconds
        Of one, one thread.
    seconds
        Of CPU, passes and all other steps of the chapter; an alignment counts with the first of
        both models.
    memory_bytes
        Of the process that needs most, beside interpreter and weights.
    disk_bytes
        In the run folder while it runs.
    work
        How much there is to do in a step in one domain, in the unit of its `Effort`: by the first
        part of its name, and of what is judged against a network, its name.
    """

    space: GeneSpace
    config: GeometryConfig
    passes: float = 0.0
    pass_seconds: float = 0.0
    seconds: float = 0.0
    memory_bytes: float = 0.0
    disk_bytes: float = 0.0
    work: dict[str, float] = field(default_factory=dict)


def model_geometry(
    study: Study,
    name: str,
    model: TransformerModel,
    sample: Sample,
    tokens: Tokens,
    seen: NDArray,
    steps: Steps,
) -> GeometryCost | None:
    """Cost of a model's geometry; None where a study does not look at it.

    Parameters
    ----------
    study, name, model
        The study, the model and what it is called.
    sample, tokens
        A few of the study's cells, and as the model reads them.
    seen
        Cells of the sample in which each gene of the vocabulary is a token.
    steps
        What the study's analyses do.
    """
    variants = [n for n in (f"{STATES}/{name}", f"{STATES}/{name}{COPY}") if n in steps.passes]
    if not variants:
        return None
    found = _cost(study, space_of_model(study, sample, model, seen), steps)
    n_shards = math.ceil(sample.n_cells / study.resources.shard_cells)
    opened = OPENED_SECONDS + OPENED_BYTE_SECONDS * model.cost(1).weight_bytes
    found.pass_seconds = SUMMED * plain_seconds_per_cell(model, tokens)
    found.passes = float(sample.n_cells * len(variants))
    found.seconds = found.passes * found.pass_seconds + opened * n_shards * len(variants)
    # cells are ordered by block: a shard sums those of about one, and where it ends of a second
    one = _state_bytes(found.space) / found.space.n_groups * found.space.n_domains
    found.disk_bytes += one * len(variants) * (n_shards + found.space.n_groups)
    return found


def cloud_geometry(
    study: Study, cloud: CloudConfig, sample: Sample, steps: Steps
) -> GeometryCost | None:
    """Cost of the geometry of a cloud that a user brings; None where nothing is asked of it.

    Parameters
    ----------
    study, cloud
        The study and the entry of the cloud.
    sample
        A few of the study's cells.
    steps
        What the study's analyses do.
    """
    if f"{STATES}/{cloud.label}" not in steps.shared:
        return None
    return _cost(study, space_of_cloud(study, sample, cloud), steps)


def owners(step: str, costs: Mapping[str, GeometryCost]) -> list[GeometryCost]:
    """Costs of the models and clouds that a step works for: two of an alignment, none of others.

    Parameters
    ----------
    step
        Its name.
    costs
        By name of the model or cloud.
    """
    family, _, rest = step.partition("/")
    label = rest.partition("/")[0]
    if family == ALIGNMENT:
        pairs = [[costs[a], costs[b]] for a, b in combinations(costs, 2) if f"{a}+{b}" == label]
        return pairs[0] if pairs else []
    if not step.startswith(FAMILIES):
        return []
    return [cost for name, cost in costs.items() if label in (name, f"{name}{COPY}")]


def step_seconds(step: str, costs: Sequence[GeometryCost]) -> float:
    """CPU seconds of a planned step in all its domains, passes apart.

    Parameters
    ----------
    step
        Its name: what a study would do is known before its domains are.
    costs
        Of those that it works for; see `owners`.
    """
    effort = EFFORTS.get(step.partition("/")[0])
    if effort is None:
        return UNKNOWN
    times = 1 if step.startswith(f"{STATES}/") else max(c.space.n_domains for c in costs)
    return times * effort.seconds(work_of(step, costs), 0)


def work_of(step: str, costs: Sequence[GeometryCost]) -> float:
    """How much there is to do in a step in one domain, in the unit of its `Effort`.

    Parameters
    ----------
    step, costs
        As `step_seconds`.
    """
    family, _, rest = step.partition("/")
    if family == ALIGNMENT:
        return alignment_work(costs[0], costs[1])
    network = rest.partition("/")[2].partition("/")[0]
    by_network = family in (DISTANCES, COMMUNITIES)
    return costs[0].work.get(f"{family}/{network}" if by_network else family, 0.0)


def alignment_work(first: GeometryCost, second: GeometryCost) -> float:
    """Comparison of two models, in pairs of genes of one refit.

    Parameters
    ----------
    first, second
        Both sides.
    """
    config, sides = first.config.alignment, (first.space, second.space)
    shared = min(s.n_genes for s in sides)
    n = min(shared, config.max_genes)
    spread = sum(s.width * min(n, s.width) for s in sides) / 2
    refits = config.draws * config.repeats * config.folds / REFIT_FOLDS * (REFIT + n**2)
    jackknife = n * (LEFT_OUT + LEFT_OUT_WIDTH * spread)
    layers = sides[0].n_layers * sides[1].n_layers
    likeness = layers * shared**2 * (GRAM + GRAM_WIDTH * sum(s.width for s in sides) / 2)
    return refits + jackknife + likeness + EXPRESSED * n**2 * min(s.n_cells for s in sides)


def judging_work(space: GeneSpace, pairs: int, statistics: StatisticsConfig) -> tuple[float, float]:
    """Judging the pairs of a network by distances, and by communities.

    Parameters
    ----------
    space
        Gene space.
    pairs
        That the network judges.
    statistics
        Draws and folds.

    Returns
    -------
    distances, communities : float
        Fits of a model to all pairs, and what takes as long.
    """
    kept = statistics.folds - 1
    fits = 2 * kept + kept**2 * space.n_copies
    of_score = space.n_layers * space.n_copies * (SCORE + SCORE_DRAW * statistics.draws)
    distances, communities = (
        fits * (n + beside * COLUMN * space.n_layers) for n, beside in (OVER, COMMUNITY_OVER)
    )
    return pairs * (distances + (MEASURES - 1) * of_score), pairs * (communities + of_score)


def homology_work(space: GeneSpace, config: GeometryConfig) -> float:
    """Null clouds, in those of 100 points.

    Parameters
    ----------
    space, config
        Gene space, and what the study says of it.
    """
    asked = config.homology
    points = min(asked.points, space.n_genes // asked.samples)
    clouds = asked.draws + 1 + (COPY_DRAWS + 1) * (space.n_copies - 1)
    return (
        space.n_layers
        * asked.samples
        * NULLS
        * clouds
        * (LOOPS + (points / LOOPS_POINTS) ** LOOPS_POWER)
    )


def shape_work(space: GeneSpace) -> float:
    """Spectra and neighbours of all layers, in multiplications of one resample.

    Parameters
    ----------
    space
        Gene space.
    """
    n, width = space.n_genes, space.width
    narrow = min(n, width)
    layer = n**2 * (360 + width) + (n + 3 * narrow) * narrow**2
    halves = HALVES if space.n_groups > space.n_domains else 0.0
    return space.n_layers * (space.n_copies * layer + halves)


def scoring_work(space: GeneSpace) -> float:
    """Scores of all layers, in pairs of regulator and gene.

    Parameters
    ----------
    space
        Gene space.
    """
    n = space.n_genes
    pairs = space.n_regulators * n * (1 + n / THIRDS)
    return space.n_layers * (pairs + PATHS * n**2 + PARTITION * n)


def _cost(study: Study, space: GeneSpace, steps: Steps) -> GeometryCost:
    config = study.geometry or GeometryConfig()
    found = GeometryCost(space, config)
    found.work[STATES] = _state_bytes(space) / 4
    found.work[SCORES] = scoring_work(space)
    found.work[SHAPE] = shape_work(space)
    found.work[HOMOLOGY] = homology_work(space, config)
    found.work[ARTEFACTS] = float(space.n_genes**2)  # all paths of the dense graph
    for network, pairs in space.pairs.items():
        works = judging_work(space, pairs, study.statistics)
        for family, work in zip((DISTANCES, COMMUNITIES), works, strict=True):
            found.work[f"{family}/{network}"] = work
    needed = step_bytes(space, config)
    asked = {n.partition("/")[0] for n in (*steps.shared, *(i.result for i in steps.results))}
    found.memory_bytes = BASE_BYTES + max(n for family, n in needed.items() if family in asked)
    found.disk_bytes = space.n_copies * _state_bytes(space)
    if SCORES in asked:
        found.disk_bytes += space.n_copies * space.n_domains * _score_bytes(space)
    return found


def step_bytes(space: GeneSpace, config: GeometryConfig) -> dict[str, float]:
    """Memory of the steps that may need much, by the first part of their names.

    Parameters
    ----------
    space, config
        Gene space, and what the study says of it.
    """
    n = space.n_genes
    scored = PAIR_BYTES * space.n_regulators * n + PATH_BYTES * n**2
    pairs, scores = max(space.pairs.values(), default=0), (MEASURES - 1) * space.n_layers
    aligned = ALIGNED_BYTES * space.n_cells * min(n, config.alignment.max_genes)
    return {
        STATES: STATE_BYTES / 4 * _state_bytes(space),
        SCORES: max(EXPRESSED_BYTES * space.n_cells * n,
                    scored + HELD_SCORES * _score_bytes(space)),
        DISTANCES: pairs * (JUDGED_BYTES + JUDGED_SCORE_BYTES * scores),
        COMMUNITIES: pairs * (JUDGED_BYTES + JUDGED_SCORE_BYTES * 2 * space.n_layers),
        ALIGNMENT: max(LIKENESS_BYTES * n**2, aligned),
        ARTEFACTS: PUBLISHED_BYTES * n**2,
    }  # fmt: skip


def _state_bytes(space: GeneSpace) -> float:
    """Of the summed states of a model or its copy, on disk."""
    return 4.0 * space.n_layers * space.n_groups * space.n_kept * space.width


def _score_bytes(space: GeneSpace) -> float:
    """Of the scores of all pairs in a domain, on disk."""
    return 4.0 * MEASURES * space.n_layers * space.n_regulators * space.n_genes
