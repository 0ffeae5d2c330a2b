"""Fewer regulators or genes where a universe is larger than an analysis can afford."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cellglass.regulation.networks.recovery import Pairs
from cellglass.seeds import generator


def some_regulators(
    pairs: Pairs, rows: NDArray[np.int64], limit: int, seed: int, task: str
) -> tuple[Pairs, NDArray[np.int64], list[str]]:
    """Draw regulators at random where there are more than a limit; labels play no part.

    Parameters
    ----------
    pairs, rows
        Universe, and rows of its regulators among those captured.
    limit
        Regulators that are kept.
    seed, task
        Root seed and name of the task.

    Returns
    -------
    Pairs, numpy.ndarray, list of str
        Of the regulators kept, and a note where some were left out.

    Examples
    --------
    >>> labels = np.eye(3, 4, k=1, dtype=bool)
    >>> pairs = Pairs(("A", "B", "C"), ("A", "B", "C", "D"), labels, ~np.eye(3, 4, dtype=bool), "x")
    >>> kept, rows, told = some_regulators(pairs, np.arange(3), 2, 1, "example")
    >>> kept.labels.shape, len(rows), told
    ((2, 4), 2, ['2 of 3 regulators were drawn at random, to bound the cost.'])
    """
    n = len(pairs.regulators)
    if n <= limit:
        return pairs, rows, []
    kept = np.sort(generator(seed, f"{task}/regulators").choice(n, limit, replace=False))
    told = f"{limit:,} of {n:,} regulators were drawn at random, to bound the cost."
    return rows_of(pairs, kept), rows[kept], [told]


def rows_of(pairs: Pairs, kept: NDArray[np.int64]) -> Pairs:
    """The universe of some regulators.

    Parameters
    ----------
    pairs
        A universe.
    kept
        Positions of regulators.
    """
    return Pairs(
        tuple(pairs.regulators[i] for i in kept), pairs.genes, pairs.labels[kept],
        pairs.mask[kept], pairs.network, pairs.out_degree,
    )  # fmt: skip


def columns_of(pairs: Pairs, kept: NDArray[np.int64]) -> Pairs:
    """The universe of some genes.

    Parameters
    ----------
    pairs
        A universe.
    kept
        Positions of genes.
    """
    degree = None if pairs.out_degree is None else pairs.out_degree[kept]
    return Pairs(
        pairs.regulators, tuple(pairs.genes[j] for j in kept), pairs.labels[:, kept],
        pairs.mask[:, kept], pairs.network, degree,
    )  # fmt: skip
