"""Modularity of a partition of a weighted graph."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse

from cellglass.errors import InputError
from cellglass.stats.arguments import as_codes


def modularity(weights: sparse.csr_matrix, labels: ArrayLike, *, resolution: float = 1.0) -> float:
    """Weight within communities beyond that of a random graph with the same strengths.

    Parameters
    ----------
    weights
        Symmetric, not negative, shape (m, m).
    labels
        Community of each node, shape (m,).
    resolution
        Weight of the random graph: above 1 favours small communities.

    Returns
    -------
    float
        At most 1.

    Raises
    ------
    InputError
        If weights are not symmetric, negative or all 0, or the labels do not fit.

    Notes
    -----
    Sum over communities of W_c / W - resolution (K_c / W)^2, W_c the weight within (each edge
    twice), K_c the summed strengths, W all weight (Newman and Girvan, Physical Review E 2004;
    resolution: Reichardt and Bornholdt, Physical Review E 2006).

    Examples
    --------
    >>> two = sparse.csr_matrix(np.array([[0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0]]))
    >>> modularity(two, [0, 0, 1, 1])
    0.5
    """
    require_weights(weights, "modularity")
    codes, groups = as_codes(labels, weights.shape[0], "labels")
    strength = np.asarray(weights.sum(1)).ravel()
    total = float(strength.sum())
    held = weights.tocoo()
    within = float(held.data[codes[held.row] == codes[held.col]].sum())
    by_group = np.bincount(codes, strength, groups.size)
    return within / total - resolution * float((by_group**2).sum()) / total**2


def require_weights(weights: sparse.csr_matrix, what: str) -> None:
    """Refuse weights that are no weights of an undirected graph.

    Parameters
    ----------
    weights
        Shape (m, m).
    what
        What needs them, for the message.

    Raises
    ------
    InputError
        If they are not symmetric, not finite, negative or all 0.

    Examples
    --------
    >>> require_weights(sparse.csr_matrix(np.ones((2, 2))), "modularity")
    """
    square = weights.shape[0] == weights.shape[1]
    data = weights.data
    if not square or not np.isfinite(data).all() or (data < 0).any() or not data.sum() > 0:
        raise InputError(
            f"weights of shape {weights.shape} with a sum of {data.sum():g}",
            where=what,
            expected="a square matrix, finite, not negative, not all 0",
        )
    apart = abs(weights - weights.T)
    if apart.nnz and apart.max() > 1e-9 * data.max():
        raise InputError("the weights are not symmetric", where=what, expected="undirected edges")
