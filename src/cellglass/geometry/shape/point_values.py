"""One value a point, and what it says of a pair of points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from cellglass.errors import InputError
from cellglass.geometry.cloud import places
from cellglass.geometry.graphs.pair_features import PairFeatures
from cellglass.stats.arguments import Ints


@dataclass(frozen=True, eq=False)
class PointValues:
    """A measure of each point, with the names of the points.

    Attributes
    ----------
    values
        Shape (n,).
    names
        Of the points, n.
    measure
        What it is, for example ``"two_nn"``; the names of features begin with it.

    Examples
    --------
    >>> found = PointValues(np.array([1.0, 4.0]), ("A", "B"), "degree")
    >>> {name: v.tolist() for name, v in found.pairs(["A"], ["B"]).values.items()}
    {'degree_mean': [2.5], 'degree_gap': [3.0], 'degree_least': [1.0]}
    """

    values: NDArray[np.float64]
    names: tuple[str, ...]
    measure: str

    def __post_init__(self) -> None:
        if self.values.shape != (len(self.names),):
            raise InputError(
                f"values of shape {self.values.shape} for {len(self.names)} points",
                where=self.measure,
                expected="one value a point",
            )

    def of(self, names: Sequence[str]) -> NDArray[np.float64]:
        """Values of named points, in their order.

        Raises
        ------
        InputError
            If a name is unknown.
        """
        return self.values[self.places(names, self.measure)]

    def places(self, names: Sequence[str], where: str = "names") -> Ints:
        """Index of each named point.

        Raises
        ------
        InputError
            If a name is unknown.
        """
        return places(self._place, names, where)

    def pairs(self, sources: Sequence[str], targets: Sequence[str]) -> PairFeatures:
        """Mean, absolute difference and smaller of the values at both ends of each pair.

        Parameters
        ----------
        sources, targets
            Names, one pair an entry.

        Returns
        -------
        PairFeatures
            ``measure_mean``, ``measure_gap`` and ``measure_least`` (specification of geometry,
            2.8).

        Raises
        ------
        InputError
            If a name is unknown or the lengths differ.
        """
        one, other = pair_ends(self, sources, targets)
        a, b = self.values[one], self.values[other]
        found = {
            f"{self.measure}_mean": (a + b) / 2,
            f"{self.measure}_gap": np.abs(a - b),
            f"{self.measure}_least": np.minimum(a, b),
        }
        return PairFeatures(tuple(sources), tuple(targets), found)

    @cached_property
    def _place(self) -> dict[str, int]:
        return {name: i for i, name in enumerate(self.names)}


class Named(Protocol):
    """Anything that knows the places of names."""

    def places(self, names: Sequence[str], where: str = "names") -> Ints:
        """Index of each name."""
        ...


def pair_ends(named: Named, sources: Sequence[str], targets: Sequence[str]) -> tuple[Ints, Ints]:
    """Places of both ends of pairs.

    Parameters
    ----------
    named
        What knows the names, such as a cloud.
    sources, targets
        Names, one pair an entry.

    Returns
    -------
    source, target : numpy.ndarray
        Indices, shape (pairs,).

    Raises
    ------
    InputError
        If a name is unknown or the lengths differ.

    Examples
    --------
    >>> from cellglass.geometry import PointCloud
    >>> pair_ends(PointCloud.of([[0.0], [1.0]], ["A", "B"]), ["B"], ["A"])
    (array([1]), array([0]))
    """
    if len(sources) != len(targets):
        raise InputError(
            f"{len(sources)} sources and {len(targets)} targets", where="pairs",
            expected="as many sources as targets: one pair an entry",
        )  # fmt: skip
    return named.places(sources, "sources"), named.places(targets, "targets")
