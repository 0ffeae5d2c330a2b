"""Pairs of genes that share a set."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from cellglass.data import GeneSets

SMALLEST, LARGEST = 5, 500
"""Genes of a set within the universe (specification 2.17)."""
LARGEST_SHARE = 0.25
"""Of the universe: the published 500 were a quarter of 1,941 genes."""


def set_sizes(n_genes: int) -> tuple[int, int]:
    """Smallest and largest set that counts in a universe.

    Parameters
    ----------
    n_genes
        Size of the universe.

    Returns
    -------
    int, int
        5 and 500, or a quarter of the universe where that is less: a set of most genes makes
        all pairs members.

    Examples
    --------
    >>> set_sizes(2000), set_sizes(400)
    ((5, 500), (5, 100))
    """
    return SMALLEST, max(SMALLEST, min(LARGEST, int(LARGEST_SHARE * n_genes)))


def co_members(
    sets: GeneSets, genes: Sequence[str], universe: Sequence[str]
) -> tuple[NDArray[np.bool_], int]:
    """Which pairs of genes stand together in at least one set.

    Parameters
    ----------
    sets
        Gene sets.
    genes
        Genes whose pairs are wanted; they must lie in the universe.
    universe
        Genes by which sizes of sets are counted.

    Returns
    -------
    numpy.ndarray, int
        Genes x genes, symmetric, False for a gene with itself; and how many sets counted.

    Examples
    --------
    >>> held, n = co_members(GeneSets({"s": tuple("ABCDE")}), ["A", "B", "Z"], list("ABCDEZ") * 4)
    >>> held.tolist(), n
    ([[False, True, False], [True, False, False], [False, False, False]], 1)
    """
    smallest, largest = set_sizes(len(universe))
    kept = sets.within(universe, smallest=smallest, largest=largest)
    position = {g: j for j, g in enumerate(genes)}
    at = [
        (i, position[g])
        for i, members in enumerate(kept.sets.values())
        for g in members
        if g in position
    ]
    if not at:
        return np.zeros((len(genes), len(genes)), dtype=bool), len(kept)
    rows, columns = np.array(at).T
    member = sparse.csr_matrix(
        (np.ones(len(at), dtype=np.int32), (rows, columns)), shape=(len(kept), len(genes))
    )
    together = np.asarray((member.T @ member).toarray() > 0)
    np.fill_diagonal(together, False)
    return together, len(kept)
