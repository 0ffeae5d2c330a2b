"""Backgrounds: which genes were tested for each list, and which sets fit after the cut."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellglass.errors import InputError
from cellglass.stats.enrichment.incidence import Incidence


@dataclass(frozen=True, eq=False)
class Background:
    """Lists that share their tested genes share a background.

    Attributes
    ----------
    of_list
        Number of each list's background, shape (lists,).
    universe
        Genes of each background, shape (backgrounds,).
    set_sizes
        Genes of each set within each background, shape (backgrounds, sets).
    fits
        Whether that size is within the limits, the same shape.
    masks
        Backgrounds x genes; None where all genes were tested for all lists.
    """

    of_list: NDArray[np.int64]
    universe: NDArray[np.int64]
    set_sizes: NDArray[np.int64]
    fits: NDArray[np.bool_]
    masks: NDArray[np.bool_] | None

    @property
    def n_tests(self) -> int:
        """Pairs of a list and a set of fitting size."""
        per_background = self.fits.sum(1)
        return int(per_background[self.of_list].sum())


def background(
    sets: Incidence, n_lists: int, tested: ArrayLike | None, *, smallest: int, largest: int
) -> Background:
    """Sizes of sets within the tested genes of each list.

    Parameters
    ----------
    sets
        Sets over the universe.
    n_lists
        How many lists there are.
    tested
        Lists x genes; all where None.
    smallest, largest
        Limits of the size after the cut.

    Returns
    -------
    Background

    Raises
    ------
    InputError
        If the mask has another shape, a list has no tested gene, or no set fits.

    Examples
    --------
    >>> from cellglass.stats.enrichment.incidence import incidence
    >>> sets = incidence({"a": ["x", "y"]}, ["x", "y"])
    >>> background(sets, 2, [[1, 1], [1, 0]], smallest=2, largest=9).n_tests
    1
    """
    if not 1 <= smallest <= largest:
        raise InputError(
            f"sizes {smallest} to {largest}", where="size limits", expected="1 <= smallest <= "
            "largest",
        )  # fmt: skip
    n_genes = len(sets.genes)
    masks = None
    of_list = np.zeros(n_lists, dtype=np.int64)
    sizes = sets.sizes[None, :]
    universe = np.array([n_genes], dtype=np.int64)
    if tested is not None:
        mask = np.asarray(tested, dtype=bool)
        if mask.shape != (n_lists, n_genes):
            raise InputError(
                f"an array of shape {mask.shape}", where="tested",
                expected=f"lists x genes, ({n_lists}, {n_genes})",
            )  # fmt: skip
        if not mask.any(1).all():
            raise InputError(
                f"list {int(np.argmin(mask.any(1)))} has no tested gene", where="tested",
                fix="leave it out",
            )  # fmt: skip
        masks, of_list = _distinct_rows(mask)
        universe = masks.sum(1, dtype=np.int64)
        # genes x backgrounds in float32 would lose nothing, but whole numbers need no thought
        sizes = np.ascontiguousarray((sets.matrix @ masks.T.astype(np.int32)).T, dtype=np.int64)
    fits = (sizes >= smallest) & (sizes <= largest)
    if not fits.any():
        raise InputError(
            f"no set has {smallest} to {largest} genes among the tested ones; the largest of "
            f"{len(sets):,} sets holds {int(sizes.max()):,} of {int(universe.max()):,}",
            where="gene sets",
            fix="test more genes, or set smallest= and largest=",
        )
    return Background(of_list, universe, sizes, fits, masks)


def _distinct_rows(mask: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Distinct rows in order of appearance, and the number of each row's."""
    packed = np.packbits(mask, axis=1)
    seen: dict[bytes, int] = {}
    of_list = np.array([seen.setdefault(row.tobytes(), len(seen)) for row in packed])
    first = np.unique(of_list, return_index=True)[1]
    return mask[first], of_list.astype(np.int64)
