"""Labels permuted within each regulator."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from cellglass.stats.arguments import Ints
from cellglass.stats.nulls.base import Margin
from cellglass.stats.nulls.strata import StratifiedNull


class LabelWithinRegulator(StratifiedNull):
    """Positives of each regulator uniform over its evaluable genes.

    The label shuffle of specification 2.9. It keeps how many targets each regulator has, and
    breaks how often each gene is a target.

    Parameters
    ----------
    labels, mask, min_distance
        See `LabelNull`.

    Examples
    --------
    >>> labels = np.eye(4, 6, dtype=bool)
    >>> null = LabelWithinRegulator(labels, np.ones((4, 6), bool))
    >>> (null.draw_positives(np.random.default_rng(0), 1) // 6).tolist()
    [[0, 1, 2, 3]]
    """

    name: ClassVar[str] = "label within regulator"
    preserves: ClassVar[str] = "the number of targets of every regulator"
    keeps: ClassVar[frozenset[Margin]] = frozenset({"rows"})

    def stratum_of(self, pairs: Ints) -> Ints:
        """Return the regulator of each pair."""
        return np.asarray(pairs // self.labels.shape[1], dtype=np.int64)
