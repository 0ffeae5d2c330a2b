"""Cells in the plane, with numbered labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from ._style import (
    GREY,
    MARKERS,
    PALETTE,
    TEXT,
    axes_of,
    dress,
    ink,
    is_narrow,
    legend,
    nothing_to_draw,
    paper,
    require,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

MAX_LABELS = 20


def embedding_map(table: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw cells as points, coloured and numbered by label.

    Parameters
    ----------
    table
        One row a cell: ``x``, ``y``, ``label``.
    ax
        Axes to draw into; those of a new figure when None.

    Returns
    -------
    matplotlib.axes.Axes
        The axes. The number of a label stands at the median of its cells and in the legend,
        so that no one needs the colour. Labels beyond the 20 largest are drawn as "other".

    Raises
    ------
    InputError
        If a column is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"x": [0.0, 1.0, 1.1], "y": [0.0, 1.0, 1.1], "label": list("abb")})
    >>> [t.get_text() for t in embedding_map(table).get_legend().get_texts()]
    ['1  b (2)', '2  a (1)']
    """
    require(table, ["x", "y", "label"], "embedding_map")
    ax = axes_of(ax, (6.4, 4.4))
    if table.empty:
        return nothing_to_draw(ax)
    names = table["label"].astype(str)
    sizes = names.value_counts()
    # By size, then by name: equal tables give equal figures.
    order = sorted(sizes.index, key=lambda n: (-int(sizes[n]), n))
    points = table[["x", "y"]].to_numpy(float)
    size = 12.0 if len(table) <= 2000 else 5.0
    centres = []
    for i, name in enumerate(order[:MAX_LABELS]):
        own = points[(names == name).to_numpy()]
        ax.scatter(own[:, 0], own[:, 1], s=size, alpha=0.65, linewidths=0,
                   color=PALETTE[i % len(PALETTE)],
                   marker=MARKERS[i // len(PALETTE) % len(MARKERS)],
                   label=f"{i + 1}  {name} ({len(own):,})")  # fmt: skip
        centres.append(np.median(own, axis=0))
    rest = points[names.isin(order[MAX_LABELS:]).to_numpy()]
    if len(rest):
        ax.scatter(rest[:, 0], rest[:, 1], s=size, alpha=0.5, linewidths=0, color=GREY,
                   label=f"other: {len(order) - MAX_LABELS} labels ({len(rest):,})")  # fmt: skip
    _number(ax, np.array(centres), points)
    ax.set_xticks([])
    ax.set_yticks([])
    ax.set_xlabel("component 1")
    ax.set_ylabel("component 2")
    dress(ax)
    if is_narrow(ax):
        legend(
            ax, loc="upper left", bbox_to_anchor=(0.0, -0.08), markerscale=1.8, labelspacing=0.25
        )
    else:
        legend(ax, loc="center left", bbox_to_anchor=(1.0, 0.5), markerscale=1.8)
    return ax


def _number(ax: Axes, centres: NDArray[np.float64], points: NDArray[np.float64]) -> None:
    halo = [withStroke(linewidth=3, foreground=paper())]
    for i, (x, y) in enumerate(_apart(centres, np.ptp(points, axis=0))):
        ax.text(x, y, str(i + 1), ha="center", va="center", fontsize=TEXT + 1, fontweight="bold",
                color=ink(), path_effects=halo, zorder=4)  # fmt: skip


def _apart(
    centres: NDArray[np.float64], span: NDArray[np.float64], gap: float = 0.055
) -> NDArray[np.float64]:
    """Push numbers apart until none is nearer to another than `gap` of the plane's span."""
    scale = np.where(span > 0, span, 1.0)
    at = centres / scale
    for _ in range(60):
        delta = at[:, None, :] - at[None, :, :]
        distance = np.sqrt((delta**2).sum(-1))
        np.fill_diagonal(distance, np.inf)
        close = distance < gap
        if not close.any():
            break
        # Numbers at one place get a direction each from their order.
        angle = np.arange(len(at)) * 2.399963
        delta = np.where(
            distance[..., None] > 1e-9,
            delta / np.maximum(distance, 1e-9)[..., None],
            (np.stack([np.cos(angle), np.sin(angle)], 1)[:, None, :]),
        )
        push = np.where(close, gap - distance, 0.0)
        np.fill_diagonal(push, 0.0)
        at = at + 0.5 * (delta * push[..., None]).sum(1)
    return at * scale
