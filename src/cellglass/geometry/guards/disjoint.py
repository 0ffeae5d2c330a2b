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
    Specification 0.6 and 3.3. A thin wrapper of `cellglass.stats.assert_disjoint`.

    Examples
    --------
    >>> disjoint_genes([0, 1], [2], {"source": ["GATA1", "GATA1", "SPI1"]}).state
    'passed'
    >>> disjoint_genes([0], [1], {"source": ["A", "B"], "target": ["B", "C"]}, across=True).detail
    'gene B is in training and in test'
    """
    first, second = np.asarray(train), np.asarray(test)
    sizes = [int(s.sum()) if s.dtype == bool else s.size for s in (first, second)]
    if not by or 0 in sizes:
        raise InputError(
            f"{sizes[0]} training and {sizes[1]} test pairs, roles {listed(list(by)) or 'none'}",
            where="disjoint genes",
            expected="pairs on both sides, and the genes of at least one role",
        )
    roles = {role: np.asarray(genes) for role, genes in by.items()}
    counts = ", ".join(
        f"{np.unique(genes[first]).size} and {np.unique(genes[second]).size} of role {role}"
        for role, genes in roles.items()
    )
    try:
        assert_disjoint(first, second, by=roles)
        if across:
            train_genes = np.concatenate([genes[first] for genes in roles.values()])
            test_genes = np.concatenate([genes[second] for genes in roles.values()])
            both = np.concatenate([train_genes, test_genes])
            in_training = np.arange(both.size) < train_genes.size
            assert_disjoint(in_training, ~in_training, by={"gene": both})
    except InputError as error:
        return GuardResult.of("G5", failed=True, detail=error.found)
    return GuardResult.of(
        "G5",
        failed=False,
        detail=f"{sizes[0]:,} training and {sizes[1]:,} test pairs share no gene ({counts})",
    )
