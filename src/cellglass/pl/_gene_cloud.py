"""Genes in the plane of the first two components of gene space."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from cellglass.errors import InputError, nearest

from ._style import (
    GREY,
    MARKERS,
    PALETTE,
    SMALL,
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

MAX_GROUPS = 8
_LINE = 0.055  # height of a name, of the axes
_LETTER = (0.017, 0.032)  # width of one, of the axes: in a report, on a phone


def gene_cloud(
    table: pd.DataFrame,
    *,
    ax: Axes | None = None,
    labels: int = 12,
    genes: Sequence[str] | None = None,
) -> Axes:
    """Draw genes as points, coloured by group, some of them named.

    Parameters
    ----------
    table
        One row a gene: ``gene``, ``x``, ``y``, and optionally ``group`` (a community, or whether
        it is a regulator; missing for genes in none).
    ax
        Axes to draw into; those of a new figure when None.
    labels
        How many genes are named at most.
    genes
        The genes to name, most important first; those farthest from the middle when None.

    Returns
    -------
    matplotlib.axes.Axes
        The axes. Names that would lie on others are left out. Groups beyond the 8 largest are
        drawn as "other".

    Raises
    ------
    InputError
        If a column is missing, a coordinate is no number, or a gene to name is not there.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"gene": ["GATA1", "SPI1", "ACTB"], "x": [3.0, 0.0, -1.0],
    ...     "y": [1.0, 2.0, 0.0]})
    >>> [t.get_text() for t in gene_cloud(table, labels=1).texts]
    ['GATA1']
    """
    require(table, ["gene", "x", "y"], "gene_cloud")
    ax = axes_of(ax, (6.4, 4.4))
    if table.empty:
        return nothing_to_draw(ax)
    points = table[["x", "y"]].to_numpy(float)
    names = table["gene"].astype(str).tolist()
    if not np.isfinite(points).all():
        at = int(np.argmin(np.isfinite(points).all(axis=1)))
        raise InputError(f"{names[at]} has no place", where="cellglass.pl.gene_cloud",
                         expected="numbers in x and y")  # fmt: skip
    size = 14.0 if len(table) <= 1000 else 5.0
    if "group" in table:
        _groups(ax, table["group"], points, size)
    else:
        ax.scatter(points[:, 0], points[:, 1], s=size, color=PALETTE[0], alpha=0.55, linewidths=0)
    _name(ax, names, points, _order(names, points, genes), labels)
    ax.set_xticks([])
    ax.set_yticks([])
    ax.set_xlabel("component 1")
    ax.set_ylabel("component 2")
    dress(ax)
    if "group" in table:
        legend(ax, ncols=2 if is_narrow(ax) else 4, bbox_to_anchor=(1.0, -0.08), markerscale=1.6)
    return ax


def _groups(ax: Axes, column: pd.Series, points: NDArray[np.float64], size: float) -> None:
    """Points of each group, the largest first, so that small ones lie on top."""
    named = column.astype(object)
    sizes = named.value_counts()
    order = sorted(sizes.index, key=lambda g: (-int(sizes[g]), str(g)))
    chosen = [(str(g), (named == g).to_numpy(bool)) for g in order[:MAX_GROUPS]]
    none = named.isna().to_numpy(bool)
    rest = named.isin(order[MAX_GROUPS:]).to_numpy(bool)
    for i, (said, own) in enumerate(chosen):
        ax.scatter(points[own, 0], points[own, 1], s=size, color=PALETTE[i], alpha=0.65,
                   marker=MARKERS[i], linewidths=0, label=f"{said} ({own.sum():,})")  # fmt: skip
    for own, said in ((none, "in none"), (rest, f"other: {len(order) - MAX_GROUPS} groups")):
        if own.any():
            ax.scatter(points[own, 0], points[own, 1], s=size * 0.7, color=GREY, alpha=0.4,
                       linewidths=0, zorder=0.9, label=f"{said} ({own.sum():,})")  # fmt: skip


def _order(names: list[str], points: NDArray[np.float64], genes: Sequence[str] | None) -> list[int]:
    """Genes by how much they ask for a name."""
    if genes is not None:
        for gene in genes:
            if gene not in names:
                raise InputError(f"no gene '{gene}' in the table",
                                 where="cellglass.pl.gene_cloud",
                                 fix=nearest(gene, names))  # fmt: skip
        return [names.index(g) for g in genes]
    span = np.ptp(points, axis=0)
    away = (points - np.median(points, axis=0)) / np.where(span > 0, span, 1.0)
    distance = np.linalg.norm(away, axis=1)
    return sorted(range(len(names)), key=lambda i: (-distance[i], names[i]))


def _name(
    ax: Axes, names: list[str], points: NDArray[np.float64], order: list[int], labels: int
) -> None:
    """Name genes in order, as far as their names find room."""
    low, span = points.min(axis=0), np.ptp(points, axis=0)
    place = (points - low) / np.where(span > 0, span, 1.0)
    letter = _LETTER[is_narrow(ax)]
    halo = [withStroke(linewidth=2, foreground=paper())]
    taken: list[tuple[float, float, float]] = []
    for i in order:
        if len(taken) == labels:
            return
        x, y = place[i]
        left = x > 0.6  # the name stands on the side that has room
        start = x - letter * len(names[i]) if left else x
        end = start + letter * len(names[i])
        if any(start < b and a < end and abs(y - h) < _LINE for a, b, h in taken):
            continue
        taken.append((start, end, y))
        ax.annotate(names[i], (points[i, 0], points[i, 1]), xytext=(-4 if left else 4, 1),
                    textcoords="offset points", ha="right" if left else "left", va="bottom",
                    fontsize=SMALL, color=ink(), path_effects=halo, zorder=4)  # fmt: skip
