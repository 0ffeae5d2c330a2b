"""Conclusions that do not follow from the draws, and designs that can show little."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from cellglass.stats.arguments import Bools
from cellglass.stats.multiplicity import bh

from .dependence import SharedDraws
from .evidence import Evidence
from .keys import labels_of
from .misuse import CHECK, LIMIT, MISUSE, Misuse, found_in, quoted, share
from .printed import Printed, is_adjusted, words_of


def claims(
    evidence: Evidence, printed: Sequence[Printed], shared: Sequence[SharedDraws]
) -> list[Misuse]:
    """Check conclusions against the draws.

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
    return [
        *_minimum(evidence, printed),
        *_fisher(evidence, printed, shared),
        *_unattainable(evidence),
        *_gap_without_strict(evidence),
        *_multiplicity(evidence),
        *_without_plus_one(evidence, printed),
        *_not_reproduced(evidence, printed),
        *_too_few_for_all(evidence),
        *_few_effective(evidence, shared),
        *_one_family(evidence),
        *_lacking(evidence),
    ]


def draws_for_all(rows: int, level: float) -> int:
    """Draws a family with which a Bonferroni-corrected p over so many rows can reach the level.

    Examples
    --------
    >>> draws_for_all(25, 0.05)
    499
    """
    return math.ceil(rows / level * (1 - 1e-12)) - 1


def _minimum(evidence: Evidence, printed: Sequence[Printed]) -> list[Misuse]:
    found = []
    for column in printed:
        named = column.is_p and {"best", "min"} & words_of(column.column)
        several = len(evidence.families) > 1
        if column.kind != "p_min" and not (named and several and not column.explained):
            continue
        how = (
            f"is the smallest over null families in {share(column.n_agree, column.n)}"
            if column.kind == "p_min"
            else "is named like the smallest over null families"
        )
        some = evidence.passes(evidence.p_min)
        lost = int((some & ~evidence.passes(evidence.p_max)).sum())
        found += found_in(
            evidence, evidence.testable, "minimum_over_families", MISUSE,
            f"The printed p ('{column.column}') {how}. The smallest of several p gets smaller with "
            "every family that is added, also where nothing is true. The largest is the one that "
            "holds against all of them"
            + (f": {lost} of the {int(some.sum())} rows with a smallest p at or below "
               f"{evidence.level:g} are not significant by it." if some.any() else "."),
        )  # fmt: skip
    return found


def _fisher(
    evidence: Evidence, printed: Sequence[Printed], shared: Sequence[SharedDraws]
) -> list[Misuse]:
    columns = [
        c.column for c in printed
        if c.is_p and (c.kind.startswith("fisher") or {"fisher", "combined"} & words_of(c.column))
    ]  # fmt: skip
    if not columns:
        return []
    together = [s for s in shared if s.correlated]
    tie = (
        f" Here the draws of rows on one permutation are correlated (mean r = "
        f"{max(s.mean_r for s in together):.2f})." if together else ""
    )  # fmt: skip
    return found_in(
        evidence, evidence.testable, "fisher_on_dependent_rows", MISUSE,
        f"{quoted(columns)} is combined by Fisher's rule, which needs independent tests. Rows that "
        "share genes, edges or cells repeat one another, and null families of one row share the "
        f"observed value: the combined p is far too small.{tie} The table of groups combines the "
        "same rows by rules that hold: the largest p, Cauchy, the harmonic mean"
        + (" and the permutations that the rows share." if together else "."),
    )  # fmt: skip


def _unattainable(evidence: Evidence) -> list[Misuse]:
    rows = evidence.testable & ~evidence.passes(evidence.attainable_row)
    needed = math.ceil(1 / evidence.level * (1 - 1e-12)) - 1
    few = evidence.cells.n[rows]
    lowest = few[few > 0]
    if not lowest.size:
        return []
    fewest, most = int(lowest.min()), int(_smallest_of_rows(few).max())
    drawn = f"{fewest} draws" if fewest == most else f"{fewest} to {most} draws"
    return found_in(
        evidence, rows, "level_unattainable", MISUSE,
        f"In {share(int(rows.sum()), int(evidence.testable.sum()))} the smallest null family has "
        f"{drawn}, with which p cannot be below {1 / (most + 1):.3g}: p at or below "
        f"{evidence.level:g} is impossible, whatever the data say. It takes {needed} draws.",
    )  # fmt: skip


