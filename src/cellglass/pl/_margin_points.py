"""What is left of each row of a table of results above its nulls."""

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
    legend,
    nothing_to_draw,
    number,
    require,
    rows,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_LINE = 10.0  # points that a row with a name needs
_SHORT = 14  # letters of a name beside which a phone has room for a column of numbers
_COLUMNS = ["row", "observed", "null_gap", "strict_margin"]


def margin_points(table: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw strict margins and pooled null gaps, one line a row, the largest margin on top.

    Parameters
    ----------
    table
        One row a result: ``row`` (its name), ``observed``, ``null_gap`` (what the observed value
        has above the 95 % quantile of all null draws) and ``strict_margin`` (above the largest
        such quantile of any null family).
    ax
        Axes to draw into; those of a new figure when None.

    Returns
    -------
    matplotlib.axes.Axes
        The axes; a margin below zero has another colour and marker. Rows are
        named where there is room for a line of text each, with their observed values at the right
        (on a phone only beside short names).

    Raises
    ------
    InputError
        If a column is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"row": ["a", "b"], "observed": [0.03, 0.05],
    ...     "null_gap": [0.002, 0.03], "strict_margin": [-0.004, 0.02]})
    >>> ax = margin_points(table)
    >>> ax.get_title(loc="left"), [t.get_text() for t in ax.get_yticklabels()]
    ('1 of 2 rows above all nulls', ['b', 'a'])
    """
    require(table, _COLUMNS, "margin_points")
    ax = axes_of(ax, (6.4, min(9.0, max(2.2, 0.19 * len(table) + 1.0))))
    if table.empty:
        return nothing_to_draw(ax)
    shown = table.sort_values("strict_margin", ascending=False, kind="stable", na_position="last")
    y = np.arange(len(shown))
    gap, strict = shown["null_gap"].to_numpy(float), shown["strict_margin"].to_numpy(float)
    above = strict > 0
    room = ax.get_window_extent().height * 72 / ax.figure.dpi / len(shown)
    size = 34.0 if room >= _LINE else 12.0
    ax.axvline(0, color=GREY, linewidth=1.0, zorder=1)
    ax.hlines(y, np.fmin(gap, strict), np.fmax(gap, strict), color=GREY, linewidth=1.2,
              alpha=0.6)  # fmt: skip
    ax.scatter(gap, y, s=size, marker="|", color=GREY, linewidths=1.6, label="pooled null gap")
    for own, colour, marker, said in (
        (above, BLUE, "o", "strict margin above 0"),
        (np.isfinite(strict) & ~above, ORANGE, "s", "strict margin of 0 or less"),
    ):
        if own.any():
            ax.scatter(strict[own], y[own], s=size, marker=marker, color=colour, linewidths=0,
                       label=said, zorder=3)  # fmt: skip
    if room >= _LINE:
        rows(ax, shown["row"].astype(str).tolist(), "observed value above its nulls")
        if not is_narrow(ax) or shown["row"].astype(str).str.len().max() <= _SHORT:
            _values(ax, shown["observed"].to_numpy(float))
    else:
        rows(ax, [""] * len(shown), "observed value above its nulls")
        ax.set_yticks([])
        ax.set_ylabel(f"{len(shown):,} rows by strict margin")
    ax.set_title(f"{int(above.sum()):,} of {len(shown):,} rows above all nulls", fontsize=9,
                 color=ink(), loc="right" if is_narrow(ax) else "left")  # fmt: skip
    if is_narrow(ax):
        ax.locator_params(axis="x", nbins=3)
    dress(ax, grid="x", left=False)
    legend(ax, ncols=1 if is_narrow(ax) else 3, bbox_to_anchor=(1.0, -0.12))
    return ax


def _values(ax: Axes, observed: np.ndarray) -> None:
    """Observed values, in a column at the right."""
    for i, value in enumerate(observed):
        ax.annotate(number(value) if np.isfinite(value) else "none", (1.0, i),
                    xycoords=("axes fraction", "data"), xytext=(6, 0),
                    textcoords="offset points", ha="left", va="center", fontsize=SMALL,
                    color=ink())  # fmt: skip
    ax.annotate("observed", (1.0, 1.0), xycoords="axes fraction", xytext=(6, 4),
                textcoords="offset points", ha="left", va="bottom", fontsize=SMALL,
                color=GREY)  # fmt: skip
