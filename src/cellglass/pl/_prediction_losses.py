"""Losses of a model beside those of means."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ._style import BLUE, GREY, SMALL, axes_of, dress, ink, nothing_to_draw, number, require, rows

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def prediction_losses(table: pd.DataFrame, *, ax: Axes | None = None, unit: str = "loss") -> Axes:
    """Draw the loss of each predictor; the model's is the line to compare with.

    Parameters
    ----------
    table
        One row a predictor: ``predictor``, ``loss``, and, where the model is compared with it,
        ``gain_of_model`` with ``low`` and ``high``. The first row is the model.
    ax
        Axes to draw into; those of a new figure when None.
    unit
        Unit of the losses, for the axis.

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
    >>> nan = float("nan")
    >>> table = pd.DataFrame({"predictor": ["model", "the mean of the gene"], "loss": [1.2, 1.5],
    ...     "gain_of_model": [nan, 0.2], "low": [nan, 0.15], "high": [nan, 0.25]})
    >>> prediction_losses(table, unit="nats").get_xlabel()
    'mean loss (nats); lower is better'
    """
    require(table, ["predictor", "loss", "gain_of_model", "low", "high"], "prediction_losses")
    ax = axes_of(ax)
    if table.empty:
        return nothing_to_draw(ax)
    loss = table["loss"].to_numpy(float)
    y = np.arange(len(table))
    model = loss[0]
    ax.axvline(model, color=BLUE, linewidth=1.0, linestyle=(0, (4, 2)), zorder=1)
    ax.hlines(y, np.minimum(loss, model), np.maximum(loss, model), color=GREY, linewidth=2)
    colours = [BLUE if i == 0 else GREY for i in range(len(table))]
    ax.scatter(loss, y, s=52, c=colours, zorder=3)
    ax.margins(x=0.12)
    left, right = ax.get_xlim()
    for i, gain in enumerate(table["gain_of_model"].to_numpy(float)):
        start, end = sorted((loss[i], model))
        # A text runs from the start of its line to the right, or from its end to the left where
        # the right is nearer.
        from_start = start - left < right - end
        ax.annotate(_said(loss[i], gain), (start if from_start else end, i),
                    xytext=(6 if from_start else -6, 6), textcoords="offset points",
                    ha="left" if from_start else "right", va="bottom", fontsize=SMALL,
                    color=ink())  # fmt: skip
    rows(ax, [str(p) for p in table["predictor"]], f"mean loss ({unit}); lower is better")
    ax.set_ylim(len(table) - 0.5, -0.75)
    dress(ax, grid="x", left=False)
    return ax


def _said(loss: float, gain: float) -> str:
    if np.isnan(gain):
        return number(loss)
    return f"{number(loss)} (model {'removes' if gain >= 0 else 'adds'} {abs(gain):.1%})"
