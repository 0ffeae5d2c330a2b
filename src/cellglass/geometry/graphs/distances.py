"""Distances from some named points to some named points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellglass.geometry.named import numbered, places, require_pairs
from cellglass.geometry.pair_matrix import PairMatrix
from cellglass.stats.arguments import Ints


@dataclass(frozen=True, eq=False)
class Distances(PairMatrix):
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

    metric: str

    @property
    def what(self) -> str:
        """What the values are, for errors."""
        return f"{self.metric} distances"


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
        If a name has no row, a target neither a column nor an equal point that has one, or
        there is not one target a source.

    Examples
    --------
    >>> held = Distances(np.array([[0.0, 2.0], [2.0, 0.0]]), ("A", "C"), ("A", "B"), "line")
    >>> ends(held, ["A"], ["C"])[2].tolist()
    [2.0]
    """
    require_pairs(sources, targets)
    one, other = distances.rows(sources), distances.rows(targets)
    column = numbered(distances.targets)
    for name in set(targets) - set(column):
        row = distances.values[distances.rows([name])[0]]
        if row.size and row.min() == 0.0:
            column[name] = int(row.argmin())
    to = places(column, targets, f"columns of the {distances.what}")
    return one, other, np.asarray(distances.values[one, to])
