"""scGPT's value binning: each cell's expressed values to quantile bins 1..n_bins-1."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Ties = Literal["random", "middle"]


def bin_edges(values: NDArray[np.floating], n_bins: int) -> NDArray[np.float64]:
    """Edges of the bins of one cell: the ``n_bins - 1`` quantiles of its expressed values."""
    return np.asarray(np.quantile(values, np.linspace(0, 1, n_bins - 1)), dtype=np.float64)


def bin_values(
    values: NDArray[np.floating],
    n_bins: int,
    *,
    ties: Ties = "random",
    rng: np.random.Generator | None = None,
    uniforms: NDArray[np.float64] | None = None,
    edges: NDArray[np.float64] | None = None,
) -> NDArray[np.float32]:
    """Bin the expressed values of one cell.

    Edges are the ``n_bins - 1`` quantiles of the values. A value that equals several edges may
    fall in any of their bins: the published code draws one at random, which makes scGPT's
    input stochastic, because most counts are ties.

    Parameters
    ----------
    values
        Expressed (positive) values of one cell, counts or a monotone transform. Shape (genes,).
    n_bins
        Number of bins, bin 0 for zeros included (51 in the published models).
    ties
        ``"random"`` as published, or ``"middle"``: the middle of the bins, the same each time.
    rng
        Draws for random ties.
    uniforms
        Where ties fall, between 0 and 1 for each value; instead of `rng`.
    edges
        Ascending, shape (n_bins - 1,), as from `bin_edges`; the quantiles of `values` when None.

    Returns
    -------
    numpy.ndarray
        Bins 1..n_bins-1 as float32, shape (genes,).

    References
    ----------
    Cui et al., Nature Methods 2024, doi:10.1038/s41592-024-02201-0.

    Examples
    --------
    >>> bin_values(np.array([1.0, 2.0, 3.0]), 4, ties="middle").tolist()
    [1.0, 2.0, 3.0]
    """
    edges = bin_edges(values, n_bins) if edges is None else edges
    upper = np.searchsorted(edges, values, side="right").astype(np.float64)
    lower = np.searchsorted(edges, values, side="left").astype(np.float64)
    if ties == "random":
        if uniforms is not None:
            position = uniforms
        elif rng is not None:
            position = rng.random(len(values))
        else:
            raise ValueError("random ties need an rng or uniforms")
    else:
        position = np.full(len(values), 0.5)
    return np.ceil(position * (lower - upper) + upper).astype(np.float32)
