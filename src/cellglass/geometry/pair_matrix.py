"""A number for each pair of a named source and a named target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from cellglass.errors import InputError
from cellglass.geometry.named import numbered, places, require_pairs
from cellglass.stats.arguments import Ints


@dataclass(frozen=True, eq=False)
class PairMatrix:
    """What `Distances` and `Support` have in common: sources x targets, looked up by name.

    Attributes
    ----------
    values
        Finite and not negative, shape (sources, targets).
    sources, targets
        Names of rows and columns.

    Raises
    ------
    InputError
        If the shape does not fit the names, or a value is negative or not finite.

    Examples
    --------
    >>> held = PairMatrix(np.array([[0.0, 2.0]]), ("A",), ("A", "B"))
    >>> held.pairs(["A", "A"], ["B", "A"]).tolist(), held.block(["A"], ["B"]).tolist()
    ([2.0, 0.0], [[2.0]])
    """

    values: NDArray[np.float64]
    sources: tuple[str, ...]
    targets: tuple[str, ...]

    def __post_init__(self) -> None:
        shape = (len(self.sources), len(self.targets))
        if self.values.shape != shape:
            raise InputError(
                f"values of shape {self.values.shape}", where=self.what,
                expected=f"{shape[0]} sources x {shape[1]} targets",
            )  # fmt: skip
        if self.values.size and not (self.values.min() >= 0 and self.values.max() < np.inf):
            raise InputError(
                "values that are negative or not finite", where=self.what, expected="0 or more"
            )

    @property
    def what(self) -> str:
        """What the values are, for errors."""
        return "values"

    def pairs(self, sources: Sequence[str], targets: Sequence[str]) -> NDArray[np.float64]:
        """Value of each named pair, shape (pairs,).

        Parameters
        ----------
        sources, targets
            Names of both ends, one of each a pair.

        Raises
        ------
        InputError
            If a name is in no row or no column, or there is not one target a source.
        """
        require_pairs(sources, targets)
        return np.asarray(self.values[self.rows(sources), self.columns(targets)])

    def block(self, sources: Sequence[str], targets: Sequence[str]) -> NDArray[np.float64]:
        """Values of all sources named with all targets named, shape (sources, targets).

        Parameters
        ----------
        sources, targets
            Names of rows and of columns.

        Raises
        ------
        InputError
            If a name is in no row or no column.
        """
        return np.asarray(self.values[np.ix_(self.rows(sources), self.columns(targets))])

    def rows(self, names: Sequence[str]) -> Ints:
        """Row of each named source.

        Raises
        ------
        InputError
            If a name is in no row.
        """
        return places(self._row, names, f"rows of the {self.what}")

    def columns(self, names: Sequence[str]) -> Ints:
        """Column of each named target.

        Raises
        ------
        InputError
            If a name is in no column.
        """
        return places(self._column, names, f"columns of the {self.what}")

    def points(self, what: str) -> tuple[str, ...]:
        """Names of the points of a square matrix.

        Parameters
        ----------
        what
            What needs one, for the error.

        Raises
        ------
        InputError
            If rows and columns are not the same points in one order.
        """
        if self.sources != self.targets:
            raise InputError(
                f"{len(self.sources)} sources and {len(self.targets)} targets",
                where=f"{what}, {self.what}",
                expected=f"{self.what} among the same points, in one order",
            )
        return self.sources

    @cached_property
    def _row(self) -> dict[str, int]:
        return numbered(self.sources)

    @cached_property
    def _column(self) -> dict[str, int]:
        return numbered(self.targets)
