"""The design cells x draws: every score at every number of cells, in nested subsets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from cellglass.regulation.coexpression import MIN_CELLS, spearman
from cellglass.regulation.networks.layer_scores import COEXPRESSION
from cellglass.regulation.networks.metrics import MIN_TARGETS
from cellglass.regulation.networks.recovery import Pairs
from cellglass.regulation.study_edges import StudyEdges
from cellglass.seeds import generator
from cellglass.stats import auroc, auroc_by_group

from .micro_groups import PUBLISHED, Rung, SubsetEdges, group_cells, nested_edges, nested_order
from .micro_groups import rungs as rungs_of
from .ranking import RankingMetrics, ranking_metrics

Floats = NDArray[np.float64]

EXPRESSION = "mean product"
REPEATS = 5


@dataclass(frozen=True, eq=False)
class Run:
    """One score at one number of cells in one draw of cells.

    Parameters
    ----------
    score, kind
        Its name; ``"candidate"``, ``"reference"`` or ``"baseline"``.
    draw, rung
        Which draw of cells, and which number of them.
    cells
        Positions of the cells, among those behind the edges.
    n_strata
        Strata that occur among them.
    share_seen, positives_seen
        Share of pairs, and edges, of which some cell holds both genes.
    metrics
        On all pairs that all cells together allow to judge; a pair that no cell of the subset
        holds scores 0.
    auroc_seen
        On the pairs that the smallest subset of the draw holds: the same at every number of
        cells, so that it cannot rise because more pairs are seen.
    by_regulator
        AUROC of each regulator with enough targets, on all pairs.
    """

    score: str
    kind: str
    draw: int
    rung: Rung
    cells: NDArray[np.int64]
    n_strata: int
    share_seen: float
    positives_seen: int
    metrics: RankingMetrics
    auroc_seen: float
    by_regulator: Floats


@dataclass
class Ladder:
    """All runs of the design.

    Parameters
    ----------
    runs
        Draw by draw, from few cells to all.
    n_groups
        Captured groups that hold cells.
    largest_group
        Cells of the largest group: the granularity of the numbers of cells.
    stratified
        Whether subsets hold strata in proportion.
    """

    runs: list[Run] = field(default_factory=list)
    n_groups: int = 0
    largest_group: int = 0
    stratified: bool = False

    def of(self, score: str) -> list[Run]:
        """Runs of one score."""
        return [r for r in self.runs if r.score == score]

    @property
    def scores(self) -> list[str]:
        """Names of the scores, in order."""
        return list(dict.fromkeys(r.score for r in self.runs))


def climb(
    held: StudyEdges,
    pairs: Pairs,
    rows: NDArray[np.int64],
    *,
    seed: int,
    task: str,
    repeats: int = REPEATS,
    wanted: Sequence[int] = PUBLISHED,
) -> Ladder:
    """Judge every layer, |Spearman| and expression at every number of cells.

    Parameters
    ----------
    held
        Edges of a model.
    pairs, rows
        Universe, and rows of its regulators among those captured.
    seed, task
        Root seed and name of the task; each draw of cells has its own stream.
    repeats
        Draws of cells. Within one, subsets are nested.
    wanted
        Numbers of cells asked for.

    Returns
    -------
    Ladder
        The runs. Specification 2.15: A1, A2 and A4.
    """
    members = group_cells(held)
    sizes = np.array([len(m) for m in members])
    strata = held.attention.group_stratum
    found = Ladder([], int((sizes > 0).sum()), int(sizes.max(initial=0)), bool((strata >= 0).any()))
    for draw in range(repeats):
        order = nested_order(sizes, strata, generator(seed, f"{task}/cells/{draw}"))
        steps = rungs_of(order, sizes, wanted)
        subsets = nested_edges(held.attention, order, [r.n_groups for r in steps], rows)
        first: NDArray[np.bool_] | None = None
        for rung, subset in zip(steps, subsets, strict=True):
            cells = np.sort(np.concatenate([members[g] for g in order[: rung.n_groups]]))
            if len(cells) < MIN_CELLS:
                continue
            first = (subset.counts > 0) & pairs.mask if first is None else first
            met = np.unique(strata[order[: rung.n_groups]])
            for name, kind, matrix in _scores(held, rows, subset, cells):
                found.runs.append(
                    _run(name, kind, draw, rung, cells, int((met >= 0).sum()), subset, first,
                         matrix, pairs)
                )  # fmt: skip
    return found


def _scores(
    held: StudyEdges, rows: NDArray[np.int64], subset: SubsetEdges, cells: NDArray[np.int64]
) -> Iterator[tuple[str, str, Floats]]:
    """Layers, and what stands beside them in exactly the same cells."""
    for layer, scores in zip(held.attention.layers, subset.scores, strict=True):
        yield f"layer {layer}", "candidate", scores
    columns = held.rows[rows]
    yield COEXPRESSION, "reference", np.abs(spearman(held.expression, columns, cells=cells))
    mean = held.expression[cells].mean(0, dtype=np.float64)
    yield EXPRESSION, "baseline", np.outer(mean[columns], mean)


def _run(
    name: str,
    kind: str,
    draw: int,
    rung: Rung,
    cells: NDArray[np.int64],
    n_strata: int,
    subset: SubsetEdges,
    first: NDArray[np.bool_],
    matrix: Floats,
    pairs: Pairs,
) -> Run:
    truth = pairs.labels[pairs.mask]
    scores = matrix[pairs.mask]
    seen = (subset.counts > 0) & pairs.mask
    groups = auroc_by_group(scores, truth, pairs.groups, MIN_TARGETS)
    by_regulator = np.full(len(pairs.regulators), np.nan)
    by_regulator[groups.groups_used.astype(np.int64)] = groups.values
    return Run(
        name, kind, draw, rung, cells, n_strata,
        float(seen.sum() / pairs.mask.sum()), int((pairs.labels & seen).sum()),
        ranking_metrics(scores, truth), auroc(matrix[first], pairs.labels[first]), by_regulator,
    )  # fmt: skip
