"""What a score adds to single-gene models, by model and by what is held out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._increment_forest import increment_forest
from ._style import axes_of, is_narrow, require

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

SCORE, PAIRWISE = "single genes + score", "single genes + pairwise part"
_SHORT = {
    "new perturbations": "perturbations",
    "new target genes": "targets",
    "new perturbations and new target genes": "both",
}


def split_forest(table: pd.DataFrame, *, ax: Axes | None = None, margin: float = 0.01) -> Axes:
    """Draw gains of the score and of its pairwise part under every model and split.

    Parameters
    ----------
    table
        One row a model, split and feature set: ``model``, ``new``, ``features``, ``gain``,
        ``gain_low``, ``gain_high``.
    ax
        Axes to draw into; those of a new figure when None.
    margin
        Smallest gain that matters; the band reaches from -margin to margin.

    Returns
    -------
    matplotlib.axes.Axes
        The axes. Round markers: pairwise part; square ones: the whole score.

    Raises
    ------
    InputError
        If a column is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"model": ["logistic"], "new": ["new target genes"],
    ...     "features": ["single genes + score"], "gain": [0.01], "gain_low": [0.0],
    ...     "gain_high": [0.02]})
    >>> split_forest(table).get_yticklabels()[0].get_text()
    'targets held out, logistic: score'
    """
    columns = ["model", "new", "features", "gain", "gain_low", "gain_high"]
    require(table, columns, "split_forest")
    ax = axes_of(ax, (6.4, 4.2))
    shown = table[table["features"].isin([SCORE, PAIRWISE])]
    form = shown["features"].map({SCORE: "score", PAIRWISE: "pairwise part"})
    held_out = shown["new"].map(lambda s: _SHORT.get(s, s))
    between = "\n" if is_narrow(ax) else ", "
    drawn = shown.assign(
        score=held_out + " held out" + between + shown["model"] + ": " + form,
        kind=(shown["features"] == PAIRWISE).map({True: "candidate", False: "reference"}),
    ).rename(columns={"gain": "increment", "gain_low": "low", "gain_high": "high"})
    return increment_forest(drawn, ax=ax, margin=margin, what="gain in held-out AUROC")
