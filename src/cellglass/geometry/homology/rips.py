"""Bars of a Vietoris-Rips filtration from a matrix of distances, by GUDHI."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import pdist, squareform

from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.graphs.distances import Distances
from cellglass.stats.arguments import Ints

Floats = NDArray[np.float64]

FIELD = 2
"""Coefficients are the integers modulo this prime, as in Ripser."""


def square_lengths(points: PointCloud | Distances, rows: Ints | None = None) -> Floats:
    """Distances among points as a square matrix.

    Parameters
    ----------
    points
        A cloud, or square distances.
    rows
        Indices of the points to take; all where None.

    Returns
    -------
    numpy.ndarray
        Symmetric, zero on the diagonal, shape (points, points).

    Examples
    --------
    >>> square_lengths(PointCloud.of([[0.0], [2.0]])).tolist()
    [[0.0, 2.0], [2.0, 0.0]]
    """
    if isinstance(points, PointCloud):
        return np.asarray(squareform(pdist(points.points if rows is None else points.points[rows])))
    values = points.values if rows is None else points.values[np.ix_(rows, rows)]
    return np.asarray((values + values.T) / 2)


def rips_bars(
    lengths: Floats,
    max_dimension: int,
    *,
    max_length: float = float("inf"),
    collapse: bool | None = None,
) -> tuple[Floats, ...]:
    """Births and deaths of all bars, one array a dimension.

    Parameters
    ----------
    lengths
        Distances, symmetric, shape (n, n).
    max_dimension
        Highest dimension of the homology.
    max_length
        Longest edge.
    collapse
        Whether to collapse edges first; GUDHI's choice (only above H1) where None.

    Returns
    -------
    tuple of numpy.ndarray
        Shape (bars, 2) each, sorted; a death is inf where the bar does not end.

    Examples
    --------
    >>> rips_bars(np.array([[0.0, 2.0], [2.0, 0.0]]), 0)[0].tolist()
    [[0.0, 2.0], [0.0, inf]]
    """
    from gudhi.sklearn import RipsPersistence

    found = RipsPersistence(
        homology_dimensions=list(range(max_dimension + 1)),
        threshold=max_length,
        input_type="full distance matrix",
        num_collapses="auto" if collapse is None else int(collapse),
        homology_coeff_field=FIELD,
    ).fit_transform([lengths])[0]
    return tuple(_sorted(np.asarray(bars, dtype=np.float64).reshape(-1, 2)) for bars in found)


def _sorted(bars: Floats) -> Floats:
    return bars[np.lexsort((bars[:, 1], bars[:, 0]))]
