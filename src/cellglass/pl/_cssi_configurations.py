"""Simulated configurations: stratified edges beside pooled ones, wrong strata, published values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ._style import (
    BLUE,
    GREEN,
    GREY,
    MARKERS,
    ORANGE,
    PURPLE,
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

_COLOURS = {"pooled": GREY, "max": BLUE, "shuffled": ORANGE, "K-means": PURPLE}
_WORDS = {"max": "CSSI-max", "shuffled": "shuffled strata, max", "K-means": "K-means, max"}
_SPREAD = 0.6


def cssi_configurations(table: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw F1 by configuration, with standard deviations and published values.

    Parameters
    ----------
    table
        One row a configuration and kind of strata: ``configuration``, ``strata``, ``f1``,
        ``sd``, and ``specification`` and ``paper`` (nan where nothing was published).
    ax
        Axes to draw into; those of a new figure when None.

    Returns
    -------
    matplotlib.axes.Axes
        The axes. Filled points are ours; an open diamond is the specification's value, or the
        paper's where that has none.

    Raises
    ------
    InputError
        If a column is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"configuration": ["small"] * 2, "strata": ["pooled", "max"],
    ...     "f1": [0.83, 0.95], "sd": [0.07, 0.05], "specification": [0.829, 0.946],
    ...     "paper": [0.85, 0.957]})
    >>> [t.get_text() for t in cssi_configurations(table).get_xticklabels()]
    ['small']
    """
    columns = ["configuration", "strata", "f1", "sd", "specification", "paper"]
    require(table, columns, "cssi_configurations")
    ax = axes_of(ax, (6.4, 4.0))
    if table.empty:
        return nothing_to_draw(ax)
    names = list(dict.fromkeys(table["configuration"].astype(str)))
    place = {name: i for i, name in enumerate(names)}
    kinds = list(dict.fromkeys(table["strata"].astype(str)))
    for position, kind in enumerate(kinds):
        rows = table[table["strata"] == kind]
        shift = _SPREAD * ((position + 0.5) / len(kinds) - 0.5)
        x = rows["configuration"].astype(str).map(place).to_numpy(float) + shift
        colour = _COLOURS.get(kind, GREEN)
        ax.errorbar(x, rows["f1"].to_numpy(float), yerr=rows["sd"].to_numpy(float), color=colour,
                    linestyle="none", marker=MARKERS[position % len(MARKERS)], markersize=5,
                    linewidth=1.2, label=_WORDS.get(kind, kind))  # fmt: skip
        known = rows["specification"].fillna(rows["paper"]).to_numpy(float)
        ax.scatter(x, known, s=34, marker="d", facecolors="none", edgecolors=ink(), linewidths=0.9,
                   zorder=3, label="published" if position == len(kinds) - 1 else None)  # fmt: skip
    ax.set_xticks(range(len(names)), labels=names, parse_math=False)
    ax.set_xlim(-0.6, len(names) - 0.4)
    ax.set_ylim(
        0.0, max(1.02, float(np.nanmax((table["f1"] + table["sd"]).to_numpy(float))) + 0.02)
    )
    ax.set_ylabel("F1 (as many pairs as edges)")
    dress(ax, grid="y")
    ax.tick_params(axis="x", length=0)
    if is_narrow(ax):
        ax.tick_params(axis="x", labelrotation=30)
    legend(ax, ncols=2 if is_narrow(ax) else 3, bbox_to_anchor=(1.0, -0.16))
    return ax
