"""Distances from some named points to some named points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from cellglass.errors import InputError
from cellglass.geometry.cloud import places
from cellglass.stats.arguments import Ints


@dataclass(frozen=True, eq=False)
class Distances:
    """Distances from some points to others, with their names.

    Attributes
    ----------
    values
        Shape (sources, targets).
    sources, targets
        Names of rows and columns.
    metric
        ``"euclidean"``, ``"geodesic"``, ``"diffusion"`` and the like.

    Raises
    ------
    InputError
        If the shape does not fit the names, or a value is negative or not finite.

    Examples
    --------
    >>> held = Distances(np.array([[0.0, 2.0]]), ("A",), ("A", "B"), "euclidean")
    >>> held.pairs(["A", "A"], ["B", "A"]).tolist(), held.block(["A"], ["B"]).tolist()
    ([2.0, 0.0], [[2.0]])
    """

    values: NDArray[np.float64]
    sources: tuple[str, ...]
    targets: tuple[str, ...]
    metric: str

    def __post_init__(self) -> None:
        shape = (len(self.sources), len(self.targets))
        if self.values.shape != shape:
            raise InputError(
                f"values of shape {self.values.shape}", where=f"{self.metric} distances",
                expected=f"{shape[0]} sources x {shape[1]} targets",
            )  # fmt: skip
        if self.values.size and not (self.values.min() >= 0 and self.values.max() < np.inf):
            raise InputError(
                "values that are negative or not finite", where=f"{self.metric} distances"
            )

    def pairs(self, sources: Sequence[str], targets: Sequence[str]) -> NDArray[np.float64]:
        """Distance of each named pair, shape (pairs,).

        Parameters
        ----------
        sources, targets
            Names of both ends, one of each a pair.

        Raises
        ------
        InputError
            If a name is in no row or no column, or there is not one target a source.
        """
        if len(sources) != len(targets):
            raise InputError(f"{len(sources)} sources and {len(targets)} targets", where="pairs")
        return np.asarray(self.values[self.rows(sources), self.columns(targets)])

    def block(self, sources: Sequence[str], targets: Sequence[str]) -> NDArray[np.float64]:
        """Distances of all sources named to all targets named, shape (sources, targets).

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
        return places(self._row, names, f"rows of the {self.metric} distances")

    def columns(self, names: Sequence[str]) -> Ints:
        """Column of each named target.

        Raises
        ------
        InputError
            If a name is in no column.
        """
        return places(self._column, names, f"columns of the {self.metric} distances")

    @cached_property
    def _row(self) -> dict[str, int]:
        return {name: i for i, name in enumerate(self.sources)}

    @cached_property
    def _column(self) -> dict[str, int]:
        return {name: j for j, name in enumerate(self.targets)}


def ends(
    distances: Distances, sources: Sequence[str], targets: Sequence[str]
) -> tuple[Ints, Ints, NDArray[np.float64]]:
    """Rows of both ends of pairs, and the distance between them.

    Parameters
    ----------
    distances
        With a row for every source and every target. A target without a column, such as a copy
        where the columns are the distinct points, takes that of a point at distance 0 from it.
    sources, targets
        Names of both ends, one of each a pair.

    Returns
    -------
    one, other : numpy.ndarray
        Rows of source and target.
    base : numpy.ndarray
        Distance of each pair.

    Raises
    ------
    InputError
        If a name has no row, or a target neither a column nor an equal point that has one.

    Examples
    --------
    >>> held = Distances(np.array([[0.0, 2.0], [2.0, 0.0]]), ("A", "C"), ("A", "B"), "line")
    >>> ends(held, ["A"], ["C"])[2].tolist()
    [2.0]
    """
    one, other = distances.rows(sources), distances.rows(targets)
    column = {name: j for j, name in enumerate(distances.targets)}
    for name in set(targets) - set(column):
        row = distances.values[distances.rows([name])[0]]
        if row.size and row.min() == 0.0:
            column[name] = int(row.argmin())
    if one.size != other.size:
        raise InputError(f"{one.size} sources and {other.size} targets", where="pairs")
    to = places(column, targets, f"columns of the {distances.metric} distances")
    return one, other, np.asarray(distances.values[one, to])
