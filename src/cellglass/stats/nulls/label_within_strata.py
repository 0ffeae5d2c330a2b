"""Labels permuted within given strata of the pairs: degree, co-expression, distance."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from cellglass.errors import InputError
from cellglass.stats.arguments import Ints
from cellglass.stats.nulls.base import MIN_JACCARD_DISTANCE
from cellglass.stats.nulls.strata import StratifiedNull

MIN_MOVABLE = 0.5
"""Least share of positives that must lie in strata with a negative beside them."""


@dataclass(frozen=True)
class StrataReport:
    """What strata leave a label permutation to move.

    Attributes
    ----------
    n_strata
        Strata with an evaluable pair.
    n_movable
        Strata with positives and negatives: only in these do draws differ.
    n_without_positives
        Strata in which nothing is positive.
    n_all_positive
        Strata in which everything is.
    movable_share
        Share of the positives that lie in movable strata.
    expected_kept
        Share of the positives that stay where they are in a draw, on average.
    largest_share
        Share of the positives that lie in the one stratum that holds most of them.
    """

    n_strata: int
    n_movable: int
    n_without_positives: int
    n_all_positive: int
    movable_share: float
    expected_kept: float
    largest_share: float


class LabelWithinStrata(StratifiedNull):
    """Positives of each stratum uniform over its evaluable pairs.

    It asks whether a score knows more than what the strata were made of.

    Parameters
    ----------
    labels, mask, min_distance
        See `LabelNull`.
    strata
        Number of the stratum of each pair, integers, shape (R, G); read where the mask is True.
    by
        What the strata were made of, for the messages: ``"degree x co-expression"``.
    notes
        Sentences that go into the messages of every check.
    min_movable
        Share of positives in movable strata below which the check fails.

    Raises
    ------
    InputError
        If the strata have another shape, or are no integers; see also `LabelNull`.

    Notes
    -----
    A stratum without positives, or with nothing else, is the same in every draw. Where few
    positives can move, draws resemble the data, and a large p says nothing: the check fails.
    The share of positives that a draw keeps is sum_s t_s^2 / n_s over sum_s t_s, for t_s
    positives among the n_s pairs of stratum s.

    Examples
    --------
    >>> labels = np.eye(4, 6, dtype=bool)
    >>> strata = np.repeat([[0, 0, 0, 1, 1, 1]], 4, axis=0)
    >>> null = LabelWithinStrata(labels, np.ones((4, 6), bool), strata, by="half")
    >>> (null.draw_positives(np.random.default_rng(0), 1) % 6 < 3).sum()
    np.int64(3)
    >>> null.report.movable_share
    1.0
    """

    name: ClassVar[str] = "label within strata"
    preserves: ClassVar[str] = "the number of positives of every stratum"

    def __init__(
        self,
        labels: ArrayLike,
        mask: ArrayLike,
        strata: ArrayLike,
        *,
        by: str = "strata",
        notes: tuple[str, ...] = (),
        min_movable: float = MIN_MOVABLE,
        min_distance: float = MIN_JACCARD_DISTANCE,
    ) -> None:
        self.by = by
        self.notes = notes
        self.min_movable = min_movable
        self._codes = _compact(strata, np.shape(labels), mask)
        super().__init__(labels, mask, min_distance=min_distance)

    def stratum_of(self, pairs: Ints) -> Ints:
        """Return the number of the stratum of each pair, given as flat indices."""
        return self._codes[pairs]

    @cached_property
    def report(self) -> StrataReport:
        """How many strata can move, and how many positives are in them."""
        size, taken = np.diff(self._start), self._take
        with_pairs = size > 0
        movable = (taken > 0) & (taken < size)
        kept = taken**2 / np.maximum(size, 1)
        return StrataReport(
            n_strata=int(with_pairs.sum()),
            n_movable=int(movable.sum()),
            n_without_positives=int((with_pairs & (taken == 0)).sum()),
            n_all_positive=int((with_pairs & (taken == size)).sum()),
            movable_share=float(taken[movable].sum() / self.n_positives),
            expected_kept=float(kept.sum() / self.n_positives),
            largest_share=float(taken.max() / self.n_positives),
        )

    def mixing(self) -> tuple[tuple[tuple[int, float], ...], tuple[str, ...]]:
        """Return no curve, for draws are exact, and a complaint where few positives can move."""
        share = self.report.movable_share
        if share >= self.min_movable:
            return (), ()
        return (), (
            f"Only {share:.0%} of the positives lie in strata ({self.by}) that can move, below "
            f"{self.min_movable:.0%}; use fewer bins.",
        )

    def remarks(self) -> tuple[str, ...]:
        """Say how many strata there are and which cannot move."""
        told = self.report
        return (
            f"{told.n_movable} of {told.n_strata} strata ({self.by}) can move, with "
            f"{told.movable_share:.0%} of the positives; {told.n_without_positives} hold no "
            f"positive, {told.n_all_positive} nothing else. A draw keeps "
            f"{told.expected_kept:.1%} of the positives in place on average.",
            *self.notes,
        )


def _compact(strata: ArrayLike, shape: tuple[int, ...], mask: ArrayLike) -> Ints:
    """Strata numbered from 0 without gaps, flat; -1 outside the mask."""
    array = np.asarray(strata)
    if array.shape != shape or np.shape(mask) != shape:
        raise InputError(
            f"strata of shape {array.shape}", where="strata", expected=f"one a pair: {shape}"
        )
    if array.dtype.kind not in "iub":
        raise InputError(
            f"strata of type {array.dtype}",
            where="strata",
            expected="integers",
            fix="cut numbers into bins with cellglass.geometry.pair_strata",
        )
    inside = np.asarray(mask, dtype=bool).ravel()
    used = array.ravel()[inside].astype(np.int64)
    codes = np.full(inside.size, -1, dtype=np.int64)
    if used.size:
        low = int(used.min())
        width = int(used.max()) - low + 1
        if width <= 4 * inside.size:  # a table of the codes in use costs less than a sort
            present = np.zeros(width, dtype=bool)
            present[used - low] = True
            codes[inside] = (np.cumsum(present) - 1)[used - low]
        else:
            codes[inside] = np.unique(used, return_inverse=True)[1]
    return codes
