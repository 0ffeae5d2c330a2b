"""What is left of an AUROC once covariates are taken out."""

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
    reference_line,
    require,
    rows,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_COLUMNS = ["score", "kind", "auroc", "auroc_low", "auroc_high", "auroc_residual",
            "auroc_residual_low", "auroc_residual_high", "retained"]  # fmt: skip
_APART = 0.16  # rows: how far the two intervals of a score stand from one another


def retained_forest(table: pd.DataFrame, *, ax: Axes | None = None, chance: float = 0.5) -> Axes:
    """Draw raw and residual AUROC of each score, joined, with the fraction retained.

    Parameters
    ----------
    table
        One row a score: ``score``, ``kind``, ``auroc`` and ``auroc_residual`` with their
        ``_low`` and ``_high``, ``retained`` (nan where it is undefined).
    ax
        Axes to draw into; those of a new figure when None.
    chance
        AUROC of guessing.

    Returns
    -------
    matplotlib.axes.Axes
        The axes; the fraction retained is printed at the right.

    Raises
    ------
    InputError
        If a column is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"score": ["layer 0"], "kind": ["candidate"], "auroc": [0.7],
    ...     "auroc_low": [0.6], "auroc_high": [0.8], "auroc_residual": [0.55],
    ...     "auroc_residual_low": [0.5], "auroc_residual_high": [0.6], "retained": [0.25]})
    >>> [t.get_text() for t in retained_forest(table).texts]
    ['25 %', 'retained', 'chance']
    """
    require(table, _COLUMNS, "retained_forest")
    ax = axes_of(ax, (6.4, 4.0))
    if table.empty:
        return nothing_to_draw(ax)
    y = np.arange(len(table))
    values = table[_COLUMNS[2:]].to_numpy(float)
    ax.hlines(y, values[:, 0], values[:, 3], color=GREY, linewidth=1.0, alpha=0.6)
    for start, shift, colour, filled, what in (
        (0, -_APART, ORANGE, False, "raw"), (3, _APART, BLUE, True, "residual"),
    ):  # fmt: skip
        ax.hlines(
            y + shift, values[:, start + 1], values[:, start + 2], color=colour, linewidth=1.4
        )
        ax.scatter(values[:, start], y + shift, s=34, marker="o" if filled else "s",
                   facecolors=colour if filled else "none", edgecolors=colour, linewidths=1.4,
                   label=what, zorder=3)  # fmt: skip
    for at, share in zip(y, values[:, 6], strict=True):
        ax.annotate(_said(share), (1.0, at), xycoords=("axes fraction", "data"), xytext=(8, 0),
                    textcoords="offset points", ha="left", va="center", fontsize=SMALL,
                    color=ink() if np.isfinite(share) else GREY)  # fmt: skip
    ax.annotate("retained", (1.0, 1.0), xycoords="axes fraction", xytext=(8, 2),
                textcoords="offset points", ha="left", va="bottom", fontsize=SMALL,
                color=GREY)  # fmt: skip
    rows(ax, [str(s) for s in table["score"]], "AUROC (pooled over pairs)")
    reference_line(ax, chance, "chance")
    spanned = values[:, :6][np.isfinite(values[:, :6])]
    low, high = min(chance, float(spanned.min())), max(chance, float(spanned.max()))
    room = 0.04 * max(high - low, 0.1)
    ax.set_xlim(low - room, high + room)
    dress(ax, grid="x", left=False)
    for label, kind in zip(ax.get_yticklabels(), table["kind"], strict=True):
        if kind == "candidate":
            label.set_fontweight("bold")
    legend(ax, ncols=2, bbox_to_anchor=(1.0, -0.2 if is_narrow(ax) else -0.16))
    return ax


def _said(share: float) -> str:
    return f"{share:.0%}".replace("%", " %") if np.isfinite(share) else "n/a"
