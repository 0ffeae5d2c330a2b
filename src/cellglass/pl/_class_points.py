"""Values of single regulators by class."""

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
    reference_line,
    require,
    rows,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_NAMED = 12


def class_points(
    table: pd.DataFrame, *, ax: Axes | None = None, what: str = "AUROC", level: float = 0.5
) -> Axes:
    """Draw one point a regulator in the row of its class, with the mean of each class.

    Parameters
    ----------
    table
        One row a regulator: ``group``, ``regulator``, ``value``, ``n_targets`` (the size of the
        point).
    ax
        Axes to draw into; those of a new figure when None.
    what
        How the axis is called.
    level
        Value of guessing.

    Returns
    -------
    matplotlib.axes.Axes
        The axes; members of a class of at most twelve are named.

    Raises
    ------
    InputError
        If a column is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"group": ["master", "others"], "regulator": ["LEF1", "IRF1"],
    ...     "value": [0.8, 0.6], "n_targets": [5, 9]})
    >>> [t.get_text() for t in class_points(table).get_yticklabels()]
    ['master (1)', 'others (1)']
    """
    require(table, ["group", "regulator", "value", "n_targets"], "class_points")
    ax = axes_of(ax, (6.4, 2.6))
    if table.empty:
        return nothing_to_draw(ax)
    counts = table["group"].astype(str).value_counts()
    groups = sorted(counts.index, key=lambda g: (int(counts[g]), g))
    largest = float(table["n_targets"].max())
    for y, group in enumerate(groups):
        members = table[table["group"].astype(str) == group].sort_values("value", kind="stable")
        colour = BLUE if y == 0 and len(groups) > 1 else ORANGE
        spread = 0.26 * np.cos(np.pi * np.arange(len(members)))  # neighbours above and below
        size = 14 + 60 * members["n_targets"].to_numpy(float) / largest
        ax.scatter(members["value"], y + spread, s=size, color=colour, alpha=0.6, linewidths=0)
        mean = float(members["value"].mean())
        ax.vlines(mean, y - 0.4, y + 0.4, color=ink(), linewidth=1.8)
        if len(members) <= (_NAMED // 2 if is_narrow(ax) else _NAMED):
            _named(ax, members, y + spread)
    rows(ax, [f"{g} ({counts[g]})" for g in groups], what)
    reference_line(ax, level)
    low, high = float(table["value"].min()), float(table["value"].max())
    low, high = min(low, level), max(high, level)
    room = 0.08 * max(high - low, 0.05)
    ax.set_xlim(low - room, high + room)
    dress(ax, grid="x", left=False)
    return ax


def _named(ax: Axes, members: pd.DataFrame, heights: np.ndarray) -> None:
    """Write names beside the points, towards the middle of the axes so that none leaves them."""
    middle = float(members["value"].median())
    for name, value, y in zip(members["regulator"], members["value"], heights, strict=True):
        left = value > middle
        ax.annotate(str(name), (value, y), xytext=(-6 if left else 6, 0),
                    textcoords="offset points", ha="right" if left else "left", va="center",
                    fontsize=SMALL, color=GREY)  # fmt: skip
