"""Stratified edges beside shuffled strata and pooled edges."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ._style import MARKERS, PALETTE, axes_of, dress, ink, is_narrow, legend, nothing_to_draw
from ._style import require as require_columns

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

POOLED = "pooled"
_SPREAD = 0.8  # share of a score's width that its aggregators take up


def cssi_lines(table: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw the AUROC of every aggregator with the band of shuffled strata, by score.

    Parameters
    ----------
    table
        One row a score and aggregator: ``score``, ``aggregator`` (``"pooled"`` is the line to
        beat), ``auroc``, ``shuffled_low``, ``shuffled_high``.
    ax
        Axes to draw into; those of a new figure when None.

    Returns
    -------
    matplotlib.axes.Axes
        The axes. A filled point lies above its band, a hollow one does not.

    Raises
    ------
    InputError
        If a column is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> nan = float("nan")
    >>> table = pd.DataFrame({"score": ["layer 0"] * 2, "aggregator": ["pooled", "max"],
    ...     "auroc": [0.6, 0.7], "shuffled_low": [nan, 0.55], "shuffled_high": [nan, 0.65]})
    >>> [t.get_text() for t in cssi_lines(table).get_xticklabels()]
    ['layer 0']
    """
    columns = ["score", "aggregator", "auroc", "shuffled_low", "shuffled_high"]
    require_columns(table, columns, "cssi_lines")
    ax = axes_of(ax, (6.4, 4.2))
    if table.empty:
        return nothing_to_draw(ax)
    scores = list(dict.fromkeys(table["score"].astype(str)))
    place = {score: i for i, score in enumerate(scores)}
    pooled = table[table["aggregator"] == POOLED]
    x = pooled["score"].map(place).to_numpy(float)
    ax.hlines(pooled["auroc"], x - 0.46, x + 0.46, color=ink(), linewidth=1.4, label=POOLED)
    hows = [h for h in dict.fromkeys(table["aggregator"]) if h != POOLED]
    for position, how in enumerate(hows):
        shift = _SPREAD * ((position + 0.5) / len(hows) - 0.5)
        _aggregator(ax, table[table["aggregator"] == how], place, shift, position)
    ax.set_xticks(range(len(scores)), labels=scores, parse_math=False)
    ax.set_xlim(-0.6, len(scores) - 0.4)
    ax.set_ylabel("AUROC")
    dress(ax, grid="y")
    ax.tick_params(axis="x", length=0)
    if is_narrow(ax) or len(scores) > 7:
        ax.tick_params(axis="x", labelrotation=90 if len(scores) > 7 else 30)
    legend(ax, ncols=2 if is_narrow(ax) else 3, bbox_to_anchor=(1.0, -0.12))
    return ax


def _aggregator(
    ax: Axes, rows: pd.DataFrame, place: dict[str, int], shift: float, position: int
) -> None:
    """Points of one aggregator over all scores, each with its band."""
    colour = PALETTE[position % len(PALETTE)]
    x = rows["score"].astype(str).map(place).to_numpy(float) + shift
    y = rows["auroc"].to_numpy(float)
    high = rows["shuffled_high"].to_numpy(float)
    ax.vlines(x, rows["shuffled_low"].to_numpy(float), high, color=colour, alpha=0.35,
              linewidth=5 if len(place) < 8 else 2.5)  # fmt: skip
    face = np.where(y > high, colour, "none")
    ax.scatter(x, y, s=22, marker=MARKERS[position % len(MARKERS)], facecolors=face.tolist(),
               edgecolors=colour, linewidths=1.1, zorder=3)  # fmt: skip
    # The legend shows the filled marker, whichever points are filled.
    ax.scatter([], [], s=22, marker=MARKERS[position % len(MARKERS)], color=colour,
               label=str(rows["aggregator"].iloc[0]))  # fmt: skip
