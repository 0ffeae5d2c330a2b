"""Do training and evaluation share a gene?"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from cellglass._words import listed
from cellglass.errors import InputError
from cellglass.stats.folds import assert_disjoint

from .guard import GuardResult


def disjoint_genes(
    train: ArrayLike, test: ArrayLike, by: Mapping[str, ArrayLike], *, across: bool = False
) -> GuardResult:
    """Refuse a split in which a gene stands on both sides.

    Parameters
    ----------
    train, test
        Booleans over pairs, or indices of pairs, neither empty.
    by
        The genes of each pair that must not be shared, by role: ``{"source": [...]}``,
        ``{"target": [...]}`` or both.
    across
        Whether a gene may not even be a source on one side and a target on the other, as in a
        split by both.

    Returns
    -------
    GuardResult
        G5: failed with the role and the first gene that is shared.

    Raises
    ------
    InputError
        If a side is empty or no role is named.

    Notes
    -----
    Specification 0.6 and 3.3. For pairs of any table; `cellglass.geometry.splits` asks the same
    of its own splits.

    Examples
    --------
    >>> disjoint_genes([0, 1], [2], {"source": ["GATA1", "GATA1", "SPI1"]}).state
    'passed'
    >>> disjoint_genes([0], [1], {"source": ["A", "B"], "target": ["B", "C"]}, across=True).detail
    'gene B is in training and in test'
    """
    sides = np.asarray(train), np.asarray(test)
    sizes = [int(s.sum()) if s.dtype == bool else s.size for s in sides]
    first, second = (
        {role: np.unique(np.asarray(genes)[side]) for role, genes in by.items()} if n else {}
        for side, n in zip(sides, sizes, strict=True)
    )
    return genes_apart(first, second, (sizes[0], sizes[1]), across=across)


def genes_apart(
    train: Mapping[str, ArrayLike],
    test: Mapping[str, ArrayLike],
    n_pairs: tuple[int, int],
    *,
    across: bool = False,
) -> GuardResult:
    """Refuse two sets of pairs by the genes of each.

    Parameters
    ----------
    train, test
        The different genes of either side by role.
    n_pairs
        Pairs of either side.
    across
        See `disjoint_genes`.

    Returns
    -------
    GuardResult
        G5.

    Raises
    ------
    InputError
        If a side is empty or no role is named.

    Examples
    --------
    >>> genes_apart({"source": ["A"]}, {"source": ["A", "B"]}, (3, 4)).detail
    'source A is in training and in test'
    """
    if not train or 0 in n_pairs:
        raise InputError(
            f"{n_pairs[0]} training and {n_pairs[1]} test pairs, roles "
            f"{listed(list(train)) or 'none'}",
            where="disjoint genes",
            expected="pairs on both sides, and the genes of at least one role",
        )
    sides = {role: (np.asarray(train[role]), np.asarray(test[role])) for role in train}
    counts = ", ".join(f"{a.size} and {b.size} of role {role}" for role, (a, b) in sides.items())
    if across:
        first, second = (np.concatenate(genes) for genes in zip(*sides.values(), strict=True))
        sides["gene"] = first, second
    try:
        for role, both in sides.items():
            genes = np.concatenate(both)
            in_training = np.arange(genes.size) < both[0].size
            assert_disjoint(in_training, ~in_training, by={role: genes})
    except InputError as error:
        return GuardResult.of("G5", failed=True, detail=error.found)
    return GuardResult.of(
        "G5",
        failed=False,
        detail=f"{n_pairs[0]:,} training and {n_pairs[1]:,} test pairs share no gene ({counts})",
    )
