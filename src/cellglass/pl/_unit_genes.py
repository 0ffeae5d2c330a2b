"""Genes that drive a unit, with intervals and what differential expression says of them."""

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
    nothing_to_draw,
    reference_line,
    require,
    rows,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

CUTOFF = 0.05


def unit_genes(
    table: pd.DataFrame, *, ax: Axes | None = None, unit: str | None = None, n: int = 12
) -> Axes:
    """Draw attribution scores of the genes of one unit.

    Parameters
    ----------
    table
        One row a gene: ``unit``, ``gene``, ``score``, ``low``, ``high``, ``q``, ``de_rank``.
    ax
        Axes to draw into; those of a new figure when None.
    unit
        Name of the unit; the first when None.
    n
        Genes at most, by absolute score.

    Returns
    -------
    matplotlib.axes.Axes
        The axes. Full circles have q of at most 0.05 and a score beyond 0.05 on either side;
        "DE 3" stands at a gene that differential expression ranks third.

    Raises
    ------
    InputError
        If a column is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"unit": ["concept 1"], "gene": ["ISG15"], "score": [0.4],
    ...     "low": [0.3], "high": [0.5], "q": [0.01], "de_rank": [2]})
    >>> unit_genes(table).texts[0].get_text()
    'DE 2'
    """
    require(table, ["unit", "gene", "score", "low", "high", "q", "de_rank"], "unit_genes")
    ax = axes_of(ax)
    if table.empty:
        return nothing_to_draw(ax)
    shown = str(table["unit"].iloc[0]) if unit is None else unit
    part = table[(table["unit"] == shown) & table["score"].notna()]
    order = part["score"].abs().sort_values(ascending=False, kind="stable").index[:n]
    part = part.loc[order].sort_values("score", ascending=False, kind="stable")
    if part.empty:
        return nothing_to_draw(ax)
    ends = part[["low", "high"]].to_numpy(float)
    for y, (score, (low, high), q, rank) in enumerate(
        zip(part["score"], ends, part["q"], part["de_rank"], strict=True)
    ):
        colour = BLUE if score > 0 else ORANGE
        sure = q <= 0.05 and abs(score) > CUTOFF
        if np.isfinite([low, high]).all():
            ax.plot([low, high], [y, y], color=colour, linewidth=1.4, alpha=0.8)
        ax.plot(score, y, marker="o", markersize=6, color=colour, linestyle="none",
                markerfacecolor=colour if sure else "none")  # fmt: skip
        if np.isfinite(rank):
            ax.annotate(f"DE {int(rank)}", (1.0, y), xycoords=("axes fraction", "data"),
                        xytext=(-2, 0), textcoords="offset points", ha="right", va="center",
                        fontsize=SMALL, color=GREY)  # fmt: skip
    span = np.nanmax(np.abs(np.append(ends.ravel(), part["score"])))
    lowest = min(0.0, float(np.nanmin(np.append(ends.ravel(), part["score"]))))
    ax.set_xlim(lowest - 0.06 * span, span * 1.3)  # room for the ranks
    ax.axvline(0, color=ink(), linewidth=0.9)
    reference_line(ax, CUTOFF)
    rows(ax, part["gene"].astype(str).tolist(), "share of the activation lost")
    dress(ax, grid="x", left=False)
    return ax
