"""How well embeddings separate labelled cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ._style import (
    BLUE,
    GREY,
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


def separation_bars(table: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw the balanced accuracy of each embedding, with what permuted labels reach.

    Parameters
    ----------
    table
        One row an embedding: ``embedding``, ``balanced_accuracy``, ``permuted_labels``. The
        first row is the model.
    ax
        Axes to draw into; those of a new figure when None.

    Returns
    -------
    matplotlib.axes.Axes
        The axes; bars start at 0, the dash is permuted labels.

    Raises
    ------
    InputError
        If a column is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"embedding": ["model", "untrained copy"],
    ...     "balanced_accuracy": [0.66, 0.33], "permuted_labels": [0.1, 0.1]})
    >>> len(separation_bars(table).patches)
    2
    """
    require(table, ["embedding", "balanced_accuracy", "permuted_labels"], "separation_bars")
    ax = axes_of(ax, (6.4, 2.4))
    if table.empty:
        return nothing_to_draw(ax)
    value = table["balanced_accuracy"].to_numpy(float)
    chance = table["permuted_labels"].to_numpy(float)
    y = np.arange(len(table))
    ax.barh(y, value, height=0.52, color=[BLUE, *[GREY] * (len(table) - 1)], alpha=0.85)
    ax.vlines(chance, y - 0.36, y + 0.36, color=ink(), linewidth=1.6, zorder=3)
    for i, v in enumerate(value):
        ax.annotate(number(v), (v, i), xytext=(4, 0), textcoords="offset points",
                    ha="left", va="center", fontsize=SMALL, color=ink())  # fmt: skip
    ax.annotate("permuted labels", (chance[-1], len(table) - 1 + 0.36), xytext=(3, -2),
                textcoords="offset points", va="top", fontsize=SMALL, color=GREY)  # fmt: skip
    rows(ax, [str(e) for e in table["embedding"]], "balanced accuracy (1 = every type right)")
    ax.set_ylim(len(table) - 0.15, -0.6)
    ax.set_xlim(0, 1)
    dress(ax, grid="x", left=False)
    return ax
