"""Preranked gene set enrichment: weighted running sums of many rankings x many sets."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from cellglass.errors import InputError
from cellglass.seeds import DEFAULT_SEED, generator
from cellglass.stats.enrichment.backgrounds import Background, background
from cellglass.stats.enrichment.incidence import Groups, Incidence, incidence
from cellglass.stats.enrichment.list_level import simes_by_row
from cellglass.stats.enrichment.ora import LARGEST, SMALLEST
from cellglass.stats.enrichment.ranking import name_hash, ranked, share_of_ties
from cellglass.stats.enrichment.running_sum import against_null, null_scores, set_scores
from cellglass.stats.multiplicity import bh

if TYPE_CHECKING:
    import pandas as pd

Side = Literal["both", "positive", "negative"]
_SIDES = {"both": 0, "positive": 1, "negative": -1}
MOST_TIES = 0.5


@dataclass(frozen=True, eq=False)
class PrerankResult:
    """Running-sum tests of rankings x sets; nan where not tested.

    Attributes
    ----------
    names
        Name of each ranking.
    sets
        Sets over the universe.
    background
        Universe and sizes of sets of each ranking.
    es, nes, p, q
        Enrichment score, score over the mean of random sets of the same sign, permutation p and
        Benjamini-Hochberg over all tests; rankings x sets.
    peak
        Rank at which the running sum is extreme, rankings x sets.
    ties
        Share of tied genes of each ranking, shape (rankings,).
    refused
        Rankings left out because of their ties.
    orders
        Gene numbers of each ranking from the highest score down; empty where refused.
    permutations
        Random sets a size; no p is below 1 / (permutations + 1).
    """

    names: tuple[str, ...]
    sets: Incidence
    background: Background
    es: NDArray[np.float64]
    nes: NDArray[np.float64]
    p: NDArray[np.float64]
    q: NDArray[np.float64]
    peak: NDArray[np.int64]
    ties: NDArray[np.float64]
    refused: NDArray[np.bool_]
    orders: tuple[NDArray[np.int64], ...]
    permutations: int

    @property
    def n_tests(self) -> int:
        """Tests in the family."""
        return int(np.isfinite(self.p).sum())

    def significant(self, q: float = 0.05) -> sparse.csr_matrix:
        """Rankings x sets, True where the adjusted p is at most `q`."""
        return sparse.csr_matrix(self.q <= q)

    @cached_property
    def list_p(self) -> NDArray[np.float64]:
        """Simes p of each ranking over all its tests; nan where it was refused."""
        rows, columns = np.nonzero(np.isfinite(self.p))
        return simes_by_row(rows, self.p[rows, columns], np.isfinite(self.p).sum(axis=1))

    @cached_property
    def list_q(self) -> NDArray[np.float64]:
        """Benjamini-Hochberg of `list_p` over rankings."""
        return bh(self.list_p)

    def genes(self, row: int, column: int) -> list[str]:
        """Leading edge: genes of the set up to the peak, or from it on where the score is < 0."""
        order, peak = self.orders[row], int(self.peak[row, column])
        side = order[: peak + 1] if self.es[row, column] >= 0 else order[peak:]
        members = set(self.sets.members(column).tolist())
        return [self.sets.genes[j] for j in side if int(j) in members]

    def frame(self, *, q: float | None = None, genes: bool = False) -> pd.DataFrame:
        """Long table, sorted by ranking and p.

        Parameters
        ----------
        q
            Only tests at or below it; all where None.
        genes
            Add the leading edge, separated by ``;``.

        Returns
        -------
        pandas.DataFrame
            Columns list, set, set_size, universe, es, nes, p, q.
        """
        import pandas as pd

        rows, columns = np.nonzero(np.isfinite(self.p) if q is None else self.q <= q)
        order = np.lexsort((columns, -np.abs(self.es[rows, columns]), self.p[rows, columns], rows))
        rows, columns = rows[order], columns[order]
        group = self.background.of_list[rows]
        frame = pd.DataFrame(
            {
                "list": np.array(self.names, dtype=object)[rows],
                "set": np.array(self.sets.names, dtype=object)[columns],
                "set_size": self.background.set_sizes[group, columns],
                "universe": self.background.universe[group],
                **{name: getattr(self, name)[rows, columns] for name in ("es", "nes", "p", "q")},
            }
        )
        if genes:
            pairs = zip(rows, columns, strict=True)
            frame["genes"] = [";".join(self.genes(int(r), int(c))) for r, c in pairs]
        return frame


def prerank(
    scores: ArrayLike,
    sets: Groups | Incidence,
    universe: Sequence[str],
    *,
    names: Sequence[str] | None = None,
    tested: ArrayLike | None = None,
    weight: float = 1.0,
    permutations: int = 10_000,
    side: Side = "both",
    smallest: int = SMALLEST,
    largest: int = LARGEST,
    ties: Literal["raise", "skip"] = "raise",
    most_ties: float = MOST_TIES,
    size_step: float = 0.0,
    seed: int = DEFAULT_SEED,
    workers: int = 1,
) -> PrerankResult:
    """Test whether sets crowd at an end of rankings.

    Parameters
    ----------
    scores
        Rankings x universe, or one ranking.
    sets
        Genes of each set.
    universe
        Gene names, the columns of `scores`.
    names
        Name of each ranking; numbers where None. The name picks the random sets, so that a
        ranking's result does not depend on which others are run with it.
    tested
        Rankings x universe: only these genes are ranked; all where None.
    weight
        Power of the absolute score in the running sum; 0 is the Kolmogorov-Smirnov statistic.
    permutations
        Random sets for each distinct set size.
    side
        ``"both"``, or only ``"positive"`` or ``"negative"`` deviations.
    smallest, largest
        Sizes of sets tested, after intersection with the tested genes.
    ties
        What to do with a ranking with too many ties: raise, or leave it out and say so.
    most_ties
        Largest share of tied genes. Below it, ties are ordered by a hash of the gene name.
    size_step
        0: a null for each size. 0.05: sizes within 5 % share the null of the smallest of them,
        which is wider: p values are slightly too large, and 6 times as fast on large libraries.
    seed
        Root seed.
    workers
        Threads; the result does not depend on them.

    Returns
    -------
    PrerankResult

    Raises
    ------
    InputError
        If a score is not finite, sets do not meet the universe, none has a fitting size, or a
        ranking has too many ties.

    Notes
    -----
    Subramanian et al., PNAS 2005. The null of a set depends on its size only, so random sets are
    drawn once for each distinct size of a ranking. A set whose genes all have score 0 is summed
    with equal weights. p = (reached + 1) / (same sign + 1).

    Examples
    --------
    >>> import numpy as np
    >>> genes = [f"g{i}" for i in range(60)]
    >>> result = prerank(np.arange(60, 0, -1.0), {"top": genes[:10]}, genes, permutations=99)
    >>> float(result.es[0, 0]), bool(result.p[0, 0] < 0.05)
    (1.0, True)
    """
    values = np.atleast_2d(np.asarray(scores, dtype=np.float64))
    labels = _checked(values, universe, names, tested, permutations, side, ties, size_step)
    theirs = sets if isinstance(sets, Incidence) else incidence(sets, universe)
    ground = background(theirs, len(values), tested, smallest=smallest, largest=largest)
    hashes = name_hash(universe, seed)

    def one(row: int) -> _One:
        group = ground.of_list[row]
        mask = None if ground.masks is None else ground.masks[group]
        genes = np.arange(len(universe)) if mask is None else np.flatnonzero(mask)
        share = share_of_ties(values[row, genes])
        if share > most_ties:
            return _One(share, np.zeros(0, np.int64))
        order = genes[ranked(values[row, genes], hashes[genes])]
        weights = np.abs(values[row, order]) ** weight
        fits = np.flatnonzero(ground.fits[group] & (ground.set_sizes[group] < genes.size))
        draws = generator(seed, f"prerank/{labels[row]}").integers(
            0, 2**64, size=permutations, dtype=np.uint64
        )
        return _test(share, order, weights, theirs, fits, draws, _SIDES[side], size_step)

    if workers > 1:
        with ThreadPoolExecutor(workers) as pool:
            found = list(pool.map(one, range(len(values))))
    else:
        found = [one(row) for row in range(len(values))]
    refused = np.array([f.ties > most_ties for f in found])
    if refused.any() and (ties == "raise" or refused.all()):
        _refuse(labels, found, refused, most_ties)
    return _collected(labels, theirs, ground, found, refused, permutations)


@dataclass(frozen=True, eq=False)
class _One:
    """One ranking's tests of the sets `fits`."""

    ties: float
    order: NDArray[np.int64]
    fits: NDArray[np.int64] | None = None
    es: NDArray[np.float64] | None = None
    nes: NDArray[np.float64] | None = None
    p: NDArray[np.float64] | None = None
    peak: NDArray[np.int64] | None = None


