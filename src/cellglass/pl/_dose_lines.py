"""What decoding shows when a unit is weakened or strengthened, beside random directions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._style import BLUE, GREY, axes_of, dress, legend, nothing_to_draw, require

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def dose_lines(table: pd.DataFrame, *, ax: Axes | None = None, unit: str | None = None) -> Axes:
    """Draw the change of the decoded expression by dose.

    Parameters
    ----------
    table
        One row a unit and dose: ``unit``, ``dose``, ``effect``, ``random``.
    ax
        Axes to draw into; those of a new figure when None.
    unit
        Name of the unit; the median over all units, with their quartiles, when None.

    Returns
    -------
    matplotlib.axes.Axes
        The axes; dose 1 changes nothing.

    Raises
    ------
    InputError
        If a column is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"unit": ["c"] * 2, "dose": [0.0, 1.0], "effect": [0.4, 0.0],
    ...     "random": [0.1, 0.0]})
    >>> dose_lines(table).get_xlabel()
    'factor on the activation'
    """
    require(table, ["unit", "dose", "effect", "random"], "dose_lines")
    ax = axes_of(ax)
    if table.empty:
        return nothing_to_draw(ax)
    part = table if unit is None else table[table["unit"] == unit]
    for column, colour, told, mark in (
        ("effect", BLUE, "the unit", "o"), ("random", GREY, "random directions as long", "s"),
    ):  # fmt: skip
        by_dose = part.groupby("dose")[column]
        middle = by_dose.median()
        x = middle.index.to_numpy(float)
        if part["unit"].nunique() > 1:
            low, high = by_dose.quantile(0.25), by_dose.quantile(0.75)
            ax.fill_between(x, low.to_numpy(float), high.to_numpy(float), color=colour, alpha=0.18,
                            linewidth=0)  # fmt: skip
        ax.plot(x, middle.to_numpy(float), color=colour, marker=mark, markersize=5, linewidth=1.6,
                label=told)  # fmt: skip
    ax.axvline(1, color=GREY, linewidth=0.9, linestyle=(0, (4, 2)))
    ax.set_ylim(bottom=0)
    ax.set_xlabel("factor on the activation")
    ax.set_ylabel("change of decoded expression")
    dress(ax, grid="y")
    legend(ax, ncols=2)
    return ax
