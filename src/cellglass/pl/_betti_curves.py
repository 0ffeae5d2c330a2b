"""How many components, loops or voids there are at each scale."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cellglass.errors import InputError

from ._style import (
    GREY,
    PALETTE,
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

_DASHES = ("-", "--", ":")  # by dimension, where several are drawn


def betti_curves(
    table: pd.DataFrame, *, ax: Axes | None = None, dimension: int | None = None
) -> Axes:
    """Draw Betti numbers against the scale.

    Parameters
    ----------
    table
        One row a series, dimension and scale: ``series``, ``dimension``, ``scale``, ``betti``, and
        optionally ``low`` and ``high``, between which the null lies.
    ax
        Axes to draw into; those of a new figure when None.
    dimension
        The dimension to draw: 0 for components, 1 for loops, 2 for voids. All when None.

    Returns
    -------
    matplotlib.axes.Axes
        The axes; a number holds from its scale to the next.

    Raises
    ------
    InputError
        If a column is missing, or the table has no such dimension.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"series": ["layer 0"] * 3, "dimension": [1] * 3,
    ...     "scale": [0.0, 0.5, 1.0], "betti": [0, 3, 0]})
    >>> betti_curves(table).get_ylabel()
    'loops (H1)'
    """
    require(table, ["series", "dimension", "scale", "betti"], "betti_curves")
    ax = axes_of(ax)
    if table.empty:
        return nothing_to_draw(ax)
    part = table if dimension is None else table[table["dimension"] == dimension]
    held = sorted(part["dimension"].astype(int).unique().tolist())
    if not held:
        had = ", ".join(map(str, sorted(table["dimension"].unique())))
        raise InputError(
            f"no curve of dimension {dimension}", where="cellglass.pl.betti_curves",
            expected=f"one of the dimensions {had}",
        )  # fmt: skip
    banded = {"low", "high"} <= set(part.columns) and bool(part["low"].notna().any())
    for i, name in enumerate(dict.fromkeys(part["series"].astype(str))):
        for k in held:
            curve = part[(part["series"].astype(str) == name) & (part["dimension"] == k)]
            said = name if len(held) == 1 else f"{name}, H{k}"
            _curve(ax, curve.sort_values("scale", kind="stable"), i, held.index(k), said, banded)
    if banded:
        ax.fill_between([], [], [], color=GREY, alpha=0.3, linewidth=0, label="null")
    ax.set_ylim(bottom=0)
    ax.locator_params(axis="y", integer=True)
    ax.set_xlabel("scale")
    ax.set_ylabel(_what(held))
    dress(ax, grid="y")
    legend(ax, ncols=2 if is_narrow(ax) else 4)
    return ax


def _curve(ax: Axes, curve: pd.DataFrame, place: int, dash: int, said: str, banded: bool) -> None:
    if curve.empty:
        return
    colour, scale = PALETTE[place % len(PALETTE)], curve["scale"].to_numpy(float)
    if banded:
        low, high = (curve[c].to_numpy(float) for c in ("low", "high"))
        ax.fill_between(scale, low, high, step="post", color=colour, alpha=0.16, linewidth=0)
    ax.plot(scale, curve["betti"].to_numpy(float), color=colour, linewidth=1.6,
            drawstyle="steps-post", linestyle=_DASHES[dash % len(_DASHES)], label=said)  # fmt: skip


def _what(held: list[int]) -> str:
    words = {0: "components", 1: "loops", 2: "voids"}
    if len(held) > 1:
        return "Betti number"
    return f"{words[held[0]]} (H{held[0]})" if held[0] in words else f"Betti number (H{held[0]})"
