"""Observed values and their draws, matched and summarised: what all parts of an audit read."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellglass.errors import InputError
from cellglass.stats.arguments import Bools, Ints
from cellglass.stats.null_margin import turned_values
from cellglass.stats.permutation import Alternative

from .columns import AuditColumns, Names
from .grouped import DrawSummary, summarise
from .keys import MatchedKeys, as_label, key_of, labels_of, match_keys, typed
from .numbers import Numbers, as_numbers, is_number

ONLY_FAMILY = "null"
UNNAMED = "(no name)"
MOST_CELLS = 20_000_000

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Draws:
    """Draws that belong to an observed row and are numbers.

    Attributes
    ----------
    row, family
        Number of the observed row, and of the null family.
    values
        The statistic; finite or infinite.
    index
        Number of the permutation, or None where the table does not tell it.
    """

    row: Ints
    family: Ints
    values: Values
    index: Ints | None


@dataclass(frozen=True)
class Evidence:
    """Observed values beside the summary of their draws.

    Attributes
    ----------
    observed, table
        The statistic of each row, and the table that it stands in.
    keys
        The key columns of the observed table.
    columns
        Which column holds what.
    families
        Names of the null families.
    reading
        The observed values as they were read.
    draws
        The draws.
    cells
        Summary of the draws of each row and family, arrays of shape (rows, families).
    pool
        Summary of the draws of all families of a row, arrays of shape (rows,).
    missing
        Draws that are no numbers, shape (rows, families).
    matched
        How keys were matched.
    direction, level
        Tail and level of the test.
    lost
        Draws that were not used, by reason.
    varying
        Columns of the table of draws beside those that were read, by name: how many labels they
        have within one row and family at most.
    """

    observed: Values
    table: pd.DataFrame
    keys: pd.DataFrame
    columns: AuditColumns
    families: tuple[str, ...]
    reading: Numbers
    draws: Draws
    cells: DrawSummary
    pool: DrawSummary
    missing: Values
    matched: MatchedKeys
    direction: Alternative
    level: float
    lost: dict[str, int]
    varying: dict[str, int]

    @property
    def n_rows(self) -> int:
        """Observed rows."""
        return self.observed.size

    @cached_property
    def testable(self) -> Bools:
        """Rows with a finite observed value and at least one draw."""
        return np.isfinite(self.observed) & (self.pool.n > 0)

    @cached_property
    def tested(self) -> Values:
        """Observed values turned so that larger is more extreme."""
        return turned_values(self.observed, self.direction)

    @cached_property
    def p(self) -> Values:
        """Of each row against each family, shape (rows, families); nan without draws."""
        return self.p_of(self.cells, self.testable[:, None])

    @cached_property
    def p_pooled(self) -> Values:
        """Of each row against the draws of all its families together."""
        return self.p_of(self.pool, self.testable)

    @cached_property
    def gap(self) -> Values:
        """Pooled null gap of each row."""
        return np.where(self.testable, self.tested - self.pool.quantile, np.nan)

    @cached_property
    def margins(self) -> Values:
        """Margin of each row over each family, shape (rows, families)."""
        held = self.testable[:, None] & (self.cells.n > 0)
        return np.where(held, self.tested[:, None] - self.cells.quantile, np.nan)

    @cached_property
    def strict(self) -> Values:
        """Strict margin of each row: over its hardest family."""
        return over_families(np.fmin, self.margins)

    @cached_property
    def p_max(self) -> Values:
        """Largest p of each row over its families."""
        return over_families(np.fmax, self.p)

    @cached_property
    def p_min(self) -> Values:
        """Smallest p of each row over its families."""
        return over_families(np.fmin, self.p)

    @cached_property
    def attainable(self) -> Values:
        """Smallest p that the draws of each cell can give; nan without draws."""
        return np.where(self.cells.n > 0, 1.0 / (self.cells.n + 1.0), np.nan)

    @cached_property
    def attainable_row(self) -> Values:
        """Smallest largest p that a row can have: that of its family with the fewest draws."""
        return over_families(np.fmax, self.attainable)

    def p_of(self, summary: DrawSummary, held: Bools) -> Values:
        """(1 + draws as extreme as the observed value) / (1 + draws)."""
        beyond = {
            "greater": summary.at_least, "less": summary.at_most, "two-sided": summary.extreme,
        }[self.direction]  # fmt: skip
        return np.where(held & (summary.n > 0), (1.0 + beyond) / (1.0 + summary.n), np.nan)

    @cached_property
    def telling(self) -> tuple[str, ...]:
        """Key columns that tell rows apart; all of them where none does."""
        several = tuple(c for c in self.columns.by if self.keys[c].nunique(dropna=False) > 1)
        return several or self.columns.by

    def name(self, row: int) -> str:
        """Key of a row, for sentences: its values alone where there are several."""
        if len(self.telling) == 1:
            return key_of(self.table, self.telling, row)
        return " · ".join(as_label(self.table[c].iloc[row]) or "(empty)" for c in self.telling)

    def passes(self, p: Values) -> Bools:
        """Whether p values are at or below the level; nan is not."""
        return np.nan_to_num(p, nan=np.inf) <= self.level * (1 + 1e-12)


def over_families(rule: np.ufunc, values: Values) -> Values:
    """Reduce (rows, families) to rows; families without a value do not count."""
    return np.asarray(rule.reduce(values, axis=1), dtype=np.float64)


def gather(
    observed: pd.DataFrame,
    draws: pd.DataFrame,
    columns: AuditColumns,
    *,
    direction: Alternative = "greater",
    level: float = 0.05,
    names: Names = ("observed", "draws"),
) -> Evidence:
    """Match the two tables and summarise the draws.

    Parameters
    ----------
    observed
        One row a test.
    draws
        One row a draw.
    columns
        Which column holds what.
    direction, level
        Tail and level of the test.
    names
        What the two tables are called in messages.

    Returns
    -------
    Evidence

    Raises
    ------
    InputError
        If a table is empty, keys repeat or do not meet, or a column holds no number.
    """
    for table, name in ((observed, names[0]), (draws, names[1])):
        if table.empty:
            raise InputError("the table has no rows", where=name, expected="at least one row",
                             fix="name the file that holds the results")  # fmt: skip
    reading = as_numbers(observed[columns.value], f"{names[0]}, column '{columns.value}'")
    drawn = as_numbers(draws[columns.null_value], f"{names[1]}, column '{columns.null_value}'")
    matched = match_keys(observed, draws, columns.by, names, columns.null_kind)
    family, families = _families(draws, columns.null_kind)
    shape = (len(observed), len(families))
    if shape[0] * shape[1] > MOST_CELLS:
        raise InputError(
            f"{shape[0]:,} rows times {shape[1]:,} null families", where=names[1],
            expected="at most 20 million pairs of row and family",
            fix="name another column with --null-kind, or audit a part of the rows at a time",
        )  # fmt: skip
    mine = matched.row >= 0
    cell = matched.row * shape[1] + family
    unread = mine & np.isnan(drawn.values)
    missing = np.bincount(cell[unread], minlength=shape[0] * shape[1]).astype(np.float64)
    used = mine & ~np.isnan(drawn.values)
    index = None if columns.index is None else labels_of(draws[columns.index])[0][used]
    held = Draws(matched.row[used], family[used], drawn.values[used], index)
    value = np.where(np.isfinite(reading.values), reading.values, np.nan)
    cells = summarise(held.values, cell[used], np.repeat(value, shape[1]), direction)
    return Evidence(
        observed=value, table=observed,
        keys=pd.DataFrame({c: typed(observed[c]) for c in columns.by}).reset_index(drop=True),
        columns=columns, families=families, reading=reading, draws=held,
        cells=cells.reshape(*shape),
        pool=summarise(held.values, held.row, value, direction),
        missing=missing.reshape(shape), matched=matched, direction=direction, level=level,
        lost={
            "draws whose key no observed row has": int((~mine).sum()),
            "draws that are empty": int((mine & drawn.missing).sum()),
            "draws that are no number": int((mine & drawn.unreadable).sum()),
        },
        varying=_varying(draws, observed, columns, cell, mine),
    )  # fmt: skip


def _families(draws: pd.DataFrame, kind: str | None) -> tuple[Ints, tuple[str, ...]]:
    if kind is None:
        return np.zeros(len(draws), dtype=np.int64), (ONLY_FAMILY,)
    codes, labels = labels_of(draws[kind])
    names = [label.strip() or UNNAMED for label in labels]
    order = sorted(set(names))
    place = {name: i for i, name in enumerate(order)}
    return np.array([place[n] for n in names], dtype=np.int64)[codes], tuple(order)


def _varying(
    draws: pd.DataFrame, observed: pd.DataFrame, columns: AuditColumns, cell: Ints, mine: Bools
) -> dict[str, int]:
    """Other columns of words, or of both tables, that vary among the draws of a row and family."""
    read = {*columns.by, columns.null_value, columns.null_kind, columns.index}
    found: dict[str, int] = {}
    for column in draws.columns:
        if column in read or pd.api.types.is_float_dtype(draws[column].dtype):
            continue
        codes, labels = labels_of(draws[column][mine])
        if not 1 < len(labels) <= max(20, len(codes) // 20):
            continue  # the same everywhere, or a measurement
        if column not in observed.columns and all(is_number(x) for x in labels):
            continue
        pairs = np.unique(cell[mine] * len(labels) + codes) // len(labels)
        most = int(np.bincount(np.unique(pairs, return_inverse=True)[1]).max())
        if most > 1:
            found[str(column)] = most
    return found
