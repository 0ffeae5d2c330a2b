"""Degrees in the reference: how many targets a regulator has, and how many regulators a gene."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cellglass.geometry.pairs import Pairs


def reference_degrees(pairs: Pairs) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Targets of each regulator and regulators of each target, among the pairs of the network.

    Parameters
    ----------
    pairs
        The pairs.

    Returns
    -------
    source, target : numpy.ndarray
        Shapes (sources,) and (targets,).

    Examples
    --------
    >>> mask = np.ones((2, 2), bool)
    >>> pairs = Pairs(("A", "B"), ("C", "D"), np.array([[True, True], [True, False]]), mask, "n")
    >>> [d.tolist() for d in reference_degrees(pairs)]
    [[2.0, 1.0], [2.0, 1.0]]
    """
    return pairs.labels.sum(1, dtype=np.float64), pairs.labels.sum(0, dtype=np.float64)


def leave_one_out_degrees(pairs: Pairs) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Degrees of both genes of each pair without the pair's own label.

    Parameters
    ----------
    pairs
        The pairs; to count training pairs alone, give ``pairs.within(train)``.

    Returns
    -------
    source, target : numpy.ndarray
        Shapes (sources, targets).

    Examples
    --------
    >>> mask = np.ones((2, 2), bool)
    >>> pairs = Pairs(("A", "B"), ("C", "D"), np.array([[True, True], [True, False]]), mask, "n")
    >>> leave_one_out_degrees(pairs)[0].tolist()
    [[1.0, 1.0], [0.0, 1.0]]
    """
    source, target = reference_degrees(pairs)
    return source[:, None] - pairs.labels, target[None, :] - pairs.labels
