"""Bins at quantiles, and permutations that keep items in their bin."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellglass.errors import InputError
from cellglass.stats.arguments import Ints, as_scores


def quantile_edges(
    values: NDArray[np.float64], bins: int, *, of: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Inner edges of bins that hold about equally many values; equal edges are one.

    Parameters
    ----------
    values
        Finite numbers.
    bins
        Bins wanted; an edge belongs to the bin above it.
    of
        What the quantiles are of; the values where None.

    Returns
    -------
    numpy.ndarray
        At most bins - 1 ascending edges, each above the smallest value.

    Examples
    --------
    >>> quantile_edges(np.array([1.0, 1.0, 1.0, 2.0]), 4).tolist()
    [1.25]
    """
    inner = np.unique(np.quantile(values if of is None else of, np.arange(1, bins) / bins))
    return np.asarray(inner[(inner > values.min()) & (inner <= values.max())])


def quantile_bins(values: ArrayLike, bins: int) -> Ints:
    """Bin of each value; equal values share one.

    Parameters
    ----------
    values
        Finite numbers, shape (n,).
    bins
        Bins wanted.

    Returns
    -------
    numpy.ndarray
        From 0, int64, shape (n,); fewer bins than wanted where values are equal.

    Raises
    ------
    InputError
        If a value is not finite, or there is less than 1 bin.

    Examples
    --------
    >>> quantile_bins([0.3, 0.1, 0.4, 0.2], 2).tolist()
    [1, 0, 1, 0]
    """
    array = as_scores(values, "values to bin").astype(np.float64)
    if bins < 1:
        raise InputError(f"{bins} bins", where="bins", expected="at least 1")
    edges = quantile_edges(array, bins)
    return np.searchsorted(edges, array, side="right").astype(np.int64)


def permutation_within(codes: NDArray[np.integer], rng: np.random.Generator) -> Ints:
    """Draw a permutation that maps each group onto itself.

    Parameters
    ----------
    codes
        Group of each item, shape (n,).
    rng
        Source of the draw.

    Returns
    -------
    numpy.ndarray
        Item that comes to each place, int64, shape (n,); uniform over such permutations.

    Examples
    --------
    >>> codes = np.array([0, 1, 0, 1])
    >>> moved = permutation_within(codes, np.random.default_rng(0))
    >>> (codes[moved] == codes).all()
    np.True_
    """
    moved = np.empty(codes.size, dtype=np.int64)
    moved[np.argsort(codes, kind="stable")] = np.lexsort((rng.random(codes.size), codes))
    return moved


def as_bins(bins: NDArray[np.integer] | None, n: int, where: str) -> Ints:
    """Return the bin of each item, all in one where none are given.

    Parameters
    ----------
    bins
        Integers, shape (n,), or None.
    n
        Items.
    where
        Name of the null, for the error.

    Returns
    -------
    numpy.ndarray
        int64, shape (n,).

    Raises
    ------
    InputError
        If the bins have another shape or are no integers.

    Examples
    --------
    >>> as_bins(None, 3, "example").tolist()
    [0, 0, 0]
    """
    if bins is None:
        return np.zeros(n, dtype=np.int64)
    codes = np.asarray(bins)
    if codes.shape != (n,) or codes.dtype.kind not in "iu":
        raise InputError(
            f"bins of shape {codes.shape} and type {codes.dtype}",
            where=where,
            expected=f"one integer an item: ({n},)",
            fix="cut numbers into bins with quantile_bins",
        )
    return codes.astype(np.int64)


def share_in_movable_bins(codes: Ints, values: NDArray) -> float:
    """Share of items whose bin holds an item with another value: only these can change.

    Parameters
    ----------
    codes
        Bin of each item, shape (n,).
    values
        Value or row of each item, shape (n,) or (n, f).

    Returns
    -------
    float
        0 to 1.

    Examples
    --------
    >>> share_in_movable_bins(np.array([0, 0, 1, 1]), np.array([1, 2, 3, 3]))
    0.5
    """
    rows = np.unique(np.reshape(values, (codes.size, -1)), axis=0, return_inverse=True)[1].ravel()
    pairs = np.unique(np.stack([codes, rows]), axis=1)[0]
    kinds = np.bincount(pairs, minlength=int(codes.max()) + 1)
    return float((kinds[codes] > 1).mean())
