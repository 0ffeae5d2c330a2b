"""Terms that the genes of a unit are enriched in."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import numpy as np

from ._style import (
    MARKERS,
    PALETTE,
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


def unit_terms(
    table: pd.DataFrame, *, ax: Axes | None = None, unit: str | None = None, n: int = 8
) -> Axes:
    """Draw the surest terms of one unit by their q.

    Parameters
    ----------
    table
        One row a term: ``unit``, ``library``, ``term_name``, ``q``.
    ax
        Axes to draw into; those of a new figure when None.
    unit
        Name of the unit; the first when None.
    n
        Terms at most.

    Returns
    -------
    matplotlib.axes.Axes
        The axes; right of the dashed line q is below 0.05. Libraries differ in their marks.

    Raises
    ------
    InputError
        If a column is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"unit": ["c"], "library": ["hallmark"],
    ...     "term_name": ["interferon alpha response"], "q": [1e-6]})
    >>> unit_terms(table).get_yticklabels()[0].get_text()
    'interferon alpha response'
    """
    require(table, ["unit", "library", "term_name", "q"], "unit_terms")
    ax = axes_of(ax)
    if table.empty:
        return nothing_to_draw(ax)
    shown = str(table["unit"].iloc[0]) if unit is None else unit
    part = table[(table["unit"] == shown) & table["q"].notna()].sort_values("q", kind="stable")
    part = part.drop_duplicates(["library", "term_name"])[:n]
    if part.empty:
        return nothing_to_draw(ax)
    strength = -np.log10(np.clip(part["q"].to_numpy(float), 1e-300, 1.0))
    libraries = list(dict.fromkeys(part["library"].astype(str)))
    for i, library in enumerate(libraries):
        own = (part["library"].astype(str) == library).to_numpy()
        ax.plot(strength[own], np.flatnonzero(own), linestyle="none", markersize=6,
                marker=MARKERS[i % len(MARKERS)], color=PALETTE[i % len(PALETTE)],
                label=library)  # fmt: skip
    width = 24 if is_narrow(ax) else 38
    names = [
        textwrap.shorten(str(name).replace("_", " "), width, placeholder=" …")
        for name in part["term_name"]
    ]
    rows(ax, names, "−log10 q")
    ax.set_xlim(0, max(float(strength.max()) * 1.1, 2.0))
    reference_line(ax, -np.log10(0.05), "q = 0.05")
    dress(ax, grid="x", left=False)
    legend(ax, ncols=1 if is_narrow(ax) else min(3, len(libraries)))
    return ax
