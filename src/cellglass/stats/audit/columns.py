"""Which columns of two tables hold what: keys, values, null families, number of the draw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from cellglass._words import listed
from cellglass.errors import InputError, nearest

from .numbers import is_number

NULL_VALUES = (
    "null_value", "null_statistic", "null_stat", "null_score", "null_metric", "null_delta",
    "null_effect", "statistic", "value",
)  # fmt: skip
NULL_KINDS = (
    "null_kind", "null_family", "null_type", "null_name", "null_model", "null_id", "null",
    "null_control", "null_mode", "null_label", "null_scheme", "kind", "family", "control",
)  # fmt: skip
INDICES = (
    "perm_idx", "perm_index", "perm_id", "perm", "permutation", "permutation_idx",
    "permutation_index", "permutation_id", "draw", "draw_idx", "draw_index", "draw_id", "null_idx",
    "null_index", "null_draw", "shuffle", "shuffle_idx", "replicate", "rep", "iteration",
)  # fmt: skip
MOST_FAMILIES = 1000

Names = tuple[str, str]


@dataclass(frozen=True)
class AuditColumns:
    """The columns that an audit reads.

    Attributes
    ----------
    by
        Columns of both tables that tell the tests apart.
    value
        Column of the observed table that holds the statistic.
    null_value
        Column of the draws that holds the statistic.
    null_kind
        Column of the draws that names the null family; None where all draws are one family.
    index
        Column of the draws that numbers the permutation; None where there is none.
    notes
        What was chosen without being asked for.
    """

    by: tuple[str, ...]
    value: str
    null_value: str
    null_kind: str | None
    index: str | None
    notes: tuple[str, ...] = ()


def find_columns(
    observed: pd.DataFrame,
    draws: pd.DataFrame,
    by: Sequence[str],
    value: str,
    null_value: str | None = None,
    null_kind: str | None = None,
    index: str | None = None,
    names: Names = ("observed", "draws"),
) -> AuditColumns:
    """Find the columns of an audit; what is not named is looked for under its usual names.

    Parameters
    ----------
    observed
        One row a test.
    draws
        One row a draw.
    by, value, null_value, null_kind, index
        Names of columns, see `AuditColumns`; the last three may be None.
    names
        What the two tables are called in messages.

    Returns
    -------
    AuditColumns

    Raises
    ------
    InputError
        If a column is not there, is named for two roles, or several could be meant.

    Examples
    --------
    >>> seen = pd.DataFrame({"layer": [0], "delta": [0.1]})
    >>> drawn = pd.DataFrame({"layer": [0], "null_kind": ["labels"], "null_value": [0.0]})
    >>> find_columns(seen, drawn, ["layer"], "delta").null_kind
    'null_kind'
    """
    keys = tuple(by)
    if not keys:
        raise InputError(
            "no column tells the tests apart", where="by",
            expected="the columns that both tables share", fix=_shared(observed, draws, value),
        )  # fmt: skip
    twice = sorted({k for k in keys if keys.count(k) > 1} | ({value} & set(keys)))
    if twice:
        raise InputError(
            f"{listed([repr(t) for t in twice])} is named twice", where="by, value",
            expected="each column once", fix="name each column for one role",
        )  # fmt: skip
    for key in keys:
        require(observed, key, f"{names[0]}, by")
        require(draws, key, f"{names[1]}, by", also=_without(keys, key))
    require(observed, value, f"{names[0]}, value")
    notes: list[str] = []
    drawn = _null_value(draws, null_value, value, keys, names[1], notes)
    kind = _null_kind(draws, null_kind, (*keys, drawn), names[1], notes)
    return AuditColumns(
        keys, value, drawn, kind, _index(draws, index, (*keys, drawn, kind or ""), names[1]),
        tuple(notes),
    )  # fmt: skip


def require(table: pd.DataFrame, column: str, where: str, also: str = "") -> None:
    """Refuse a table that lacks a column, naming the nearest ones.

    Parameters
    ----------
    table
        The table.
    column
        Name of the column.
    where
        Which table, and in which role the column was named.
    also
        Another thing that may be done.

    Raises
    ------
    InputError
        If it is not there.
    """
    if column in table.columns:
        return
    hint = nearest(column, map(str, table.columns))
    raise InputError(
        f"there is no column '{column}'", where=where,
        expected=f"one of {', '.join(map(str, table.columns[:20]))}",
        fix="; ".join(part for part in (hint, also) if part),
    )  # fmt: skip


def _without(keys: Sequence[str], key: str) -> str:
    rest = [k for k in keys if k != key]
    return f"or leave it out: --by {','.join(rest)}" if rest else ""


def _shared(observed: pd.DataFrame, draws: pd.DataFrame, value: str) -> str:
    both = [str(c) for c in observed.columns if c in draws.columns and c != value]
    return f"columns that both tables have: {', '.join(both)}" if both else "name a shared column"


def _null_value(
    draws: pd.DataFrame, given: str | None, value: str, taken: Sequence[str], where: str,
    notes: list[str],
) -> str:  # fmt: skip
    if given is not None:
        require(draws, given, f"{where}, null value")
        if given in taken:
            raise InputError(
                f"'{given}' is a key as well", where=f"{where}, null value",
                expected="a column of numbers", fix="take it out of --by",
            )  # fmt: skip
        return given
    usual = (NULL_VALUES[0], value, f"null_{value}", f"{value}_null", *NULL_VALUES[1:])
    found = [c for c in usual if c in draws.columns and c not in taken]
    if not found:
        raise InputError(
            "no column of the draws is named like a null value", where=f"{where}, null value",
            expected=f"'null_value' or '{value}'; there are {', '.join(map(str, draws.columns))}",
            fix=f"name it with --null-value ({nearest('null_value', map(str, draws.columns))})",
        )  # fmt: skip
    notes.append(f"Draws are read from the column '{found[0]}'.")
    return found[0]


def _null_kind(
    draws: pd.DataFrame, given: str | None, taken: Sequence[str], where: str, notes: list[str]
) -> str | None:
    if given is not None:
        require(draws, given, f"{where}, null kind")
        if given in taken:
            raise InputError(
                f"'{given}' has another role already", where=f"{where}, null kind",
                expected="a column that names the null families", fix="name another column",
            )  # fmt: skip
        if (n := draws[given].nunique()) > MOST_FAMILIES:
            raise InputError(
                f"'{given}' has {n:,} values", where=f"{where}, null kind",
                expected=f"at most {MOST_FAMILIES} null families", fix="name another column",
            )  # fmt: skip
        return given
    by_name = {str(c).strip().lower(): str(c) for c in draws.columns}
    found = [by_name[c] for c in NULL_KINDS if c in by_name and by_name[c] not in taken]
    found = [c for c in found if _names_families(draws[c])]
    strong = [c for c in found if "null" in c.lower()]
    found = strong or found
    if len(found) > 1:
        raise InputError(
            f"{listed([repr(c) for c in found])} could all name the null family",
            where=f"{where}, null kind", expected="one column",
            fix=f"name it: --null-kind {found[0]}",
        )  # fmt: skip
    if not found:
        notes.append(
            "No column names a null family: all draws of a row count as one family, and there is "
            "no hardest family that a strict margin could be held against."
        )
        return None
    notes.append(f"Null families are read from the column '{found[0]}'.")
    return found[0]


def _names_families(column: pd.Series) -> bool:
    """Few different values, and words rather than measurements."""
    different = column.dropna().unique()
    if len(different) > min(MOST_FAMILIES, max(100, len(column) // 5)):
        return False
    words = [str(v) for v in different]
    return not words or not all("." in w and is_number(w) for w in words)


def _index(draws: pd.DataFrame, given: str | None, taken: Sequence[str], where: str) -> str | None:
    if given is not None:
        require(draws, given, f"{where}, index")
        return given
    by_name = {str(c).strip().lower(): str(c) for c in draws.columns}
    return next((by_name[c] for c in INDICES if c in by_name and by_name[c] not in taken), None)
