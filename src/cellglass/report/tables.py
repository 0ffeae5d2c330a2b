"""Tables for the page: formatted rows to read, every digit to download."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cellglass._words import listed

from . import columns as names
from .numbers import MISSING, at_floor, decimals_of, interval, number, p_value

if TYPE_CHECKING:
    import pandas as pd

SHOWN = 12  # rows that stand in the page at once
LONG = 42  # characters of a cell beyond which it may wrap
SENTENCE = 90  # characters beyond which it needs a wide column to stay readable
RENDERED = 200  # rows that a reader can unfold; all others are in the download


@dataclass(frozen=True)
class Column:
    """A column of the page; `longest` is the number of characters of its longest cell."""

    label: str
    numeric: bool
    longest: int = 0

    @property
    def css(self) -> str:
        """Class of its cells; empty where nothing is to be said."""
        if self.numeric:
            return "n"
        return "" if self.longest <= LONG else "w" if self.longest > SENTENCE else "w m"


@dataclass(frozen=True)
class TableView:
    """A table as the page shows it.

    Parameters
    ----------
    id
        Unique in the page.
    title, caption
        What it is and what its rows are.
    columns
        Of the page; fewer than those of the download, as intervals are joined.
    shown, folded
        Formatted rows: those that are seen at once, those behind "show all".
    n_rows
        Rows of the download.
    href, filename
        The download.
    notes
        How to read it: order of rows, floor of p, rows left out.
    """

    id: str
    title: str
    caption: str
    columns: tuple[Column, ...]
    shown: tuple[tuple[str, ...], ...]
    folded: tuple[tuple[str, ...], ...]
    n_rows: int
    href: str
    filename: str
    notes: tuple[str, ...] = ()

    @property
    def n_left_out(self) -> int:
        """Rows that only the download holds."""
        return self.n_rows - len(self.shown) - len(self.folded)


def view(
    table: pd.DataFrame,
    *,
    id: str,
    name: str,
    filename: str,
    caption: str = "",
    title: str | None = None,
    order: Callable[[pd.DataFrame], pd.DataFrame] | None = None,
    order_note: str = "",
    coordinates: bool = False,
) -> TableView:
    """Prepare a table for the page.

    Parameters
    ----------
    table
        The table; it is downloaded as it is.
    id
        Unique in the page.
    name
        Name of the table in its result; decides order and names of columns.
    filename
        Of the download.
    caption, title
        What it is; the title follows from the name when None.
    order
        Puts the rows into the reader's order.
    order_note
        Says which order that is.
    coordinates
        True for a table of points, of which the page shows no row.
    """
    shown = order(table) if order is not None else table
    laid_out = names.ordered(name, [str(c) for c in table.columns])
    shown = shown.rename(columns=str)[laid_out]
    intervals = names.interval_of(laid_out)
    ends = {c for pair in intervals.values() for c in pair}
    kept = [c for c in laid_out if c not in ends]
    rendered = shown.iloc[: 0 if coordinates else RENDERED]
    rows, floored = _rows(rendered, kept, intervals)
    notes = [order_note] if order_note and len(rows) > 1 else []
    if floored:
        notes.append(
            f"† the smallest p that {listed([f'{d:,}' for d in floored], 'or')} draws can give: "
            + listed([f"1/{d + 1:,}" for d in floored], "or")
            + "."
        )
    left_out = len(table) - len(rows)
    if left_out:
        more = "rows" if coordinates else "more rows"
        notes.append(f"{left_out:,} {more} in the download.")
    return TableView(
        id,
        title or names.title(name),
        caption,
        tuple(
            Column(
                _heading(c, name, intervals),
                _is_numeric(table, c),
                max((len(row[i]) for row in rows), default=0),
            )
            for i, c in enumerate(kept)
        ),
        tuple(rows[:SHOWN]),
        tuple(rows[SHOWN:]),
        len(table),
        csv_uri(table),
        filename,
        tuple(notes),
    )


def csv_uri(table: pd.DataFrame) -> str:
    """Embed a table as CSV in full precision; reading it gives the table back."""
    text = table.to_csv(index=False, lineterminator="\n")
    return data_uri(text, "text/csv")


def data_uri(text: str, kind: str) -> str:
    """Embed a text in a link."""
    return f"data:{kind};charset=utf-8;base64,{base64.b64encode(text.encode()).decode()}"


def file_name(parts: Sequence[str], suffix: str = "csv") -> str:
    """Join parts to a file name that every system takes.

    Examples
    --------
    >>> file_name(["regulation.recovery", "my model/2", "scores"])
    'regulation.recovery-my_model_2-scores.csv'
    """
    safe = [re.sub(r"[^\w.+-]+", "_", part).strip("_") for part in parts]
    return "-".join(p for p in safe if p) + f".{suffix}"


def _rows(
    table: pd.DataFrame, kept: list[str], intervals: Mapping[str, tuple[str, str]]
) -> tuple[list[tuple[str, ...]], list[int]]:
    """Format rows, and give the numbers of draws at whose floor a p lies."""
    places = {c: _decimals(table, c) for c in kept}
    rows, floored = [], set()
    for record in table.to_dict("records"):
        row = []
        for column in kept:
            value = record[column]
            if column in intervals:
                row.append(interval(*(_float(record[c]) for c in (column, *intervals[column]))))
                continue
            text = _cell(column, value, places[column])
            if names.is_p(column) and at_floor(_float(value), record.get("draws")):
                floored.add(int(record["draws"]))
                text += " †"
            row.append(text)
        rows.append(tuple(row))
    return rows, sorted(floored)


def _decimals(table: pd.DataFrame, column: str) -> int | None:
    """One decimal more than the largest number of the column needs: digits beyond say nothing."""
    import pandas as pd

    if not pd.api.types.is_float_dtype(table[column]):
        return None
    values = [float(v) for v in table[column]]
    # A column of tiny numbers is printed in powers of ten.
    return decimals_of(values) + 1 if max(map(abs, values), default=0.0) >= 1e-3 else None


def _cell(column: str, value: Any, decimals: int | None) -> str:
    if isinstance(value, str):
        return value or MISSING
    if value is None:
        return MISSING
    if names.is_p(column):
        return p_value(_float(value))
    text = number(value, decimals)
    return text.replace(",", "") if names.is_plain(column) else text


def _float(value: Any) -> float:
    return float("nan") if value is None else float(value)


def _heading(column: str, table: str, intervals: Mapping[str, tuple[str, str]]) -> str:
    text = names.label(column, table)
    if column not in intervals:
        return text
    return f"{text} [range]" if column.startswith("shuffled") else f"{text} [95 % interval]"


def _is_numeric(table: pd.DataFrame, column: str) -> bool:
    import pandas as pd

    series = table[column] if column in table.columns else table.iloc[:, 0]
    return bool(pd.api.types.is_numeric_dtype(series)) and not pd.api.types.is_bool_dtype(series)
