"""Strata of captured cells and of their micro-groups: the study's, or found in the embedding."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellglass.regulation.study_edges import StudyEdges
from cellglass.seeds import generator

from .quality import StratumQuality, stratum_quality
from .strata import MIN_CELLS, TUNED, Strata, find_strata, large_strata

MIN_PURITY = 0.75
"""Share of a group's cells in the group's stratum below which groups mix states: their attention
cannot be stratified."""
PURITY_SHUFFLES = 20


@dataclass(frozen=True, eq=False)
class StudyStrata:
    """Strata of the cells behind the edges, and of the groups their attention was summed by.

    Attributes
    ----------
    cells
        Strata of the cells; small ones are left out.
    groups
        Stratum of each micro-group, int64; -1 for groups in none.
    group_sizes
        Cells of each group.
    purity, purity_shuffled
        Mean share of a group's cells that lie in its stratum; the same after the cells' strata
        were permuted and groups assigned anew.
    found
        Whether the strata were found in the model's embedding.
    quality
        Of the cells' strata in the embedding.
    left_out
        Cells in no stratum.
    min_cells
        Cells that a stratum needs.
    """

    cells: Strata
    groups: NDArray[np.int64]
    group_sizes: NDArray[np.int64]
    purity: float
    purity_shuffled: float
    found: bool
    quality: StratumQuality
    left_out: int
    min_cells: int

    @property
    def mixed(self) -> bool:
        """Whether the groups mix states, so that attention cannot be stratified by them."""
        return self.purity < MIN_PURITY or len(np.unique(self.groups[self.groups >= 0])) < 2

    @property
    def kept(self) -> NDArray[np.bool_]:
        """Groups that belong to a stratum."""
        return np.asarray(self.groups >= 0)

    def notes(self) -> list[str]:
        """What a reader must know of the strata."""
        said = [
            f"Strata: {self.cells.source}; {self.quality}. Poor strata make stratified edges "
            "worse than pooled ones.",
            f"A stratum counts from {self.min_cells} cells: attention averaged over fewer is "
            f"mostly noise, and the largest of noisy scores wins. {self.left_out:,} cells are in "
            "smaller strata or without a label and stay out, of the pooled score as well.",
        ]
        if self.found:
            told = (
                "No strata were given, so they were found in the model's embedding. Attention was "
                "summed by groups of cells that were formed without them: each group was assigned "
                "to the stratum it is richest in, compared with all cells. "
                f"{self.purity:.0%} of a group's cells lie in its stratum "
                f"({self.purity_shuffled:.0%} if the cells' strata are permuted)"
            )
            said.append(
                f"{told}: groups mix states, so the rows of attention say little; those of "
                "|Spearman| are stratified cell by cell. Write the strata into a column "
                "(cg.regulation.find_strata) and set cells.strata, so that groups are formed "
                "within them."
                if self.mixed
                else f"{told}."
            )
        return said


def study_strata(
    held: StudyEdges, *, min_cells: int = MIN_CELLS["attention"], seed: int
) -> StudyStrata:
    """Strata of the captured cells: those of the study, or found where it names none.

    Parameters
    ----------
    held
        Captured edges of a model.
    min_cells
        Cells that a stratum needs.
    seed
        Root seed.

    Returns
    -------
    StudyStrata
        Cell by cell, and group by group.

    Raises
    ------
    InputError
        If fewer than two strata are large enough.

    Notes
    -----
    Where strata were given, micro-groups lie within one each. Where they are found afterwards, a
    group is a random handful of cells: it gets the stratum in which its share of cells exceeds
    that of all cells by most standard errors, and `purity` says how little that may mean.
    """
    n_groups = len(held.attention.group_stratum)
    group = held.study.group[held.cells]
    sizes = np.bincount(group, minlength=n_groups).astype(np.int64)
    if held.study.strata:
        codes = held.study.stratum[held.cells]
        strata = large_strata(Strata(codes, held.study.strata, "column of the study"), min_cells)
        place = np.full(len(held.study.strata) + 1, -1, dtype=np.int64)
        place[codes] = strata.codes
        place[-1] = -1
        groups, found = place[held.attention.group_stratum], False
        shuffled = float("nan")
    else:
        strata = find_strata(held.cell_embedding, n_strata=TUNED, min_cells=min_cells, seed=seed)
        groups, found = _richest(strata.codes, group, n_groups), True
        shuffled = _shuffled_purity(strata.codes, group, n_groups, seed)
    groups = np.where(sizes > 0, groups, -1)
    return StudyStrata(
        strata, groups, sizes, _purity(strata.codes, group, groups), shuffled, found,
        stratum_quality(held.cell_embedding, strata.codes, seed=seed),
        int((strata.codes < 0).sum()), min_cells,
    )  # fmt: skip


def _richest(
    codes: NDArray[np.int64], group: NDArray[np.int64], n_groups: int
) -> NDArray[np.int64]:
    """Stratum that each group is richest in, compared with all cells."""
    n = int(codes.max()) + 1
    inside = (codes >= 0) & (group >= 0)
    table = np.zeros((n_groups, n))
    np.add.at(table, (group[inside], codes[inside]), 1.0)
    share = table.sum(0) / table.sum()
    total = table.sum(1, keepdims=True)
    error = np.sqrt(np.maximum(total, 1.0) * share * (1 - share))
    return np.where(total[:, 0] > 0, ((table - total * share) / error).argmax(1), -1)


def _purity(codes: NDArray[np.int64], group: NDArray[np.int64], groups: NDArray[np.int64]) -> float:
    """Share of the cells of assigned groups that lie in the group's stratum."""
    own = np.where(group >= 0, groups[group], -1)
    return float((codes == own)[own >= 0].mean()) if (own >= 0).any() else float("nan")


def _shuffled_purity(
    codes: NDArray[np.int64], group: NDArray[np.int64], n_groups: int, seed: int
) -> float:
    found = []
    for draw in range(PURITY_SHUFFLES):
        wrong = generator(seed, f"study-strata/purity/{draw}").permutation(codes)
        found.append(_purity(wrong, group, _richest(wrong, group, n_groups)))
    return float(np.mean(found))
