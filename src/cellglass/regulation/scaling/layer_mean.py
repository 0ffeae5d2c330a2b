"""Edges of a layer over all cells, summed group by group."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cellglass.models.attention_edges import AttentionEdges


def layer_mean(
    edges: AttentionEdges, layer: int, rows: NDArray[np.integer] | None = None
) -> NDArray[np.float64]:
    """Mean attention of a layer over all cells and heads.

    Parameters
    ----------
    edges
        Captured sums.
    layer
        Index from 0.
    rows
        Rows that are wanted; all when None.

    Returns
    -------
    numpy.ndarray
        Rows x genes, 0 where no cell holds both: the scores of `AttentionEdges.layer`, without
        its replicate blocks, which cost a hundred times as much.

    Examples
    --------
    >>> sums = np.array([[[[2.0, 0.0]]], [[[4.0, 0.0]]]])
    >>> counts = np.array([[[1, 0]], [[2, 0]]])
    >>> edges = AttentionEdges(("A",), ("B", "C"), sums, counts, (0,))
    >>> layer_mean(edges, 0).tolist()
    [[2.0, 0.0]]
    """
    slot = edges.layers.index(layer)
    at = slice(None) if rows is None else rows
    total = np.zeros(edges.sums.shape[2:])[at]
    counts = np.zeros(edges.counts.shape[1:], dtype=np.int64)[at]
    for sums, count in zip(edges.sums, edges.counts, strict=True):
        total += sums[slot][at]
        counts += count[at]
    return total / np.maximum(counts, 1)
