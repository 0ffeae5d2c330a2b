"""Ranking genes by score: how many are tied, and an order for those that are."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellglass.errors import InputError


def name_hash(names: Sequence[str], seed: int = 42) -> NDArray[np.uint64]:
    """A number for each gene that depends on its name and the seed only.

    Parameters
    ----------
    names
        Gene names.
    seed
        Another seed gives another order.

    Returns
    -------
    numpy.ndarray
        uint64, shape (n,): ties broken by it depend neither on expression nor on the order of
        the input.

    Examples
    --------
    >>> bool(name_hash(["A", "B"])[1] == name_hash(["B"])[0])
    True
    """
    blocks = (
        hashlib.blake2b(f"{seed}/{n}".encode(), digest_size=8).digest() for n in names
    )  # fmt: skip
    return np.frombuffer(b"".join(blocks), dtype="<u8")


def share_of_ties(scores: ArrayLike) -> float:
    """Share of the genes whose score another gene has too.

    Parameters
    ----------
    scores
        One number a gene, shape (n,).

    Returns
    -------
    float
        0 where all differ.

    Raises
    ------
    InputError
        If a score is not finite.

    Examples
    --------
    >>> share_of_ties([3.0, 0.0, 0.0, 1.0])
    0.5
    """
    values = np.asarray(scores, dtype=np.float64)
    if values.ndim != 1 or not values.size or not np.isfinite(values).all():
        raise InputError(
            f"{int((~np.isfinite(values)).sum())} of {values.size} scores are not finite",
            where="scores",
            expected="finite numbers, one a gene",
        )
    _, counts = np.unique(values, return_counts=True)
    return float(counts[counts > 1].sum() / values.size)


def ranked(scores: NDArray[np.float64], hashes: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Order of genes from the highest score down, ties by hash."""
    return np.lexsort((hashes, -scores)).astype(np.int64)
