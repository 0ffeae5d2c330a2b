"""Scores of a screen: mean AUROC over perturbations, with what needs no edge beside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._score_forest import score_forest
from ._style import require

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_ELSEWHERE = ("responds elsewhere", "mean response elsewhere")


def response_forest(
    table: pd.DataFrame, *, ax: Axes | None = None, configuration: str = "primary"
) -> Axes:
    """Draw mean AUROCs over perturbations with intervals, grouped by kind, the best on top.

    Parameters
    ----------
    table
        One row a score and configuration: ``configuration``, ``score``, ``kind``, ``auroc``,
        ``auroc_low``, ``auroc_high``. Rows without a value are left out.
    ax
        Axes to draw into; those of a new figure when None.
    configuration
        Which rows are drawn.

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
    >>> table = pd.DataFrame({"configuration": ["primary"] * 2, "score": ["layer 0", "variance"],
    ...     "kind": ["candidate", "baseline"], "auroc": [0.6, 0.8], "auroc_low": [0.5, 0.7],
    ...     "auroc_high": [0.7, 0.9]})
    >>> [t.get_text() for t in response_forest(table).get_yticklabels()]
    ['Candidates', 'layer 0', 'Single genes', 'variance']
    """
    columns = ["configuration", "score", "kind", "auroc", "auroc_low", "auroc_high"]
    require(table, columns, "response_forest")
    shown = table[(table["configuration"] == configuration) & table["auroc"].notna()]
    # what targets do in other perturbations needs no edge, but more than a gene's own statistics
    beside = shown["score"].isin(_ELSEWHERE)
    shown = shown.assign(kind=shown["kind"].mask(beside, "reference"))
    first = shown[shown["kind"] == "candidate"]["score"]
    return score_forest(
        shown, ax=ax, chosen=None if first.empty else str(first.iloc[0]), top=6,
        what="mean AUROC over perturbations",
    )  # fmt: skip