def _test(
    share: float,
    order: NDArray[np.int64],
    weights: NDArray[np.float64],
    sets: Incidence,
    fits: NDArray[np.int64],
    draws: NDArray[np.uint64],
    side: int,
    size_step: float,
) -> _One:
    start, positions = _positions(order, sets, fits)
    es, peak = set_scores(start, positions, weights, side)
    sizes, size_of = np.unique(_rounded_down(np.diff(start), size_step), return_inverse=True)
    if not sizes.size:
        return _One(share, order, fits, es, es, es, peak)
    null = null_scores(sizes, weights, draws, side)
    nes, p = against_null(es, size_of, null, side)
    return _One(share, order, fits, es, nes, p, peak)


def _rounded_down(sizes: NDArray[np.int64], step: float) -> NDArray[np.int64]:
    """Each size, or the smallest one within a step below it."""
    distinct = np.unique(sizes)
    kept: list[int] = []
    for size in distinct:
        if not kept or size > kept[-1] * (1 + step):
            kept.append(int(size))
    grid = np.array(kept, dtype=np.int64)
    return grid[np.searchsorted(grid, sizes, side="right") - 1] if grid.size else sizes


def _positions(
    order: NDArray[np.int64], sets: Incidence, fits: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Sorted ranks of the ranked genes of some sets, set after set."""
    rank = np.full(len(sets.genes), -1, dtype=np.int64)
    rank[order] = np.arange(order.size)
    chosen = sets.matrix[fits]
    hits = rank[chosen.indices]
    row = np.repeat(np.arange(fits.size), np.diff(chosen.indptr))[hits >= 0]
    hits = hits[hits >= 0]
    hits = hits[np.lexsort((hits, row))]
    start = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=fits.size))])
    return start.astype(np.int64), hits


def _collected(
    labels: tuple[str, ...],
    sets: Incidence,
    ground: Background,
    found: list[_One],
    refused: NDArray[np.bool_],
    permutations: int,
) -> PrerankResult:
    shape = (len(labels), len(sets))
    es, nes, p = (np.full(shape, np.nan) for _ in range(3))
    peak = np.zeros(shape, dtype=np.int64)
    for row, f in enumerate(found):
        if f.fits is not None and f.peak is not None:
            es[row, f.fits], nes[row, f.fits], p[row, f.fits] = f.es, f.nes, f.p
            peak[row, f.fits] = f.peak
    q = bh(p.ravel()).reshape(shape)
    shares = np.array([f.ties for f in found])
    orders = tuple(f.order for f in found)
    return PrerankResult(
        labels, sets, ground, es, nes, p, q, peak, shares, refused, orders, permutations
    )


def _checked(
    values: NDArray[np.float64],
    universe: Sequence[str],
    names: Sequence[str] | None,
    tested: ArrayLike | None,
    permutations: int,
    side: str,
    ties: str,
    size_step: float,
) -> tuple[str, ...]:
    """Check arguments; return the names of the rankings."""
    if values.ndim != 2 or values.shape[1] != len(universe):
        raise InputError(
            f"scores of shape {values.shape}", where="scores",
            expected=f"rankings x {len(universe):,} genes",
        )  # fmt: skip
    judged = np.ones(values.shape, bool) if tested is None else np.asarray(tested, dtype=bool)
    if judged.shape != values.shape:
        raise InputError(
            f"an array of shape {judged.shape}", where="tested", expected=f"{values.shape}"
        )
    bad = judged & ~np.isfinite(values)
    if bad.any():
        row, gene = np.argwhere(bad)[0]
        raise InputError(
            f"{int(bad.sum()):,} scores of tested genes are not finite, such as that of "
            f"{universe[gene]} in ranking {row if names is None else names[row]}",
            where="scores",
            fix="mark genes without a score as not tested",
        )
    if size_step < 0:
        raise InputError(f"size_step {size_step}", where="prerank", expected="0 or more")
    if permutations < 1 or side not in _SIDES or ties not in ("raise", "skip"):
        raise InputError(
            f"permutations {permutations}, side {side!r}, ties {ties!r}", where="prerank",
            expected="1 or more; both, positive or negative; raise or skip",
        )  # fmt: skip
    labels = tuple(map(str, range(len(values)) if names is None else names))
    if len(labels) != len(values) or len(set(labels)) < len(labels):
        raise InputError(
            f"{len(labels)} names ({len(set(labels))} distinct) for {len(values)} rankings",
            where="names",
            expected="one name a ranking, each once",
        )
    return labels


def _refuse(
    labels: tuple[str, ...], found: list[_One], refused: NDArray[np.bool_], most: float
) -> None:
    worst = int(np.argmax([f.ties for f in found]))
    raise InputError(
        f"{int(refused.sum()):,} of {len(labels):,} rankings have more than {most:.0%} tied genes; "
        f"{labels[worst]} has {found[worst].ties:.1%}: their order would be arbitrary",
        where="prerank",
        expected="scores that order most genes",
        fix="rank only genes that were tested (tested=), only those with a positive score and "
        "side='positive', use over-representation, or leave these rankings out (ties='skip')",
    )
