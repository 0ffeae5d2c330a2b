"""Nulls that redraw positives uniformly within strata of the evaluable pairs."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellglass.stats.arguments import Ints
from cellglass.stats.nulls.base import MIN_JACCARD_DISTANCE, LabelNull
from cellglass.stats.nulls.kernels import sample_strata


class StratifiedNull(LabelNull):
    """Positives uniform over the evaluable pairs of each stratum, as many as observed in it.

    Parameters
    ----------
    labels, mask, min_distance
        See `LabelNull`.

    Notes
    -----
    A draw is exact: no chain, no mixing. A subclass says in `stratum_of` what the strata are.
    """

    def __init__(
        self, labels: ArrayLike, mask: ArrayLike, *, min_distance: float = MIN_JACCARD_DISTANCE
    ) -> None:
        super().__init__(labels, mask, min_distance=min_distance)
        members = np.flatnonzero(self.mask)
        stratum = self.stratum_of(members)
        order = np.argsort(stratum, kind="stable")
        sizes = np.bincount(stratum)
        taken = np.bincount(self.stratum_of(self.positives), minlength=sizes.size)
        self._members = members[order].astype(np.int32)
        self._start = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        self._take = taken.astype(np.int64)

    def stratum_of(self, pairs: Ints) -> Ints:
        """Return the number of the stratum of each pair, given as flat indices."""
        raise NotImplementedError

    def draw_from_seeds(self, seeds: NDArray[np.uint64]) -> Ints:
        """Return one draw a seed: flat indices, shape (len(seeds), n_positives)."""
        out = np.empty((seeds.size, self.n_positives), dtype=np.int64)
        sample_strata(self._start, self._members, self._take, seeds, out)
        return out
