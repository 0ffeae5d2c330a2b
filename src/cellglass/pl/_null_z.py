"""How far a score stands from each null."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from cellglass.errors import InputError, nearest

from ._style import (
    BLUE,
    GREY,
    ORANGE,
    PURPLE,
    SMALL,
    axes_of,
    dress,
    ink,
    is_narrow,
    legend,
    nothing_to_draw,
    require,
    rows,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

COEXPRESSION = "|Spearman|"
_BESIDE = ((ORANGE, "s"), (PURPLE, "v"), (GREY, "D"), (GREY, "P"))


def null_z(
    table: pd.DataFrame,
    *,
    ax: Axes | None = None,
    score: str | None = None,
    beside: Sequence[str] | None = None,
) -> Axes:
    """Draw a score against each null, in standard deviations of the null.

    Parameters
    ----------
    table
        One row a null and score: ``null``, ``score``, ``z``, ``p_adjusted``.
    ax
        Axes to draw into; those of a new figure when None.
    score
        The score to show; the first of the table when None.
    beside
        Scores to show with it. When None: ``"|Spearman|"`` (what co-expression reaches with no
        model) and those called ``"family: score"`` (the same layer and head of the untrained
        copy), where the table has them. All others are faint ticks.

    Returns
    -------
    matplotlib.axes.Axes
        The axes; the adjusted p of the score is printed at the right.

    Raises
    ------
    InputError
        If a column is missing, or the score is not in the table.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"null": ["degree", "label"], "score": ["layer 0"] * 2,
    ...     "z": [1.2, 4.5], "p_adjusted": [0.2, 0.001]})
    >>> [t.get_text() for t in null_z(table, score="layer 0").texts]
    ['0.2', '0.001', 'adjusted p']
    """
    require(table, ["null", "score", "z", "p_adjusted"], "null_z")
    ax = axes_of(ax, (6.4, 3.2))
    if table.empty:
        return nothing_to_draw(ax)
    score = str(table["score"].iloc[0]) if score is None else score
    if score not in set(table["score"]):
        raise InputError(
            f"no score '{score}' in the table", where="cellglass.pl.null_z",
            fix=nearest(score, table["score"].unique()),
        )  # fmt: skip
    nulls = list(dict.fromkeys(table["null"]))
    shown = _beside(table, score) if beside is None else list(beside)
    others = table[~table["score"].isin([score, *shown])]
    position = {null: i for i, null in enumerate(nulls)}
    ax.axvline(0, color=GREY, linewidth=1.0, zorder=1)
    if len(others):
        ax.scatter(others["z"], others["null"].map(position), s=26, marker="|", color=GREY,
                   alpha=0.7, linewidths=1.0, label="other scores")  # fmt: skip
    for name, (colour, marker) in zip(shown, _BESIDE, strict=False):
        _points(ax, table, name, position, colour=colour, marker=marker, size=38)
    _points(ax, table, score, position, colour=BLUE, marker="o", size=78)
    own = table[table["score"] == score].set_index("null")
    for null, y in position.items():
        if null in own.index:
            ax.annotate(_said(float(own.loc[null, "p_adjusted"])), (1.0, y),
                        xycoords=("axes fraction", "data"), xytext=(8, 0),
                        textcoords="offset points", ha="left", va="center", fontsize=SMALL,
                        color=ink())  # fmt: skip
    ax.annotate("adjusted p", (1.0, 1.0), xycoords="axes fraction", xytext=(8, 2),
                textcoords="offset points", ha="left", va="bottom", fontsize=SMALL,
                color=GREY)  # fmt: skip
    rows(ax, nulls, "z (standard deviations of the null)")
    dress(ax, grid="x", left=False)
    handles, labels = ax.get_legend_handles_labels()
    order = sorted(range(len(labels)), key=lambda i: (labels[i] != score, i))
    legend(ax, handles=[handles[i] for i in order], labels=[labels[i] for i in order],
           ncols=1 if is_narrow(ax) else 4, bbox_to_anchor=(1.0, -0.2))  # fmt: skip
    return ax


def _beside(table: pd.DataFrame, score: str) -> list[str]:
    names = list(dict.fromkeys(table["score"].astype(str)))
    found = [n for n in names if n == COEXPRESSION and n != score]
    return found + [n for n in names if n.endswith(f": {score}")]


def _points(
    ax: Axes,
    table: pd.DataFrame,
    score: str,
    position: dict[str, int],
    *,
    colour: str,
    marker: str,
    size: float,
) -> None:
    rows = table[table["score"] == score]
    if len(rows):
        ax.scatter(rows["z"], rows["null"].map(position), s=size, marker=marker, color=colour,
                   linewidths=0, label=score, zorder=3)  # fmt: skip


def _said(p: float) -> str:
    if np.isnan(p):
        return "not run"
    return "< 0.001" if p < 0.001 else f"{p:.2g}"