def _smallest_of_rows(n: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> np.ndarray:
    return np.where(n > 0, n, np.inf).min(axis=1)


def _gap_without_strict(evidence: Evidence) -> list[Misuse]:
    rows = (evidence.gap > 0) & ~(evidence.strict > 0)
    positive = int((evidence.gap > 0).sum())
    return found_in(
        evidence, rows, "gap_without_strict_margin", MISUSE,
        f"{positive} of {int(evidence.testable.sum())} rows lie above the 95 % quantile of all "
        f"draws thrown together (null gap). {int(rows.sum())} of these {positive} do not lie above "
        "the largest 95 % quantile of a family (strict margin): one null family explains them. "
        "Draws of an easy null dilute those of a hard one.",
    )  # fmt: skip


def _multiplicity(evidence: Evidence) -> list[Misuse]:
    m = int(evidence.testable.sum())
    adjusted = [str(c) for c in evidence.table.columns if is_adjusted(str(c))]
    if m < 2 or adjusted:
        return []
    raw = int(evidence.passes(evidence.p_min).sum())
    kept = int(evidence.passes(bh(evidence.p_max)).sum())
    several = len(evidence.families) > 1
    return found_in(
        evidence, evidence.testable, "no_multiplicity_control", MISUSE,
        f"{m} rows are tested and no p is adjusted for that. If nothing were true, up to "
        f"{m * evidence.level:.3g} of them would be expected at p at or below {evidence.level:g} "
        f"by chance alone{' in each null family' if several else ''}. {raw} have such a p"
        f"{' against some family' if several else ''}; {kept} "
        f"{'remains' if kept == 1 else 'remain'}{' against all families' if several else ''} "
        "after the correction of Benjamini and Hochberg.",
    )  # fmt: skip


def _without_plus_one(evidence: Evidence, printed: Sequence[Printed]) -> list[Misuse]:
    found = []
    for column in printed:
        exact = column.formula is not None and not column.formula.plus_one
        counted = column.kind in ("p_max", "p_min", "pooled", "family")
        if column.zeros or (counted and exact):
            why = (
                f"holds {column.zeros} p of exactly 0, which no number of draws can show"
                if column.zeros else "leaves the observed value out of the draws"
            )  # fmt: skip
            found += found_in(
                evidence, evidence.testable, "p_without_plus_one", MISUSE,
                f"'{column.column}' {why}. (1 + exceeding) / (1 + draws) is the p value; without "
                "the 1 it is too small, and 0 where no draw exceeds.",
            )  # fmt: skip
    return found


def _not_reproduced(evidence: Evidence, printed: Sequence[Printed]) -> list[Misuse]:
    found = []
    for column in printed:
        if column.n and not column.explained:
            what = "p values" if column.is_p else "values"
            found += found_in(
                evidence, evidence.testable, "printed_not_reproduced", LIMIT,
                f"The printed {what} cannot be computed from the draws. {column.sentence}",
            )  # fmt: skip
    return found


def _too_few_for_all(evidence: Evidence) -> list[Misuse]:
    m = int(evidence.testable.sum())
    if m < 2:
        return []
    needed = draws_for_all(m, evidence.level)
    n = np.where(evidence.testable, _smallest_of_rows(evidence.cells.n), np.inf)
    rows = evidence.testable & (n < needed)
    return found_in(
        evidence, rows, "too_few_draws_for_all_rows", LIMIT,
        f"For {m} rows at the level {evidence.level:g} a null family needs {needed:,} draws, so "
        f"that one row can survive the correction of Bonferroni; {share(int(rows.sum()), m)} have "
        f"fewer (the fewest: {int(n[rows].min()) if rows.any() else 0:,}).",
    )  # fmt: skip


def _few_effective(evidence: Evidence, shared: Sequence[SharedDraws]) -> list[Misuse]:
    together = [s for s in shared if s.correlated]
    if not together:
        return []
    least = min(together, key=lambda s: s.effective / s.rows.size)
    if least.effective > 0.9 * least.rows.size:
        return []
    rows = np.zeros(evidence.n_rows, dtype=np.bool_)
    rows[least.rows] = True
    return found_in(
        evidence, rows, "rows_repeat_one_another", LIMIT,
        f"On the same permutations of '{least.family}' the draws of different rows are correlated "
        f"(mean r = {least.mean_r:.2f}): {least.rows.size} rows are worth about "
        f"{max(1, round(least.effective))} independent ones. A number of rows is no number of "
        "replications.",
    )  # fmt: skip


def _one_family(evidence: Evidence) -> list[Misuse]:
    rows = evidence.testable & ((evidence.cells.n > 0).sum(axis=1) == 1)
    if len(evidence.families) == 1:
        text = "There is one null family only"
    else:
        rows_ = share(int(rows.sum()), int(evidence.testable.sum()))
        text = f"In {rows_} there is one null family only"
    return found_in(
        evidence, rows, "one_null_family", LIMIT,
        f"{text}: the strict margin is the margin over it, and what that null leaves in place "
        "cannot be told from the effect.",
    )  # fmt: skip


def _lacking(evidence: Evidence) -> list[Misuse]:
    """Rows without draws of a family that others have, in one sentence on all families."""
    held = evidence.testable[:, None] & (evidence.cells.n > 0)
    lacking = evidence.testable[:, None] & ~held & held.any(axis=0)
    names = [evidence.families[i] for i in np.flatnonzero(lacking.any(axis=0))]
    rows = np.asarray(lacking.any(axis=1))
    by = _explained_by(evidence, held)
    if by:
        return found_in(
            evidence, rows, "family_missing", CHECK,
            f"Null families are not the same for all rows; which ones a row has depends on '{by}'. "
            "Strict margins and p_max are over those that a row has.",
        )  # fmt: skip
    return found_in(
        evidence, rows, "family_missing", LIMIT,
        f"In {share(int(rows.sum()), int(evidence.testable.sum()))} there are no draws of a null "
        f"family that other rows have ({quoted(names)}): their strict margin is over fewer "
        "families.",
    )  # fmt: skip


def _explained_by(evidence: Evidence, held: Bools) -> str:
    """A key column whose values decide which families a row has; empty where there is none."""
    _, pattern = np.unique(held, axis=0, return_inverse=True)
    for column in evidence.telling:
        codes, labels = labels_of(evidence.keys[column])
        pairs = np.unique(np.stack([codes, pattern.ravel()]), axis=1).shape[1]
        if pairs == len(labels) < evidence.n_rows:
            return column
    return ""
