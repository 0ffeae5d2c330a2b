"""Candidates where they were chosen and where they were scored."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ._style import (
    BLUE,
    GREY,
    ORANGE,
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

POOLED = "pooled"


def held_out_choice(table: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw the AUROC of every candidate on held-out data against that on the data that choose.

    Parameters
    ----------
    table
        One row a candidate and evaluation: ``aggregator`` (``"pooled"`` for pooled edges),
        ``auroc_choosing``, ``auroc``, ``chosen``.
    ax
        Axes to draw into; those of a new figure when None.

    Returns
    -------
    matplotlib.axes.Axes
        The axes: faint points are candidates, large ones what was chosen. On the dashed line a
        candidate is as good on held-out data as where it was chosen.

    Raises
    ------
    InputError
        If a column is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"aggregator": ["pooled", "max"], "auroc_choosing": [0.6, 0.7],
    ...     "auroc": [0.59, 0.62], "chosen": [True, True]})
    >>> held_out_choice(table).get_ylabel()
    'AUROC where scored'
    """
    columns = ["aggregator", "auroc_choosing", "auroc", "chosen"]
    require(table, columns, "held_out_choice")
    ax = axes_of(ax, (6.4, 4.2))
    if table.empty:
        return nothing_to_draw(ax)
    x, y = (table[c].to_numpy(float) for c in ("auroc_choosing", "auroc"))
    pooled = (table["aggregator"] == POOLED).to_numpy()
    chosen = table["chosen"].to_numpy(bool)
    for which, colour, marker, words in (
        (~pooled, BLUE, "o", "stratified"),
        (pooled, ORANGE, "s", "pooled"),
    ):
        ax.scatter(x[which & ~chosen], y[which & ~chosen], s=14, marker=marker, color=colour,
                   alpha=0.35, linewidths=0)  # fmt: skip
        ax.scatter(x[which & chosen], y[which & chosen], s=52, marker=marker, color=colour,
                   edgecolors=GREY, linewidths=0.8, zorder=3, label=f"chosen, {words}")  # fmt: skip
    low, high = float(min(x.min(), y.min())), float(max(x.max(), y.max()))
    room = 0.05 * max(high - low, 0.02)
    span = np.array([low - room, high + room])
    ax.plot(span, span, color=GREY, linewidth=1.0, linestyle=(0, (4, 2)), zorder=1,
            label="as good as where chosen")  # fmt: skip
    ax.set_xlim(*span)
    ax.set_ylim(*span)
    ax.set_xlabel("AUROC where chosen")
    ax.set_ylabel("AUROC where scored")
    dress(ax, grid="y")
    legend(ax, ncols=1 if is_narrow(ax) else 3)
    return ax
