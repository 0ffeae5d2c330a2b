"""Evidence for each directed pair, and where it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from cellglass.errors import InputError
from cellglass.geometry.named import require_different
from cellglass.geometry.pair_matrix import PairMatrix


@dataclass(frozen=True, eq=False)
class Support(PairMatrix):
    """How much speaks for each pair of a source and a target.

    Attributes
    ----------
    values
        S, 0 or more, shape (sources, targets); a gene with itself is not read.
    sources, targets
        Names of rows and columns, all different. `margin` and what orients paths need the same
        points as both.
    provenance
        Where it comes from, for example ``("dorothea", "string")``. What shares a source with the
        labels must not be a feature: `cellglass.geometry.guards.provenance` compares these tags.
    parts
        What each source says by itself, before weights; empty where the values are no sum.
    missing
        Sources of the sum that were not given: they count as 0.

    Raises
    ------
    InputError
        If the shape does not fit, a name comes twice, a value is negative or not finite, or no
        source is told.

    Notes
    -----
    The published screen summed curated databases (`directed_support`; specification of geometry,
    2.12) and used the sum in features and baselines alike, though its labels came from one of
    the same literature (0.2).

    Examples
    --------
    >>> held = Support(np.array([[0.0, 0.8], [0.3, 0.0]]), ("A", "B"), ("A", "B"), ("dorothea",))
    >>> held.margin.round(3).tolist(), held.pairs(["B"], ["A"]).tolist()
    ([[0.0, 0.5], [-0.5, 0.0]], [0.3])
    """

    provenance: tuple[str, ...]
    parts: Mapping[str, NDArray[np.float64]] = field(default_factory=dict, repr=False)
    missing: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        require_different(self.sources, "support, sources")
        require_different(self.targets, "support, targets")
        if not self.provenance:
            raise InputError(
                "no source is told", where=self.what,
                expected="the databases or data that the values come from",
            )  # fmt: skip

    @property
    def what(self) -> str:
        """What the values are, for errors."""
        return "support"

    @property
    def margin(self) -> NDArray[np.float64]:
        """S - S', positive where more speaks for row to column than back.

        Raises
        ------
        InputError
            If rows and columns are not the same points.
        """
        self.points("margin")
        return self.values - self.values.T
