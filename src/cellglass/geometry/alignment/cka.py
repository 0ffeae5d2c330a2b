"""Centred kernel alignment: do two models hold the same genes alike?"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from cellglass.errors import InputError
from cellglass.geometry.nulls.correspondence import PairingStatistic
from cellglass.stats.arguments import Ints

from .matched import Matched

Matrix = NDArray[np.float64]
Kernel = Literal["linear", "rbf"]

FEWEST = 4
"""Genes that the unbiased estimate needs: it divides by n - 3."""


def cka(
    matched: Matched, *, kernel: Kernel = "linear", unbiased: bool = True, bandwidth: float = 0.5
) -> float:
    """Centred kernel alignment of two models.

    Parameters
    ----------
    matched
        Genes of two models.
    kernel
        ``"linear"``, or ``"rbf"`` with exp(-d^2 / 2 w^2).
    unbiased
        Whether to use the unbiased estimate of the Hilbert-Schmidt independence criterion. The
        biased one is far above 0 for unrelated models with few genes for their dimensions.
    bandwidth
        w of the RBF kernel as a share of the median distance.

    Returns
    -------
    float
        1 for models equal up to rotation and scale; about 0 for unrelated ones if unbiased.

    Raises
    ------
    InputError
        If there are fewer than 4 genes, a side does not vary, or an argument makes no sense.

    Notes
    -----
    HSIC(K, L) / sqrt(HSIC(K, K) HSIC(L, L)) (Kornblith et al., ICML 2019). Biased, with Kc and
    Lc doubly centred, HSIC is the sum of Kc * Lc; for the linear kernel this is
    ||X'Y||^2 / (||X'X|| ||Y'Y||) of centred X and Y. Unbiased (Song et al., JMLR 2012), the
    matrices are U-centred without their diagonal (Székely and Rizzo, Annals of Statistics 2014).

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> rows, turn = rng.normal(size=(30, 3)), np.linalg.qr(rng.normal(size=(3, 3)))[0]
    >>> round(cka(Matched.of_arrays(rows, 2 * rows @ turn)), 6)
    1.0
    """
    return cka_of_pairings(matched, kernel=kernel, unbiased=unbiased, bandwidth=bandwidth)(None)


def cka_of_pairings(
    matched: Matched, *, kernel: Kernel = "linear", unbiased: bool = True, bandwidth: float = 0.5
) -> PairingStatistic:
    """`cka` as a function of the pairing, kernels computed once.

    Parameters
    ----------
    matched, kernel, unbiased, bandwidth
        See `cka`.

    Returns
    -------
    callable
        From a pairing, or None, to the alignment.

    Raises
    ------
    InputError
        As `cka`.

    Examples
    --------
    >>> rows = np.random.default_rng(0).normal(size=(30, 3))
    >>> statistic = cka_of_pairings(Matched.of_arrays(rows, rows))
    >>> statistic(None) > 0.999 > statistic(np.arange(30)[::-1])
    True
    """
    if kernel not in get_args(Kernel) or not bandwidth > 0:
        raise InputError(
            f"kernel {kernel!r}, bandwidth {bandwidth:g}", where="CKA",
            expected=" or ".join(get_args(Kernel)) + ", bandwidth above 0",
        )  # fmt: skip
    matched.require_genes(FEWEST, "CKA")
    centred = []
    for side, name in ((matched.first, "first"), (matched.second, "second")):
        gram = _linear(side) if kernel == "linear" else _rbf(side, bandwidth)
        gram = _u_centred(gram) if unbiased else _centred(gram)
        norm = float(np.sqrt((gram**2).sum()))
        if not norm > 0:
            raise InputError(
                f"the {name} side does not vary", where="CKA", expected="points that differ"
            )
        centred.append(gram / norm)
    one, other = centred

    def statistic(pairing: Ints | None) -> float:
        moved = other if pairing is None else other[np.ix_(pairing, pairing)]
        return float(np.vdot(one, moved))

    return statistic


def _linear(side: Matrix) -> Matrix:
    centred = side - side.mean(0)
    return np.asarray(centred @ centred.T)


def _rbf(side: Matrix, bandwidth: float) -> Matrix:
    from scipy.spatial.distance import pdist, squareform

    distance = pdist(side)
    width = bandwidth * float(np.median(distance))
    if width == 0:
        raise InputError(
            "most points are at distance 0", where="CKA, RBF kernel", expected="points that differ"
        )
    gram = squareform(np.exp(-(distance**2) / (2 * width**2)))
    np.fill_diagonal(gram, 1.0)
    return np.asarray(gram)


def _centred(gram: Matrix) -> Matrix:
    means = gram.mean(0)
    return np.asarray(gram - means - means[:, None] + means.mean())


def _u_centred(gram: Matrix) -> Matrix:
    n = len(gram)
    bare = gram - np.diag(np.diag(gram))
    sums = bare.sum(0)
    out = bare - (sums + sums[:, None]) / (n - 2) + sums.sum() / ((n - 1) * (n - 2))
    np.fill_diagonal(out, 0.0)
    return np.asarray(out)
