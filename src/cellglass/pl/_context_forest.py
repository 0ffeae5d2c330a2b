"""One subject in several screens."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ._style import (
    BLUE,
    GREEN,
    ORANGE,
    axes_of,
    dress,
    is_narrow,
    legend,
    nothing_to_draw,
    reference_line,
    require,
    rows,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def context_forest(table: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw mean AUROC over perturbations in each screen, beside what is to be had there.

    Parameters
    ----------
    table
        One row a screen: ``screen``, ``modality``, ``auroc``, ``auroc_low``, ``auroc_high``,
        ``coexpression``, ``best_single_gene``.
    ax
        Axes to draw into; those of a new figure when None.

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
    >>> table = pd.DataFrame({"screen": ["K562"], "modality": ["CRISPRi"], "auroc": [0.7],
    ...     "auroc_low": [0.68], "auroc_high": [0.72], "coexpression": [0.7],
    ...     "best_single_gene": [0.88]})
    >>> context_forest(table).get_yticklabels()[0].get_text()
    'K562 (CRISPRi)'
    """
    columns = ["screen", "modality", "auroc", "auroc_low", "auroc_high", "coexpression",
               "best_single_gene"]  # fmt: skip
    require(table, columns, "context_forest")
    ax = axes_of(ax, (6.4, 2.8))
    shown = table[table["auroc"].notna()]
    if shown.empty:
        return nothing_to_draw(ax)
    y = np.arange(len(shown))
    ax.hlines(y, shown["auroc_low"], shown["auroc_high"], color=BLUE, linewidth=2.0)
    ax.scatter(shown["auroc"], y, s=52, color=BLUE, label="score", zorder=3)
    ax.scatter(shown["coexpression"], y, s=40, marker="s", facecolors="none", edgecolors=ORANGE,
               linewidths=1.4, label="|Spearman|", zorder=3)  # fmt: skip
    ax.scatter(shown["best_single_gene"], y, s=40, marker="D", color=GREEN,
               label="best single-gene ranking", zorder=3)  # fmt: skip
    names = [f"{s} ({m})" for s, m in zip(shown["screen"], shown["modality"], strict=True)]
    rows(ax, names, "mean AUROC over perturbations")
    reference_line(ax, 0.5, "chance")
    dress(ax, grid="x", left=False)
    legend(ax, ncols=1 if is_narrow(ax) else 3, bbox_to_anchor=(1.0, -0.22))
    return ax
