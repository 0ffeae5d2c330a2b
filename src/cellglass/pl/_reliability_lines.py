"""Agreement of edges between halves of the cells, by layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ._style import BLUE, GREY, axes_of, dress, is_narrow, legend, nothing_to_draw, require

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_PARTS = {"whole": ("-", "o"), "pairwise": ((0, (4, 2)), "D")}


def reliability_lines(table: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw the correlation of edges between halves of the cells against the layer.

    Parameters
    ----------
    table
        One row a score, layer and part: ``score`` (the first is the model, the next its
        untrained copy), ``layer``, ``part`` (``"whole"`` or ``"pairwise"``), ``mean``,
        ``smallest``, ``largest`` over the splits.
    ax
        Axes to draw into; those of a new figure when None.

    Returns
    -------
    matplotlib.axes.Axes
        The axes: a line a score and part, with a band from the smallest to the largest.

    Raises
    ------
    InputError
        If a column is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"score": ["m"] * 2, "layer": [0, 1], "part": ["whole"] * 2,
    ...     "mean": [0.9, 0.8], "smallest": [0.85, 0.7], "largest": [0.95, 0.9]})
    >>> reliability_lines(table).get_xlabel()
    'layer'
    """
    columns = ["score", "layer", "part", "mean", "smallest", "largest"]
    require(table, columns, "reliability_lines")
    ax = axes_of(ax)
    if table.empty:
        return nothing_to_draw(ax)
    scores = list(dict.fromkeys(table["score"]))
    for position, score in enumerate(scores):
        colour = BLUE if position == 0 else GREY
        for part, (style, marker) in _PARTS.items():
            rows = table[(table["score"] == score) & (table["part"] == part)]
            rows = rows.sort_values("layer", kind="stable")
            if rows.empty:
                continue
            layer = rows["layer"].to_numpy(int)
            ax.fill_between(layer, rows["smallest"].to_numpy(float),
                            rows["largest"].to_numpy(float), color=colour, alpha=0.18,
                            linewidth=0)  # fmt: skip
            ax.plot(layer, rows["mean"].to_numpy(float), color=colour, linestyle=style,
                    marker=marker, markersize=5, linewidth=1.6,
                    markerfacecolor=colour if part == "whole" else "none",
                    label=f"{score}, {part}")  # fmt: skip
    ax.set_xticks(np.unique(table["layer"].to_numpy(int)))
    low = float(np.nanmin(table["smallest"].to_numpy(float), initial=1.0))
    ax.set_ylim(np.floor(10 * low - 0.5) / 10, 1.01)
    ax.set_xlabel("layer")
    ax.set_ylabel("Spearman correlation of halves")
    dress(ax, grid="y")
    legend(ax, ncols=1 if is_narrow(ax) else 2)
    return ax
