"""What a gene's value is replaced by, and how many distinct replacements there are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cellglass.models.swap_space import SwapSpace
from cellglass.seeds import generator

from .counterfactuals import UNKNOWN
from .settings import Perturbation

if TYPE_CHECKING:
    from .plan import Pairs

Rows = NDArray[np.int64]
Values = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Sources:
    """Values that replace those of the edited cell.

    Parameters
    ----------
    perturbation, seed
        See `AttributionSettings`.
    pools
        Inactive cells of each unit.
    cells
        Cells that means are taken over.
    labels
        Code of each cell of the space, `UNKNOWN` where it has none, or None.
    """

    perturbation: Perturbation
    seed: int
    pools: tuple[Rows, ...]
    cells: Rows
    labels: Rows | None

    def rows(self, space: SwapSpace, pairs: Pairs) -> tuple[Values, Rows]:
        """Replacing values of pairs that edit one cell.

        Returns
        -------
        values : numpy.ndarray
            Distinct rows x genes.
        at : numpy.ndarray
            Row of `values` of each pair, shape (pairs,).
        """
        if self.perturbation == "swap":
            cells, at = np.unique(pairs.source, return_inverse=True)
            return np.asarray(space.values[cells].toarray(), dtype=np.float64), at
        if self.perturbation == "shuffle":
            drawn = [self._shuffled(space, pairs, i) for i in range(len(pairs))]
            return np.stack(drawn), np.arange(len(pairs))
        row = np.zeros(len(space.genes))
        if self.perturbation != "zero":
            row = np.asarray(space.values[self._averaged(int(pairs.base[0]))].mean(0)).ravel()
        return row[None].astype(np.float64), np.zeros(len(pairs), dtype=np.int64)

    def _averaged(self, cell: int) -> Rows:
        if self.perturbation == "dataset mean" or self.labels is None:
            return self.cells
        own = self.labels[cell]
        return self.cells if own == UNKNOWN else self.cells[self.labels[self.cells] == own]

    def _shuffled(self, space: SwapSpace, pairs: Pairs, i: int) -> Values:
        pool = self.pools[pairs.unit[i]]
        name = space.cell_names[pairs.prototype[i]]
        task = f"attribution/shuffle/{pairs.unit[i]}/{name}/{pairs.draw[i]}"
        giver = generator(self.seed, task).integers(pool.size, size=len(space.genes))
        # of each gene's own giver, without making the whole pool dense
        some, at = np.unique(giver, return_inverse=True)
        dense = space.values[pool[some]].tocsc()
        return np.asarray(dense[at, np.arange(at.size)], dtype=np.float64).ravel()


def base_groups(pairs: Pairs) -> list[Rows]:
    """Places of the pairs that edit the same cell, cells ascending."""
    order = np.argsort(pairs.base, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(pairs.base[order])) + 1)


def distinct_swaps(space: SwapSpace, pairs: Pairs, sources: Sources) -> tuple[int, int]:
    """Count single-gene swaps: each (cell, gene, value) once, and every one asked for."""
    distinct = asked = 0
    for group in base_groups(pairs):
        mine = pairs.rows(group)
        values, at = sources.rows(space, mine)
        differs = values != space.row(int(mine.base[0]))
        asked += int(differs.sum(1)[at].sum())
        distinct += distinct_values(values, differs)[0].size
    return distinct, asked


def distinct_values(values: Values, wanted: NDArray[np.bool_]) -> tuple[Rows, Values, Rows]:
    """Distinct (gene, value) among wanted entries.

    Parameters
    ----------
    values, wanted
        Sources x genes.

    Returns
    -------
    genes, new : numpy.ndarray
        Gene and value of each distinct swap.
    at : numpy.ndarray
        Swap of each entry, sources x genes; -1 where it is not wanted.

    Examples
    --------
    >>> same = np.array([[0.0, 2.0], [0.0, 3.0]])
    >>> genes, new, at = distinct_values(same, np.ones((2, 2), bool))
    >>> genes.tolist(), new.tolist(), at.tolist()
    ([0, 1, 1], [0.0, 2.0, 3.0], [[0, 1], [0, 2]])
    """
    source, gene = np.nonzero(wanted)
    value = values[source, gene]
    order = np.lexsort((value, gene))
    ordered_gene, ordered_value = gene[order], value[order]
    new = np.ones(order.size, dtype=bool)
    new[1:] = (np.diff(ordered_gene) != 0) | (np.diff(ordered_value) != 0)
    at = np.full(values.shape, -1, dtype=np.int64)
    at[source[order], ordered_gene] = np.cumsum(new) - 1
    return ordered_gene[new].astype(np.int64), ordered_value[new], at
