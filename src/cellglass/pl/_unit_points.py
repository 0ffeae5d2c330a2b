"""All units at once: how often each is active, and how pure its cells are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ._style import (
    BLUE,
    GREY,
    MARKERS,
    ORANGE,
    SMALL,
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

NAMED = 6


def unit_points(table: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw units by the share of cells with each and the purity of these cells.

    Parameters
    ----------
    table
        One row a unit: ``name``, ``frequency``, ``purity`` (1 where all active cells have one
        label, 0 where they are as mixed as all cells), ``technical``, ``stability``.
    ax
        Axes to draw into; those of a new figure when None.

    Returns
    -------
    matplotlib.axes.Axes
        The axes. Technical units are triangles; units that recur in other seeds are filled. The
        purest that recur are named.

    Raises
    ------
    InputError
        If a column is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"name": ["concept 3"], "frequency": [0.1], "purity": [0.8],
    ...     "technical": [False], "stability": [1.0]})
    >>> unit_points(table).texts[0].get_text()
    'concept 3'
    """
    require(table, ["name", "frequency", "purity", "technical", "stability"], "unit_points")
    ax = axes_of(ax, (6.4, 4.2))
    if table.empty:
        return nothing_to_draw(ax)
    alive = table[table["frequency"] > 0]
    technical = alive["technical"].to_numpy(bool)
    recurs = alive["stability"].to_numpy(float) >= 0.5
    x, y = alive["frequency"].to_numpy(float), alive["purity"].to_numpy(float)
    for kind, mark, colour, what in (
        (~technical, MARKERS[0], BLUE, "biological"),
        (technical, MARKERS[2], ORANGE, "technical"),
    ):
        for again, face, told in ((True, colour, "recurs"), (False, "none", "of this seed only")):
            own = kind & (recurs == again)
            if own.any():
                ax.scatter(x[own], y[own], s=26, marker=mark, facecolors=face, edgecolors=colour,
                           linewidths=1.0, alpha=0.8,
                           label=f"{what}, {told} ({int(own.sum())})")  # fmt: skip
    order = [i for i in np.argsort(-y, kind="stable") if recurs[i] and not technical[i]]
    for place, i in enumerate(order[:NAMED]):
        ax.annotate(str(alive["name"].iloc[i]), (x[i], y[i]), xytext=(4, -3 if place % 2 else 4),
                    textcoords="offset points", fontsize=SMALL, color=ink(),
                    annotation_clip=True)  # fmt: skip
    ax.set_xscale("log")
    ax.set_xlim(max(x.min() / 1.5, 1e-5), 2.5)
    ax.set_ylim(-0.05, 1.08)
    ax.set_xlabel("share of cells with the unit")
    ax.set_ylabel("purity")
    dress(ax, grid="y")
    ax.tick_params(which="minor", color=GREY, length=2)
    legend(ax, ncols=1 if is_narrow(ax) else 2)
    return ax
