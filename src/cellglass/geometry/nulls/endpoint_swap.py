"""Targets of pairs exchanged within bins of distance."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numba import njit
from numpy.typing import ArrayLike

from cellglass.geometry.nulls.draw_null import DrawNull
from cellglass.geometry.nulls.within_bins import quantile_bins
from cellglass.geometry.pair_values import pair_values
from cellglass.geometry.pairs import Pairs
from cellglass.stats.arguments import Ints
from cellglass.stats.nulls.kernels import below

EXCHANGES_PER_PAIR = 10
"""Attempted exchanges in a draw; a shuffle by exchanges of n items needs about n ln(n) / 2."""

Ends = tuple[Ints, Ints]


class EndpointSwap(DrawNull[Ends]):
    """Pairs that keep their source and their label, and exchange targets with like pairs.

    It asks whether it matters which target a source has, among pairs of like distance. The
    statistic reads its feature at the new pairs: ``matrix[rows, columns]``, against
    ``pairs.positive``.

    Parameters
    ----------
    pairs
        The pairs; `observed` is `Pairs.index`.
    distance
        Of each pair, see `pair_values`.
    bins
        Quantile bins of distance within which targets are exchanged.

    Raises
    ------
    InputError
        If the distance has another shape or is not finite at a judged pair.

    Notes
    -----
    Bins are of the distance before the exchange. The distance of the new pair is another: the
    null keeps how often each gene is an end of a pair, and not distance itself. A draw is a
    chain of attempted exchanges that never pairs a gene with itself, and is uniform over what
    such exchanges reach. A pair may come twice, and a negative may come to lie on a pair of
    the network, as in the published null (specification 3.1). New pairs are no permutation of
    the old ones, so that the test is not exact: for labels that know nothing, 2 % of p are at
    or below 0.05 (tests/calibration/test_geometry_nulls.py).

    Examples
    --------
    >>> mask = np.ones((2, 4), bool)
    >>> pairs = Pairs(("A", "B"), tuple("CDEF"), np.eye(2, 4, dtype=bool), mask, "n")
    >>> null = EndpointSwap(pairs, np.arange(8.0).reshape(2, 4), bins=1)
    >>> rows, columns = null.draw(np.random.default_rng(0))
    >>> rows.tolist(), np.bincount(columns).tolist()
    ([0, 0, 0, 0, 1, 1, 1, 1], [2, 2, 2, 2])
    """

    name: ClassVar[str] = "endpoint swap"
    preserves: ClassVar[str] = (
        "the source and the label of every pair, and how often each gene is a target in each "
        "bin of distance"
    )

    def __init__(self, pairs: Pairs, distance: ArrayLike, *, bins: int = 6) -> None:
        super().__init__(pairs.index)
        codes = quantile_bins(pair_values(distance, pairs, f"null '{self.name}'"), bins)
        self.bins = codes
        self._members = np.argsort(codes, kind="stable")
        self._start = np.concatenate([[0], np.cumsum(np.bincount(codes))]).astype(np.int64)
        place = {gene: i for i, gene in enumerate(pairs.targets)}
        self._own = np.array([place.get(gene, -1) for gene in pairs.sources], dtype=np.int64)

    def draw(self, rng: np.random.Generator) -> Ends:
        """Return one draw: rows as they were, columns exchanged within bins.

        Parameters
        ----------
        rng
            Source of the draw.

        Returns
        -------
        rows, columns : numpy.ndarray
            In the order of `Pairs.index`.
        """
        rows, columns = self.observed
        state = rng.integers(0, 2**64 - 1, 1, dtype=np.uint64, endpoint=True)
        moved = columns.astype(np.int64).copy()
        attempts = EXCHANGES_PER_PAIR * rows.size
        _exchange(
            rows, moved, self.bins, self._members, self._start, self._own[rows], attempts, state
        )
        return rows, moved

    def changed(self, drawn: Ends) -> float:
        """Share of pairs with another target."""
        return float((drawn[1] != self.observed[1]).mean())

    def repeats(self, drawn: Ends) -> int:
        """Pairs of a draw that come more than once, beyond the first time."""
        flat = drawn[0] * (int(drawn[1].max()) + 1) + drawn[1]
        return int(flat.size - np.unique(flat).size)


@njit(cache=True)
def _exchange(rows, columns, codes, members, start, own, attempts, state):  # type: ignore[no-untyped-def]
    """Try exchanges of the targets of two pairs of one bin; `own` is the source as a column.

    Which two are tried does not depend on the state, so that an exchange and its reversal are
    equally likely.
    """
    for _ in range(attempts):
        i = below(state, rows.size)
        begin = start[codes[i]]
        j = members[begin + below(state, start[codes[i] + 1] - begin)]
        if columns[j] != own[i] and columns[i] != own[j]:
            kept = columns[i]
            columns[i] = columns[j]
            columns[j] = kept
