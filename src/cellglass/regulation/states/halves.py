"""Halves of cells and of regulators: scores of every layer and aggregator in each quarter."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cellglass.data import Network
from cellglass.errors import InputError
from cellglass.regulation.networks.recovery import Pairs, with_edges
from cellglass.regulation.reliability_analysis import halves
from cellglass.regulation.study_edges import StudyEdges, network_pairs
from cellglass.stats import group_folds

from .judged_pairs import JudgedPairs
from .null_strata import null_strata
from .scorers import SCORES, AttentionScorer
from .study_strata import StudyStrata

HALVES = 2


@dataclass(frozen=True, eq=False)
class Quarters:
    """Cells in two halves, regulators in two halves.

    Attributes
    ----------
    pairs, rows
        Universe, and its rows among the regulators captured.
    judged
        Its pairs, in two parts: one a half of the regulators.
    part_of_row
        Half of each regulator.
    half_of_group
        Half of each micro-group: whole replicate blocks; -1 for groups in no stratum.
    strata
        Stratum of each group, int64; strata that are small in a half are left out.
    names
        Of those strata.
    blocks
        Names of the blocks of each half.
    sizes
        Cells of each group.
    """

    pairs: Pairs
    rows: NDArray[np.int64]
    judged: JudgedPairs
    part_of_row: NDArray[np.int64]
    half_of_group: NDArray[np.int64]
    strata: NDArray[np.int64]
    names: tuple[str, ...]
    blocks: tuple[tuple[str, ...], tuple[str, ...]]
    sizes: NDArray[np.int64]

    def assignment(self, strata: NDArray[np.int64], half: int) -> NDArray[np.int64]:
        """Strata of the groups of one half; the others are in none."""
        return np.where(self.half_of_group == half, strata, -1)

    def scorer(self, held: StudyEdges, layer: int) -> AttentionScorer:
        """Scores of one layer."""
        return AttentionScorer(held.attention, [layer], self.rows, self.judged, self.sizes)


def quarters(
    held: StudyEdges,
    strata: StudyStrata,
    network: Network,
    name: str,
    min_targets: int,
    *,
    min_cells: int,
    seed: int,
) -> Quarters:
    """Split replicate blocks and regulators into halves.

    Parameters
    ----------
    held, strata
        Captured edges and their strata.
    network, name, min_targets
        The reference, and targets that a regulator needs.
    min_cells
        Cells that a stratum needs in each half.
    seed
        Root seed.

    Raises
    ------
    InputError
        If fewer than two strata are large enough in both halves, or regulators with edges are
        too few for two halves.

    Notes
    -----
    Blocks are donors where the study names them, so that the halves are different people. Of all
    ways to halve the blocks the one is taken whose halves are nearest in cells.
    """
    edges = held.attention
    kept = np.where(strata.kept, strata.group_sizes, 0)
    of_block = np.bincount(edges.group_block, weights=kept, minlength=len(edges.blocks))
    ways = halves(len(edges.blocks))
    first, second = min(ways, key=lambda w: abs(of_block[list(w[0])].sum() * 2 - of_block.sum()))
    half = np.where(strata.kept, np.isin(edges.group_block, second).astype(np.int64), -1)
    table = np.zeros((HALVES, len(strata.cells.names)))
    np.add.at(table, (half[strata.kept], strata.groups[strata.kept]), kept[strata.kept])
    large = np.flatnonzero((table >= min_cells).all(0))
    if len(large) < HALVES:
        raise InputError(
            f"{len(large)} strata have {min_cells} cells or more in both halves of the cells",
            where="halves",
            expected="at least two",
            fix="use more cells or coarser strata",
        )
    place = np.full(len(strata.cells.names) + 1, -1, dtype=np.int64)
    place[large] = np.arange(len(large))
    codes = place[strata.groups]
    half = np.where(codes >= 0, half, -1)
    pairs, rows = network_pairs(held, network, name, min_targets)
    mask = pairs.mask.copy()
    for h in range(HALVES):
        counts = np.asarray(edges.counts[half == h]).sum(0)[rows]
        mask &= counts >= edges.min_count
    pairs = with_edges(replace(pairs, mask=mask))
    parts = _halves_of_regulators(pairs, seed)
    return Quarters(
        pairs, rows, JudgedPairs.of(pairs, parts), parts, half, codes,
        tuple(strata.cells.names[i] for i in large),
        (tuple(edges.blocks[i] for i in first), tuple(edges.blocks[i] for i in second)),
        strata.group_sizes,
    )  # fmt: skip


def _halves_of_regulators(pairs: Pairs, seed: int) -> NDArray[np.int64]:
    """Half of each regulator, with like numbers of edges."""
    n_edges = pairs.labels.sum(1)
    if int((n_edges > 0).sum()) < 2 * HALVES:
        raise InputError(
            f"{int((n_edges > 0).sum())} regulators of {pairs.network} have edges",
            where="halves of the regulators",
            expected=f"at least {2 * HALVES}",
            fix="use a larger network or more genes",
        )
    return group_folds(
        np.arange(len(n_edges)), HALVES, seed, "states/halves", weights=n_edges.astype(np.float64)
    )


def scores_of_quarters(
    held: StudyEdges, split: Quarters, draws: int, *, seed: int, task: str
) -> NDArray[np.float64]:
    """AUROC of every layer and aggregator in each quarter, for true and permuted strata.

    Parameters
    ----------
    held, split
        Captured edges, and their quarters.
    draws
        Permutations of the strata over groups, within each half.
    seed, task
        Root seed and name of the streams.

    Returns
    -------
    numpy.ndarray
        (1 + draws) x layers x `SCORES` x halves of cells x halves of regulators; the true strata
        first.
    """
    wrong = null_strata(
        split.strata, "permuted", draws, seed=seed, task=task, within=split.half_of_group
    )
    assignments = np.concatenate([split.strata[None], wrong])
    layers = held.attention.layers
    out = np.empty((len(assignments), len(layers), len(SCORES), HALVES, HALVES))
    for slot, layer in enumerate(layers):
        scorer = split.scorer(held, layer)
        for h in range(HALVES):
            out[:, slot, :, h] = scorer.aurocs(split.assignment(assignments, h))
    return out
