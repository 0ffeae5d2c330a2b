"""Ours beside theirs: the state of a comparison, the difference, and the likely reasons."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from cellglass._words import plural
from cellglass.report.numbers import number

from .published import GRADES, Paper, PublishedNumber, PublishedTable, Z
from .selecting import Ours

if TYPE_CHECKING:
    import pandas as pd

NOTHING = Ours()
BY_SAMPLING = "within sampling error"
BORROWED = (
    "theirs has no standard deviation of its own: ours stands in for it, so that this agreement "
    "supposes that both vary alike"
)
DEFECT = "known defect of theirs"
WIDE = 0.1  # half width of an interval that holds many values, where values are AUROCs


class State(StrEnum):
    """What became of a published number."""

    REPRODUCED = "REPRODUCED"
    DIFFERS = "DIFFERS"
    CHECK_AGREES = "CHECK AGREES"
    CHECK_DIFFERS = "CHECK DIFFERS"
    OTHER_INPUTS = "OTHER INPUTS"
    NOT_RUN = "NOT RUN"
    NOT_APPLICABLE = "NOT APPLICABLE"


AGREES = (State.REPRODUCED, State.CHECK_AGREES)
MEANING: dict[State, str] = {
    State.REPRODUCED: "same inputs; ours agrees within its interval, theirs, or the digits printed",
    State.DIFFERS: "same inputs; ours does not agree",
    State.CHECK_AGREES: "no number of the paper: computed for the specification, and ours agrees",
    State.CHECK_DIFFERS: "no number of the paper: computed for the specification; ours does not "
    "agree",
    State.OTHER_INPUTS: "not the same inputs: both numbers are shown, no agreement is claimed",
    State.NOT_RUN: "something is missing; what and where to get it is told",
    State.NOT_APPLICABLE: "our analysis gives no such number, or not with these inputs",
}


@dataclass(frozen=True)
class Comparison:
    """One published number and ours.

    Parameters
    ----------
    table, row
        The published number.
    state
        See `State`.
    ours
        Our number; without a value where there is none.
    agreement
        By what the two agree, whatever the inputs; empty where they do not.
    reasons
        Why they differ, or may differ; why there is no number.
    get
        What to give, and where to get it, where something is missing.
    """

    table: PublishedTable
    row: PublishedNumber
    state: State
    ours: Ours = NOTHING
    agreement: str = ""
    reasons: tuple[str, ...] = ()
    get: tuple[str, ...] = ()

    @property
    def difference(self) -> float:
        """Ours minus theirs; from the nearer end of a range, and 0 inside it."""
        return gap(self.row, self.ours)


def gap(row: PublishedNumber, ours: Ours) -> float:
    """Difference of ours and theirs.

    Examples
    --------
    >>> round(gap(PublishedNumber("x", "a", "0.50"), Ours(0.53)), 3)
    0.03
    >>> round(gap(PublishedNumber("x", "a", "", "0.2", "0.3", "range"), Ours(0.34)), 3)
    0.04
    """
    if not ours.found:
        return math.nan
    if row.value:
        return ours.value - row.number
    low, high = row.bounds
    return ours.value - min(max(ours.value, low), high)


def agreement(row: PublishedNumber, ours: Ours) -> str:
    """By what two numbers agree; empty where they do not.

    Parameters
    ----------
    row
        Theirs.
    ours
        Ours.

    Returns
    -------
    str
        The first that holds: the difference is no more than half a unit of the last digit
        printed (a whole one where it says "about"); ours keeps the bound that is claimed, or lies
        in the range that is printed; our 95 % interval reaches the number as printed; the
        published 95 % interval (printed, or from the standard deviation and n) holds ours; of
        independent draws, the 95 % interval of the difference holds 0.

    Examples
    --------
    >>> agreement(PublishedNumber("x", "a", "0.50"), Ours(0.503))
    'to the digits printed'
    >>> agreement(PublishedNumber("x", "a", "0.50"), Ours(0.52, 0.49, 0.55))
    'within our interval'
    >>> agreement(PublishedNumber("x", "a", "0.50"), Ours(0.52, 0.51, 0.53))
    ''
    """
    tolerance = row.tolerance * (1 + 1e-9)
    if not ours.found:
        return ""
    if row.relation in ("<=", ">="):
        sign = 1 if row.relation == "<=" else -1
        return "keeps the bound" if sign * (ours.value - row.number) <= tolerance else ""
    if abs(gap(row, ours)) <= tolerance:
        return "to the digits printed" if row.value else "within the range printed"
    low, high = row.bounds
    if row.spread == "range" and low - tolerance <= ours.value <= high + tolerance:
        return "within the range printed"
    ends = (row.number, row.number) if row.value else (low, high)
    if ours.low <= ends[1] + tolerance and ends[0] - tolerance <= ours.high:
        return "within our interval"
    start, stop = row.published_interval
    if start <= ours.value <= stop:
        return "within the published interval"
    return BY_SAMPLING if row.independent and _by_sampling(row, ours) else ""


def _by_sampling(row: PublishedNumber, ours: Ours) -> bool:
    """Whether the 95 % interval of the difference of two independent means holds 0."""
    half = (ours.high - ours.low) / 2
    if not (row.n and ours.n and math.isfinite(half)):
        return False
    other = Z * float(row.sd) / math.sqrt(row.n) if row.sd else half * math.sqrt(ours.n / row.n)
    return abs(gap(row, ours)) <= math.hypot(half, other)


def judge(
    table: PublishedTable, row: PublishedNumber, ours: Ours, other_inputs: Sequence[str]
) -> Comparison:
    """Compare a published number with ours.

    Parameters
    ----------
    table, row
        The published number.
    ours
        Our number, or why there is none.
    other_inputs
        In what our inputs are not the published ones; see `differences`.

    Returns
    -------
    Comparison
        Never REPRODUCED where an input is another one, however close the numbers are.

    Examples
    --------
    >>> row = PublishedNumber("x", "variance", "0.881", n=151, n_unit="perturbation")
    >>> table = PublishedTable("t", "Title", (row,))
    >>> str(judge(table, row, Ours(0.881, 0.87, 0.89), ["THP-1, not K562"]).state)
    'OTHER INPUTS'
    """
    if not ours.found:
        why = ours.told or "our result has no such number"
        return Comparison(table, row, State.NOT_APPLICABLE, ours, reasons=(why,))
    how = agreement(row, ours)
    reasons = [*other_inputs]
    if ours.told:
        reasons.append(ours.told)
    if row.n and ours.n and ours.n != row.n and not row.independent:
        reasons.append(f"{ours.n:,} {plural(row.n_unit or 'unit', ours.n)}, not {row.n:,}")
    if row.differs:
        reasons.append(row.differs)
    if other_inputs:
        state = State.OTHER_INPUTS
    elif how:
        state = State.CHECK_AGREES if row.own_check else State.REPRODUCED
    else:
        state = State.CHECK_DIFFERS if row.own_check else State.DIFFERS
    if how == BY_SAMPLING and not row.sd:
        reasons.append(BORROWED)
    if row.defect:
        reasons.append(f"{DEFECT}: {row.defect}")
    differs = state in (State.DIFFERS, State.CHECK_DIFFERS)
    if differs and row.independent:
        reasons.append("by chance, one in twenty such comparisons of random draws differs")
    if differs and not reasons:
        reasons.append("no reason is known: the inputs are the published ones as far as they tell")
    if state in AGREES and how == "within our interval" and _wide(ours):
        reasons.append("our interval is wide: it would hold many other values")
    return Comparison(table, row, state, ours, how, tuple(reasons))


def judge_parts(comparisons: Sequence[Comparison]) -> list[Comparison]:
    """Let no number agree that is computed of numbers of which one differs.

    A ratio has a wider sampling error than its parts: it may hold 1.85 although the denominator
    does not come out.

    Parameters
    ----------
    comparisons
        Of one table.

    Returns
    -------
    list of Comparison
        The same, in which a number whose parts differ DIFFERS, and says of which.

    Examples
    --------
    >>> part = PublishedNumber("b", "denominator", "0.49")
    >>> ratio = PublishedNumber("r", "ratio", "1.85", parts=("b",))
    >>> table = PublishedTable("t", "Title", (part, ratio))
    >>> both = [judge(table, part, Ours(0.58), []), judge(table, ratio, Ours(1.85), [])]
    >>> [str(c.state) for c in both], [str(c.state) for c in judge_parts(both)]
    (['DIFFERS', 'REPRODUCED'], ['DIFFERS', 'DIFFERS'])
    """
    differ = {c.row.id: c for c in comparisons if c.state is State.DIFFERS}
    found = []
    for one in comparisons:
        wrong = [differ[p] for p in one.row.parts if p in differ]
        if wrong and one.state is State.REPRODUCED:
            named = "; ".join(
                f"{c.row.what} is {c.row.shown} in theirs, {number(c.ours.value)} in ours"
                for c in wrong
            )
            told = f"a number that it is computed of DIFFERS: {named}"
            alone = f"by itself it would agree {one.agreement}"
            reasons = (told, alone, *one.reasons)
            one = replace(one, state=State.DIFFERS, agreement="", reasons=reasons)
        found.append(one)
    return found


def _wide(ours: Ours) -> bool:
    return (ours.high - ours.low) / 2 > max(WIDE, 0.25 * abs(ours.value))


def comparisons_table(paper: Paper, comparisons: Sequence[Comparison]) -> pd.DataFrame:
    """All comparisons as a table, one row a published number and result of ours.

    Parameters
    ----------
    paper
        The paper.
    comparisons
        What `reproduce` found.

    Returns
    -------
    pandas.DataFrame
        Theirs as printed and as numbers, ours with interval and n, difference, state, reasons,
        what to get, and where each comes from.
    """
    import pandas as pd

    return pd.DataFrame([_record(paper, c) for c in comparisons])


def _record(paper: Paper, comparison: Comparison) -> dict[str, Any]:
    row, ours = comparison.row, comparison.ours
    return {
        "paper": paper.id,
        "table": comparison.table.id,
        "row": row.id,
        "what": row.what,
        "metric": row.metric,
        "state": str(comparison.state),
        "compared_with": "own check" if row.own_check else "the paper",
        "theirs": row.number,
        "theirs_low": row.bounds[0],
        "theirs_high": row.bounds[1],
        "theirs_printed": row.shown,
        "theirs_n": row.n,
        "theirs_p": row.p,
        "ours": ours.value,
        "ours_low": ours.low,
        "ours_high": ours.high,
        "ours_n": ours.n,
        "difference": comparison.difference,
        "agreement": comparison.agreement,
        "ours_of": ours.subject,
        "reasons": "; ".join(comparison.reasons),
        "get": "; ".join(comparison.get),
        "model": paper.input(row.model).name if row.model else "",
        "data": paper.input(row.data).name if row.data else "",
        "references": ", ".join(paper.input(r).name for r in row.references),
        "unit_of_inference": row.n_unit,
        "unit": row.unit,
        "analysis": row.analysis,
        "defect": row.defect,
        "source": row.source,
        "specification": row.specification,
        "grade": GRADES[row.grade],
    }
