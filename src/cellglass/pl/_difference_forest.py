"""Paired differences of a score from rankings that need no edge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._increment_forest import increment_forest
from ._style import require

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def difference_forest(table: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw the difference score minus ranking, one row a ranking.

    Parameters
    ----------
    table
        One row a ranking: ``ranking``, ``difference``, ``difference_low``, ``difference_high``.
    ax
        Axes to draw into; those of a new figure when None.

    Returns
    -------
    matplotlib.axes.Axes
        The axes; left of 0 the ranking is better.

    Raises
    ------
    InputError
        If a column is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"ranking": ["variance"], "difference": [-0.2],
    ...     "difference_low": [-0.3], "difference_high": [-0.1]})
    >>> difference_forest(table).get_yticklabels()[0].get_text()
    'variance'
    """
    columns = ["ranking", "difference", "difference_low", "difference_high"]
    require(table, columns, "difference_forest")
    named = dict(zip(columns, ["score", "increment", "low", "high"], strict=True))
    shown = table[columns].rename(columns=named).assign(kind="reference")
    return increment_forest(
        shown, ax=ax, margin=0.0, what="score minus ranking, AUROC by perturbation"
    )
