"""Keys of two tables, matched as text or, where they are written differently, by what they mean."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pandas as pd

from cellglass._words import listed, plural
from cellglass.errors import InputError
from cellglass.stats.arguments import Ints

from .columns import Names

NAMED = 3  # keys that a message names
LISTED = 20  # keys of draws without a row that the page names
_PLAIN = re.compile(r"-?(0|[1-9]\d*)(\.0*)?")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?")
_BOOLEANS = {"true": "true", "false": "false", "1": "true", "0": "false"}


@dataclass(frozen=True)
class MatchedKeys:
    """Which row each draw belongs to.

    Attributes
    ----------
    row
        Number of the observed row of each draw; -1 where there is none.
    strangers
        Keys of draws without an observed row, with their numbers of draws; the first few.
    n_strangers
        How many such keys there are.
    notes
        How columns were matched that are written differently.
    """

    row: Ints
    strangers: tuple[tuple[str, int], ...]
    n_strangers: int
    notes: tuple[str, ...]


def match_keys(
    observed: pd.DataFrame,
    draws: pd.DataFrame,
    by: Sequence[str],
    names: Names = ("observed", "draws"),
    kind: str | None = None,
) -> MatchedKeys:
    """Find the observed row of each draw.

    Parameters
    ----------
    observed
        One row a test.
    draws
        One row a draw.
    by
        The key columns.
    names
        What the two tables are called in messages.
    kind
        The column of the null family, which is no key.

    Returns
    -------
    MatchedKeys

    Raises
    ------
    InputError
        If two observed rows have one key, or no draw has the key of an observed row.

    Notes
    -----
    A column is matched as text where that fits. Where it does not, spaces, ways to write a number
    (7, 7.0, 07), ways to write a truth (True, TRUE, 1) and upper case are overlooked in turn, as
    long as no two keys of one table become the same.

    Examples
    --------
    >>> seen = pd.DataFrame({"layer": ["0", "7"]})
    >>> drawn = pd.DataFrame({"layer": [7.0, 7.0, 0.0, 3.0]})
    >>> match_keys(seen, drawn, ["layer"]).row.tolist()
    [1, 1, 0, -1]
    """
    n = len(observed)
    joint = np.zeros(n + len(draws), dtype=np.int64)
    notes: list[str] = []
    hints: list[str] = []
    for column in by:
        codes, labels = _joint_codes(observed[column], draws[column], column, notes, hints)
        joint = pd.factorize(joint * labels + codes)[0].astype(np.int64)
    _refuse_duplicates(observed.drop(columns=kind or [], errors="ignore"), draws, by, joint[:n],
                       names)  # fmt: skip
    row_of = np.full(int(joint.max(initial=-1)) + 1, -1, dtype=np.int64)
    row_of[joint[:n]] = np.arange(n)
    row = row_of[joint[n:]]
    if n and len(draws) and (row < 0).all():
        raise InputError(
            "no draw has the key of an observed row", where=f"{names[1]}, by {', '.join(by)}",
            expected=f"keys such as {key_of(observed, by, 0)}",
            fix="; ".join([f"the first draw has {key_of(draws, by, 0)}", *hints]),
        )  # fmt: skip
    lost = np.flatnonzero(row < 0)
    _, first, counts = np.unique(joint[n:][lost], return_index=True, return_counts=True)
    in_order = np.argsort(first)[:LISTED]
    shown = [(key_of(draws, by, int(lost[first[i]])), int(counts[i])) for i in in_order]
    return MatchedKeys(row, tuple(shown), first.size, tuple(notes))


def key_of(table: pd.DataFrame, by: Sequence[str], row: int) -> str:
    """Name the key of a row.

    Examples
    --------
    >>> key_of(pd.DataFrame({"domain": ["lung"], "layer": [7]}), ["domain", "layer"], 0)
    'domain lung, layer 7'
    """
    return ", ".join(f"{c} {as_label(table[c].iloc[row]) or '(empty)'}" for c in by)


def as_label(value: object) -> str:
    """Write a key as text; empty where there is none.

    Examples
    --------
    >>> as_label("NA"), as_label(7), as_label(float("nan"))
    ('NA', '7', '')
    """
    if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return ""
    return str(value)


def labels_of(column: pd.Series) -> tuple[Ints, list[str]]:
    """Number the values of a column, and write each of them once as text.

    Parameters
    ----------
    column
        Keys of any type.

    Returns
    -------
    codes, labels
        The number of each cell's label, and the labels in the order in which they come.

    Examples
    --------
    >>> labels_of(pd.Series([7, 7, 11]))[1]
    ['7', '11']
    """
    values = column.astype(object) if isinstance(column.dtype, pd.CategoricalDtype) else column
    codes, different = pd.factorize(values, use_na_sentinel=False)
    texts = [as_label(v) for v in different]
    again, labels = pd.factorize(np.array(texts, dtype=object))
    return again[codes].astype(np.int64), [str(t) for t in labels]


def typed(column: pd.Series) -> pd.Series:
    """Give text a type where writing it again gives the same text: whole numbers, truths, numbers.

    Parameters
    ----------
    column
        A column of keys; anything but text is left as it is.

    Returns
    -------
    pandas.Series

    Examples
    --------
    >>> typed(pd.Series(["7", "11"])).tolist(), typed(pd.Series(["07", "11"])).tolist()
    ([7, 11], ['07', '11'])
    """
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.astype(object)
    if column.dtype != object and not isinstance(column.dtype, pd.StringDtype):
        return column
    texts = [as_label(v) for v in column]
    readers: tuple[Callable[[str], object], ...] = (int, float, {"True": True, "False": False}.get)
    for reader in readers:
        try:
            read = [reader(t) for t in texts]
        except ValueError:
            continue
        values = np.array(read)
        # Very large whole numbers stay text, and so do keys that are called nan or inf.
        fits = values.dtype.kind in "bif" and np.isfinite(values.astype(np.float64)).all()
        if texts and fits and [str(v) for v in read] == texts:
            return pd.Series(values, index=column.index, name=column.name)
    return pd.Series(texts, index=column.index, name=column.name, dtype=object)


def _joint_codes(
    observed: pd.Series, draws: pd.Series, column: str, notes: list[str], hints: list[str]
) -> tuple[Ints, int]:
    seen_codes, seen = labels_of(observed)
    drawn_codes, drawn = labels_of(draws)
    seen_as, drawn_as, how = _agreed(seen, drawn)
    if how:
        a, b = _differently(seen, drawn, seen_as, drawn_as)
        notes.append(
            f"Keys of the column '{column}' are written differently ('{a}' and '{b}') and were "
            f"matched as {how}."
        )
    if not set(seen_as) & set(drawn_as):
        hints.append(
            f"'{column}' has {_examples(seen)} in one table and {_examples(drawn)} in the other"
        )
    labels = {label: i for i, label in enumerate(dict.fromkeys([*seen_as, *drawn_as]))}
    of_seen = np.array([labels[x] for x in seen_as], dtype=np.int64)
    of_drawn = np.array([labels[x] for x in drawn_as], dtype=np.int64)
    parts = [of_seen[seen_codes] if len(seen) else seen_codes,
             of_drawn[drawn_codes] if len(drawn) else drawn_codes]  # fmt: skip
    return np.concatenate(parts), max(1, len(labels))


def _differently(
    seen: list[str], drawn: list[str], seen_as: list[str], drawn_as: list[str]
) -> tuple[str, str]:
    """Two labels that differ as text and are the same by meaning."""
    by_meaning = dict(zip(seen_as, seen, strict=True))
    return next(
        (by_meaning[meaning], label)
        for label, meaning in zip(drawn, drawn_as, strict=True)
        if meaning in by_meaning and by_meaning[meaning] != label
    )


def _agreed(seen: list[str], drawn: list[str]) -> tuple[list[str], list[str], str]:
    """The plainest reading of two sets of labels under which most of them meet."""
    best, most = (seen, drawn, ""), _met(seen, drawn)
    if most == len(seen) + len(drawn):
        return best
    for how, reading in _READINGS.items():
        a, b = [reading(x) for x in seen], [reading(x) for x in drawn]
        met = _met(a, b)
        if met > most and _apart(seen, a) and _apart(drawn, b):
            best, most = (a, b, how), met
    return best


def _met(seen: list[str], drawn: list[str]) -> int:
    """Labels of either table that the other one has."""
    both = set(seen) & set(drawn)
    return sum(x in both for x in seen) + sum(x in both for x in drawn)


def _apart(labels: list[str], read: list[str]) -> bool:
    """Whether labels of one table stay apart; 7 and 7.0 may meet, 7 and 07 may not."""
    groups: dict[str, list[str]] = {}
    for label, meaning in zip(labels, read, strict=True):
        groups.setdefault(meaning, []).append(label)
    return all(
        len(same) == 1 or all(_PLAIN.fullmatch(x.strip()) for x in same) for same in groups.values()
    )


def _as_number(label: str) -> str:
    text = label.strip()
    if not _NUMBER.fullmatch(text):
        return text
    plain = Decimal(text).normalize()
    return f"{plain + 0:f}"  # + 0 makes -0 to 0


def _as_truth(label: str) -> str:
    text = _as_number(label)
    return _BOOLEANS.get(text.lower(), text)


_READINGS: dict[str, Callable[[str], str]] = {
    "text without spaces around it": str.strip,
    "numbers": _as_number,
    "true and false": _as_truth,
    "text in lower case": lambda label: _as_number(label).casefold(),
}


def _examples(labels: list[str]) -> str:
    return listed([f"'{x}'" for x in labels[:NAMED]]) + (", ..." if len(labels) > NAMED else "")


def _refuse_duplicates(
    observed: pd.DataFrame, draws: pd.DataFrame, by: Sequence[str], codes: Ints, names: Names
) -> None:
    again = pd.Series(codes).duplicated(keep=False).to_numpy()
    if not again.any():
        return
    extra = pd.Series(codes).duplicated().to_numpy()
    first = np.flatnonzero(extra)[:NAMED]
    keys = list(dict.fromkeys(key_of(observed, by, int(i)) for i in first))
    many = int(extra.sum())
    raise InputError(
        f"{many} {plural('row', many)} of the observed table repeat a key: "
        + "; ".join(keys) + (", ..." if many > len(keys) else ""),
        where=f"{names[0]}, by {', '.join(by)}",
        expected="one row a test",
        fix=_what_separates(observed, draws, by, codes, again),
    )  # fmt: skip


def _what_separates(
    observed: pd.DataFrame, draws: pd.DataFrame, by: Sequence[str], codes: Ints,
    again: np.ndarray[tuple[int, ...], np.dtype[np.bool_]],
) -> str:  # fmt: skip
    """Columns that would tell the rows apart, those that the draws have too first."""
    shared: list[str] = []
    alone: list[str] = []
    for column in observed.columns:
        if column in by:
            continue
        more, _ = labels_of(observed[column])
        joint = codes[again] * (more.max() + 1) + more[again]
        if np.unique(joint).size == joint.size:
            (shared if column in draws.columns else alone).append(str(column))
    if shared:
        return f"add a column that tells them apart: --by {','.join([*by, shared[0]])}"
    if alone:
        return (
            f"'{alone[0]}' tells them apart, but the draws have no such column: audit the rows of "
            f"one {alone[0]} at a time"
        )
    return "keep one row a key; the rows that repeat differ in no single column"
