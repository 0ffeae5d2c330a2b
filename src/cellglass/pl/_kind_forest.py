"""Kinds of units side by side: one measure, with intervals and the null."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ._style import (
    BLUE,
    GREY,
    ORANGE,
    SMALL,
    axes_of,
    dress,
    ink,
    nothing_to_draw,
    number,
    require,
    rows,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def kind_forest(
    table: pd.DataFrame,
    *,
    ax: Axes | None = None,
    measure: str | None = None,
    candidate: str = "concept",
) -> Axes:
    """Draw one measure of each kind of unit.

    Parameters
    ----------
    table
        One row a kind and measure: ``kind``, ``measure``, ``estimate``, ``low``, ``high``,
        ``null``.
    ax
        Axes to draw into; those of a new figure when None.
    measure
        The measure; the first when None.
    candidate
        The kind that the others are compared with; drawn in another colour.

    Returns
    -------
    matplotlib.axes.Axes
        The axes; a short upright line is what the null reaches.

    Raises
    ------
    InputError
        If a column is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"kind": ["concept"], "measure": ["annotated share"],
    ...     "estimate": [0.5], "low": [0.4], "high": [0.6], "null": [0.1]})
    >>> kind_forest(table).get_yticklabels()[0].get_text()
    'concept'
    """
    require(table, ["kind", "measure", "estimate", "low", "high", "null"], "kind_forest")
    ax = axes_of(ax)
    if table.empty:
        return nothing_to_draw(ax)
    shown = str(table["measure"].iloc[0]) if measure is None else measure
    part = table[table["measure"] == shown]
    if part.empty:
        return nothing_to_draw(ax)
    for y, row in enumerate(part.itertuples()):
        estimate, low, high, null = (
            float(getattr(row, c)) for c in ("estimate", "low", "high", "null")
        )
        colour = ORANGE if str(row.kind) == candidate else BLUE
        if np.isfinite([low, high]).all():
            ax.plot([low, high], [y, y], color=colour, linewidth=1.6)
        ax.plot(estimate, y, marker="o", color=colour, markersize=6, linestyle="none")
        if np.isfinite(null):
            ax.plot([null, null], [y - 0.28, y + 0.28], color=GREY, linewidth=1.6)
        if np.isfinite(estimate):
            ax.annotate(number(estimate), (1.0, y), xycoords=("axes fraction", "data"),
                        xytext=(3, 0), textcoords="offset points", ha="left", va="center",
                        fontsize=SMALL, color=ink(), annotation_clip=False)  # fmt: skip
    rows(ax, part["kind"].astype(str).tolist(), shown)
    dress(ax, grid="x", left=False)
    return ax
