"""Memory and time that persistent homology will take, before it runs."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellglass.errors import InputError, ResourceError
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.graphs.distances import Distances
from cellglass.seeds import generator

from .rips import rips_bars, square_lengths

Floats = NDArray[np.float64]

MAX_DIMENSION = 2

PROBE = 200
"""Points of the subsample that a forecast runs on."""

# Peak memory of fresh processes (ru_maxrss before and after), GUDHI 3.13: 40 Gaussian, clustered,
# heavy-tailed, circular and spherical clouds of 100 to 3,000 points in 2 to 50 dimensions.
# Bytes for each pair (i, j) of n x n: matrices of distances 20; edges and what GUDHI keeps of
# them 29 to 56 where no loop lives long.
_PAIR_BYTES = 76.0
# Bytes for each set of k + 2 points whose diameter lies within the longest bar, by dimension k and
# collapse of edges: the most that was measured (noisy circle of 2,000 points, noisy sphere of 400).
_SIMPLEX_BYTES = {(1, False): 12.0, (1, True): 0.1, (2, False): 6.0, (2, True): 0.6}

_SAMPLED = 20_000


@dataclass(frozen=True)
class Forecast:
    """What a computation will take.

    Attributes
    ----------
    n_points
        Points.
    max_dimension
        Highest dimension of the homology.
    simplices
        Sets of `max_dimension` + 2 points: the most simplices that can be looked at.
    lasting
        Share of these sets that enter within the longest bar of the subsample.
    memory
        Bytes, with that share.
    memory_most
        Bytes if a bar lived from the first to the last simplex.
    seconds
        Time on this machine, extrapolated from the subsample.

    Examples
    --------
    >>> Forecast(1_000, 1, 166_167_000, 0.1, 2e8, 1e9, 0.6).memory
    200000000.0
    """

    n_points: int
    max_dimension: int
    simplices: int
    lasting: float
    memory: float
    memory_most: float
    seconds: float


def forecast(
    points: PointCloud | Distances, max_dimension: int = 1, *, collapse: bool | None = None
) -> Forecast:
    """Forecast the memory and time of `persistence`, from a subsample of 200 points.

    Parameters
    ----------
    points
        A cloud or square distances.
    max_dimension
        Highest dimension of the homology, 0 to 2.
    collapse
        As in `persistence`.

    Returns
    -------
    Forecast
        Bytes and seconds.

    Raises
    ------
    InputError
        If the dimension makes no sense or there are fewer than 2 points.

    Notes
    -----
    Memory is a n^2 + b s C(n, k + 2), with n points, k the dimension and s the share of sets of
    k + 2 points that enter between birth and death of the longest bar: one long-lived loop makes
    the reduction hold a column of so many simplices. a and b are constants measured with GUDHI
    3.13, s comes from the subsample. Time grows from that of the subsample as C(n, k + 2). For 13
    clouds of 200 to 3,000 points memory was forecast at 1 to 4 times what was measured, time at
    0.3 (long loops) to 6 times (none). A `max_length` is not counted on.

    Examples
    --------
    >>> cloud = PointCloud.of(np.random.default_rng(0).normal(size=(3_000, 20)))
    >>> 0.5e9 < forecast(cloud).memory < 5e9
    True
    """
    n = check_size(points, max_dimension)
    lengths = _subsample(points)
    rips_bars(lengths[:4, :4], max_dimension)  # what is loaded on the first call is no work
    start = time.perf_counter()
    bars = rips_bars(lengths, max_dimension, collapse=collapse)[max_dimension]
    seconds = time.perf_counter() - start
    share = lasting_share(lengths, bars, max_dimension)
    simplices = math.comb(n, max_dimension + 2)
    return Forecast(
        n_points=n,
        max_dimension=max_dimension,
        simplices=simplices,
        lasting=share,
        memory=memory_needed(n, max_dimension, share, collapse=collapse),
        memory_most=memory_needed(n, max_dimension, 1.0, collapse=collapse),
        seconds=seconds * max(1.0, simplices / max(1, math.comb(len(lengths), max_dimension + 2))),
    )


def require_memory(
    points: PointCloud | Distances,
    max_dimension: int,
    *,
    collapse: bool | None = None,
    limit: float | None = None,
) -> None:
    """Refuse a computation that will not fit.

    Parameters
    ----------
    points
        A cloud or square distances.
    max_dimension
        Highest dimension of the homology.
    collapse
        As in `persistence`.
    limit
        Bytes; what is free where None.

    Raises
    ------
    InputError
        If the dimension makes no sense or there are fewer than 2 points.
    ResourceError
        If the forecast is above the limit; it says how many points would fit.

    Examples
    --------
    >>> require_memory(PointCloud.of([[0.0], [1.0], [3.0]]), 1, limit=1e6)
    """
    n = check_size(points, max_dimension)
    free = _free() if limit is None else float(limit)
    if memory_needed(n, max_dimension, 1.0, collapse=collapse) <= free:
        return
    lengths = _subsample(points)
    bars = rips_bars(lengths, max_dimension, collapse=collapse)[max_dimension]
    share = lasting_share(lengths, bars, max_dimension)
    needed = memory_needed(n, max_dimension, share, collapse=collapse)
    if needed <= free:
        return
    fit = _points_that_fit(n, free, max_dimension, share, collapse)
    raise ResourceError(
        f"H{max_dimension} of {n} points is forecast to need {_told(needed)}",
        where="persistence",
        expected=f"at most {_told(free)}"
        + (" (free memory)" if limit is None else " (memory_limit)"),
        fix=f"take at most {fit} points"
        + ("" if _collapsed(max_dimension, collapse) else ", set collapse=True (slower)")
        + ", or set max_length to leave long edges out and raise memory_limit",
    )


def check_size(points: PointCloud | Distances, max_dimension: int) -> int:
    """Number of points, if persistence can be computed of them.

    Parameters
    ----------
    points
        A cloud or square distances.
    max_dimension
        Highest dimension of the homology.

    Returns
    -------
    int
        Points.

    Raises
    ------
    InputError
        If the dimension makes no sense or there are fewer than 2 points.

    Examples
    --------
    >>> check_size(PointCloud.of([[0.0], [1.0]]), 1)
    2
    """
    if max_dimension not in range(MAX_DIMENSION + 1):
        raise InputError(
            f"max_dimension is {max_dimension}",
            where="max_dimension",
            expected="0 (components), 1 (loops) or 2 (voids)",
        )
    n = len(points) if isinstance(points, PointCloud) else len(points.sources)
    if n < 2:
        raise InputError(f"{n} distinct points", where="persistence", expected="at least 2")
    return n


def memory_needed(n: int, max_dimension: int, share: float, *, collapse: bool | None) -> float:
    """Bytes that persistence takes at its peak; see `forecast`.

    Parameters
    ----------
    n
        Points.
    max_dimension
        Highest dimension of the homology.
    share
        Share of the simplices that enter within the longest bar.
    collapse
        As in `persistence`.

    Returns
    -------
    float
        Bytes.

    Examples
    --------
    >>> memory_needed(1_000, 1, 0.0, collapse=None)
    76000000.0
    """
    simplex = _SIMPLEX_BYTES.get((max_dimension, _collapsed(max_dimension, collapse)), 0.0)
    return _PAIR_BYTES * n**2 + simplex * share * math.comb(n, max_dimension + 2)


def lasting_share(lengths: Floats, bars: Floats, dimension: int) -> float:
    """Share of sets of `dimension` + 2 points that enter within the longest finite bar.

    Parameters
    ----------
    lengths
        Distances, shape (n, n).
    bars
        Births and deaths, shape (bars, 2).
    dimension
        Of the bars.

    Returns
    -------
    float
        From 20,000 random sets; 0 where no bar ends.

    Examples
    --------
    >>> corners = square_lengths(PointCloud.of([[0.0, 0], [1, 0], [1, 1], [0, 1]]))
    >>> lasting_share(corners, rips_bars(corners, 1)[1], 1)
    1.0
    """
    bars = bars[np.isfinite(bars[:, 1])]
    if not len(bars):
        return 0.0
    birth, death = bars[(bars[:, 1] - bars[:, 0]).argmax()]
    n, size = len(lengths), dimension + 2
    # sets with a repeated point are left out: no simplices
    sets = generator(0, "homology/forecast/simplices").integers(0, n, size=(_SAMPLED, size))
    ordered = np.sort(sets, axis=1)
    sets = sets[(np.diff(ordered, axis=1) > 0).all(axis=1)]
    diameter = np.zeros(len(sets))
    for a in range(size):
        for b in range(a):
            diameter = np.maximum(diameter, lengths[sets[:, a], sets[:, b]])
    return float(((diameter > birth) & (diameter <= death)).mean()) if len(sets) else 0.0


def _subsample(points: PointCloud | Distances) -> Floats:
    n = len(points) if isinstance(points, PointCloud) else len(points.sources)
    order = generator(0, "homology/forecast").permutation(n)
    return square_lengths(points, np.sort(order[:PROBE]))


def _collapsed(max_dimension: int, collapse: bool | None) -> bool:
    return max_dimension > 1 if collapse is None else collapse


def _points_that_fit(
    n: int, limit: float, max_dimension: int, share: float, collapse: bool | None
) -> int:
    low, high = 0, n
    while high - low > 1:
        middle = (low + high) // 2
        if memory_needed(middle, max_dimension, share, collapse=collapse) <= limit:
            low = middle
        else:
            high = middle
    return low


def _free() -> float:
    import psutil

    return float(psutil.virtual_memory().available)


def _told(size: float) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.1f} MB"
