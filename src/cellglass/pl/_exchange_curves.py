"""What is left of an activation as genes are exchanged, by the order in which they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._style import (
    GREY,
    MARKERS,
    PALETTE,
    axes_of,
    dress,
    is_narrow,
    legend,
    nothing_to_draw,
    require,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def exchange_curves(
    table: pd.DataFrame, *, ax: Axes | None = None, unit: str | None = None
) -> Axes:
    """Draw the activation that is left against the share of genes exchanged.

    Parameters
    ----------
    table
        One row an order and step: ``order``, ``share``, ``activation``; with ``unit`` where the
        table holds several.
    ax
        Axes to draw into; those of a new figure when None.
    unit
        Name of the unit; the mean over all units when None.

    Returns
    -------
    matplotlib.axes.Axes
        The axes; an order that finds the genes a unit rests on falls first.

    Raises
    ------
    InputError
        If a column is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"order": ["score"] * 2, "share": [0.0, 1.0],
    ...     "activation": [1.0, 0.0]})
    >>> exchange_curves(table).get_xlabel()
    'share of the differing genes exchanged'
    """
    require(table, ["order", "share", "activation"], "exchange_curves")
    ax = axes_of(ax)
    if table.empty:
        return nothing_to_draw(ax)
    part = table
    if unit is not None:
        require(table, ["unit"], "exchange_curves")
        part = table[table["unit"] == unit]
    orders = list(dict.fromkeys(part["order"].astype(str)))
    for i, order in enumerate(orders):
        line = part[part["order"].astype(str) == order].groupby("share")["activation"].mean()
        colour = GREY if order == "random" else PALETTE[i % len(PALETTE)]
        ax.plot(line.index.to_numpy(float), line.to_numpy(float), color=colour, linewidth=1.6,
                marker=MARKERS[i % len(MARKERS)], markersize=4, label=order)  # fmt: skip
    ax.set_xlim(0, 1)
    ax.set_xlabel("share of the differing genes exchanged")
    ax.set_ylabel("activation left")
    dress(ax, grid="y")
    legend(ax, ncols=2 if is_narrow(ax) else 5)
    return ax
