"""The audit: observed values and null draws in, what survives out."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from cellglass.stats.arguments import as_fraction
from cellglass.stats.null_margin import turned_values
from cellglass.stats.permutation import Alternative

from .claims import draws_for_all
from .collapse import one_row_a_test
from .columns import Names, find_columns
from .dependence import SharedDraws, shared_draws
from .evidence import Evidence, gather
from .groups import groupings_table, groups_table
from .misuse import Misuse, misuse_table, misuses
from .printed import compare_printed, printed_table
from .result import AuditResult, Step, plain
from .rows import TESTED, families_table, family_summary, rows_table, states
from .survival import sentences, steps


def audit_draws(
    observed: pd.DataFrame,
    draws: pd.DataFrame,
    *,
    by: Sequence[str],
    value: str,
    null_value: str | None = None,
    null_kind: str | None = None,
    index: str | None = None,
    direction: Alternative = "greater",
    level: float = 0.05,
    names: Names = ("observed", "draws"),
) -> AuditResult:
    """Audit a table of results against the null draws that were published with it.

    Parameters
    ----------
    observed
        One row a test: key columns, the observed statistic, and whatever else was printed.
    draws
        One row a null draw: the same key columns, the null family, the statistic.
    by
        Key columns that both tables have.
    value
        Column of `observed` that holds the statistic.
    null_value
        Column of `draws` that holds it; ``null_value``, or one named like `value`, when None.
    null_kind
        Column of `draws` that names the null family; looked for under its usual names when None.
        Without one all draws of a row are one family.
    index
        Column of `draws` that numbers the permutations; looked for when None.
    direction
        ``"greater"``, ``"less"``, or ``"two-sided"``, which compares absolute values.
    level
        Level at which p values are read.
    names
        What the two tables are called in messages.

    Returns
    -------
    AuditResult
        Tables of rows, families, groups and findings, and the sentences that sum them up.

    Raises
    ------
    InputError
        If a column is not there (the nearest ones are named), a key repeats in `observed`, no key
        of `draws` meets one, or a column holds no number.

    Notes
    -----
    p = (1 + #{draws >= observed}) / (R + 1), with the values as they are given. Null gap: observed
    less the 95 % quantile of the draws of all families. Strict margin: observed less the largest
    95 % quantile of a family (see `null_gap` and `strict_margin`). A row stands against all of
    its families by its largest p (see `max_p`); these are adjusted over rows by `bh`, `by` and
    `holm`. Missing draws are left out and counted; an infinite one keeps its place in the order.

    Examples
    --------
    >>> seen = pd.DataFrame({"layer": [0, 7], "delta": [0.5, 0.1]})
    >>> drawn = pd.DataFrame({
    ...     "layer": [0] * 4 + [7] * 4, "null_kind": ["labels", "labels", "pairs", "pairs"] * 2,
    ...     "null_value": [0.0, 0.1, 0.2, 0.3, 0.0, 0.1, 0.2, 0.3]})
    >>> result = audit_draws(seen, drawn, by=["layer"], value="delta")
    >>> result.rows["strict_margin"].round(3).tolist()
    [0.205, -0.195]
    >>> result.rows["attainable_p"].tolist()[0] == 1 / 3
    True
    """
    as_fraction(level, "level")
    turned_values(0.0, direction)  # refuses an unknown direction before anything is read
    seen, drawn = (_with_text_names(table) for table in (observed, draws))
    columns = find_columns(seen, drawn, by, value, null_value, null_kind, index, names)
    seen, collapsed = one_row_a_test(seen, columns)
    evidence = gather(seen, drawn, columns, direction=direction, level=level, names=names)
    shared = shared_draws(evidence)
    printed = compare_printed(evidence, columns.value)
    rows, suffixes = rows_table(evidence)
    found = misuses(evidence, printed, shared)
    counted = steps(evidence, rows)
    families, groups = family_summary(evidence), groups_table(evidence, shared)
    return AuditResult(
        rows=rows,
        families=families_table(evidence),
        family_summary=families,
        groups=groups,
        misuse=misuse_table(found),
        printed=printed_table(printed),
        excluded=_excluded(evidence),
        findings=tuple(found),
        steps=counted,
        sentences=sentences(evidence, counted),
        columns=columns,
        suffixes=suffixes,
        direction=direction,
        level=level,
        notes=(
            *columns.notes,
            *([collapsed] if collapsed else []),
            *evidence.matched.notes,
            *_on_permutations(evidence, shared),
        ),
        summary=_summary(evidence, counted, shared, found)
        | {
            "families": plain(families.to_dict("records")),
            "groupings": plain(groupings_table(groups).to_dict("records")),
        },
    )


def _with_text_names(table: pd.DataFrame) -> pd.DataFrame:
    return table.rename(columns=str).reset_index(drop=True)


def _excluded(evidence: Evidence) -> pd.DataFrame:
    """What was not used: how much of it, and which."""
    told = states(evidence)
    found: list[dict[str, Any]] = []
    for state in sorted(set(told) - {TESTED}):
        places = [i for i, s in enumerate(told) if s == state]
        named = "; ".join(evidence.name(i) for i in places[:3])
        found.append({"what": "observed rows", "reason": state, "n": len(places),
                      "which": named + ("; ..." if len(places) > 3 else "")})  # fmt: skip
    strangers = "; ".join(f"{key} ({n:,})" for key, n in evidence.matched.strangers[:3])
    if evidence.matched.n_strangers > 3:
        strangers += f"; {evidence.matched.n_strangers:,} keys in all"
    for reason, n in evidence.lost.items():
        if n:
            which = strangers if "key" in reason else ""
            found.append({"what": "draws", "reason": reason, "n": n, "which": which})
    unused = int((~evidence.testable)[evidence.draws.row].sum())
    if unused:
        found.append({"what": "draws", "reason": "draws of rows that could not be tested",
                      "n": unused, "which": ""})  # fmt: skip
    return pd.DataFrame(found, columns=["what", "reason", "n", "which"])


def _on_permutations(evidence: Evidence, shared: Sequence[SharedDraws]) -> tuple[str, ...]:
    """Whether the rows share their permutations, as far as the draws tell."""
    column = evidence.columns.index
    if column is None:
        return (
            "No column numbers the permutations, so that the dependence of rows cannot be read "
            "from their draws.",
        )
    if not shared:
        return (
            f"'{column}' does not line the draws of rows up (fewer than two rows with five numbers "
            "in common, or numbers that repeat): rows cannot be combined by their permutations.",
        )
    together = [s.family for s in shared if s.correlated]
    if together:
        return (
            f"Draws with the same '{column}' are correlated across rows in "
            f"{len(together)} of {len(shared)} null families: the rows share their permutations, "
            "and groups of them are tested by these (p_shared_permutations).",
        )
    return (
        f"Draws with the same '{column}' are not correlated across rows: the permutations were "
        "made anew for each row, and the dependence of rows that share genes or cells is not in "
        "them. The mean over rows is therefore not tested by pairing draws.",
    )


def _summary(
    evidence: Evidence,
    counted: Sequence[Step],
    shared: Sequence[SharedDraws],
    found: Sequence[Misuse],
) -> dict[str, Any]:
    tested = int(evidence.testable.sum())
    effective = {s.family: {"rows": s.rows.size, "effective": s.effective, "mean_r": s.mean_r,
                            "correlated": s.correlated} for s in shared}  # fmt: skip
    return dict(plain({
        "direction": evidence.direction,
        "level": evidence.level,
        "columns": dataclasses.asdict(evidence.columns) | {"notes": list(evidence.columns.notes)},
        "n_rows": evidence.n_rows,
        "n_tested": tested,
        "n_draws": evidence.draws.values.size,
        "n_families": len(evidence.families),
        "survive": {step.code: step.n for step in counted},
        "mean_observed": _mean(evidence.observed[evidence.testable]),
        "mean_null_gap": _mean(evidence.gap[evidence.testable]),
        "mean_strict_margin": _mean(evidence.strict[evidence.testable]),
        "draws_needed": {
            "for_the_level": draws_for_all(1, evidence.level),
            "for_all_rows": draws_for_all(max(1, tested), evidence.level),
        },
        "effective_rows": effective,
        "not_used": {k: v for k, v in evidence.lost.items() if v},
        "misuse": list(dict.fromkeys(m.code for m in found)),
    }))  # fmt: skip


def _mean(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> float:
    return float(values.mean()) if values.size else float("nan")
