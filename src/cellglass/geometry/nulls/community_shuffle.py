"""Communities permuted over genes."""

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
from cellglass.stats.arguments import Ints, as_codes


class CommunityShuffle(DrawNull[Ints]):
    """Genes that exchange communities, so that every community keeps its size.

    It asks whether it matters which genes are together. It is the ablation of a community
    feature: what a score keeps under it does not come from communities.

    Parameters
    ----------
    communities
        Community of each gene, integers or strings, shape (genes,).
    bins
        Bin of each gene within which communities are exchanged, for example `quantile_bins` of
        its degree; one where None.

    Raises
    ------
    InputError
        If there is one community only, or each gene is its own: no permutation changes which
        genes are together. If there is not one bin a gene.

    Examples
    --------
    >>> null = CommunityShuffle([0, 0, 1, 1, 1])
    >>> np.bincount(null.draw(np.random.default_rng(0))).tolist()
    [2, 3]
    """

    name: ClassVar[str] = "community shuffle"
    preserves: ClassVar[str] = "the size of every community, in every bin of genes"

    def __init__(self, communities: ArrayLike, bins: NDArray[np.integer] | None = None) -> None:
        array = np.asarray(communities)
        codes, names = as_codes(array, array.size, "communities")
        if names.size < 2 or names.size == codes.size:
            raise InputError(
                f"{names.size} communities of {codes.size} genes",
                where=f"null '{self.name}'",
                expected="at least two communities, one of them with two genes",
                fix="change the resolution or the number of neighbours",
            )
        super().__init__(codes)
        self.communities = names
        self.bins = as_bins(bins, codes.size, f"null '{self.name}'")

    def draw(self, rng: np.random.Generator) -> Ints:
        """Return one draw: the number of each gene's community, in the order of `communities`.

        Parameters
        ----------
        rng
            Source of the draw.

        Returns
        -------
        numpy.ndarray
            int64, shape (genes,).
        """
        return self.observed[permutation_within(self.bins, rng)]

    def changed(self, drawn: Ints) -> float:
        """Share of genes in another community."""
        return float((drawn != self.observed).mean())

    def remarks(self) -> tuple[str, ...]:
        """Say how many genes are in bins that can move."""
        share = share_in_movable_bins(self.bins, self.observed)
        return (f"{share:.0%} of the genes lie in bins with more than one community.",)
