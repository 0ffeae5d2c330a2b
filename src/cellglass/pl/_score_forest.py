"""Many scores with their intervals, the best of each kind by name, the rest faint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cellglass._words import capitalised

from ._style import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    axes_of,
    dress,
    ink,
    nothing_to_draw,
    reference_line,
    require,
    rows,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_KINDS = {
    "candidate": ("Candidates", BLUE, "o"),
    "reference": ("Beside them", ORANGE, "s"),
    "baseline": ("Single genes", GREEN, "D"),
}
_TOP_OF_FAMILY = 2  # named scores of a family such as "untrained: ..."


@dataclass(frozen=True)
class _Row:
    """A line of the figure: a heading, one score, or the values of all that are not named."""

    label: str
    colour: str
    marker: str
    score: pd.Series | None = None
    others: tuple[float, ...] = ()
    chosen: bool = False


def score_forest(
    table: pd.DataFrame,
    *,
    ax: Axes | None = None,
    chosen: str | None = None,
    top: int = 5,
    chance: float = 0.5,
    what: str = "AUROC (pooled over pairs)",
) -> Axes:
    """Draw AUROCs with intervals, grouped by kind, the best on top.

    Parameters
    ----------
    table
        One row a score: ``score``, ``kind`` (``"candidate"``, ``"reference"``,
        ``"baseline"``), ``auroc``, ``auroc_low``, ``auroc_high``. References called
        ``"family: name"`` form a group of their own.
    ax
        Axes to draw into; those of a new figure when None.
    chosen
        The candidate that was chosen; it is always named and drawn larger.
    top
        Candidates and baselines that are named; the others of a kind share one faint line.
    chance
        AUROC of guessing.
    what
        What the values are.

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
    >>> table = pd.DataFrame({"score": ["layer 0", "mean"], "kind": ["candidate", "baseline"],
    ...     "auroc": [0.7, 0.6], "auroc_low": [0.6, 0.5], "auroc_high": [0.8, 0.7]})
    >>> [t.get_text() for t in score_forest(table).get_yticklabels()]
    ['Candidates', 'layer 0', 'Single genes', 'mean']
    """
    require(table, ["score", "kind", "auroc", "auroc_low", "auroc_high"], "score_forest")
    ax = axes_of(ax, (6.4, 6.0))
    if table.empty:
        return nothing_to_draw(ax)
    lines = _lines(table, chosen, top)
    for y, line in enumerate(lines):
        _draw(ax, y, line)
    rows(ax, [line.label for line in lines], what)
    reference_line(ax, chance, "chance")
    ax.set_xlim(*_span(lines, chance))
    dress(ax, grid="x", left=False)
    for line, label in zip(lines, ax.get_yticklabels(), strict=True):
        heading = line.score is None and not line.others
        label.set_color(line.colour if heading else GREY if line.others else ink())
        if heading or line.chosen:
            label.set_fontweight("bold")
    return ax


def _lines(table: pd.DataFrame, chosen: str | None, top: int) -> list[_Row]:
    ordered = table.sort_values("auroc", ascending=False, kind="stable", na_position="last")
    lines: list[_Row] = []
    for kind, (heading, colour, marker) in _KINDS.items():
        rows = ordered[ordered["kind"] == kind]
        family = rows["score"].astype(str).str.extract(r"^(.+?): ", expand=False)
        single = rows[family.isna()] if kind == "reference" else rows
        lines += _group(single, heading, colour, marker, chosen, top)
        if kind == "reference":
            for name in dict.fromkeys(family.dropna()):
                members = rows[family == name]
                short = members.assign(score=members["score"].str.slice(len(name) + 2))
                lines += _group(short, name, colour, "v", chosen, _TOP_OF_FAMILY)
    return lines


def _group(
    rows: pd.DataFrame, heading: str, colour: str, marker: str, chosen: str | None, top: int
) -> list[_Row]:
    """Heading, the best scores and the chosen one by name, the others in one line."""
    if rows.empty:
        return []
    named = (np.arange(len(rows)) < top) | (rows["score"] == chosen).to_numpy()
    if (~named).sum() == 1:  # a line for one other score would say less than its name
        named[:] = True
    lines = [_Row(capitalised(heading), colour, marker)]
    for _, row in rows[named].iterrows():
        lines.append(
            _Row(str(row["score"]), colour, marker, row, chosen=str(row["score"]) == chosen)
        )
    rest = rows[~named]["auroc"].to_numpy(float)
    if rest.size:
        lines.append(_Row(f"{rest.size} others", colour, marker, others=tuple(rest)))
    return lines


def _draw(ax: Axes, y: int, line: _Row) -> None:
    if line.others:
        ax.scatter(line.others, np.full(len(line.others), y), s=16, marker=line.marker,
                   color=line.colour, alpha=0.55, linewidths=0)  # fmt: skip
    if line.score is None:
        return
    size = 8.5 if line.chosen else 5.5
    ax.hlines(y, line.score["auroc_low"], line.score["auroc_high"], color=line.colour,
              linewidth=2.4 if line.chosen else 1.4)  # fmt: skip
    ax.plot(line.score["auroc"], y, marker=line.marker, markersize=size, color=line.colour,
            linestyle="none")  # fmt: skip


def _span(lines: list[_Row], chance: float) -> tuple[float, float]:
    """Everything that is drawn, chance included, with room at both ends."""
    values = [chance]
    for line in lines:
        values += line.others
        if line.score is not None:
            values += [line.score["auroc_low"], line.score["auroc"], line.score["auroc_high"]]
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    room = 0.04 * max(high - low, 0.1)
    return max(0.0, low - room), min(1.0, high + room) + 1e-3
