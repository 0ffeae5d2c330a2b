"""Triangle defect: how far the way from one point to another through a third is a detour."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numba import njit
from numpy.typing import NDArray

from cellglass.errors import InputError
from cellglass.geometry.pair_features import PairFeatures
from cellglass.stats.arguments import Ints

from .distances import Distances, ends

Floats = NDArray[np.float64]

COUNTS = (8, 12, 16)
"""Third points of the published screen (2.6)."""

CLOSE = 0.05


def triangle_features(
    distances: Distances,
    sources: Sequence[str],
    targets: Sequence[str],
    *,
    counts: Sequence[int] = COUNTS,
    thirds: NDArray[np.int64] | None = None,
) -> PairFeatures:
    """Summaries of the triangle defect of pairs over their nearest third points.

    Parameters
    ----------
    distances
        With a row for every source and every target; the columns are the third points. Take the
        distinct points as columns (``targets=graph.nodes.names``): a copy of a point would be a
        third point more.
    sources, targets
        Names of both ends, one of each a pair.
    counts
        Numbers k of third points.
    thirds
        Columns to take as third points in place of the nearest, shape (pairs, largest count),
        as the null of random third points does; see `random_thirds`.

    Returns
    -------
    PairFeatures
        For each k ``q50_k``, ``q90_k`` and ``share_k``: median and 90 % quantile of the defect,
        and share of third points with a defect of at most 0.05; over all k ``m``, ``a``, ``c``
        and ``disp``: means of q50, q90, share and q90 - q50; ``span``: q90 at the largest k less
        q90 at the smallest. nan for a pair of equal points.

    Raises
    ------
    InputError
        If a name is unknown, some pair has fewer third points than the largest count, or the
        shape of `thirds` is wrong.

    Notes
    -----
    Defect of w: ``max(0, (D(u,w) + D(v,w) - D(u,v)) / D(u,v))``, over the k third points with
    the smallest ``D(u,w) + D(v,w)`` (specification 2.6). u and v are no third points of their
    own pair, nor is a point equal to one of them: their defect is 0 by definition. The
    specification does not say whether the published code left u and v out, and its base is
    ``max(D(u,v), 1e-8)``, which gives equal points a defect of about 1e8 in place of none.

    Examples
    --------
    >>> line = Distances(
    ...     np.abs(np.arange(5.0)[:, None] - np.arange(5)), tuple("ABCDE"), tuple("ABCDE"), "line"
    ... )
    >>> found = triangle_features(line, ["A", "A"], ["D", "B"], counts=[2])
    >>> found["q50_2"].tolist(), found["share_2"].tolist()
    ([0.0, 3.0], [1.0, 0.0])
    """
    sizes = _counts(counts)
    one, other, base = ends(distances, sources, targets)
    if thirds is None:
        chosen = np.zeros((0, sizes[-1]), dtype=np.int64)
    else:
        chosen = _given(thirds, base.size, sizes[-1], len(distances.targets))
    values = np.ascontiguousarray(distances.values)
    found = _summaries(values, one, other, base, chosen, sizes)
    short = np.isnan(found[:, 0, 0]) & (base > 0)
    if short.any():
        at = int(short.argmax())
        raise InputError(
            f"{int(short.sum())} pairs have fewer than {sizes[-1]} third points, the first "
            f"{sources[at]} and {targets[at]}",
            where=f"triangle defect, {len(distances.targets)} points",
            expected=f"at least {sizes[-1]} points that are neither end, nor equal to one",
            fix="take more points, or smaller counts",
        )
    q50, q90, share = found[:, :, 0], found[:, :, 1], found[:, :, 2]
    features = {
        f"{name}_{k}": found[:, i, j]
        for i, k in enumerate(sizes)
        for j, name in enumerate(("q50", "q90", "share"))
    }
    features |= {"m": q50.mean(1), "a": q90.mean(1), "c": share.mean(1)}
    features |= {"disp": (q90 - q50).mean(1), "span": q90[:, -1] - q90[:, 0]}
    return PairFeatures(tuple(sources), tuple(targets), features)


def random_thirds(
    distances: Distances,
    sources: Sequence[str],
    targets: Sequence[str],
    rng: np.random.Generator,
    *,
    n: int = max(COUNTS),
) -> NDArray[np.int64]:
    """Draw third points at random, for the null of random third points.

    Parameters
    ----------
    distances, sources, targets
        As for `triangle_features`.
    rng
        Generator.
    n
        Third points a pair, all different and neither equal to an end.

    Returns
    -------
    numpy.ndarray
        Columns, shape (pairs, n).

    Raises
    ------
    InputError
        If a name is unknown, or there are fewer than n to choose from.

    Examples
    --------
    >>> line = Distances(
    ...     np.abs(np.arange(4.0)[:, None] - np.arange(4)), tuple("ABCD"), tuple("ABCD"), "line"
    ... )
    >>> sorted(random_thirds(line, ["A"], ["C"], np.random.default_rng(0), n=2)[0].tolist())
    [1, 3]
    """
    one, other, _ = ends(distances, sources, targets)
    if n < 1:
        raise InputError(f"n is {n}", where="random third points", expected="at least 1")
    drawn = _drawn(np.ascontiguousarray(distances.values), one, other, rng.random((one.size, n)))
    short = drawn[:, 0] < 0
    if short.any():
        at = int(short.argmax())
        raise InputError(
            f"{int(short.sum())} pairs have fewer than {n} points to draw from, the first "
            f"{sources[at]} and {targets[at]}",
            where="random third points",
            expected=f"at least {n} points that are neither end, nor equal to one",
        )
    return np.asarray(drawn)


def _counts(counts: Sequence[int]) -> Ints:
    sizes = np.unique(np.asarray(counts, dtype=np.int64))
    if not sizes.size or sizes[0] < 1:
        raise InputError(f"counts {list(counts)}", where="counts", expected="numbers above 0")
    return sizes


def _given(thirds: NDArray[np.int64], n: int, largest: int, columns: int) -> Ints:
    array = np.ascontiguousarray(thirds, dtype=np.int64)
    if array.ndim != 2 or array.shape[0] != n or array.shape[1] < largest:
        raise InputError(
            f"third points of shape {array.shape}", where="thirds",
            expected=f"{n} pairs x at least {largest}",
        )  # fmt: skip
    if array.size and (array.min() < 0 or array.max() >= columns):
        raise InputError(f"columns up to {array.max()}", where="thirds", expected=f"0 to {columns}")
    return array


@njit(cache=True, nogil=True)
def _summaries(values, one, other, base, thirds, counts):  # type: ignore[no-untyped-def]
    """Median, 90 % quantile and close share of the defects, shape (pairs, counts, 3).

    Without third points given, the nearest are found. nan where there are too few, or the ends
    are equal.
    """
    most = counts[-1]
    found = np.full((base.size, counts.size, 3), np.nan)
    ways = np.empty(most)
    for p in range(base.size):
        if base[p] <= 0.0:
            continue
        first, second = values[one[p]], values[other[p]]
        if thirds.shape[0]:
            for i in range(most):
                ways[i] = first[thirds[p, i]] + second[thirds[p, i]]
        elif _nearest_ways(first, second, ways) < most:
            continue
        for c in range(counts.size):
            k = counts[c]
            defects = (ways[:k] - base[p]) / base[p]
            defects = np.maximum(defects, 0.0)
            defects.sort()
            found[p, c, 0] = _quantile(defects, 0.5)
            found[p, c, 1] = _quantile(defects, 0.9)
            found[p, c, 2] = np.sum(defects <= CLOSE) / k
    return found


@njit(cache=True, nogil=True)
def _nearest_ways(first, second, ways):  # type: ignore[no-untyped-def]
    """Write the shortest ways through a third point, sorted; their number, at most all."""
    n = 0
    for w in range(first.size):
        way = first[w] + second[w]
        if n == ways.size and way >= ways[n - 1]:
            continue
        if first[w] <= 0.0 or second[w] <= 0.0:
            continue
        at = n if n < ways.size else n - 1
        while at > 0 and ways[at - 1] > way:
            ways[at] = ways[at - 1]
            at -= 1
        ways[at] = way
        n = min(n + 1, ways.size)
    return n


@njit(cache=True, nogil=True)
def _quantile(values, q):  # type: ignore[no-untyped-def]
    """Quantile of sorted values, linear between two."""
    at = q * (values.size - 1)
    low = int(at)
    high = min(low + 1, values.size - 1)
    return values[low] + (at - low) * (values[high] - values[low])


@njit(cache=True, nogil=True)
def _drawn(values, one, other, uniform):  # type: ignore[no-untyped-def]
    """Columns drawn without replacement for each pair; -1 where there are too few."""
    drawn = np.full(uniform.shape, -1)
    free = np.empty(values.shape[1], dtype=np.int64)
    for p in range(one.size):
        n = 0
        for w in range(free.size):
            if values[one[p], w] > 0.0 and values[other[p], w] > 0.0:
                free[n] = w
                n += 1
        if n < uniform.shape[1]:
            continue
        for i in range(uniform.shape[1]):
            at = min(i + int(uniform[p, i] * (n - i)), n - 1)
            free[i], free[at] = free[at], free[i]
            drawn[p, i] = free[i]
    return drawn
