"""One value for every layer of a model against every layer of another."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from numpy.typing import NDArray

from cellglass.errors import InputError
from cellglass.geometry.layers import layer_label

from ._style import SMALL, TEXT, axes_of, dress, ink, nothing_to_draw, require

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.image import AxesImage

# From pale to deep on either page, so that the numbers need no theme: dark on pale, white on deep.
_RISING = LinearSegmentedColormap.from_list(
    "cellglass_rising", ["#eef4fa", "#b9d4ec", "#7fb2dc", "#3f7fb8", "#134a7c"]
)
_SIGNED = LinearSegmentedColormap.from_list(
    "cellglass_signed", ["#8a3c05", "#d98a4f", "#f4f1ee", "#7fb2dc", "#134a7c"]
)
_DARK, _LIGHT = "#000000", "#ffffff"
_DEEP = 0.46  # mean of the colours, weighted, below which white is read better than black
_AXES = 0.775  # share of a figure that matplotlib gives its axes before they are laid out
_LABELS = 1.25  # inches that labels and the colour bar take of the width
_DIGIT = 0.64  # width of a digit over its height
_NUMBER = 8.0  # points
_TALL = 0.3  # inches a row


def layer_matrix(
    table: pd.DataFrame,
    *,
    ax: Axes | None = None,
    value: str = "cka",
    rows: str = "first_layer",
    columns: str = "second_layer",
    limits: tuple[float, float] | None = None,
) -> Axes:
    """Draw one value of every pair of layers as a heat map.

    Parameters
    ----------
    table
        One row a pair of layers: their numbers, or names, in `rows` and `columns`, and `value`.
        A pair that is missing or has no value stays blank.
    ax
        Axes to draw into; those of a new figure when None.
    value
        Column of the value; also the label of the colour bar.
    rows, columns
        Columns of the layers; also the labels of the axes. Numbers are put in order, names keep
        theirs.
    limits
        Values at the ends of the colours. When None, 0 and the largest value; where values are
        negative, colours change at 0 and reach as far on either side.

    Returns
    -------
    matplotlib.axes.Axes
        The axes; values are printed where the cells have room for two decimals.

    Raises
    ------
    InputError
        If a column is missing, or a pair of layers has two values.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"first_layer": [0, 0, 1, 1], "second_layer": [0, 1, 0, 1],
    ...     "cka": [1.0, 0.4, 0.4, float("nan")]})
    >>> [t.get_text() for t in layer_matrix(table).texts]
    ['1.00', '0.40', '0.40']
    """
    require(table, [rows, columns, value], "layer_matrix")
    down, across = _layers(table[rows]), _layers(table[columns])
    ax = axes_of(ax, (6.4, max(2.6, _TALL * len(down) + 0.9)))
    if table.empty:
        return nothing_to_draw(ax)
    held = _grid(table, rows, columns, value, down, across)
    room = _room(ax, len(down), len(across))
    signed = bool(np.nanmin(held, initial=0.0) < 0)
    low, high = _ends(held, signed) if limits is None else limits
    image = ax.imshow(held, cmap=_SIGNED if signed else _RISING, vmin=low, vmax=high,
                      aspect="auto", interpolation="none")  # fmt: skip
    _print(ax, image, held, room)
    _ticks(ax, [_said(n) for n in down], [_said(n) for n in across], room[0])
    ax.set_xlabel(columns.replace("_", " "))
    ax.set_ylabel(rows.replace("_", " "))
    dress(ax)
    ax.tick_params(length=0)
    for spine in ax.spines.values():
        spine.set_visible(False)
    _bar(ax, image, value)
    return ax


def _layers(column: pd.Series) -> list[object]:
    """Layers in the order in which they are drawn."""
    found: list[object] = list(dict.fromkeys(column))
    return found if column.dtype.kind in "OUTb" else sorted(column.unique().tolist())


def _said(layer: object) -> str:
    """A number as a layer is called, without the word; a name as it is."""
    if isinstance(layer, int | float) and float(layer).is_integer():
        return layer_label(int(layer)).removeprefix("layer ")
    return str(layer)


def _grid(
    table: pd.DataFrame,
    rows: str,
    columns: str,
    value: str,
    down: list[object],
    across: list[object],
) -> NDArray[np.float64]:
    twice = table[table.duplicated([rows, columns])]
    if len(twice):
        pair = twice[rows].iloc[0], twice[columns].iloc[0]
        raise InputError(
            f"two values for {rows} {pair[0]} and {columns} {pair[1]}",
            where="cellglass.pl.layer_matrix",
            expected="one row a pair of layers",
            fix="choose one method, domain or run of the table first",
        )
    held = np.full((len(down), len(across)), np.nan)
    for row, column, number in zip(table[rows], table[columns], table[value], strict=True):
        held[down.index(row), across.index(column)] = float(number)
    return held


def _ends(held: NDArray[np.float64], signed: bool) -> tuple[float, float]:
    top = float(np.nanmax(np.abs(held), initial=0.0)) or 1.0
    return (-top if signed else 0.0), top


def _room(ax: Axes, down: int, across: int) -> tuple[float, float]:
    """Width and height of a cell in points, as far as they are known before the layout."""
    box, points = ax.get_window_extent(), 72 / ax.figure.dpi
    width = box.width * points / _AXES - _LABELS * 72
    return max(width, 0.0) / across, box.height * points / down


def _ticks(ax: Axes, down: list[str], across: list[str], room: float) -> None:
    """Name rows and columns; of narrow columns every second, third, ... one."""
    wide = [len(name) * _DIGIT * SMALL for name in across]
    turned = max(wide) > 3 * room  # else a long name may reach over its neighbours' cells
    needed = 1.2 * SMALL if turned else max(map(sum, itertools.pairwise(wide)), default=0.0) / 2 + 2
    every = max(1, math.ceil(needed / max(room, 1.0)))
    ax.set_xticks(range(0, len(across), every), labels=across[::every], parse_math=False,
                  rotation=45 if turned else 0, ha="right" if turned else "center",
                  rotation_mode="anchor")  # fmt: skip
    ax.set_yticks(range(len(down)), labels=down, parse_math=False)


def _print(
    ax: Axes, image: AxesImage, held: NDArray[np.float64], room: tuple[float, float]
) -> None:
    """Print the values, if a cell of so many points has room for each."""
    finite = np.argwhere(np.isfinite(held))
    words = [f"{held[i, j]:.2f}".replace("-", "\N{MINUS SIGN}") for i, j in finite]
    if max(map(len, words), default=0) * _DIGIT * _NUMBER > room[0] or room[1] < _NUMBER:
        return
    for (i, j), word in zip(finite, words, strict=True):
        red, green, blue, _ = image.cmap(image.norm(held[i, j]))
        deep = 0.2126 * red + 0.7152 * green + 0.0722 * blue < _DEEP
        ax.text(j, i, word, ha="center", va="center", fontsize=_NUMBER,
                color=_LIGHT if deep else _DARK)  # fmt: skip


def _bar(ax: Axes, image: AxesImage, value: str) -> None:
    figure = ax.get_figure()
    if figure is None:
        return
    bar = figure.colorbar(image, ax=ax, pad=0.02, aspect=30)
    bar.set_label(value.replace("_", " "), color=ink(), fontsize=TEXT, parse_math=False)
    bar.ax.tick_params(labelsize=SMALL, labelcolor=ink(), length=0)
    bar.outline.set_visible(False)
