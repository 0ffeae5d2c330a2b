"""Mid-ranks, also within groups; twice the rank is an integer, so sums of ranks stay exact."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellglass.stats.arguments import Ints, as_codes, as_scores


def _doubled_from_order(values: NDArray, order: Ints) -> Ints:
    """Twice the mid-ranks, given the order that sorts the values."""
    arranged = values[order]
    n = arranged.size
    new = np.empty(n, dtype=np.bool_)
    new[0] = True
    np.not_equal(arranged[1:], arranged[:-1], out=new[1:])
    ranks = np.empty(n, dtype=np.int64)
    if new.all():
        ranks[order] = np.arange(2, 2 * n + 2, 2)
        return ranks
    starts = np.flatnonzero(new)
    ends = np.append(starts[1:], n)
    ranks[order] = np.repeat(starts + ends + 1, ends - starts)
    return ranks


def doubled_midranks(values: ArrayLike) -> Ints:
    """Twice the mid-rank of each value, an integer also under ties.

    Parameters
    ----------
    values
        Finite numbers, shape (n,).

    Returns
    -------
    numpy.ndarray
        int64, shape (n,); twice `midranks`.

    Raises
    ------
    InputError
        If a value is not finite or the array is not 1-d.

    Examples
    --------
    >>> doubled_midranks([10.0, 20.0, 20.0])
    array([2, 5, 5])
    """
    array = as_scores(values, "values")
    return _doubled_from_order(array, np.argsort(array))


def midranks(values: ArrayLike) -> NDArray[np.float64]:
    """Ranks from 1, equal values sharing the mean of the ranks they cover.

    Parameters
    ----------
    values
        Finite numbers, shape (n,).

    Returns
    -------
    numpy.ndarray
        float64, shape (n,).

    Raises
    ------
    InputError
        If a value is not finite or the array is not 1-d.

    Examples
    --------
    >>> midranks([10.0, 20.0, 20.0])
    array([1. , 2.5, 2.5])
    """
    return doubled_midranks(values) / 2.0


def doubled_midranks_within(doubled: Ints, codes: Ints) -> Ints:
    """Twice the mid-rank of each item among the items of its own group.

    Parameters
    ----------
    doubled
        Twice the mid-ranks over all items, from `doubled_midranks`, int64, shape (n,).
    codes
        Number of each item's group, 0 to k - 1, int64, shape (n,).

    Returns
    -------
    numpy.ndarray
        int64, shape (n,).

    Examples
    --------
    >>> overall = doubled_midranks([4.0, 1.0, 2.0, 2.0])
    >>> doubled_midranks_within(overall, np.array([0, 0, 1, 1]))
    array([4, 2, 3, 3])
    """
    # One integer key holds group and rank, so that one fast sort replaces a stable double sort.
    width = 2 * doubled.size + 2
    key = codes * width + doubled
    overall = _doubled_from_order(key, np.argsort(key))
    sizes = np.bincount(codes)
    before = np.cumsum(sizes) - sizes
    return overall - 2 * before[codes]


def midranks_by_group(values: ArrayLike, groups: ArrayLike) -> NDArray[np.float64]:
    """Mid-ranks of each value among the values of its own group.

    Parameters
    ----------
    values
        Finite numbers, shape (n,).
    groups
        Group of each value, shape (n,).

    Returns
    -------
    numpy.ndarray
        float64, shape (n,).

    Raises
    ------
    InputError
        If a value is not finite, or there is not one group a value.

    Examples
    --------
    >>> midranks_by_group([4.0, 1.0, 2.0, 2.0], ["a", "a", "b", "b"])
    array([2. , 1. , 1.5, 1.5])
    """
    doubled = doubled_midranks(values)
    codes, _ = as_codes(groups, doubled.size)
    return doubled_midranks_within(doubled, codes) / 2.0
