"""Features of pairs permuted among pairs, within bins."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellglass.errors import InputError
from cellglass.geometry.nulls.draw_null import DrawNull
from cellglass.geometry.nulls.within_bins import (
    as_bins,
    permutation_within,
    share_in_movable_bins,
)


class DescriptorShuffle(DrawNull[NDArray[np.float64]]):
    """Rows of a feature table permuted among the pairs of a bin, labels staying.

    It asks whether features know labels beyond what the bins were made of. A model that is
    fitted to them is fitted anew for every draw.

    Parameters
    ----------
    features
        Shape (pairs,) or (pairs, features), finite.
    bins
        Bin of each pair, integers, for example `quantile_bins` of its distance; one where None.
    columns
        Whether each feature is permuted for itself, which breaks how features go together too.

    Raises
    ------
    InputError
        If a value is not finite, or there is not one bin a pair.

    Examples
    --------
    >>> null = DescriptorShuffle([[1.0, 10.0], [2.0, 20.0], [3.0, 30.0]])
    >>> drawn = null.draw(np.random.default_rng(0))
    >>> (drawn[:, 1] == 10 * drawn[:, 0]).all()
    np.True_
    """

    name: ClassVar[str] = "descriptor shuffle"
    preserves: ClassVar[str] = "the values of the features in every bin, and the labels"

    def __init__(
        self,
        features: ArrayLike,
        bins: NDArray[np.integer] | None = None,
        *,
        columns: bool = False,
    ) -> None:
        table = np.array(features, dtype=np.float64)
        if table.ndim not in (1, 2) or table.size == 0 or not np.isfinite(table).all():
            raise InputError(
                f"features of shape {table.shape}, {int((~np.isfinite(table)).sum())} of them "
                "not finite",
                where=f"null '{self.name}'",
                expected="finite numbers, pairs x features",
            )
        super().__init__(table)
        self.bins = as_bins(bins, len(table), f"null '{self.name}'")
        self.columns = columns

    def draw(self, rng: np.random.Generator) -> NDArray[np.float64]:
        """Return one draw of the table.

        Parameters
        ----------
        rng
            Source of the draw.

        Returns
        -------
        numpy.ndarray
            Of the shape of the features.
        """
        if not self.columns or self.observed.ndim == 1:
            return self.observed[permutation_within(self.bins, rng)]
        drawn = np.empty_like(self.observed)
        for f in range(drawn.shape[1]):
            drawn[:, f] = self.observed[permutation_within(self.bins, rng), f]
        return drawn

    def changed(self, drawn: NDArray[np.float64]) -> float:
        """Share of pairs with another value of some feature."""
        differs = drawn != self.observed
        return float((differs if differs.ndim == 1 else differs.any(1)).mean())

    def remarks(self) -> tuple[str, ...]:
        """Say how many pairs are in bins that can move."""
        share = share_in_movable_bins(self.bins, self.observed)
        return (f"{share:.0%} of the pairs lie in bins with more than one value.",)
