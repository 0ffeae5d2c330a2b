"""What changes when each head is taken away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.patches import Rectangle

from ._style import ORANGE, SMALL, axes_of, dress, nothing_to_draw, number, require

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

# From pale to deep: dark numbers on pale cells, white ones on deep cells, on either page colour.
_BLUES = LinearSegmentedColormap.from_list("cellglass_blues", ["#e4eef7", "#7fb2dc", "#134a7c"])
_DARK, _LIGHT = "#000000", "#ffffff"


def ablation_grid(table: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw the change of a readout when each head is zeroed, layers x heads.

    Parameters
    ----------
    table
        One row a head: ``layer``, ``head``, ``change``, and optionally ``planted`` (bool), which
        is outlined.
    ax
        Axes to draw into; those of a new figure when None.

    Returns
    -------
    matplotlib.axes.Axes
        The axes, with each cell's value printed in it.

    Raises
    ------
    InputError
        If a column is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"layer": [0, 0], "head": [0, 1], "change": [0.1, 9.0],
    ...     "planted": [False, True]})
    >>> [t.get_text() for t in ablation_grid(table).texts]
    ['0.1', '9', 'planted']
    """
    require(table, ["layer", "head", "change"], "ablation_grid")
    ax = axes_of(ax, (6.4, 2.6))
    if table.empty:
        return nothing_to_draw(ax)
    layers = np.unique(table["layer"].to_numpy(int))
    heads = np.unique(table["head"].to_numpy(int))
    grid = np.full((len(layers), len(heads)), np.nan)
    at = np.searchsorted(layers, table["layer"]), np.searchsorted(heads, table["head"])
    grid[at] = table["change"].to_numpy(float)
    top = float(np.nanmax(np.abs(grid), initial=0.0)) or 1.0
    ax.pcolormesh(grid, cmap=_BLUES, vmin=0, vmax=top, edgecolors="none")
    for (row, column), value in np.ndenumerate(grid):
        if np.isfinite(value):
            ax.text(column + 0.5, row + 0.5, number(float(f"{value:.2g}")), ha="center",
                    va="center", fontsize=SMALL,
                    color=_LIGHT if value > 0.62 * top else _DARK)  # fmt: skip
    if "planted" in table:
        _outline(ax, table, layers, heads, dark=0.62 * top)
    ax.set_xticks(np.arange(len(heads)) + 0.5, labels=[str(h) for h in heads])
    ax.set_yticks(np.arange(len(layers)) + 0.5, labels=[str(la) for la in layers])
    ax.invert_yaxis()
    ax.set_xlabel("head")
    ax.set_ylabel("layer")
    dress(ax)
    ax.tick_params(length=0)
    for spine in ax.spines.values():
        spine.set_visible(False)
    return ax


def _outline(
    ax: Axes, table: pd.DataFrame, layers: np.ndarray, heads: np.ndarray, *, dark: float
) -> None:
    """Mark the planted heads with a frame and the word."""
    planted = table[table["planted"].astype(bool)]
    xs = np.searchsorted(heads, planted["head"].to_numpy(int)).astype(float)
    ys = np.searchsorted(layers, planted["layer"].to_numpy(int)).astype(float)
    for x, y, change in zip(xs, ys, planted["change"].to_numpy(float), strict=True):
        ax.add_patch(Rectangle((x, y), 1, 1, fill=False, edgecolor=ORANGE, linewidth=2.5))
        ax.text(x + 0.5, y + 0.93, "planted", ha="center", va="bottom", fontsize=8,
                color=_LIGHT if change > dark else _DARK)  # fmt: skip
