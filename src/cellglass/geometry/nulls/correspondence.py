"""The correspondence null: which gene of one model is which of the other, permuted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellglass.errors import InputError
from cellglass.geometry.nulls.draw_null import DrawCheck
from cellglass.geometry.nulls.within_bins import permutation_within
from cellglass.seeds import generator
from cellglass.stats.arguments import Ints, as_codes
from cellglass.stats.permutation import Alternative, NullDistribution, require_attainable

PairingStatistic = Callable[[Ints | None], float]
"""A statistic of a pairing: row ``pairing[i]`` of the second side goes with row i of the first;
None is the pairing as it came."""

MOST_IDENTICAL = 0.05
"""Share of draws that may equal the observed pairing; beyond it, no p value can be small."""


@dataclass(frozen=True, eq=False)
class CorrespondenceNull:
    """Permutes which row of the second side goes with which of the first, within blocks.

    Parameters
    ----------
    blocks
        Block of each gene, shape (n,): genes change partners within their block only. With the
        folds of a cross-validation as blocks, training and held-out genes stay what they are,
        and everything that is learnt from one side alone stays the same.

    Raises
    ------
    InputError
        If a block has fewer than 2 genes: its pairs would never change.

    Notes
    -----
    If the two sides are unrelated, the data are exchangeable over these permutations; a
    statistic that is computed anew on the permuted pairs, map and all, is therefore an exact
    test. Draws depend on seed, task and number of the draw alone, so that several statistics
    can share them.

    Examples
    --------
    >>> null = CorrespondenceNull.of(6, blocks=[0, 0, 0, 1, 1, 1])
    >>> pairing = null.draw(np.random.default_rng(0))
    >>> sorted(pairing[:3].tolist())
    [0, 1, 2]
    """

    blocks: Ints
    name: ClassVar[str] = "correspondence"

    def __post_init__(self) -> None:
        small = np.flatnonzero(np.bincount(self.blocks) == 1)
        if small.size or self.blocks.size < 2:
            raise InputError(
                f"{small.size} of {self.blocks.max(initial=-1) + 1} blocks hold a single gene",
                where="correspondence null", expected="at least 2 genes a block",
                fix="use fewer folds",
            )  # fmt: skip

    @classmethod
    def of(cls, n: int, blocks: ArrayLike | None = None) -> CorrespondenceNull:
        """Make the null of n genes, in one block where none are given.

        Parameters
        ----------
        n
            Genes.
        blocks
            Block of each, any labels.

        Raises
        ------
        InputError
            As the class, or if there is not one block a gene.
        """
        codes = np.zeros(n, dtype=np.int64) if blocks is None else as_codes(blocks, n, "blocks")[0]
        return cls(codes)

    def draw(self, rng: np.random.Generator) -> Ints:
        """Draw one pairing: a permutation of n that maps each block to itself."""
        return permutation_within(self.blocks, rng)

    def draws(self, n: int, seed: int, task: str) -> Iterator[tuple[Ints, np.random.Generator]]:
        """Yield n pairings, each with the rest of its own random stream.

        Parameters
        ----------
        n
            Number of draws.
        seed, task
            Root seed and name; draw i uses the stream ``f"{task}/{i}"``.

        Yields
        ------
        pairing, rng
            The pairing, and a generator for what else the draw needs.
        """
        for i in range(n):
            rng = generator(seed, f"{task}/{i}")
            yield self.draw(rng), rng

    def check(self, pairings: NDArray[np.int64]) -> DrawCheck:
        """Check draws against what the null claims: the very draws that a test used.

        Parameters
        ----------
        pairings
            Shape (draws, n).

        Returns
        -------
        DrawCheck
            Of the share of genes with another partner. It passes where every draw is one-to-one
            and keeps genes in their block, and as many pairs stay as chance leaves, one a block.

        Raises
        ------
        InputError
            If the shape differs.
        """
        n = self.blocks.size
        if pairings.ndim != 2 or pairings.shape[1] != n or not len(pairings):
            raise InputError(
                f"draws of shape {pairings.shape}", where="correspondence null",
                expected=f"(draws, {n})",
            )  # fmt: skip
        one_to_one = bool((np.sort(pairings, axis=1) == np.arange(n)).all())
        within = one_to_one and bool((self.blocks[pairings] == self.blocks).all())
        fixed = (pairings == np.arange(n)).sum(1)
        expected = float(self.blocks.max() + 1)
        identical = int((fixed == n).sum())
        messages = []
        if not one_to_one:
            messages.append("A draw gives two genes one partner.")
        elif not within:
            messages.append("A draw takes a gene out of its block.")
        if identical > MOST_IDENTICAL * len(pairings):
            messages.append(f"{identical} of {len(pairings)} draws equal the observed pairing.")
        # the number of pairs left alone has mean and variance of one a block
        slack = 5.0 * np.sqrt(expected / len(pairings))
        if abs(float(fixed.mean()) - expected) > slack:
            messages.append(
                f"{fixed.mean():.2f} pairs a draw are left as they were, {expected:.0f} expected."
            )
        changed = 1.0 - fixed / n
        return DrawCheck(
            self.name, not messages, len(pairings), float(changed.mean()), float(changed.min()),
            identical, tuple(messages),
        )  # fmt: skip


def pairing_test(
    statistic: PairingStatistic,
    null: CorrespondenceNull,
    *,
    draws: int,
    seed: int,
    task: str = "correspondence",
    alternative: Alternative = "greater",
    level: float | None = None,
) -> NullDistribution:
    """Test a statistic of paired rows against permuted pairings.

    Parameters
    ----------
    statistic
        Function of a pairing; with a fitted map it must fit anew.
    null
        The pairings that are exchangeable.
    draws
        Number of draws.
    seed, task
        Root seed and name; equal names share their draws.
    alternative
        Direction of the test.
    level
        Level at which p will be read: a test that cannot reach it is refused.

    Returns
    -------
    NullDistribution
        With p = (1 + draws at least as extreme) / (draws + 1).

    Raises
    ------
    InputError
        If there is no draw.
    ResourceError
        If p cannot reach `level`.

    Notes
    -----
    The test of Mantel (Cancer Research 1967) where the statistic is a correlation of distances.

    Examples
    --------
    >>> first, second = np.arange(20.0), np.arange(20.0) ** 2
    >>> def dot(pairing):
    ...     return float(first @ (second if pairing is None else second[pairing]))
    >>> pairing_test(dot, CorrespondenceNull.of(20), draws=99, seed=1).p
    0.01
    """
    if draws < 1:
        raise InputError(f"{draws} draws", where="correspondence null", expected="at least 1")
    require_attainable(draws, level, alternative)
    values = np.array([statistic(pairing) for pairing, _ in null.draws(draws, seed, task)])
    return NullDistribution.of(statistic(None), values, alternative)
