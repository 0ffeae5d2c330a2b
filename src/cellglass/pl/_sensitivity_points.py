"""Every point of the sensitivity grid, by ranking."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ._style import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    axes_of,
    dress,
    nothing_to_draw,
    reference_line,
    require,
    rows,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_ORDER = (
    ("score", BLUE, "o"), ("|Spearman|", ORANGE, "s"), ("variance", GREEN, "D"),
    ("mean", GREEN, "D"), ("detection", GREEN, "D"),
)  # fmt: skip


def sensitivity_points(table: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw mean AUROCs over perturbations of every point of a grid, one row a ranking.

    Parameters
    ----------
    table
        One row a point: a column a ranking (``score``, ``|Spearman|``, ``variance``, ``mean``,
        ``detection``, those that are there) and ``n_`` columns with the perturbations behind it;
        points with fewer than 2 are left out.
    ax
        Axes to draw into; those of a new figure when None.

    Returns
    -------
    matplotlib.axes.Axes
        The axes; a line joins the smallest and the largest value.

    Raises
    ------
    InputError
        If a column is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"effect": [0.25, 0.5], "variance": [0.8, 0.9], "n_variance": [9, 8]})
    >>> [t.get_text() for t in sensitivity_points(table).get_yticklabels()]
    ['variance']
    """
    require(table, ["effect"], "sensitivity_points")
    ax = axes_of(ax, (6.4, 3.0))
    shown = [(n, c, m) for n, c, m in _ORDER if n in table.columns]
    require(table, [f"n_{n}" for n, _, _ in shown], "sensitivity_points")
    shown = [(n, c, m) for n, c, m in shown if (table[f"n_{n}"] >= 2).any()]
    if table.empty or not shown:
        return nothing_to_draw(ax)
    for y, (name, colour, marker) in enumerate(shown):
        values = table.loc[table[f"n_{name}"] >= 2, name].to_numpy(float)
        ax.hlines(y, values.min(), values.max(), color=colour, linewidth=1.2)
        spread = np.linspace(-0.16, 0.16, len(values)) if len(values) > 1 else [0.0]
        ax.scatter(values, y + np.asarray(spread), s=22, marker=marker, color=colour, alpha=0.7,
                   linewidths=0)  # fmt: skip
    rows(ax, [n for n, _, _ in shown], "mean AUROC over perturbations")
    reference_line(ax, 0.5, "chance")
    dress(ax, grid="x", left=False)
    ax.tick_params(axis="y", color=GREY)
    return ax
