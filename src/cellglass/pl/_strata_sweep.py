"""Stratified edges from random strata, by the number of strata."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from matplotlib.ticker import MaxNLocator

from ._style import MARKERS, PALETTE, axes_of, dress, ink, is_narrow, legend, nothing_to_draw
from ._style import require as require_columns

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def strata_sweep(
    table: pd.DataFrame,
    *,
    ax: Axes | None = None,
    score: str | None = None,
    aggregators: Sequence[str] | None = None,
    measure: str = "AUROC",
) -> Axes:
    """Draw what random strata recover against their number, beside the pooled score.

    Parameters
    ----------
    table
        One row a score, number of strata and aggregator: ``score``, ``n_strata``,
        ``aggregator``, ``pooled``, ``random_mean``, ``random_low``, ``random_high``.
    ax
        Axes to draw into; those of a new figure when None.
    score
        The score that is drawn; the first when None.
    aggregators
        Those that are drawn; all when None.
    measure
        What the values are.

    Returns
    -------
    matplotlib.axes.Axes
        The axes: a line an aggregator with a band from its smallest to its largest draw.

    Raises
    ------
    InputError
        If a column is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"score": ["s"] * 2, "n_strata": [2, 5], "aggregator": ["max"] * 2,
    ...     "pooled": [0.6] * 2, "random_mean": [0.55, 0.5], "random_low": [0.5, 0.4],
    ...     "random_high": [0.6, 0.55]})
    >>> strata_sweep(table).get_xlabel()
    'number of random strata'
    """
    columns = ["score", "n_strata", "aggregator", "pooled", "random_mean", "random_low",
               "random_high"]  # fmt: skip
    require_columns(table, columns, "strata_sweep")
    ax = axes_of(ax)
    if table.empty:
        return nothing_to_draw(ax)
    shown = str(table["score"].iloc[0]) if score is None else score
    part = table[table["score"] == shown]
    hows = [h for h in dict.fromkeys(part["aggregator"]) if aggregators is None or h in aggregators]
    for position, how in enumerate(hows):
        rows = part[part["aggregator"] == how].sort_values("n_strata", kind="stable")
        colour = PALETTE[position % len(PALETTE)]
        x = rows["n_strata"].to_numpy(int)
        ax.fill_between(x, rows["random_low"].to_numpy(float), rows["random_high"].to_numpy(float),
                        color=colour, alpha=0.18, linewidth=0)  # fmt: skip
        ax.plot(x, rows["random_mean"].to_numpy(float), color=colour, linewidth=1.6, markersize=5,
                marker=MARKERS[position % len(MARKERS)], label=f"random strata, {how}")  # fmt: skip
    rows = part.drop_duplicates("n_strata").sort_values("n_strata", kind="stable")
    ax.plot(rows["n_strata"].to_numpy(int), rows["pooled"].to_numpy(float), color=ink(),
            linewidth=1.4, label="pooled")  # fmt: skip
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlabel("number of random strata")
    ax.set_ylabel(measure)
    dress(ax, grid="y")
    legend(ax, ncols=1 if is_narrow(ax) else 3)
    return ax
