"""Representational similarity analysis: are the same genes far apart in both models?"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from cellglass.errors import InputError
from cellglass.geometry.nulls.correspondence import (
    CorrespondenceNull,
    PairingStatistic,
    pairing_test,
)
from cellglass.seeds import DEFAULT_SEED
from cellglass.stats.arguments import Ints
from cellglass.stats.permutation import Alternative, NullDistribution
from cellglass.stats.ranks import midranks

from .matched import Matched

Matrix = NDArray[np.float64]
Correlation = Literal["spearman", "pearson"]
Distance = Literal["euclidean", "cosine", "correlation"]


def rsa(
    matched: Matched, *, correlation: Correlation = "spearman", distance: Distance = "euclidean"
) -> float:
    """Correlation of the distances between genes in two models.

    Parameters
    ----------
    matched
        Genes of two models.
    correlation
        ``"spearman"`` or ``"pearson"``.
    distance
        ``"euclidean"``, ``"cosine"`` or ``"correlation"``.

    Returns
    -------
    float
        Between -1 and 1.

    Raises
    ------
    InputError
        If there are fewer than 4 genes, all distances of a side are equal, or an argument is
        unknown.

    Notes
    -----
    Over all n (n - 1) / 2 pairs (Kriegeskorte, Mur and Bandettini, Frontiers in Systems
    Neuroscience 2008). The pairs are not independent: see `mantel` for a test.

    Examples
    --------
    >>> rows = np.array([[0.0], [1.0], [3.0], [7.0]])
    >>> rsa(Matched.of_arrays(rows + 1, 2 * rows + 1))
    1.0
    """
    return rsa_of_pairings(matched, correlation=correlation, distance=distance)(None)


def rsa_of_pairings(
    matched: Matched, *, correlation: Correlation = "spearman", distance: Distance = "euclidean"
) -> PairingStatistic:
    """`rsa` as a function of the pairing, distances computed and ranked once.

    Parameters
    ----------
    matched, correlation, distance
        See `rsa`.

    Returns
    -------
    callable
        From a pairing, or None, to the correlation.

    Raises
    ------
    InputError
        As `rsa`.

    Examples
    --------
    >>> rows = np.array([[1.0], [2.0], [4.0], [8.0]])
    >>> rsa_of_pairings(Matched.of_arrays(rows, rows))(np.array([1, 0, 2, 3])) < 1
    True
    """
    if correlation not in get_args(Correlation) or distance not in get_args(Distance):
        raise InputError(
            f"correlation {correlation!r}, distance {distance!r}", where="RSA",
            expected=" or ".join(get_args(Correlation)) + "; " + " or ".join(get_args(Distance)),
        )  # fmt: skip
    matched.require_genes(4, "RSA")
    sides = [
        _standard(side, name, correlation, distance)
        for side, name in ((matched.first, "first"), (matched.second, "second"))
    ]
    one, other = sides

    def statistic(pairing: Ints | None) -> float:
        moved = other if pairing is None else other[np.ix_(pairing, pairing)]
        return min(1.0, float(np.vdot(one, moved)))

    return statistic


def mantel(
    matched: Matched,
    *,
    correlation: Correlation = "spearman",
    distance: Distance = "euclidean",
    draws: int = 999,
    seed: int = DEFAULT_SEED,
    alternative: Alternative = "greater",
    level: float | None = None,
) -> NullDistribution:
    """Test a correlation of distances by permuting the genes of one model.

    Parameters
    ----------
    matched, correlation, distance
        See `rsa`.
    draws
        Number of permutations.
    seed
        Root seed.
    alternative
        Direction of the test.
    level
        Level at which p will be read: a test that cannot reach it is refused.

    Returns
    -------
    NullDistribution
        The correlation with its null and p.

    Raises
    ------
    InputError
        As `rsa`.
    ResourceError
        If p cannot reach `level`.

    Notes
    -----
    Rows and columns of one matrix of distances are permuted together (Mantel, Cancer Research
    1967).

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> rows = rng.normal(size=(20, 3))
    >>> mantel(Matched.of_arrays(rows, rows + 0.1 * rng.normal(size=(20, 3))), draws=99).p
    0.01
    """
    statistic = rsa_of_pairings(matched, correlation=correlation, distance=distance)
    return pairing_test(
        statistic, CorrespondenceNull.of(len(matched)), draws=draws, seed=seed,
        task="alignment/correspondence", alternative=alternative, level=level,
    )  # fmt: skip


def _standard(side: Matrix, name: str, correlation: str, distance: str) -> Matrix:
    """Distances or their ranks, centred, of norm 1 over the whole matrix; 0 on the diagonal."""
    from scipy.spatial.distance import pdist, squareform

    flat = pdist(side, distance)
    if not np.isfinite(flat).all():
        raise InputError(
            f"a point of the {name} side has no {distance} distance", where="RSA",
            expected="points that are not constant over their dimensions",
            fix="use the Euclidean distance",
        )  # fmt: skip
    if np.ptp(flat) == 0:
        raise InputError(f"all distances of the {name} side are equal", where="RSA")
    values = midranks(flat) if correlation == "spearman" else flat
    values = values - values.mean()
    return np.asarray(squareform(values / np.sqrt(2 * (values**2).sum()), checks=False))
