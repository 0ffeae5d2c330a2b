"""Births and deaths of components, loops and voids."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cellglass.errors import InputError

from ._style import (
    GREY,
    MARKERS,
    PALETTE,
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

_ROOM = 0.05  # of the longest death, around the points
_ABOVE = 0.10  # of the longest death, up to the line of what never dies


def persistence_diagram(table: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw when each feature appears and when it is filled.

    Parameters
    ----------
    table
        One row a feature: ``dimension``, ``birth``, ``death`` (inf for what never dies), and
        optionally ``series``, for example a cloud and a draw of its null.
    ax
        Axes to draw into; those of a new figure when None.

    Returns
    -------
    matplotlib.axes.Axes
        The axes. The farther a point is from the diagonal, the longer it lived; what never dies
        stands on the line at the top. Markers tell dimensions; with several series colours tell
        those, and all but the first are hollow.

    Raises
    ------
    InputError
        If a column is missing, a birth is no number, or a death comes before its birth.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"dimension": [0, 0, 1], "birth": [0.0, 0.0, 1.0],
    ...     "death": [0.8, float("inf"), 1.7]})
    >>> [t.get_text() for t in persistence_diagram(table).get_legend().get_texts()]
    ['H0', 'H1']
    """
    require(table, ["dimension", "birth", "death"], "persistence_diagram")
    ax = axes_of(ax, (4.6, 4.2))
    if table.empty:
        return nothing_to_draw(ax)
    birth, death = table["birth"].to_numpy(float), table["death"].to_numpy(float)
    _refuse(birth, death)
    finite = death[np.isfinite(death)]
    top = float(max(birth.max(), finite.max(initial=0.0))) or 1.0
    never = top * (1 + _ABOVE)
    ax.plot([0, top], [0, top], color=GREY, linewidth=1.0, zorder=1)
    if len(finite) < len(death):
        ax.axhline(never, color=GREY, linewidth=1.0, linestyle=(0, (4, 2)), zorder=1)
        ax.annotate("never dies", (1.0, never), xycoords=("axes fraction", "data"),
                    xytext=(0, 3), textcoords="offset points", ha="right", va="bottom",
                    fontsize=SMALL, color=ink())  # fmt: skip
    _points(ax, table, birth, np.minimum(death, never))
    low = min(0.0, float(birth.min()))
    ax.set_xlim(low - _ROOM * top, top * (1 + _ROOM))
    ax.set_ylim(low - _ROOM * top, never + (_ROOM + 0.03) * top)
    ax.set_xlabel("birth")
    ax.set_ylabel("death")
    dress(ax)
    legend(ax, ncols=2 if is_narrow(ax) else 4, bbox_to_anchor=(1.0, -0.14))
    return ax


def _refuse(birth: NDArray[np.float64], death: NDArray[np.float64]) -> None:
    wrong = ""
    if not np.isfinite(birth).all() or np.isnan(death).any():
        wrong = "a birth or a death is no number"
    elif (death < birth).any():
        at = int(np.argmax(death < birth))
        wrong = f"row {at} dies at {death[at]:g}, before its birth at {birth[at]:g}"
    if wrong:
        raise InputError(
            wrong,
            where="cellglass.pl.persistence_diagram",
            expected="birth <= death, and death = inf for what never dies",
        )


def _points(
    ax: Axes, table: pd.DataFrame, birth: NDArray[np.float64], death: NDArray[np.float64]
) -> None:
    dimension = table["dimension"].to_numpy(int)
    series = (
        table["series"].astype(str).to_numpy() if "series" in table else np.full(len(table), "")
    )
    names = list(dict.fromkeys(series))
    for i, name in enumerate(names):
        for k in np.unique(dimension[series == name]):
            own = (series == name) & (dimension == k)
            colour = PALETTE[(i if len(names) > 1 else k) % len(PALETTE)]
            said = f"{name}, H{k}" if len(names) > 1 else f"H{k}"
            ax.scatter(birth[own], death[own], s=24, marker=MARKERS[k % len(MARKERS)],
                       facecolors="none" if i else colour, edgecolors=colour, linewidths=1.0,
                       alpha=0.8, label=said, zorder=3 - 0.5 * bool(i))  # fmt: skip
