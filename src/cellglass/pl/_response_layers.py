"""Layers of a model on a screen, beside co-expression and the untrained copy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ._style import (
    BLUE,
    GREY,
    ORANGE,
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


def response_layers(table: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw mean AUROC over perturbations by layer, with intervals.

    Parameters
    ----------
    table
        One row a layer: ``score``, ``auroc``, ``auroc_low``, ``auroc_high``, ``coexpression``,
        ``chosen_in_folds``; ``untrained`` where there is a copy.
    ax
        Axes to draw into; those of a new figure when None.

    Returns
    -------
    matplotlib.axes.Axes
        The axes; layers that other perturbations chose in some fold are filled.

    Raises
    ------
    InputError
        If a column is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"score": ["layer 0", "layer 1"], "auroc": [0.6, 0.7],
    ...     "auroc_low": [0.5, 0.6], "auroc_high": [0.7, 0.8], "coexpression": [0.65, 0.65],
    ...     "chosen_in_folds": [0, 5]})
    >>> [t.get_text() for t in response_layers(table).get_xticklabels()]
    ['0', '1']
    """
    columns = ["score", "auroc", "auroc_low", "auroc_high", "coexpression", "chosen_in_folds"]
    require(table, columns, "response_layers")
    ax = axes_of(ax, (6.4, 3.2))
    if table.empty:
        return nothing_to_draw(ax)
    x = np.arange(len(table))
    mean = table["auroc"].to_numpy(float)
    ax.axhline(0.5, color=GREY, linewidth=1.0, linestyle=(0, (4, 2)))
    beside = table["coexpression"].to_numpy(float)
    if np.isfinite(beside).any():
        ax.axhline(float(np.nanmean(beside)), color=ORANGE, linewidth=1.6, label="|Spearman|")
    ax.vlines(x, table["auroc_low"], table["auroc_high"], color=BLUE, linewidth=1.6)
    chosen = table["chosen_in_folds"].to_numpy(float) > 0
    ax.scatter(x, mean, s=44, zorder=3, edgecolors=BLUE, linewidths=1.4,
               facecolors=np.where(chosen, BLUE, "none").tolist())  # fmt: skip
    ax.scatter([], [], s=44, color=BLUE, label="chosen on other perturbations")
    if "untrained" in table.columns:
        ax.plot(x, table["untrained"], color=GREY, marker="v", markersize=6, linewidth=1.0,
                label="untrained copy")  # fmt: skip
    ax.set_xticks(x, labels=[str(s).removeprefix("layer ") for s in table["score"]])
    ax.set_xlim(-0.5, len(table) - 0.5)
    ax.set_xlabel("layer")
    ax.set_ylabel("mean AUROC over perturbations" if not is_narrow(ax) else "mean AUROC")
    dress(ax, grid="y")
    legend(ax, ncols=1 if is_narrow(ax) else 3, bbox_to_anchor=(1.0, -0.2))
    return ax
