"""One value a point, and what it says of a pair of points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellglass.errors import InputError
from cellglass.geometry.named import Named, pair_ends
from cellglass.geometry.pair_features import PairFeatures


@dataclass(frozen=True, eq=False)
class PointValues(Named):
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
