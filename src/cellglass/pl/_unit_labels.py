"""In which cells a unit is active: share of each label."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._style import BLUE, GREY, SMALL, axes_of, dress, ink, nothing_to_draw, require, rows

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def unit_labels(
    table: pd.DataFrame, *, ax: Axes | None = None, unit: str | None = None, n: int = 12
) -> Axes:
    """Draw the share of the cells of each label in which a unit is active.

    Parameters
    ----------
    table
        One row a label: ``unit``, ``label``, ``share``, ``cells``.
    ax
        Axes to draw into; those of a new figure when None.
    unit
        Name of the unit; the first when None.
    n
        Labels at most, largest share first.

    Returns
    -------
    matplotlib.axes.Axes
        The axes; the number of cells of a label stands at its bar.

    Raises
    ------
    InputError
        If a column is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"unit": ["c"], "label": ["NK"], "share": [0.9], "cells": [40]})
    >>> unit_labels(table).texts[0].get_text()
    '40 cells'
    """
    require(table, ["unit", "label", "share", "cells"], "unit_labels")
    ax = axes_of(ax)
    if table.empty:
        return nothing_to_draw(ax)
    shown = str(table["unit"].iloc[0]) if unit is None else unit
    part = table[table["unit"] == shown]
    part = part.sort_values("share", ascending=False, kind="stable")[:n]
    share = part["share"].to_numpy(float)
    ax.barh(range(len(part)), share, height=0.62, color=BLUE)
    for y, (value, cells) in enumerate(zip(share, part["cells"], strict=True)):
        inside = value > 0.7
        ax.annotate(f"{int(cells):,} cells", (value, y), xytext=(-4 if inside else 4, 0),
                    textcoords="offset points", ha="right" if inside else "left", va="center",
                    fontsize=SMALL, color="white" if inside else ink())  # fmt: skip
    ax.set_xlim(0, 1)
    rows(ax, part["label"].astype(str).tolist(), "share of cells with the unit")
    dress(ax, grid="x", left=False)
    ax.spines["bottom"].set_color(GREY)
    return ax
