"""A statistic by layer, one line a series, each with its interval."""

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

_ASIDE = "untrained"
_SHORT = 12  # letters of names of which two stand side by side on a phone


def layer_lines(
    table: pd.DataFrame, *, ax: Axes | None = None, what: str = "AUROC", level: float | None = None
) -> Axes:
    """Draw values with intervals against the layer.

    Parameters
    ----------
    table
        One row a series and layer: ``series``, ``layer`` (missing for what has no layer, which
        becomes a horizontal line), ``value``, ``low``, ``high``. Series with "untrained" in their
        name are dashed and take the colour of the series they are named after.
    ax
        Axes to draw into; those of a new figure when None.
    what
        How the axis is called.
    level
        Value to compare with, drawn as a line.

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
    >>> table = pd.DataFrame({"series": ["trrust"] * 2, "layer": [0, 1], "value": [0.6, 0.7],
    ...     "low": [0.55, 0.6], "high": [0.65, 0.8]})
    >>> [t.get_text() for t in layer_lines(table).get_xticklabels()]
    ['0', '1']
    """
    require(table, ["series", "layer", "value", "low", "high"], "layer_lines")
    ax = axes_of(ax)
    if table.empty:
        return nothing_to_draw(ax)
    if level is not None:
        ax.axhline(level, color=GREY, linewidth=1.0, linestyle=(0, (1, 2)), zorder=1)
    names = list(dict.fromkeys(table["series"].astype(str)))
    layered = [n for n in names if table.loc[table["series"] == n, "layer"].notna().all()]
    own = [n for n in layered if _ASIDE not in n]
    for name in names:
        rows = table[table["series"].astype(str) == name]
        if name not in layered:
            ax.axhline(float(rows["value"].iloc[0]), color=ink(), linewidth=1.2,
                       linestyle=(0, (6, 2)), label=name)  # fmt: skip
            continue
        place = _place(name, own)
        _series(ax, rows.sort_values("layer", kind="stable"), name, place, _ASIDE in name)
    layers = table["layer"].dropna().astype(int).to_numpy()
    ticks = np.unique(layers)
    every = max(1, -(-len(ticks) // (8 if is_narrow(ax) else 20)))
    ax.set_xticks(ticks[::every])
    ax.set_xlabel("layer")
    ax.set_ylabel(what)
    dress(ax, grid="y")
    short = max(map(len, names)) <= _SHORT
    legend(ax, ncols=(2 if short else 1) if is_narrow(ax) else 3, bbox_to_anchor=(1.0, -0.18))
    return ax


def _place(name: str, own: list[str]) -> int:
    """Place in the palette; an untrained series takes that of the one it is named after."""
    base = name.replace(f", {_ASIDE}", "").replace(f"{_ASIDE} ", "")
    return own.index(base) if base in own else len(own)


def _series(ax: Axes, rows: pd.DataFrame, name: str, place: int, aside: bool) -> None:
    colour = PALETTE[place % len(PALETTE)]
    layer = rows["layer"].to_numpy(int)
    low, high = rows["low"].to_numpy(float), rows["high"].to_numpy(float)
    ax.fill_between(layer, low, high, color=colour, alpha=0.07 if aside else 0.16, linewidth=0)
    ax.plot(layer, rows["value"].to_numpy(float), color=colour,
            marker=MARKERS[place % len(MARKERS)], markersize=5, linewidth=1.2 if aside else 1.7,
            markerfacecolor="none" if aside else colour,
            linestyle=(0, (3, 2)) if aside else "-", label=name)  # fmt: skip
