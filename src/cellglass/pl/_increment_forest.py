"""What scores add to single-gene statistics."""

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
    is_narrow,
    nothing_to_draw,
    require,
    rows,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def increment_forest(
    table: pd.DataFrame,
    *,
    ax: Axes | None = None,
    margin: float = 0.01,
    what: str = "increment in held-out AUROC",
) -> Axes:
    """Draw increments with their intervals beside the margin.

    Parameters
    ----------
    table
        One row a score: ``score``, ``kind``, ``increment``, ``low``, ``high``.
    ax
        Axes to draw into; those of a new figure when None.
    margin
        Smallest increment that matters; the band reaches from -margin to margin.
    what
        What the values are.

    Returns
    -------
    matplotlib.axes.Axes
        The axes; values are printed above each interval.

    Raises
    ------
    InputError
        If a column is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"score": ["layer 3"], "kind": ["candidate"], "increment": [0.03],
    ...     "low": [0.01], "high": [0.05]})
    >>> increment_forest(table, margin=0.01).texts[0].get_text()
    '0.030 [0.010, 0.050]'
    """
    require(table, ["score", "kind", "increment", "low", "high"], "increment_forest")
    ax = axes_of(ax, (6.4, 2.2))
    if table.empty:
        return nothing_to_draw(ax)
    ax.axvspan(-margin, margin, color=GREY, alpha=0.28, linewidth=0)
    ax.axvline(0, color=GREY, linewidth=1.0, zorder=1)
    values = table[["increment", "low", "high"]].to_numpy(float)
    for y, (kind, (value, low, high)) in enumerate(zip(table["kind"], values, strict=True)):
        candidate = kind == "candidate"
        colour = BLUE if candidate else ORANGE
        ax.hlines(y, low, high, color=colour, linewidth=2.4 if candidate else 1.6)
        ax.plot(value, y, marker="o" if candidate else "s", color=colour,
                markersize=8 if candidate else 6, linestyle="none")  # fmt: skip
        said = f"{value:.3f} [{low:.3f}, {high:.3f}]".replace("-", "\N{MINUS SIGN}")
        ax.annotate(said, (1.0, y), xycoords=("axes fraction", "data"), xytext=(0, 6),
                    textcoords="offset points", ha="right", va="bottom", fontsize=SMALL,
                    color=ink())  # fmt: skip
    rows(ax, [str(s) for s in table["score"]], what)
    ax.set_ylim(len(table) - 0.5, -0.85)
    left, right = np.nanmin(values, initial=-margin), np.nanmax(values, initial=margin)
    room = 0.06 * (right - left)
    ax.set_xlim(left - room, right + room)
    if is_narrow(ax):
        ax.locator_params(axis="x", nbins=3)  # long names leave little room for numbers
    dress(ax, grid="x", left=False)
    for label, kind in zip(ax.get_yticklabels(), table["kind"], strict=True):
        if kind == "candidate":
            label.set_fontweight("bold")
    return ax
