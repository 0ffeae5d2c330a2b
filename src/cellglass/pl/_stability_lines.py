"""How many concepts recur, by how alike two concepts must be."""

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


def stability_lines(table: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw the share of concepts with a match against the similarity asked for.

    Parameters
    ----------
    table
        One row a source and threshold: ``source`` (for example "another seed"), ``threshold``,
        ``share``, ``null``.
    ax
        Axes to draw into; those of a new figure when None.

    Returns
    -------
    matplotlib.axes.Axes
        The axes; dashed, what the null reaches.

    Raises
    ------
    InputError
        If a column is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"source": ["another seed"] * 2, "threshold": [0.7, 0.9],
    ...     "share": [0.6, 0.3], "null": [0.1, 0.0]})
    >>> stability_lines(table).get_ylabel()
    'share of concepts with a match'
    """
    require(table, ["source", "threshold", "share", "null"], "stability_lines")
    ax = axes_of(ax)
    if table.empty:
        return nothing_to_draw(ax)
    for i, source in enumerate(dict.fromkeys(table["source"].astype(str))):
        part = table[table["source"].astype(str) == source].sort_values("threshold")
        x = part["threshold"].to_numpy(float)
        colour = PALETTE[i % len(PALETTE)]
        ax.plot(x, part["share"].to_numpy(float), color=colour, linewidth=1.6, markersize=4,
                marker=MARKERS[i % len(MARKERS)], label=source)  # fmt: skip
        ax.plot(x, part["null"].to_numpy(float), color=colour, linewidth=1.2,
                linestyle=(0, (4, 2)))  # fmt: skip
    ax.plot([], [], color=GREY, linewidth=1.2, linestyle=(0, (4, 2)), label="null")
    ax.set_ylim(-0.03, 1.03)
    ax.set_xlabel("similarity that a match needs")
    ax.set_ylabel("share of concepts with a match")
    dress(ax, grid="y")
    legend(ax, ncols=2 if is_narrow(ax) else 4)
    return ax
