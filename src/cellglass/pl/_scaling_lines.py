"""A metric of every score by number of cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ._style import (
    GREY,
    MARKERS,
    PALETTE,
    axes_of,
    dress,
    ink,
    is_narrow,
    legend,
    nothing_to_draw,
    require,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_OTHERS = {"reference": "s", "baseline": "D"}


def scaling_lines(
    table: pd.DataFrame,
    *,
    ax: Axes | None = None,
    value: str = "auroc",
    what: str = "AUROC",
    chance: float | None = None,
) -> Axes:
    """Draw a metric against the number of cells, a point a draw of cells.

    Parameters
    ----------
    table
        One row a score, draw and number of cells: ``score``, ``kind`` (``"candidate"``,
        ``"reference"`` or ``"baseline"``), ``n_wanted``, ``n_cells`` and the metric.
    ax
        Axes to draw into; those of a new figure when None.
    value, what
        Column of the metric, and how the axis is called.
    chance
        Value of guessing, drawn as a line.

    Returns
    -------
    matplotlib.axes.Axes
        The axes: a line a score through the means over draws.

    Raises
    ------
    InputError
        If a column is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"score": ["layer 0"] * 2, "kind": ["candidate"] * 2,
    ...     "n_wanted": [25, 100], "n_cells": [24, 101], "auroc": [0.55, 0.6]})
    >>> scaling_lines(table).get_xlabel()
    'cells'
    """
    require(table, ["score", "kind", "n_wanted", "n_cells", value], "scaling_lines")
    ax = axes_of(ax, (6.4, 3.8))
    if table.empty:
        return nothing_to_draw(ax)
    if chance is not None:
        ax.axhline(chance, color=GREY, linewidth=1.0, linestyle=(0, (4, 2)), zorder=1)
    scores = list(dict.fromkeys(table["score"].astype(str)))
    for position, score in enumerate(scores):
        rows = table[table["score"].astype(str) == score]
        kind = str(rows["kind"].iloc[0])
        colour = PALETTE[position % len(PALETTE)] if kind == "candidate" else GREY
        marker = _OTHERS.get(kind, MARKERS[position % len(MARKERS)])
        if kind == "reference":
            colour = ink()
        means = rows.groupby("n_wanted", sort=True)[["n_cells", value]].mean()
        ax.scatter(rows["n_cells"], rows[value], s=12, marker=marker, color=colour, alpha=0.4,
                   linewidths=0)  # fmt: skip
        ax.plot(means["n_cells"].to_numpy(float), means[value].to_numpy(float), color=colour,
                marker=marker, markersize=4.5, linewidth=1.5,
                linestyle="-" if kind == "candidate" else (0, (4, 2)), label=score)  # fmt: skip
    ax.set_xscale("log")
    _cells_axis(ax, np.sort(table.groupby("n_wanted")["n_cells"].mean().to_numpy(float)))
    ax.set_ylabel(what)
    dress(ax, grid="y")
    legend(ax, ncols=2 if is_narrow(ax) else 4, bbox_to_anchor=(1.0, -0.16))
    return ax


def _cells_axis(ax: Axes, cells: np.ndarray) -> None:
    """Name the numbers of cells that were looked at, as far as their labels do not collide."""
    apart = 0.34 if is_narrow(ax) else 0.17  # of a decade and more
    shown: list[float] = [float(cells[-1])]
    for n in cells[-2::-1]:
        if np.log10(shown[-1] / n) >= apart:
            shown.append(float(n))
    ax.set_xticks(shown[::-1], labels=[f"{n:,.0f}" for n in shown[::-1]], parse_math=False)
    ax.minorticks_off()
    ax.set_xlabel("cells")
