"""What all figures share: colours, sizes, plain axes. Nothing here changes global settings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.text import Text

from cellglass.errors import InputError

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

# Every colour stands out from white and from a dark page (contrast 3:1 or more). The first four
# differ for the common kinds of colour blindness; eight cannot, so markers, numbers or words differ
# as well. Ink and paper belong to the reader's theme, see `ink` and `paper`.
BLUE, ORANGE, GREEN, PURPLE = "#2f7fc1", "#d1600f", "#0f9171", "#b5468f"
OCHRE, VIOLET, BROWN, SKY = "#a57400", "#7a5cc9", "#8a7560", "#2b93c7"
GREY = "#7d858e"
PALETTE = (BLUE, ORANGE, GREEN, PURPLE, OCHRE, VIOLET, BROWN, SKY)
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "h")

TEXT, SMALL = 9.0, 8.5  # points
NARROW = 4.5  # inches: below this a figure is laid out for a phone


def ink() -> str:
    """Colour of text and axes: the reader's setting, so that dark styles work."""
    return str(mpl.rcParams["text.color"])


def paper() -> str:
    """Colour behind the figure: the reader's setting."""
    return str(mpl.rcParams["axes.facecolor"])


def axes_of(ax: Axes | None, size: tuple[float, float] = (6.4, 3.6)) -> Axes:
    """Return the axes given, or those of a new figure that pyplot does not know of."""
    if ax is not None:
        return ax
    made: Axes = Figure(figsize=size, layout="constrained").subplots()
    return made


def require(table: pd.DataFrame, columns: Sequence[str], function: str) -> None:
    """Refuse a table that lacks a column.

    Raises
    ------
    InputError
        Naming the columns that are missing.
    """
    missing = [c for c in columns if c not in table.columns]
    if missing:
        raise InputError(
            f"the table has no column {', '.join(map(repr, missing))}",
            where=f"cellglass.pl.{function}",
            expected=f"columns {', '.join(columns)}",
            fix=f"it has {', '.join(map(str, table.columns))}",
        )


def nothing_to_draw(ax: Axes) -> Axes:
    """Say in the axes that the table is empty."""
    ax.set_axis_off()
    ax.text(0.5, 0.5, "nothing to draw: the table is empty", ha="center", va="center",
            transform=ax.transAxes, fontsize=TEXT, color=GREY)  # fmt: skip
    return ax


def is_narrow(ax: Axes) -> bool:
    """Whether the axes stand in a figure of a phone's width."""
    figure = ax.get_figure(root=True)
    return figure is not None and float(figure.get_size_inches()[0]) < NARROW


def dress(ax: Axes, *, grid: Literal["", "x", "y"] = "", left: bool = True) -> None:
    """Take away what carries no information; call it last.

    Parameters
    ----------
    ax
        The axes.
    grid
        ``"x"``, ``"y"`` or empty: the direction in which values are read off.
    left
        Whether the left spine and its ticks carry information.
    """
    for side in ("top", "right") if left else ("top", "right", "left"):
        ax.spines[side].set_visible(False)
    for spine in ax.spines.values():
        spine.set_linewidth(0.8)
        spine.set_color(GREY)
    ax.tick_params(labelsize=SMALL, color=GREY, length=3, width=0.8, labelcolor=ink())
    if not left:
        ax.tick_params(axis="y", length=0)
    if grid:
        ax.grid(True, axis=grid, color=GREY, alpha=0.22, linewidth=0.7)
    else:
        ax.grid(False)
    ax.set_axisbelow(True)
    for label in (ax.xaxis.label, ax.yaxis.label):
        label.set_fontsize(TEXT)
        label.set_color(ink())
    plain_text(ax)


def plain_text(ax: Axes) -> None:
    """Print names as they are: a dollar sign in one starts no formula."""
    for text in ax.findobj(Text):
        text.set_parse_math(False)


def rows(ax: Axes, labels: Sequence[str], what: str = "") -> None:
    """Label horizontal rows, the first on top, and the values that run along them.

    The label of the values ends where the axes end: under long names of rows a centred one would
    leave a narrow figure.
    """
    ax.set_yticks(range(len(labels)), labels=list(labels), parse_math=False)
    ax.set_ylim(len(labels) - 0.4, -0.6)
    ax.set_xlabel(what, loc="right")


def reference_line(ax: Axes, x: float, label: str = "") -> None:
    """Draw a vertical line to compare with, named at its top."""
    ax.axvline(x, color=GREY, linewidth=1.0, linestyle=(0, (4, 2)), zorder=1)
    if label:
        ax.annotate(label, (x, 1.0), xycoords=("data", "axes fraction"), xytext=(3, 1),
                    textcoords="offset points", ha="left", va="bottom", fontsize=SMALL,
                    color=GREY)  # fmt: skip


def legend(ax: Axes, **options: Any) -> None:
    """Put a legend below the axes, flush with their right end, without a frame."""
    settings: dict[str, Any] = {
        "loc": "upper right",
        "bbox_to_anchor": (1.0, -0.16),
        "frameon": False,
        "fontsize": SMALL,
        "handletextpad": 0.5,
        "columnspacing": 1.2,
        "labelcolor": ink(),
        **options,
    }
    for text in ax.legend(**settings).get_texts():
        text.set_parse_math(False)


def number(value: float) -> str:
    """Format a value for a label: three significant digits, a true minus sign."""
    return f"{value:.3g}".replace("-", "\N{MINUS SIGN}")
