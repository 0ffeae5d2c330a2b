"""Features of pairs of points: one array a feature, in the order of the pairs given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellglass.errors import InputError, nearest


@dataclass(frozen=True, eq=False)
class PairFeatures:
    """What was measured for each pair.

    Attributes
    ----------
    sources, targets
        Names of both ends, one of each a pair.
    values
        Feature to one number a pair, in the order of the pairs; nan where the feature is not
        defined for a pair, such as the detour between equal points.

    Raises
    ------
    InputError
        If an array has not one number a pair.

    Examples
    --------
    >>> held = PairFeatures(("A", "A"), ("B", "C"), {"detour": np.array([1.0, 1.5])})
    >>> held["detour"].tolist(), list(held.frame())
    ([1.0, 1.5], ['source', 'target', 'detour'])
    """

    sources: tuple[str, ...]
    targets: tuple[str, ...]
    values: Mapping[str, NDArray[np.float64]]

    def __post_init__(self) -> None:
        n = len(self.sources)
        if len(self.targets) != n:
            raise InputError(f"{n} sources and {len(self.targets)} targets", where="pairs")
        wrong = {name: v.shape for name, v in self.values.items() if v.shape != (n,)}
        if wrong:
            raise InputError(
                f"features of the shapes {wrong}", where="features", expected=f"({n},): one a pair"
            )

    def __getitem__(self, feature: str) -> NDArray[np.float64]:
        if feature not in self.values:
            raise InputError(
                f"no feature {feature}", where="features", fix=nearest(feature, self.values)
            )
        return self.values[feature]

    def frame(self) -> pd.DataFrame:
        """Table with one row a pair: source, target and the features."""
        return pd.DataFrame({"source": self.sources, "target": self.targets, **self.values})
