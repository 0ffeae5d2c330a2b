"""Two clouds matched by name: the same genes as two models embed them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellglass.errors import InputError
from cellglass.geometry.cloud import PointCloud
from cellglass.stats.arguments import Ints

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class MatchCounts:
    """What became of the genes of two clouds.

    Attributes
    ----------
    first, second
        Genes of each cloud.
    shared
        Genes named in both.
    zero_first, zero_second
        Shared genes whose row is all zeros on that side; a gene may count on both.
    duplicate_first, duplicate_second
        Of the rest, genes that equal an earlier one on that side; a gene may count on both.
    matched
        Genes that are left.
    """

    first: int
    second: int
    shared: int
    zero_first: int = 0
    zero_second: int = 0
    duplicate_first: int = 0
    duplicate_second: int = 0
    matched: int = 0

    def __str__(self) -> str:
        return (
            f"{self.matched} genes matched of {self.first} and {self.second} ({self.shared} "
            f"shared; rows of zeros {self.zero_first} and {self.zero_second}; duplicates "
            f"{self.duplicate_first} and {self.duplicate_second})"
        )


@dataclass(frozen=True, eq=False)
class Matched:
    """Rows of two models in pairs: row i of either side is gene i.

    Attributes
    ----------
    first, second
        Points of either model, float64, shapes (n, d1) and (n, d2).
    names
        Genes, n, all different.
    counts
        How many genes were matched, and what was dropped; None where the rows came in pairs.

    Raises
    ------
    InputError
        If the sides have not one row a name each, or a value is not finite.

    Examples
    --------
    >>> first = PointCloud.of([[1.0], [0.0], [2.0], [3.0]], ["A", "B", "C", "D"])
    >>> second = PointCloud.of([[5.0, 1.0], [7.0, 1.0], [1.0, 1.0]], ["C", "A", "B"])
    >>> matched = Matched.of(first, second)
    >>> matched.names, matched.second.tolist(), matched.counts.zero_first
    (('A', 'C'), [[7.0, 1.0], [5.0, 1.0]], 1)
    """

    first: Matrix
    second: Matrix
    names: tuple[str, ...]
    counts: MatchCounts | None = None

    def __post_init__(self) -> None:
        for side in (self.first, self.second):
            PointCloud(side, self.names)  # refuses wrong shapes, repeated names, and nan

    @classmethod
    def of(cls, first: PointCloud, second: PointCloud) -> Matched:
        """Match two clouds by the names of their points.

        Rows of zeros on either side are dropped, then all but the first of equal points: a gene
        that equals another cannot be told from it. The order is that of the first cloud.

        Parameters
        ----------
        first, second
            Clouds of two models, or of two layers of one.

        Raises
        ------
        InputError
            If no name is in both, or nothing is left.
        """
        there = set(second.names)
        shared = [name for name in first.names if name in there]
        if not shared:
            raise InputError(
                f"no name is in both clouds: the first holds {first.names[0]} and the like, the "
                f"second {second.names[0]}",
                where="matching of two models",
                expected="genes under the same names",
                fix="convert the names of one side, such as Ensembl ids to symbols",
            )
        one, other = first.take(np.array(shared)), second.take(np.array(shared))
        zeros = one.zero, other.zero
        some = ~(zeros[0] | zeros[1])
        counts = MatchCounts(
            len(first), len(second), len(shared), int(zeros[0].sum()), int(zeros[1].sum())
        )
        _require_some(bool(some.any()), counts)
        one, other = one.take(some), other.take(some)
        repeated = [side.first_of != np.arange(len(side)) for side in (one, other)]
        left = ~(repeated[0] | repeated[1])
        counts = replace(
            counts,
            duplicate_first=int(repeated[0].sum()),
            duplicate_second=int(repeated[1].sum()),
            matched=int(left.sum()),
        )
        one, other = one.take(left), other.take(left)
        return cls(one.points, other.points, one.names, counts)

    @classmethod
    def of_arrays(
        cls, first: ArrayLike, second: ArrayLike, names: Sequence[str] | None = None
    ) -> Matched:
        """Match two arrays whose rows are in the same order; zeros and duplicates are dropped.

        Parameters
        ----------
        first, second
            Shapes (n, d1) and (n, d2).
        names
            Of the rows; their numbers where None.

        Raises
        ------
        InputError
            As `of`, or if the numbers of rows differ.
        """
        one = PointCloud.of(first, names)
        other = PointCloud.of(second, names)
        if len(one) != len(other):
            raise InputError(
                f"{len(one)} and {len(other)} rows",
                where="matched arrays",
                expected="rows in pairs",
            )
        return cls.of(one, other)

    def __len__(self) -> int:
        return len(self.names)

    def take(self, which: NDArray[Any] | Sequence[int]) -> Matched:
        """Some of the genes, by index or mask."""
        rows = np.asarray(which)
        rows = np.flatnonzero(rows) if rows.dtype == bool else rows.astype(np.int64)
        names = tuple(self.names[i] for i in rows)
        return Matched(self.first[rows], self.second[rows], names, self.counts)

    def paired(self, pairing: Ints) -> Matched:
        """Pair row i of the first side with row ``pairing[i]`` of the second."""
        return Matched(self.first, self.second[pairing], self.names, self.counts)

    def swapped(self) -> Matched:
        """Exchange the sides."""
        counts = self.counts
        if counts is not None:
            counts = MatchCounts(
                counts.second, counts.first, counts.shared, counts.zero_second, counts.zero_first,
                counts.duplicate_second, counts.duplicate_first, counts.matched,
            )  # fmt: skip
        return Matched(self.second, self.first, self.names, counts)

    def require_genes(self, fewest: int, what: str) -> None:
        """Refuse too few genes.

        Parameters
        ----------
        fewest
            Genes needed.
        what
            What needs them, for the message.

        Raises
        ------
        InputError
            If there are fewer; it says what was dropped in matching.
        """
        if len(self) < fewest:
            raise InputError(
                f"{len(self)} matched genes", where=what, expected=f"at least {fewest}",
                fix="give clouds that share more genes" if self.counts is None
                else f"give clouds that share more genes: {self.counts}",
            )  # fmt: skip


def _require_some(some: bool, counts: MatchCounts) -> None:
    if not some:
        raise InputError(
            f"all {counts.shared} shared genes are rows of zeros on one side",
            where="matching of two models",
            fix="embed the same genes with both models",
        )
