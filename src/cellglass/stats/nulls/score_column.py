"""The scores of each target permuted over regulators."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from cellglass.stats.arguments import Ints
from cellglass.stats.nulls.base import Margin
from cellglass.stats.nulls.strata import StratifiedNull


class ScoreColumn(StratifiedNull):
    """Positives of each target uniform over its evaluable regulators.

    Permuting the scores of a target over regulators and redrawing which regulators are
    positive give the same distribution of statistics, and the second fits every score at once.
    It keeps each target's in-degree and its distribution of scores, and asks whether it
    matters which regulator it is. It does not keep how many targets a regulator has.

    Parameters
    ----------
    labels, mask, min_distance
        See `LabelNull`.

    Examples
    --------
    >>> labels = np.eye(4, 6, dtype=bool)
    >>> null = ScoreColumn(labels, np.ones((4, 6), bool))
    >>> (null.draw_positives(np.random.default_rng(0), 1) % 6).tolist()
    [[0, 1, 2, 3]]
    """

    name: ClassVar[str] = "score column"
    preserves: ClassVar[str] = (
        "how many regulators every target has, and the distribution of every target's scores"
    )
    keeps: ClassVar[frozenset[Margin]] = frozenset({"columns"})

    def stratum_of(self, pairs: Ints) -> Ints:
        """Return the target of each pair."""
        return np.asarray(pairs % self.labels.shape[1], dtype=np.int64)
