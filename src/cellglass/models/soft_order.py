"""Ranks of tokens while one cell turns into another, differentiable in each gene's share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

STEADY, FIRST, SECOND = 0, 1, 2


@dataclass(frozen=True, eq=False)
class SoftRank:
    """Ranks from 0, moved up by what comes in before them and down by what goes.

    Parameters
    ----------
    base
        Rank in the first cell, whole numbers, shape (entries,).
    up, down
        Points x entries: weights that came before the entry, and that went.
    """

    base: Tensor
    up: Tensor
    down: Tensor

    def pushed(self, by: Tensor) -> SoftRank:
        """Return the ranks with every entry moved by an amount for each point, points x 1."""
        return SoftRank(self.base, self.up + by, self.down)

    def between(self, table: Callable[[Tensor], Tensor], *, at_start: bool = False) -> Tensor:
        """Read a table at these ranks, by straight lines between its rows.

        Parameters
        ----------
        table
            From whole ranks to values, with any further axes at the end.
        at_start
            Ranks are whole, where lines have a kink: what comes in and what goes have slopes of
            their own then, to the next and to the previous row.

        Returns
        -------
        torch.Tensor
            Points x entries (x further axes).
        """
        if at_start:
            base = self.base[None, :]
            here, after, before = table(base), table(base + 1), table(base - 1)
            up, down = _like(self.up, here), _like(self.down, here)
            return here + up * (after - here) - down * (here - before)
        rank = self.base + self.up - self.down
        lower = rank.detach().floor().long()
        here, after = table(lower), table(lower + 1)
        return here + _like(rank - lower, here) * (after - here)


def _like(weights: Tensor, values: Tensor) -> Tensor:
    return weights[(...,) + (None,) * (values.dim() - weights.dim())].to(values.dtype)


class SoftOrder:
    """Tokens of two cells in one order; each gene's share says how much it is as in the first.

    A gene whose key is the same in both cells is one entry of weight 1. Any other gene is an
    entry at its key in the first cell, with its share as weight, and one at its key in the
    second, with the rest. An entry's rank is the summed weight of what stands before it, its own
    gene left out. With all shares 1 weights and ranks are those of the first cell, with all 0
    those of the second.

    Parameters
    ----------
    first, second
        Keys of each gene in either cell, smaller first, ties in the order of the genes; infinite
        where the gene is absent. Shape (genes,).
    room
        Ranks from here on are cut off.

    Attributes
    ----------
    gene
        Gene of each entry that can have a rank below `room`, in order.
    side
        1 for an entry of the first cell, 2 for one of the second, 0 for both.

    Examples
    --------
    >>> order = SoftOrder(np.array([1.0, 2.0]), np.array([np.inf, 2.0]), room=5)
    >>> weights, ranks = order(torch.tensor([[0.25, 1.0]]))
    >>> weights.tolist(), (ranks.base + ranks.up - ranks.down).tolist()
    ([[0.25, 1.0]], [[0.0, 0.25]])
    """

    def __init__(self, first: NDArray[np.float64], second: NDArray[np.float64], room: int) -> None:
        in_first, in_second = np.isfinite(first), np.isfinite(second)
        steady = in_first & in_second & (first == second)
        parts = [
            (np.flatnonzero(steady), first, STEADY),
            (np.flatnonzero(in_first & ~steady), first, FIRST),
            (np.flatnonzero(in_second & ~steady), second, SECOND),
        ]
        gene = np.concatenate([genes for genes, _, _ in parts])
        key = np.concatenate([keys[genes] for genes, keys, _ in parts])
        side = np.concatenate([np.full(len(genes), s) for genes, _, s in parts])
        order = np.lexsort((gene, key))
        gene, side = gene[order], side[order]
        self.room = room
        self._events(gene, side, in_first & in_second & ~steady)
        # ranks move on straight lines between the cells: what is too low in both stays out
        at_second = self._base + _before(self._up + 0.0) - _before(self._down + 0.0)
        at_second += self._own_down - self._own_up
        self._kept = np.flatnonzero(np.minimum(self._base, at_second) <= room)
        self._gene = gene
        self.gene, self.side = gene[self._kept], side[self._kept]

    def _events(
        self, gene: NDArray[np.int64], side: NDArray[np.int64], moved: NDArray[np.bool_]
    ) -> None:
        """What each entry adds to the ranks after it, in units of 1 - share of its gene."""
        place = np.arange(len(gene))
        at = np.full((3, len(moved)), len(gene))
        at[side, gene] = place
        rises = moved & (at[SECOND] < at[FIRST])
        falls = moved & (at[FIRST] < at[SECOND])
        is_first, is_second = side == FIRST, side == SECOND
        # between the two places of a gene that moves, and nowhere else, ranks change
        self._up = np.where(is_second & ~falls[gene], 1.0, 0.0)
        self._up -= is_first & rises[gene]
        self._down = np.where(is_first & ~rises[gene], 1.0, 0.0)
        self._down -= is_second & falls[gene]
        self._own_up = np.where(is_first & rises[gene], 1.0, 0.0)
        self._own_down = np.where(is_second & falls[gene], 1.0, 0.0)
        self._n_first = int((~is_second).sum())
        self._base = _before(np.where(is_second, 0.0, 1.0)) - self._own_down

    def __call__(self, shares: Tensor) -> tuple[Tensor, SoftRank]:
        """Weights and ranks of the entries, points x entries, at shares points x genes."""
        kept = torch.as_tensor(self._kept, device=shares.device)
        change = 1 - shares[:, torch.as_tensor(self._gene, device=shares.device)]

        def tensor(array: NDArray[np.float64]) -> Tensor:
            return torch.as_tensor(array, device=shares.device, dtype=shares.dtype)

        def shift(events: NDArray[np.float64], own: NDArray[np.float64]) -> Tensor:
            steps = change * tensor(events)
            before = steps.cumsum(1) - steps - change * tensor(own)
            return before[:, kept]

        side = torch.as_tensor(self.side, device=shares.device)
        moved = change[:, kept]
        weights = torch.where(side == SECOND, moved, 1 - moved)
        weights = torch.where(side == STEADY, torch.ones_like(weights), weights)
        base = torch.as_tensor(self._base[self._kept], device=shares.device).long()
        ranks = SoftRank(base, shift(self._up, self._own_up), shift(self._down, self._own_down))
        return weights, ranks

    def total(self, shares: Tensor) -> SoftRank:
        """Rank of a token after all genes: their number, as a `SoftRank` of one entry."""
        change = 1 - shares[:, torch.as_tensor(self._gene, device=shares.device)]

        def summed(events: NDArray[np.float64]) -> Tensor:
            weights = torch.as_tensor(events, device=shares.device, dtype=shares.dtype)
            return (change * weights).sum(1, keepdim=True)

        base = torch.tensor([self._n_first], device=shares.device)
        return SoftRank(base, summed(self._up), summed(self._down))

    def presence(self, weights: Tensor, ranks: SoftRank, *, at_start: bool) -> Tensor:
        """Weights of the entries with what is beyond the room fading out, points x entries."""

        def fits(rank: Tensor) -> Tensor:
            return (rank < self.room).to(weights.dtype)

        return weights * ranks.between(fits, at_start=at_start)


def _before(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sum of what stands before each entry."""
    return np.asarray(np.cumsum(weights) - weights)
