"""How much of each reference the others contain."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.colors import LinearSegmentedColormap

from ._style import (
    BLUE,
    SMALL,
    axes_of,
    dress,
    ink,
    is_narrow,
    nothing_to_draw,
    paper,
    require,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_DARK = 0.55  # shares above this are printed in the colour of the page
_NARROW_NAME = 9


def overlap_matrix(table: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw the share of the reference in each row that the one in the column contains.

    Parameters
    ----------
    table
        One row an ordered pair: ``first``, ``second``, ``share_of_first``.
    ax
        Axes to draw into; those of a new figure when None.

    Returns
    -------
    matplotlib.axes.Axes
        The axes; shares are printed.

    Raises
    ------
    InputError
        If a column is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"first": ["trrust", "collectri"], "second": ["collectri", "trrust"],
    ...     "share_of_first": [0.93, 0.18]})
    >>> [t.get_text() for t in overlap_matrix(table).texts]
    ['93 %', '18 %']
    """
    require(table, ["first", "second", "share_of_first"], "overlap_matrix")
    ax = axes_of(ax, (6.4, 3.0))
    if table.empty:
        return nothing_to_draw(ax)
    names = list(dict.fromkeys([*table["first"].astype(str), *table["second"].astype(str)]))
    place = {name: i for i, name in enumerate(names)}
    shares = np.full((len(names), len(names)), np.nan)
    for first, second, share in zip(
        table["first"], table["second"], table["share_of_first"], strict=True
    ):
        shares[place[str(first)], place[str(second)]] = float(share)
    colours = LinearSegmentedColormap.from_list("share", [f"{BLUE}10", BLUE])
    ax.imshow(shares, cmap=colours, vmin=0.0, vmax=1.0, aspect="auto")
    for i, j in zip(*np.nonzero(np.isfinite(shares)), strict=True):
        ax.text(j, i, f"{shares[i, j]:.0%}".replace("%", " %"), ha="center", va="center",
                fontsize=SMALL, color=paper() if shares[i, j] > _DARK else ink())  # fmt: skip
    turned = is_narrow(ax) and max(map(len, names)) > _NARROW_NAME
    ax.set_xticks(range(len(names)), labels=names, parse_math=False, rotation=30 if turned else 0,
                  ha="right" if turned else "center")  # fmt: skip
    ax.set_yticks(range(len(names)), labels=names, parse_math=False)
    ax.set_xlabel("contained in")
    dress(ax, left=False)
    ax.tick_params(axis="x", length=0)
    ax.spines["bottom"].set_visible(False)
    return ax
