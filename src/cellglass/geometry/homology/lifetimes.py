"""Lifetimes of bars in a few numbers: their sum, the longest, their number, their entropy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .persistence import Persistence


@dataclass(frozen=True, eq=False)
class Lifetimes:
    """Lifetimes of the bars of one dimension that end.

    Attributes
    ----------
    values
        Death minus birth of each finite bar, the longest first, shape (bars,).
    n_infinite
        Bars that do not end, which no summary contains: 1 for H0, and those that `max_length`
        cut off.

    Notes
    -----
    Persistent entropy is -sum p ln p with p the share of each lifetime in their sum (Chintakunta
    et al., Pattern Recognition 2015).

    Examples
    --------
    >>> held = Lifetimes(np.array([2.0, 1.0, 1.0]), 0)
    >>> held.total, held.longest, held.count, round(held.entropy, 6)
    (4.0, 2.0, 3, 1.039721)
    """

    values: NDArray[np.float64]
    n_infinite: int

    @property
    def total(self) -> float:
        """Sum of the lifetimes, the published summary of H1 (specification 2.7)."""
        return float(self.values.sum())

    @property
    def longest(self) -> float:
        """Longest lifetime; 0 where there is no bar."""
        return float(self.values.max(initial=0.0))

    @property
    def count(self) -> int:
        """Bars that end."""
        return int(self.values.size)

    @property
    def entropy(self) -> float:
        """Persistent entropy; nan where there is no bar."""
        if not self.values.size:
            return float("nan")
        share = self.values / self.values.sum()
        return float(-(share * np.log(share)).sum())


def lifetimes(persistence: Persistence, dimension: int = 1) -> Lifetimes:
    """Lifetimes of the finite bars of one dimension.

    Parameters
    ----------
    persistence
        Bars.
    dimension
        Of the homology.

    Returns
    -------
    Lifetimes
        The longest first, and how many bars do not end.

    Raises
    ------
    InputError
        If that dimension was not computed.

    Examples
    --------
    >>> from cellglass.geometry.cloud import PointCloud
    >>> from cellglass.geometry.homology.persistence import persistence
    >>> found = lifetimes(persistence(PointCloud.of([[1.0], [2.0], [4.0]])), 0)
    >>> found.values.tolist(), found.n_infinite
    ([2.0, 1.0], 1)
    """
    bars = persistence.finite(dimension)
    values = np.sort(bars[:, 1] - bars[:, 0])[::-1]
    return Lifetimes(values, int(persistence.infinite(dimension).size))
