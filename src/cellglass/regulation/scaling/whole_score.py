"""One score of a subject that nothing was chosen for: the mean over layers, or the table's."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cellglass.models.attention_edges import AttentionEdges
from cellglass.models.fixed_edges import FixedEdges

from .layer_mean import layer_mean

WHOLE = "all layers"
"""Name of the mean over layers and heads (specification 2.1)."""


def whole_score(
    edges: AttentionEdges | FixedEdges, rows: NDArray[np.integer] | None = None
) -> tuple[str, NDArray[np.float64]]:
    """Mean over all layers and heads, or the score of a table.

    Parameters
    ----------
    edges
        Edges of a subject.
    rows
        Rows that are wanted; all when None.

    Returns
    -------
    str, numpy.ndarray
        Its name and the scores, rows x genes; 0 where no cell holds both genes. It is fixed
        beforehand, so that a comparison with other methods is no comparison of choices.

    Examples
    --------
    >>> from cellglass.data import EdgeTable
    >>> table = EdgeTable(np.array([[0.0, 0.5]]), ("A",), ("A", "B"))
    >>> whole_score(FixedEdges(table, "genie3"))[0]
    'genie3'
    """
    if isinstance(edges, FixedEdges):
        scores = np.nan_to_num(edges.table.scores)
        return edges.name, scores if rows is None else scores[rows]
    mean = layer_mean(edges, edges.layers[0], rows)
    for layer in edges.layers[1:]:
        mean += layer_mean(edges, layer, rows)
    return WHOLE, mean / len(edges.layers)
