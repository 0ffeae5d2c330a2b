"""Labels permuted over all evaluable pairs."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from cellglass.stats.arguments import Ints
from cellglass.stats.nulls.strata import StratifiedNull


class LabelPermutation(StratifiedNull):
    """Positives uniform over the evaluable pairs.

    The weakest null: it is beaten by any score that knows which genes are often in references.

    Parameters
    ----------
    labels, mask, min_distance
        See `LabelNull`.

    Examples
    --------
    >>> labels = np.eye(4, 6, dtype=bool)
    >>> null = LabelPermutation(labels, np.ones((4, 6), bool))
    >>> null.draw_positives(np.random.default_rng(0), 3).shape
    (3, 4)
    """

    name: ClassVar[str] = "label"
    preserves: ClassVar[str] = "the number of positives"

    def stratum_of(self, pairs: Ints) -> Ints:
        """Return 0 for every pair: all of them are one stratum."""
        return np.zeros(pairs.size, dtype=np.int64)
