"""AUROC of each regulator over its number of targets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cellglass.errors import InputError, nearest

from ._style import (
    BLUE,
    GREY,
    SMALL,
    TEXT,
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

_COLUMNS = ["score", "regulator", "n_targets", "auroc", "low", "high"]
_NAMED = 6
_ROOM = (0.17, 0.07)  # of the axes: a name keeps so far from the next
_SPREAD = 0.09  # of a decade: regulators with equally many targets stand side by side


def regulator_points(
    table: pd.DataFrame, *, ax: Axes | None = None, score: str | None = None, chance: float = 0.5
) -> Axes:
    """Draw a point a regulator, with its interval over targets.

    Parameters
    ----------
    table
        One row a score and regulator: ``score``, ``regulator``, ``n_targets``, ``auroc``,
        ``low``, ``high`` (nan with one target).
    ax
        Axes to draw into; those of a new figure when None.
    score
        The score to show; the first of the table when None.
    chance
        AUROC of guessing.

    Returns
    -------
    matplotlib.axes.Axes
        The axes; regulators whose interval lies above chance are coloured, and some of those
        whose interval lies highest are named.

    Raises
    ------
    InputError
        If a column is missing, or the score is not in the table.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"score": "layer 0", "regulator": ["SPI1", "MYC"],
    ...     "n_targets": [12, 1], "auroc": [0.8, 0.9], "low": [0.7, float("nan")],
    ...     "high": [0.9, float("nan")]})
    >>> [t.get_text() for t in regulator_points(table).texts]
    ['SPI1']
    """
    require(table, _COLUMNS, "regulator_points")
    ax = axes_of(ax, (6.4, 3.8))
    if table.empty:
        return nothing_to_draw(ax)
    score = str(table["score"].iloc[0]) if score is None else score
    if score not in set(table["score"]):
        raise InputError(
            f"no score '{score}' in the table", where="cellglass.pl.regulator_points",
            fix=nearest(score, table["score"].unique()),
        )  # fmt: skip
    shown = table[table["score"] == score].reset_index(drop=True)
    x = _places(shown["n_targets"].to_numpy(float))
    auroc, low, high = (shown[c].to_numpy(float) for c in ("auroc", "low", "high"))
    above, single = low > chance, ~np.isfinite(low)
    ax.axhline(chance, color=GREY, linewidth=1.0, linestyle=(0, (4, 2)), zorder=1)
    ax.vlines(x[~single & ~above], low[~single & ~above], high[~single & ~above], color=GREY,
              linewidth=0.9, alpha=0.55)  # fmt: skip
    ax.vlines(x[above], low[above], high[above], color=BLUE, linewidth=1.1, alpha=0.8)
    for chosen, colour, face, marker, what in (
        (above, BLUE, BLUE, "o", "interval above chance"),
        (~single & ~above, GREY, GREY, "o", "interval reaches chance"),
        (single, GREY, "none", "D", "one target: a rank"),
    ):
        if chosen.any():
            ax.scatter(x[chosen], auroc[chosen], s=22, facecolors=face, edgecolors=colour,
                       marker=marker, linewidths=1.0, label=what, zorder=3)  # fmt: skip
    _name(ax, shown["regulator"], x, auroc, low, chance)
    _axes(ax, shown["n_targets"].to_numpy(float))
    ax.set_ylabel(f"AUROC of {score}")
    dress(ax, grid="y")
    legend(ax, ncols=1 if is_narrow(ax) else 3, bbox_to_anchor=(1.0, -0.2))
    return ax


def _places(n: np.ndarray) -> np.ndarray:
    """Logarithm of the number of targets, those with equally many spread around it."""
    places = np.log10(n)
    for value in np.unique(n):
        at = np.flatnonzero(n == value)
        places[at] += np.linspace(-_SPREAD, _SPREAD, at.size + 2)[1:-1]
    return places


def _name(
    ax: Axes, names: pd.Series, x: np.ndarray, auroc: np.ndarray, low: np.ndarray, chance: float
) -> None:
    """Name those surest to be above chance, as far as their names find room."""
    width = float(np.ptp(x)) or 1.0
    across, down = (_ROOM[0] * (2 if is_narrow(ax) else 1), _ROOM[1])
    taken: list[tuple[float, float]] = []
    for i in sorted(np.flatnonzero(low > chance), key=lambda i: -low[i]):
        at = (x[i] - x.min()) / width, auroc[i]
        if len(taken) == _NAMED or any(
            abs(at[0] - a) < across and abs(at[1] - b) < down for a, b in taken
        ):
            continue
        taken.append(at)
        right = at[0] <= 0.5
        ax.annotate(str(names.iloc[i]), (x[i], auroc[i]), xytext=(4 if right else -4, 1),
                    textcoords="offset points", ha="left" if right else "right", va="bottom",
                    fontsize=SMALL, color=ink())  # fmt: skip


def _axes(ax: Axes, n: np.ndarray) -> None:
    ticks = [t for t in (1, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1000) if n.min() <= t <= n.max()]
    if is_narrow(ax):
        ticks = [t for t in ticks if t in (1, 3, 10, 30, 100, 1000)] or ticks[:1]
    ax.set_xticks(np.log10(ticks), labels=[str(t) for t in ticks])
    ax.set_xlim(np.log10(n.min()) - 0.15, np.log10(n.max()) + 0.15)
    ax.set_xlabel("evaluable targets of the regulator", fontsize=TEXT)
