"""Evidence for each ordered pair of points, and where it comes from."""

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
class DirectedSupport:
    """A number for each ordered pair of points: how much speaks for source to target.

    Attributes
    ----------
    values
        S, not negative, shape (n, n); the diagonal is not read.
    names
        Of the points, n, all different.
    provenance
        Where it comes from, for example ``("dorothea", "string")``. What shares a source with the
        labels must not be a feature: the guard of provenance compares these tags.

    Raises
    ------
    InputError
        If the shape does not fit, a value is negative or not finite, or no source is told.

    Notes
    -----
    The published screen summed curated databases (specification of geometry, 2.12) and used the
    sum in features and baselines alike, though its labels came from one of the same literature
    (0.2).

    Examples
    --------
    >>> held = DirectedSupport(np.array([[0.0, 0.8], [0.3, 0.0]]), ("A", "B"), ("dorothea",))
    >>> held.margin.round(3).tolist()
    [[0.0, 0.5], [-0.5, 0.0]]
    """

    values: NDArray[np.float64]
    names: tuple[str, ...]
    provenance: tuple[str, ...]

    def __post_init__(self) -> None:
        n = len(self.names)
        if self.values.shape != (n, n) or len(set(self.names)) < n:
            raise InputError(
                f"values of shape {self.values.shape} for {len(set(self.names))} different names",
                where="support",
                expected="points x points, one name a point",
            )
        if not np.isfinite(self.values).all() or (self.values < 0).any():
            raise InputError(
                "values that are negative or not finite", where="support", expected="0 or more"
            )
        if not self.provenance:
            raise InputError(
                "no source is told", where="support",
                expected="the databases or data that the values come from",
            )  # fmt: skip

    @property
    def margin(self) -> NDArray[np.float64]:
        """S - S', positive where more speaks for row to column than back."""
        return self.values - self.values.T

    def places(self, names: Sequence[str], where: str = "names") -> Ints:
        """Index of each name.

        Raises
        ------
        InputError
            If a name is unknown.
        """
        return places(self._place, names, where)

    @cached_property
    def _place(self) -> dict[str, int]:
        return {name: i for i, name in enumerate(self.names)}
