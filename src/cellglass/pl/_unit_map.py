"""Cells in the plane, coloured by the activation of a unit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np

from ._style import GREY, axes_of, dress, ink, nothing_to_draw, require

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def unit_map(table: pd.DataFrame, *, ax: Axes | None = None, unit: str | None = None) -> Axes:
    """Draw cells as points, those with the unit coloured by its activation.

    Parameters
    ----------
    table
        One row a cell: ``unit``, ``x``, ``y``, ``activation``.
    ax
        Axes to draw into; those of a new figure when None.
    unit
        Name of the unit; the first when None.

    Returns
    -------
    matplotlib.axes.Axes
        The axes; silent cells are grey and lie below, the most active ones on top.

    Raises
    ------
    InputError
        If a column is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"unit": ["c", "c"], "x": [0.0, 1.0], "y": [0.0, 1.0],
    ...     "activation": [0.0, 2.0]})
    >>> unit_map(table).get_title(loc="left")
    'active in 1 of 2 cells'
    """
    require(table, ["unit", "x", "y", "activation"], "unit_map")
    ax = axes_of(ax, (4.6, 4.0))
    if table.empty:
        return nothing_to_draw(ax)
    shown = str(table["unit"].iloc[0]) if unit is None else unit
    part = table[table["unit"] == shown]
    points = part[["x", "y"]].to_numpy(float)
    value = part["activation"].to_numpy(float)
    active = value > 0
    size = 12.0 if len(part) <= 2000 else 5.0
    ax.scatter(
        points[~active, 0], points[~active, 1], s=size * 0.7, color=GREY, alpha=0.3, linewidths=0
    )
    order = np.flatnonzero(active)[np.argsort(value[active], kind="stable")]
    drawn = ax.scatter(points[order, 0], points[order, 1], s=size, c=value[order], linewidths=0,
                       cmap=mpl.colormaps["viridis"], vmin=0)  # fmt: skip
    figure = ax.get_figure()
    if figure is not None and active.any():
        bar = figure.colorbar(drawn, ax=ax, shrink=0.7, pad=0.02)
        bar.set_label("activation", color=ink(), fontsize=9)
        bar.ax.tick_params(labelsize=8.5, labelcolor=ink(), color=GREY)
        bar.outline.set_visible(False)
    ax.set_xticks([])
    ax.set_yticks([])
    ax.set_title(f"active in {int(active.sum()):,} of {len(part):,} cells", fontsize=9,
                 color=ink(), loc="left")  # fmt: skip
    dress(ax)
    return ax
