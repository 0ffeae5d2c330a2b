"""Over-representation of gene sets in gene lists: many lists x many sets in one sparse product."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from cellglass.errors import InputError
from cellglass.stats.enrichment.backgrounds import Background, background
from cellglass.stats.enrichment.hypergeometric import bh_of_counts, distinct_tails
from cellglass.stats.enrichment.incidence import Groups, Incidence, incidence
from cellglass.stats.enrichment.list_level import simes_by_row
from cellglass.stats.multiplicity import bh

if TYPE_CHECKING:
    import pandas as pd

SMALLEST, LARGEST = 10, 500
"""Sizes of sets that are tested, after they were cut to the background."""


@dataclass(frozen=True, eq=False)
class OraResult:
    """Tests of lists x sets, stored where list and set overlap.

    A test without overlap has p = 1 and q = 1; it counts among `n_tests` all the same.

    Attributes
    ----------
    lists, sets
        What was tested, within the universe.
    background
        Universe and sizes of the sets of each list; which sets were tested.
    rows, columns
        Number of list and set of each stored test, shape (m,).
    overlap
        Genes in both, shape (m,).
    p, q
        Hypergeometric p, and Benjamini-Hochberg over all `n_tests`, shape (m,).
    n_tests
        Tests in the family: every list with every set of a fitting size.
    conditional
        Whether p depends on what neighbouring terms hold (`elim`, `parent_child`).
    """

    lists: Incidence
    sets: Incidence
    background: Background
    rows: NDArray[np.int32]
    columns: NDArray[np.int32]
    overlap: NDArray[np.int64]
    p: NDArray[np.float64]
    q: NDArray[np.float64]
    n_tests: int
    conditional: str = ""

    def significant(self, q: float = 0.05) -> sparse.csr_matrix:
        """Lists x sets, True where the adjusted p is at most `q`."""
        kept = self.q <= q
        shape = (len(self.lists), len(self.sets))
        held = (np.ones(int(kept.sum()), bool), (self.rows[kept], self.columns[kept]))
        return sparse.csr_matrix(held, shape=shape)

    def dense(self, value: str = "p") -> NDArray:
        """``"p"``, ``"q"`` or ``"overlap"`` as lists x sets; nan where the size did not fit."""
        shape = (len(self.lists), len(self.sets))
        out = np.full(shape, 0.0 if value == "overlap" else 1.0)
        out[self.rows, self.columns] = getattr(self, value)
        out[~self.background.fits[self.background.of_list]] = np.nan
        return out

    def genes(self, row: int, column: int) -> list[str]:
        """Genes that a list and a set share, computed when asked for."""
        mine = np.intersect1d(self.lists.members(row), self.sets.members(column))
        return [self.lists.genes[j] for j in mine]

    @cached_property
    def list_sizes(self) -> NDArray[np.int64]:
        """Genes of each list within the universe."""
        return self.lists.sizes

    @cached_property
    def list_p(self) -> NDArray[np.float64]:
        """Simes p of each list over all its tests: does it share anything with any set?"""
        per_list = self.background.fits.sum(1)[self.background.of_list]
        return simes_by_row(self.rows, self.p, per_list)

    @cached_property
    def list_q(self) -> NDArray[np.float64]:
        """Benjamini-Hochberg of `list_p` over lists."""
        return bh(self.list_p)

    def frame(self, *, q: float | None = None, genes: bool = False) -> pd.DataFrame:
        """Long table, sorted by list and p.

        Parameters
        ----------
        q
            Only tests at or below it; all overlapping tests where None.
        genes
            Add the shared genes, separated by ``;``.

        Returns
        -------
        pandas.DataFrame
            Columns list, set, overlap, list_size, set_size, universe, expected, fold, p, q.
        """
        import pandas as pd

        kept = np.arange(self.p.size) if q is None else np.flatnonzero(self.q <= q)
        kept = kept[np.lexsort((self.columns[kept], self.p[kept], self.rows[kept]))]
        rows, columns = self.rows[kept], self.columns[kept]
        group = self.background.of_list[rows]
        n, k = self.list_sizes[rows], self.background.set_sizes[group, columns]
        total = self.background.universe[group]
        expected = n * k / total
        frame = pd.DataFrame(
            {
                "list": np.array(self.lists.names, dtype=object)[rows],
                "set": np.array(self.sets.names, dtype=object)[columns],
                "overlap": self.overlap[kept],
                "list_size": n,
                "set_size": k,
                "universe": total,
                "expected": expected,
                "fold": self.overlap[kept] / expected,
                "p": self.p[kept],
                "q": self.q[kept],
            }
        )
        if genes:
            pairs = zip(rows, columns, strict=True)
            frame["genes"] = [";".join(self.genes(int(r), int(c))) for r, c in pairs]
        return frame


def ora(
    lists: Groups | Incidence,
    sets: Groups | Incidence,
    universe: Sequence[str],
    *,
    tested: ArrayLike | None = None,
    smallest: int = SMALLEST,
    largest: int = LARGEST,
    allow_empty: bool = False,
) -> OraResult:
    """Test every list for over-representation of every set.

    Parameters
    ----------
    lists
        Genes of each list.
    sets
        Genes of each set.
    universe
        The genes that could have been in a list: tested genes, never all annotated ones.
    tested
        Lists x universe, True where the gene was tested for the list; all where None.
    smallest, largest
        Sizes of sets tested, after intersection with what was tested for the list.
    allow_empty
        Whether a list may be empty: its tests count, with p = 1. Else it is an error.

    Returns
    -------
    OraResult

    Raises
    ------
    InputError
        If lists or sets do not meet the universe, a list is empty, or no set has a fitting size.

    Notes
    -----
    One-sided hypergeometric test. The false discovery rate counts every test, also those with
    overlap 0: leaving these out makes random lists look annotated (docs/guides/enrichment.md).

    Examples
    --------
    >>> genes = [f"g{i}" for i in range(200)]
    >>> result = ora({"mine": genes[:12]}, {"term": genes[:10], "other": genes[50:70]}, genes)
    >>> result.n_tests, result.frame()["set"].tolist()
    (2, ['term'])
    """
    mine, theirs, ground = prepared(
        lists, sets, universe, tested, smallest=smallest, largest=largest, allow_empty=allow_empty
    )
    shared = (mine.matrix @ theirs.matrix.T).tocoo()
    kept = ground.fits[ground.of_list[shared.row], shared.col]
    rows, columns = shared.row[kept], shared.col[kept]
    overlap = shared.data[kept].astype(np.int64)
    group = ground.of_list[rows]
    p, codes = distinct_tails(
        overlap, mine.sizes[rows], ground.set_sizes[group, columns], ground.universe[group]
    )
    q = bh_of_counts(p, np.bincount(codes, minlength=p.size), ground.n_tests)
    return OraResult(
        mine, theirs, ground, rows, columns, overlap, p[codes], q[codes], ground.n_tests
    )


def prepared(
    lists: Groups | Incidence,
    sets: Groups | Incidence,
    universe: Sequence[str],
    tested: ArrayLike | None,
    *,
    smallest: int,
    largest: int,
    allow_empty: bool,
) -> tuple[Incidence, Incidence, Background]:
    """Cut lists and sets to what was tested, and find the sets of fitting size.

    Parameters
    ----------
    lists, sets, universe, tested, smallest, largest, allow_empty
        As for `ora`.

    Returns
    -------
    lists, sets, background
    """
    mine = lists if isinstance(lists, Incidence) else incidence(lists, universe, what="gene lists")
    theirs = sets if isinstance(sets, Incidence) else incidence(sets, universe)
    for held in (mine, theirs):
        if held.genes != tuple(universe):
            raise InputError(
                "an incidence of another universe", where="ora", expected="the same genes"
            )
    ground = background(theirs, len(mine), tested, smallest=smallest, largest=largest)
    if ground.masks is not None:
        cut = mine.matrix.multiply(ground.masks[ground.of_list]).tocsr().astype(np.int32)
        cut.eliminate_zeros()
        cut.sort_indices()
        mine = Incidence(mine.names, mine.genes, cut, mine.outside)
    empty = np.flatnonzero(mine.sizes == 0)
    if empty.size and not allow_empty:
        raise InputError(
            f"{empty.size:,} of {len(mine):,} gene lists are empty, such as {mine.names[empty[0]]}",
            where="gene lists",
            expected="at least one tested gene in each",
            fix="lower the threshold, leave these lists out, or allow_empty=True (p = 1)",
        )
    return mine, theirs, ground
