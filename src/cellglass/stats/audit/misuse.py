"""What is wrong with a published table of nulls, or must be looked at: each with a code."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cellglass._words import listed
from cellglass.stats.arguments import Bools

from .dependence import SharedDraws
from .evidence import Evidence
from .printed import Printed

MISUSE, LIMIT, CHECK = "misuse", "limit", "check"
"""How grave it is: a conclusion that does not follow; a design that can show little; a sign of
something else, to be looked at by a person."""

NAMED = 3


@dataclass(frozen=True)
class Misuse:
    """One thing that a reviewer should know.

    Attributes
    ----------
    code
        Short and stable, for programs.
    severity
        ``"misuse"``, ``"limit"`` or ``"check"``.
    sentence
        What it is, in plain words.
    n_rows
        Rows concerned.
    rows
        Some of them, by their keys.
    """

    code: str
    severity: str
    sentence: str
    n_rows: int
    rows: str = ""


def found_in(
    evidence: Evidence, rows: Bools, code: str, severity: str, sentence: str
) -> list[Misuse]:
    """One entry on the rows concerned; none where there are no rows."""
    places = np.flatnonzero(rows)
    if not places.size:
        return []
    named = "; ".join(evidence.name(int(i)) for i in places[:NAMED])
    if places.size > NAMED and places.size == int(evidence.testable.sum()):
        named = "all that were tested"
    elif places.size > NAMED:
        named += f"; and {places.size - NAMED} more"
    return [Misuse(code, severity, sentence, int(places.size), named)]


def misuses(
    evidence: Evidence, printed: Sequence[Printed], shared: Sequence[SharedDraws]
) -> list[Misuse]:
    """Name everything that is wrong or must be looked at, the gravest first.

    Parameters
    ----------
    evidence
        Observed values and their draws.
    printed
        Printed columns and what explains them.
    shared
        Draws lined up by permutation.

    Returns
    -------
    list of Misuse
    """
    from .claims import claims
    from .signs import signs

    found = [*claims(evidence, printed, shared), *signs(evidence)]
    order = {MISUSE: 0, LIMIT: 1, CHECK: 2}
    return sorted(found, key=lambda m: order[m.severity])


def misuse_table(found: Iterable[Misuse]) -> pd.DataFrame:
    """One row a finding."""
    all_found = list(found)
    return pd.DataFrame({
        "code": [m.code for m in all_found],
        "severity": [m.severity for m in all_found],
        "n_rows": [m.n_rows for m in all_found],
        "told": [m.sentence for m in all_found],
        "rows": [m.rows for m in all_found],
    })  # fmt: skip


def quoted(names: Sequence[str]) -> str:
    """Name a few things in quotation marks."""
    shown = [f"'{n}'" for n in names[:6]]
    return listed(shown) if len(names) <= 6 else f"{', '.join(shown)} and {len(names) - 6} more"


def share(n: int, of: int) -> str:
    """Say how many rows of how many."""
    return f"all {of} rows" if n == of and of > 1 else f"{n} of {of} rows"
