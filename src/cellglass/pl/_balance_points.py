"""Balance of covariates before and after matching."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ._style import (
    BLUE,
    GREY,
    ORANGE,
    axes_of,
    dress,
    legend,
    nothing_to_draw,
    require,
    rows,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def balance_points(table: pd.DataFrame, *, ax: Axes | None = None, balanced: float = 0.1) -> Axes:
    """Draw standardised mean differences before and after matching.

    Parameters
    ----------
    table
        One row a covariate: ``covariate``, ``before``, ``after``.
    ax
        Axes to draw into; those of a new figure when None.
    balanced
        Half-width of the band within which groups count as balanced.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.

    Raises
    ------
    InputError
        If a column is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"covariate": ["mean"], "before": [0.8], "after": [0.05]})
    >>> balance_points(table).get_yticklabels()[0].get_text()
    'mean'
    """
    require(table, ["covariate", "before", "after"], "balance_points")
    ax = axes_of(ax, (6.4, 2.6))
    if table.empty:
        return nothing_to_draw(ax)
    y = np.arange(len(table))
    before, after = table["before"].to_numpy(float), table["after"].to_numpy(float)
    ax.axvspan(-balanced, balanced, color=GREY, alpha=0.28, linewidth=0)
    ax.axvline(0, color=GREY, linewidth=1.0, zorder=1)
    ax.hlines(y, before, after, color=GREY, linewidth=1.2)
    ax.scatter(before, y, s=36, marker="s", facecolors="none", edgecolors=ORANGE, linewidths=1.4,
               label="before matching", zorder=3)  # fmt: skip
    ax.scatter(after, y, s=40, marker="o", color=BLUE, label="after", zorder=3)
    rows(ax, [str(c) for c in table["covariate"]], "standardised mean difference")
    dress(ax, grid="x", left=False)
    legend(ax, ncols=2, bbox_to_anchor=(1.0, -0.22))
    return ax
