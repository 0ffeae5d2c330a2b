"""An AUROC as chance, what degrees give, and the rest."""

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
    reference_line,
    require,
    rows,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def degree_parts(table: pd.DataFrame, *, ax: Axes | None = None, chance: float = 0.5) -> Axes:
    """Draw from chance to the null mean what degrees give, and from there what is left.

    Parameters
    ----------
    table
        One row a score: ``score``, ``kind``, ``observed`` (AUROC), ``null_mean``, ``null_sd``,
        ``z`` (nan where the null does not vary).
    ax
        Axes to draw into; those of a new figure when None.
    chance
        AUROC of guessing.

    Returns
    -------
    matplotlib.axes.Axes
        The axes; z is printed at the right. The thin line is two standard deviations of the null.

    Raises
    ------
    InputError
        If a column is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"score": ["layer 0"], "kind": ["candidate"], "observed": [0.757],
    ...     "null_mean": [0.69], "null_sd": [0.02], "z": [3.35]})
    >>> [t.get_text() for t in degree_parts(table).texts]
    ['3.35', 'z', 'chance']
    """
    require(table, ["score", "kind", "observed", "null_mean", "null_sd", "z"], "degree_parts")
    ax = axes_of(ax, (6.4, 4.0))
    if table.empty:
        return nothing_to_draw(ax)
    y = np.arange(len(table))
    observed, mean, sd, z = (
        table[c].to_numpy(float) for c in ("observed", "null_mean", "null_sd", "z")
    )
    ax.barh(y, mean - chance, left=chance, height=0.52, color=ORANGE, alpha=0.45, linewidth=0,
            label="degrees")  # fmt: skip
    ax.barh(y, observed - mean, left=mean, height=0.26, color=BLUE, alpha=0.75, linewidth=0,
            label="the rest")  # fmt: skip
    ax.hlines(y, mean - 2 * sd, mean + 2 * sd, color=GREY, linewidth=1.2, zorder=3)
    ax.scatter(observed, y, s=34, color=BLUE, zorder=4, label="observed", linewidths=0)
    for at, value in zip(y, z, strict=True):
        ax.annotate(number(value) if np.isfinite(value) else "constant", (1.0, at),
                    xycoords=("axes fraction", "data"), xytext=(8, 0), textcoords="offset points",
                    ha="left", va="center", fontsize=SMALL,
                    color=ink() if np.isfinite(value) else GREY)  # fmt: skip
    ax.annotate("z", (1.0, 1.0), xycoords="axes fraction", xytext=(8, 2),
                textcoords="offset points", ha="left", va="bottom", fontsize=SMALL,
                color=GREY)  # fmt: skip
    rows(ax, [str(s) for s in table["score"]], "AUROC (pooled over pairs)")
    reference_line(ax, chance, "chance")
    reach = np.concatenate([observed, mean - 2 * sd, mean + 2 * sd, [chance]])
    low, high = float(np.nanmin(reach)), float(np.nanmax(reach))
    room = 0.04 * max(high - low, 0.1)
    ax.set_xlim(low - room, high + room)
    dress(ax, grid="x", left=False)
    for label, kind in zip(ax.get_yticklabels(), table["kind"], strict=True):
        if kind == "candidate":
            label.set_fontweight("bold")
    legend(ax, ncols=3, bbox_to_anchor=(1.0, -0.2 if is_narrow(ax) else -0.16))
    return ax
