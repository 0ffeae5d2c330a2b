"""Each positive replaced by a pair of genes expressed like it."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from cellglass.errors import InputError
from cellglass.stats.arguments import Bools, Ints
from cellglass.stats.nulls.base import MIN_JACCARD_DISTANCE, LabelNull
from cellglass.stats.nulls.kernels import below
from cellglass.stats.nulls.matching import MIN_POOL, Expression, candidates

SWEEPS = 3
_TRIES = 32


@njit(cache=True)
def _redraw(  # type: ignore[no-untyped-def]
    mask, rows, columns, wide, s_start, s_members, t_start, t_members, sweeps, seeds, out
):
    """Resample, in turn, the place of each positive among the free pairs of its pool.

    Pairs are tried at random; where that fails, the free pairs are listed and one is drawn,
    which has the same distribution.
    """
    n_rows, n_columns = mask.shape
    state = np.empty(1, dtype=np.uint64)
    held = np.zeros(mask.size, dtype=np.bool_)
    flat_mask = mask.ravel()
    for draw in range(seeds.size):
        state[0] = seeds[draw]
        for k in range(rows.size):
            out[draw, k] = np.int64(rows[k]) * n_columns + columns[k]
            held[out[draw, k]] = True
        for _ in range(sweeps):
            for k in range(rows.size):
                s_at = s_start[rows[k] + n_rows * wide[k]]
                s_size = s_start[rows[k] + n_rows * wide[k] + 1] - s_at
                t_at = t_start[columns[k] + n_columns * wide[k]]
                t_size = t_start[columns[k] + n_columns * wide[k] + 1] - t_at
                held[out[draw, k]] = False
                chosen = np.int64(-1)
                for _try in range(_TRIES):
                    row = np.int64(s_members[s_at + below(state, s_size)])
                    pair = row * n_columns + t_members[t_at + below(state, t_size)]
                    if flat_mask[pair] and not held[pair]:
                        chosen = pair
                        break
                if chosen < 0:
                    free = 0
                    for i in range(s_at, s_at + s_size):
                        for j in range(t_at, t_at + t_size):
                            pair = np.int64(s_members[i]) * n_columns + t_members[j]
                            free += flat_mask[pair] and not held[pair]
                    skip = below(state, free)
                    for i in range(s_at, s_at + s_size):
                        for j in range(t_at, t_at + t_size):
                            pair = np.int64(s_members[i]) * n_columns + t_members[j]
                            if flat_mask[pair] and not held[pair]:
                                if skip == 0:
                                    chosen = pair
                                skip -= 1
                out[draw, k] = chosen
                held[chosen] = True
        for k in range(rows.size):
            held[out[draw, k]] = False


class ExpressionMatched(LabelNull):
    """Each positive moved to a random evaluable pair of genes with like mean and detection.

    It asks whether a score knows more than how strongly the two genes are expressed.

    Parameters
    ----------
    labels, mask, min_distance
        See `LabelNull`.
    source_mean, source_detection
        Mean expression and share of cells with the gene, of each regulator, shape (R,).
    target_mean, target_detection
        The same of each gene, shape (G,).
    sweeps
        Times that each positive is moved in one draw.

    Attributes
    ----------
    pool_sizes
        Evaluable pairs that match each positive, itself among them, shape (P,), in the order
        of `positives`.
    widened
        Positives matched within 40 % because fewer than 5 other pairs matched within 20 %.
    stuck
        Positives that only match themselves: they stay where they are in every draw.

    Raises
    ------
    InputError
        If an array has the wrong shape or values out of range; see also `LabelNull`.

    Notes
    -----
    Matches of specification 2.4: mean within 20 %, detection within 0.20 max(detection,
    0.05), both 40 % where candidates are few. A draw is a Gibbs sampler over placements
    without two positives on one pair, begun at the observed one: each sweep puts each
    positive on a uniformly drawn free pair of its pool. Draws and data are exchangeable where
    matching divides the pairs into classes; where matching is not transitive, which is usual,
    the null is an approximation, and a positive at the edge of the expression range is drawn
    inwards.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> labels = np.eye(8, 30, dtype=bool)
    >>> source, target = rng.uniform(1, 2, 8), rng.uniform(1, 2, 30)
    >>> null = ExpressionMatched(
    ...     labels, np.ones((8, 30), bool), source, source / 4, target, target / 4
    ... )
    >>> null.draw_positives(rng, 2).shape
    (2, 8)
    """

    name: ClassVar[str] = "expression matched"
    preserves: ClassVar[str] = "the mean and the detection of both genes of every positive"

    def __init__(
        self,
        labels: ArrayLike,
        mask: ArrayLike,
        source_mean: ArrayLike,
        source_detection: ArrayLike,
        target_mean: ArrayLike,
        target_detection: ArrayLike,
        *,
        sweeps: int = SWEEPS,
        min_distance: float = MIN_JACCARD_DISTANCE,
    ) -> None:
        super().__init__(labels, mask, min_distance=min_distance)
        if sweeps < 1:
            raise InputError(f"sweeps is {sweeps}", where="sweeps", expected="at least 1")
        expression = Expression.checked(
            source_mean, source_detection, target_mean, target_detection, self.shape
        )
        rows, columns = np.nonzero(self.labels)
        self._rows, self._columns = rows.astype(np.int64), columns.astype(np.int64)
        # The pair itself is one of the candidates, so 5 others make a pool of 6.
        self._found = candidates(expression, self._rows, self._columns, self.mask, MIN_POOL + 1)
        self._sweeps = sweeps

    @property
    def pool_sizes(self) -> Ints:
        """Evaluable pairs that match each positive, itself among them, shape (P,)."""
        return self._found.pool

    @property
    def widened(self) -> Bools:
        """Positives matched within 40 %, shape (P,)."""
        return self._found.wide

    @property
    def stuck(self) -> Bools:
        """Positives that match no pair but themselves, shape (P,)."""
        return self._found.pool <= 1

    def draw_from_seeds(self, seeds: NDArray[np.uint64]) -> Ints:
        """Return one draw a seed: flat indices, shape (len(seeds), n_positives)."""
        out = np.empty((seeds.size, self.n_positives), dtype=np.int64)
        found = self._found
        _redraw(
            self.mask,
            self._rows,
            self._columns,
            found.wide.astype(np.int64),
            found.source_start,
            found.source_members,
            found.target_start,
            found.target_members,
            self._sweeps,
            seeds,
            out,
        )
        return out

    def remarks(self) -> tuple[str, ...]:
        """Say how many positives were widened and how many cannot move."""
        return (
            f"Pools hold {int(np.median(self.pool_sizes))} pairs (median), at least "
            f"{int(self.pool_sizes.min())}; {int(self.widened.sum())} of {self.n_positives} "
            f"positives matched within 40 %; {int(self.stuck.sum())} match only themselves.",
        )
