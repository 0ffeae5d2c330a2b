"""The outcome of an audit: tables, sentences, and a summary for programs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from cellglass.stats.permutation import Alternative

from .columns import AuditColumns
from .misuse import Misuse


@dataclass(frozen=True)
class Step:
    """How many rows are left once something more is asked of them.

    Attributes
    ----------
    code
        For programs.
    what
        What is asked, in words.
    n
        Rows that meet it, of those that were tested.
    """

    code: str
    what: str
    n: int


@dataclass(frozen=True)
class AuditResult:
    """What an audit found.

    Attributes
    ----------
    rows
        One row an observed row, in the order of the observed table: the key columns, ``observed``,
        ``strict_margin``, ``null_gap``, ``p_max``, ``p_min``, ``p_pooled``, ``attainable_p``,
        ``bh``, ``p_<family>``, ``q95_<family>``, ``margin_<family>`` and others.
    families
        One row for each observed row and null family.
    family_summary
        One row a null family.
    groups
        One row a group of rows: by each key column, by two and by three of them, and all.
    misuse
        One row a finding, see `findings`.
    printed
        One row a printed column that was held against the draws.
    excluded
        What was not used, by reason.
    findings
        What is wrong or must be looked at, the gravest first.
    steps
        What survives, step by step.
    sentences
        What was claimed and what survives; the first is the verdict.
    columns
        Which column was read as what.
    suffixes
        What stands for each null family in the names of columns.
    direction, level
        Tail and level of the test.
    notes
        How columns were chosen and keys matched.
    summary
        Counts and settings, as JSON types.
    """

    rows: pd.DataFrame
    families: pd.DataFrame
    family_summary: pd.DataFrame
    groups: pd.DataFrame
    misuse: pd.DataFrame
    printed: pd.DataFrame
    excluded: pd.DataFrame
    findings: tuple[Misuse, ...]
    steps: tuple[Step, ...]
    sentences: tuple[str, ...]
    columns: AuditColumns
    suffixes: Mapping[str, str]
    direction: Alternative
    level: float
    notes: tuple[str, ...]
    summary: Mapping[str, Any]

    @property
    def survivors(self) -> pd.DataFrame:
        """Rows above their hardest null family, whose p holds for all families and all rows."""
        return self.rows[(self.rows["strict_margin"] > 0) & (self.rows["bh"] <= self._at)]

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """All tables by name."""
        names = (
            "rows", "families", "family_summary", "groups", "misuse", "printed", "excluded",
        )  # fmt: skip
        return {name: getattr(self, name) for name in names}

    @property
    def _at(self) -> float:
        return self.level * (1 + 1e-12)


def plain(value: Any) -> Any:
    """Turn NumPy numbers into JSON types; what is not finite into None."""
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
