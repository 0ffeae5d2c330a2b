"""Overlap of nearest neighbours: has a gene the same neighbours in both models?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellglass.errors import InputError
from cellglass.geometry.nearest import nearest
from cellglass.geometry.nulls.correspondence import PairingStatistic
from cellglass.stats.arguments import Bools, Ints

from .matched import Matched

Vector = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class KnnOverlap:
    """Shared neighbours, with what chance gives.

    Attributes
    ----------
    overlap, jaccard
        Means over genes of |A and B| / k and |A and B| / |A or B|.
    chance_overlap, chance_jaccard
        Their expectations if the neighbours in one model were drawn at random.
    per_gene
        Overlap of each gene, shape (n,).
    k
        Neighbours.
    """

    overlap: float
    jaccard: float
    chance_overlap: float
    chance_jaccard: float
    per_gene: Vector
    k: int


def knn_overlap(matched: Matched, k: int = 10) -> KnnOverlap:
    """Compare the k nearest neighbours of each gene in two models.

    Parameters
    ----------
    matched
        Genes of two models.
    k
        Neighbours, by Euclidean distance.

    Returns
    -------
    KnnOverlap
        Mean overlap and Jaccard index, with their chance values.

    Raises
    ------
    InputError
        If there are not more genes than neighbours.

    Notes
    -----
    With random neighbours the number shared, h, is hypergeometric: k of n - 1 marked, k drawn.
    Its mean over k is k / (n - 1); the chance Jaccard index is the mean of h / (2 k - h).

    Examples
    --------
    >>> rows = np.array([[0.0], [1.0], [10.0], [11.0]]) + 1
    >>> found = knn_overlap(Matched.of_arrays(rows, -rows), 1)
    >>> found.overlap, round(found.chance_overlap, 3)
    (1.0, 0.333)
    """
    one, other = _neighbours(matched, k)
    shared = np.count_nonzero(one & other, axis=1)
    chances = chance_overlap(len(matched), k)
    return KnnOverlap(
        float(shared.mean() / k), float((shared / (2 * k - shared)).mean()), *chances, shared / k, k
    )


def knn_overlap_of_pairings(
    matched: Matched, k: int = 10, *, jaccard: bool = True
) -> PairingStatistic:
    """`knn_overlap` as a function of the pairing, neighbours sought once.

    Parameters
    ----------
    matched, k
        See `knn_overlap`.
    jaccard
        Whether to give the mean Jaccard index, or the mean overlap.

    Returns
    -------
    callable
        From a pairing, or None, to the mean over genes.

    Raises
    ------
    InputError
        As `knn_overlap`.

    Examples
    --------
    >>> rows = np.array([[0.0], [1.0], [10.0], [11.0]]) + 1
    >>> knn_overlap_of_pairings(Matched.of_arrays(rows, rows), 1)(np.array([0, 2, 1, 3]))
    0.0
    """
    one, other = _neighbours(matched, k)

    def statistic(pairing: Ints | None) -> float:
        moved = other if pairing is None else other[np.ix_(pairing, pairing)]
        shared = np.count_nonzero(one & moved, axis=1)
        return float((shared / (2 * k - shared)).mean() if jaccard else shared.mean() / k)

    return statistic


def chance_overlap(n: int, k: int) -> tuple[float, float]:
    """Overlap and Jaccard index of random neighbours.

    Parameters
    ----------
    n
        Genes.
    k
        Neighbours.

    Returns
    -------
    overlap, jaccard : float
        Expectations.

    Examples
    --------
    >>> [round(value, 4) for value in chance_overlap(5, 2)]
    [0.5, 0.3889]
    """
    from scipy.stats import hypergeom

    shared = np.arange(k + 1)
    weight = hypergeom(n - 1, k, k).pmf(shared)
    return k / (n - 1), float((weight * shared / (2 * k - shared)).sum())


def _neighbours(matched: Matched, k: int) -> tuple[Bools, Bools]:
    n = len(matched)
    if not 1 <= k < n:
        raise InputError(
            f"{k} neighbours of {n} genes", where="kNN overlap", expected="1 to n - 1 neighbours",
            fix="lower k, or match more genes",
        )  # fmt: skip
    masks = []
    for side in (matched.first, matched.second):
        mask = np.zeros((n, n), dtype=bool)
        mask[np.arange(n)[:, None], nearest(side, k)[0]] = True
        masks.append(mask)
    return masks[0], masks[1]
