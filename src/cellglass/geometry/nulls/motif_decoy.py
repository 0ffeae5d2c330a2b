"""Motifs moved to other pairs of genes of like degree."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellglass.errors import InputError
from cellglass.geometry.degrees import reference_degrees
from cellglass.geometry.nulls.draw_null import DrawNull
from cellglass.geometry.nulls.pair_strata import pair_strata
from cellglass.geometry.nulls.within_bins import permutation_within, share_in_movable_bins
from cellglass.geometry.pairs import Pairs


class MotifDecoy(DrawNull[NDArray[np.float64]]):
    """Features of a motif permuted together among pairs of like source and target degree.

    Parameters
    ----------
    pairs
        The pairs.
    motif
        Presence of the motif, shape (sources, targets), or several features that go together,
        such as presence and consistency, shape (features, sources, targets).
    bins
        Quantile bins of the source's degree, and of the target's.

    Raises
    ------
    InputError
        If the shape differs, a value is not finite, or the motif does not vary.

    Notes
    -----
    Specification 3.1 (4 x 4 bins). Beating it says that the motif goes with the label within
    bins of degree. It is blind to why: a motif that is a copy of the label beats it by as much
    as can be, which is how the published screen's strongest claim passed (specification 0.1).
    Hold features against labels with the guard of label containment first.

    Examples
    --------
    >>> mask = np.ones((4, 6), bool)
    >>> labels = np.arange(24).reshape(4, 6) % 5 == 0
    >>> pairs = Pairs(tuple("ABCD"), tuple("EFGHIJ"), labels, mask, "n")
    >>> null = MotifDecoy(pairs, labels * 1.0, bins=2)
    >>> float(null.draw(np.random.default_rng(0)).sum())
    5.0
    """

    name: ClassVar[str] = "motif decoy"
    preserves: ClassVar[str] = (
        "how often the motif occurs in every bin of source degree and target degree"
    )

    def __init__(self, pairs: Pairs, motif: ArrayLike, *, bins: int = 4) -> None:
        array = np.asarray(motif, dtype=np.float64)
        where = f"null '{self.name}'"
        if array.shape[-2:] != pairs.mask.shape or array.ndim not in (2, 3):
            raise InputError(
                f"a motif of shape {array.shape}",
                where=where,
                expected=f"{pairs.mask.shape}, or several of these",
            )
        values = np.moveaxis(array[..., pairs.mask], -1, 0)
        if not np.isfinite(values).all():
            raise InputError("values that are not finite at judged pairs", where=where)
        if (values == values[0]).all():
            raise InputError("the motif is the same at all judged pairs", where=where)
        super().__init__(array)
        self.strata = pair_strata(pairs, {"degree": reference_degrees(pairs)}, bins=bins)
        self._mask = pairs.mask
        self._codes = self.strata.codes[pairs.mask]
        self._values = values

    def draw(self, rng: np.random.Generator) -> NDArray[np.float64]:
        """Return one draw of the motif; pairs that are not judged stay as they are.

        Parameters
        ----------
        rng
            Source of the draw.

        Returns
        -------
        numpy.ndarray
            Of the shape of the motif.
        """
        drawn = self.observed.copy()
        drawn[..., self._mask] = self.observed[..., self._mask][
            ..., permutation_within(self._codes, rng)
        ]
        return drawn

    def changed(self, drawn: NDArray[np.float64]) -> float:
        """Share of the judged pairs with a motif, in the data or the draw, that differ."""
        old, new = self._values, np.moveaxis(drawn[..., self._mask], -1, 0)
        either, differs = (old != 0) | (new != 0), old != new
        if either.ndim == 2:
            either, differs = either.any(1), differs.any(1)
        return float(differs[either].mean())

    def remarks(self) -> tuple[str, ...]:
        """Say how many pairs are in bins that can move, and what equal degrees did to bins."""
        share = share_in_movable_bins(self._codes, self._values)
        told = f"{share:.0%} of the pairs lie in bins of degree with more than one value."
        return (told, *self.strata.notes)
