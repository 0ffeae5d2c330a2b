"""Persistent homology of a cloud: the bars of its Vietoris-Rips filtration."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellglass.errors import InputError
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.graphs.distances import Distances
from cellglass.geometry.graphs.square import SYMMETRIC, square_values
from cellglass.stats.arguments import Ints

from .forecast import require_memory
from .rips import rips_bars, square_lengths
from .zero_rows import Zeros, without_zero_rows

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Persistence:
    """Bars of a filtration, one array a dimension, those that end and those that do not.

    Attributes
    ----------
    bars
        Births and deaths, shape (bars, 2), in ascending order, for H0, H1 and so on. A death
        is infinite where no length up to `max_length` ends the bar.
    names
        Of the points that took part; of equal points only the first does.
    metric
        Of the distances.
    max_length
        Longest edge of the filtration; inf where it runs to its end.
    n_zero
        Rows of zeros that were left out.
    n_duplicates
        Points that were left out because they equal an earlier one.

    Examples
    --------
    >>> square = PointCloud.of([[0.0, 1.0], [1.0, 1.0], [1.0, 2.0], [0.0, 2.0]])
    >>> persistence(square).finite(1).round(6).tolist()
    [[1.0, 1.414214]]
    """

    bars: tuple[Floats, ...]
    names: tuple[str, ...]
    metric: str
    max_length: float = float("inf")
    n_zero: int = 0
    n_duplicates: int = 0

    @property
    def n_points(self) -> int:
        """Points that took part."""
        return len(self.names)

    @property
    def max_dimension(self) -> int:
        """Highest dimension of the homology."""
        return len(self.bars) - 1

    def finite(self, dimension: int) -> Floats:
        """Births and deaths of the bars that end, shape (bars, 2).

        Parameters
        ----------
        dimension
            Of the homology.

        Raises
        ------
        InputError
            If that dimension was not computed.
        """
        bars = self._of(dimension)
        return bars[np.isfinite(bars[:, 1])]

    def infinite(self, dimension: int) -> Floats:
        """Births of the bars that do not end, shape (bars,).

        Parameters
        ----------
        dimension
            Of the homology. H0 has one such bar, the whole cloud; any other was cut off by
            `max_length`.

        Raises
        ------
        InputError
            If that dimension was not computed.
        """
        bars = self._of(dimension)
        return bars[np.isinf(bars[:, 1]), 0]

    def complete(self, dimension: int) -> Floats:
        """Bars of the reduced homology, which all end, shape (bars, 2).

        Parameters
        ----------
        dimension
            Of the homology.

        Returns
        -------
        numpy.ndarray
            The finite bars. Of H0, the bar of the whole cloud is left out by definition.

        Raises
        ------
        InputError
            If `max_length` cut a bar off, so that its death is not known.
        """
        cut = self.infinite(dimension).size - (dimension == 0)
        if cut > 0:
            raise InputError(
                f"{cut} bars of H{dimension} have no end up to the length {self.max_length:g}",
                where=f"H{dimension}",
                expected="bars whose deaths are known",
                fix="compute the persistence without max_length, or with a larger one",
            )
        return self.finite(dimension)

    def _of(self, dimension: int) -> Floats:
        if not 0 <= dimension <= self.max_dimension:
            raise InputError(
                f"dimension {dimension}",
                where="dimension",
                expected=f"0 to {self.max_dimension}",
                fix="compute the persistence with a higher max_dimension",
            )
        return self.bars[dimension]


def persistence(
    points: PointCloud | Distances,
    max_dimension: int = 1,
    *,
    max_length: float | None = None,
    zeros: Zeros = "raise",
    collapse: bool | None = None,
    memory_limit: float | None = None,
) -> Persistence:
    """Persistent homology of the Vietoris-Rips filtration.

    Parameters
    ----------
    points
        A cloud (Euclidean distances), or distances among the same points, such as geodesic
        ones.
    max_dimension
        Highest dimension of the homology: 0 components, 1 loops, 2 voids.
    max_length
        Longest edge; the whole filtration where None.
    zeros
        What to do with rows of zeros in a cloud: refuse them, leave them out, or keep them as
        points. Distances do not show them: drop them before.
    collapse
        Whether to remove edges first that change no bar (edge collapse). It saves memory where
        a loop lives long and costs much time elsewhere; where None, only for H2.
    memory_limit
        Bytes the computation may take; what is free where None.

    Returns
    -------
    Persistence
        The bars of each dimension up to `max_dimension`.

    Raises
    ------
    InputError
        If there are rows of zeros and nothing was said about them, fewer than 2 distinct
        points, distances that are not square and symmetric, or an argument makes no sense.
    ResourceError
        If the forecast exceeds `memory_limit`; it says how many points would fit.

    Notes
    -----
    A simplex enters at the longest distance among its points; a bar of Hk is a class of k-cycles
    from the length at which it appears to that at which it bounds (Edelsbrunner and Harer,
    Computational Topology, 2010). Computed by GUDHI's fork of Ripser (Bauer, J. Appl. Comput.
    Topology 2021) with coefficients modulo 2, exactly and on all points: no landmarks, no
    subsample. Bars of length 0 are left out, as there. Equal points are one point, which
    changes no bar. Rows of zeros are genes without an embedding; they lie together, and a cloud
    that holds them shows loops that the genes do not have (specification of geometry, 0.5).

    Examples
    --------
    >>> turn = np.arange(12) * 2 * np.pi / 12
    >>> circle = PointCloud.of(np.column_stack([np.cos(turn), np.sin(turn)]))
    >>> persistence(circle).finite(1).round(3).tolist()
    [[0.518, 1.732]]
    """
    limit = float("inf") if max_length is None else float(max_length)
    if not limit > 0:
        raise InputError(f"max_length is {max_length}", where="max_length", expected="above 0")
    kept, n_zero, n_duplicates = _distinct(points, zeros)
    require_memory(kept, max_dimension, collapse=collapse, limit=memory_limit)
    names = kept.names if isinstance(kept, PointCloud) else kept.sources
    metric = "euclidean" if isinstance(kept, PointCloud) else kept.metric
    bars = rips_bars(square_lengths(kept), max_dimension, max_length=limit, collapse=collapse)
    return Persistence(bars, names, metric, limit, n_zero, n_duplicates)


def _distinct(
    points: PointCloud | Distances, zeros: Zeros
) -> tuple[PointCloud | Distances, int, int]:
    """Points without repeats, and how many rows of zeros and repeats were left out."""
    if isinstance(points, Distances):
        first = _first_equal(square_values(points, "persistence"))
        kept = np.flatnonzero(first == np.arange(first.size))
        if kept.size == first.size:
            return points, 0, 0
        names = tuple(points.sources[i] for i in kept)
        values = points.values[np.ix_(kept, kept)]
        return Distances(values, names, names, points.metric), 0, first.size - kept.size
    cloud, n_zero = without_zero_rows(points, zeros, "persistence")
    distinct = cloud.distinct()
    return distinct, n_zero, len(cloud) - len(distinct)


def _first_equal(values: Floats) -> Ints:
    """First point at distance 0 that is as far from every other point."""
    first = np.arange(len(values))
    tolerance = SYMMETRIC * float(values.max()) if values.size else 0.0
    for leader in np.flatnonzero((values == 0).sum(1) > 1):
        others = np.flatnonzero((values[leader] == 0) & (first == np.arange(first.size)))
        others = others[others > leader]
        if first[leader] == leader and others.size:
            same = np.abs(values[others] - values[leader]).max(1) <= tolerance
            first[others[same]] = leader
    return first
