"""Replicate blocks of an edge table: sums and counts of scores per donor or fold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellglass.errors import InputError, nearest

Floats = NDArray[np.floating]

MOST_CELLS = 10**10
"""More cells than any data set holds."""


@dataclass(frozen=True, eq=False)
class EdgeBlocks:
    """Sums and counts of scores in each replicate block.

    Parameters
    ----------
    sums
        Sum of scores over the cells of a block, shape (n_blocks, n_sources, n_targets).
    counts
        Cells of the block in which both genes are present, same shape.
    names
        Name of each block.
    unit
        ``"donor"`` or ``"fold of cells"``.

    Examples
    --------
    >>> b = EdgeBlocks(np.ones((2, 1, 1)), np.full((2, 1, 1), 4), ("a", "b"), "donor")
    >>> b.scores(["a"]).tolist()
    [[0.25]]
    """

    sums: Floats
    counts: NDArray[np.integer]
    names: tuple[str, ...]
    unit: str

    def __post_init__(self) -> None:
        if self.sums.ndim != 3 or self.sums.shape != self.counts.shape:
            raise InputError(
                f"sums have shape {self.sums.shape}, counts {self.counts.shape}",
                where="edge blocks",
                expected="both (n_blocks, n_sources, n_targets)",
            )
        if len(self.names) != self.sums.shape[0] or len(set(self.names)) != len(self.names):
            raise InputError(
                f"{len(self.names)} block names for {self.sums.shape[0]} blocks",
                where="edge blocks",
                expected="one name per block, all different",
            )

    def index(self, blocks: Sequence[str | int]) -> NDArray[np.int64]:
        """Positions of blocks given by name or number."""
        known = {name: i for i, name in enumerate(self.names)}
        positions = []
        for block in blocks:
            if isinstance(block, str):
                if block not in known:
                    raise InputError(
                        f"there is no block '{block}'", where="blocks", fix=nearest(block, known)
                    )
                positions.append(known[block])
            elif 0 <= int(block) < len(self.names):
                positions.append(int(block))
            else:
                raise InputError(
                    f"there is no block {block}",
                    where="blocks",
                    expected=f"0 to {len(self.names) - 1}",
                )
        if not positions:
            raise InputError("no block was chosen", where="blocks", expected="at least one")
        return np.array(positions, dtype=np.int64)

    def scores(self, blocks: Sequence[str | int] | None = None) -> NDArray[np.float64]:
        """Mean score over some blocks (all if None); nan where two genes never meet."""
        chosen = np.arange(len(self.names)) if blocks is None else self.index(blocks)
        return mean_score(self.sums[chosen].sum(axis=0), self.counts[chosen].sum(axis=0))


def mean_score(sums: Floats, counts: NDArray[np.integer]) -> NDArray[np.float64]:
    """Divide sums by counts in float64; nan where the count is 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.asarray(sums, dtype=np.float64) / counts
    return np.where(np.asarray(counts) > 0, mean, np.nan)


def uncountable(counts: NDArray[Any]) -> NDArray[np.bool_]:
    """Which values are no numbers of cells: negative, fractional, nan, or beyond any data set.

    Parameters
    ----------
    counts
        Of any shape.

    Returns
    -------
    numpy.ndarray
        Of the same shape.

    Examples
    --------
    >>> uncountable(np.array([0.0, 3.0, -1.0, 0.5, np.nan, 1e300])).tolist()
    [False, False, True, True, True, True]
    """
    if counts.dtype.kind in "biu":
        return np.asarray((counts < 0) | (counts > MOST_CELLS))
    return ~((counts >= 0) & (counts <= MOST_CELLS) & (counts == np.rint(counts)))
