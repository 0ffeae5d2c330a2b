"""Scores of subsets of cells by how many cells or cell states they hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from matplotlib.ticker import MaxNLocator

from ._style import MARKERS, PALETTE, axes_of, dress, is_narrow, legend, nothing_to_draw, require

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_VARIED = {
    "cells": ("n_cells", "cells (composition fixed)"),
    "states": ("n_states", "cell states (cells fixed)"),
}


def composition_lines(
    table: pd.DataFrame,
    *,
    ax: Axes | None = None,
    design: Literal["cells", "states"] | None = None,
) -> Axes:
    """Draw the AUROC of subsets against what was varied.

    Parameters
    ----------
    table
        One row a subset and score: ``design`` (``"cells"`` or ``"states"``), ``drawn`` (what
        subsets consist of), ``score``, ``n_cells``, ``n_states``, ``step``
        (the size that repeats share), ``auroc``.
    ax
        Axes to draw into; those of a new figure when None.
    design
        The design that is drawn; the first when None.

    Returns
    -------
    matplotlib.axes.Axes
        The axes: a point a subset, a line through the means of each size.

    Raises
    ------
    InputError
        If a column is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"design": ["cells"] * 2, "drawn": ["cells"] * 2, "score": ["s"] * 2,
    ...     "n_cells": [100, 200], "n_states": [3, 3], "step": [0, 1], "auroc": [0.5, 0.6]})
    >>> composition_lines(table).get_xlabel()
    'cells (composition fixed)'
    """
    columns = ["design", "drawn", "score", "n_cells", "n_states", "step", "auroc"]
    require(table, columns, "composition_lines")
    ax = axes_of(ax, (6.4, 4.0))
    if table.empty:
        return nothing_to_draw(ax)
    shown = str(table["design"].iloc[0]) if design is None else design
    column, words = _VARIED[shown]
    part = table[table["design"] == shown]
    drawn = list(dict.fromkeys(part["drawn"]))
    for position, (score, rows) in enumerate(part.groupby("score", sort=False)):
        colour = PALETTE[position % len(PALETTE)]
        for unit, own in rows.groupby("drawn", sort=False):
            # Micro-groups come whole, so that sizes differ a little between repeats.
            mean = own.groupby("step", sort=True)[[column, "auroc"]].mean()
            dashed = drawn.index(unit) > 0
            ax.scatter(own[column], own["auroc"], s=10, color=colour, alpha=0.35, linewidths=0)
            ax.plot(mean[column], mean["auroc"], color=colour, linewidth=1.6, markersize=5,
                    marker=MARKERS[position % len(MARKERS)],
                    markerfacecolor="none" if dashed else colour,
                    linestyle=(0, (4, 2)) if dashed else "-",
                    label=str(score) + (f" ({unit})" if len(drawn) > 1 else ""))  # fmt: skip
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlabel(words)
    ax.set_ylabel("AUROC")
    dress(ax, grid="y")
    legend(ax, ncols=1 if is_narrow(ax) else 2)
    return ax
