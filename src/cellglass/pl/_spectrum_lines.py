"""The share of the variance that each principal component holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import NullFormatter

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

_MARKED = 40  # components of a line that is drawn with markers


def spectrum_lines(table: pd.DataFrame, *, ax: Axes | None = None, log: bool = False) -> Axes:
    """Draw spectra, one line a series.

    Parameters
    ----------
    table
        One row a series and component: ``series``, ``component`` (from 1), ``share`` of the
        variance, and optionally ``low`` and ``high``, between which the null lies.
    ax
        Axes to draw into; those of a new figure when None.
    log
        Whether shares are drawn on a logarithmic axis; a share of 0 is then left out.

    Returns
    -------
    matplotlib.axes.Axes
        The axes; components above the band stand out from the null.

    Raises
    ------
    InputError
        If a column is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"series": ["layer 0"] * 3, "component": [1, 2, 3],
    ...     "share": [0.6, 0.3, 0.1]})
    >>> spectrum_lines(table).get_ylabel()
    'share of the variance'
    """
    require(table, ["series", "component", "share"], "spectrum_lines")
    ax = axes_of(ax)
    if table.empty:
        return nothing_to_draw(ax)
    banded = {"low", "high"} <= set(table.columns) and bool(table["low"].notna().any())
    for i, name in enumerate(dict.fromkeys(table["series"].astype(str))):
        line = table[table["series"].astype(str) == name].sort_values("component", kind="stable")
        x, colour = line["component"].to_numpy(float), PALETTE[i % len(PALETTE)]
        if banded:
            _band(ax, line, x, colour)
        share = line["share"].to_numpy(float)
        ax.plot(x, np.where(share > 0, share, np.nan) if log else share, color=colour,
                linewidth=1.6, marker=MARKERS[i % len(MARKERS)] if len(x) <= _MARKED else "",
                markersize=4, label=name)  # fmt: skip
    if banded:
        ax.fill_between([], [], [], color=GREY, alpha=0.3, linewidth=0, label="null")
    if log:
        ax.set_yscale("log")
        ax.yaxis.set_minor_formatter(NullFormatter())
        ax.yaxis.set_major_formatter(lambda y, _: f"{y:g}")  # plain numbers, no powers
    else:
        ax.set_ylim(bottom=0)
    ax.locator_params(axis="x", integer=True, nbins=5 if is_narrow(ax) else 10)
    ax.set_xlabel("principal component")
    ax.set_ylabel("share of the variance")
    dress(ax, grid="y")
    legend(ax, ncols=2 if is_narrow(ax) else 4)
    return ax


def _band(ax: Axes, line: pd.DataFrame, x: np.ndarray, colour: str) -> None:
    """Null of a line: a band with its upper end, which a component must exceed."""
    low, high = line["low"].to_numpy(float), line["high"].to_numpy(float)
    ax.fill_between(x, low, high, color=colour, alpha=0.16, linewidth=0)
    ax.plot(x, high, color=colour, linewidth=1.0, linestyle=(0, (4, 2)))
