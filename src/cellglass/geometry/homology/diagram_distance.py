"""Distances between diagrams: bottleneck and Wasserstein."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cellglass.errors import InputError

from .persistence import Persistence

Floats = NDArray[np.float64]


def bottleneck_distance(first: Persistence, second: Persistence, *, dimension: int = 1) -> float:
    """Bottleneck distance between the bars of one dimension, exact.

    Parameters
    ----------
    first, second
        Bars, none of them cut off; of H0 those of the reduced homology.
    dimension
        Of the homology.

    Returns
    -------
    float
        Largest shift of the best matching.

    Raises
    ------
    InputError
        If a bar was cut off by `max_length`, or that dimension was not computed.

    Notes
    -----
    The least over matchings of the largest max(|birth - birth'|, |death - death'|), where a bar
    may be matched with the diagonal at half its lifetime. If no distance between points changes
    by more than e, it is at most e (Cohen-Steiner et al., 2007). Computed by Hera (Kerber et al.,
    J. Exp. Algorithmics 2017), which GUDHI holds under a BSD licence, without its approximation.

    Examples
    --------
    >>> def bars(*of):
    ...     return Persistence((np.empty((0, 2)), np.array(of)), ("A",), "euclidean")
    >>> bottleneck_distance(bars([1.0, 2.0]), bars([1.0, 2.25], [3.0, 3.1]))
    0.25
    """
    from gudhi.hera import bottleneck_distance as of_arrays

    bars = first.complete(dimension), second.complete(dimension)
    return float(of_arrays(bars[0], bars[1], delta=0.0))


def wasserstein_distance(
    first: Persistence, second: Persistence, *, dimension: int = 1, order: float = 1.0
) -> float:
    """Wasserstein distance between the bars of one dimension, exact.

    Parameters
    ----------
    first, second
        Bars, none of them cut off; of H0 those of the reduced homology.
    dimension
        Of the homology.
    order
        Exponent q, at least 1.

    Returns
    -------
    float
        Root of the summed powers of the shifts of the best matching.

    Raises
    ------
    InputError
        If a bar was cut off by `max_length`, that dimension was not computed, or the order is
        below 1 or infinite (that is the bottleneck distance).

    Notes
    -----
    The least over matchings of (sum shift^q)^(1/q), a shift being max(|birth - birth'|,
    |death - death'|) or, to the diagonal, half the lifetime. Solved as an assignment of the gains
    over sending everything to the diagonal: of n x m pairs instead of (n + m)^2. GUDHI's Hera
    stops at a relative error and does not return for two diagrams that are nearly equal.

    Examples
    --------
    >>> def bars(*of):
    ...     return Persistence((np.empty((0, 2)), np.array(of)), ("A",), "euclidean")
    >>> wasserstein_distance(bars([1.0, 2.0]), bars([1.0, 2.25], [3.0, 3.5]))
    0.5
    """
    from scipy.optimize import linear_sum_assignment

    if not 1 <= order < float("inf"):
        raise InputError(
            f"order is {order}", where="order", expected="1 or more", fix="use bottleneck_distance"
        )
    bars, others = first.complete(dimension), second.complete(dimension)
    alone = ((bars[:, 1] - bars[:, 0]) / 2) ** order
    other_alone = ((others[:, 1] - others[:, 0]) / 2) ** order
    shift = np.abs(bars[:, None, 0] - others[:, 0])
    shift = np.maximum(shift, np.abs(bars[:, None, 1] - others[:, 1])) ** order
    gain = np.minimum(shift - alone[:, None] - other_alone, 0.0)
    rows, columns = linear_sum_assignment(gain)
    matched = gain[rows, columns] < 0
    rows, columns = rows[matched], columns[matched]
    alone[rows] = other_alone[columns] = 0.0
    return float((shift[rows, columns].sum() + alone.sum() + other_alone.sum()) ** (1 / order))
