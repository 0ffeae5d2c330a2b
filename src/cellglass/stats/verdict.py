"""Verdicts: PASS, FAIL, INCONCLUSIVE, NOT RUN or NOT APPLICABLE, decided by rule."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cellglass._words import capitalised, listed, plural
from cellglass.errors import InputError
from cellglass.stats.arguments import as_fraction
from cellglass.stats.equivalence import require_90
from cellglass.stats.interval import Interval
from cellglass.stats.nulls.base import NullCheck
from cellglass.stats.units_needed import units_to_fail, units_to_pass
from cellglass.stats.verdict_record import State, Verdict, not_applicable, not_run

__all__ = [
    "MIN_UNITS",
    "State",
    "Verdict",
    "combine",
    "decide",
    "not_applicable",
    "not_run",
    "units_to_fail",
    "units_to_pass",
]


MIN_UNITS = 5
"""Units below which nothing is decided: intervals of so few are not to be trusted."""


def decide(
    increment_interval95: Interval,
    increment_interval90: Interval,
    margin: float,
    nulls: Mapping[str, float],
    level: float = 0.05,
    *,
    estimate: float,
    claim: str,
    endpoint: str,
    subject: str,
    checks: Mapping[str, NullCheck | bool],
    over: str = "single-gene statistics",
    measure: str = "AUROC",
    min_units: int = MIN_UNITS,
    finding_ids: Sequence[str] = (),
    tags: Mapping[str, str] | None = None,
) -> Verdict:
    """Decide a claim from the increment over the baseline and the mandatory nulls.

    Parameters
    ----------
    increment_interval95, increment_interval90
        95 % and 90 % intervals of the increment.
    margin
        Smallest increment that matters, 0 or more; state it before looking.
    nulls
        Adjusted p of every mandatory null; nan for one that was not run.
    level
        Level at which those p are read.
    estimate
        The estimated increment.
    claim, endpoint
        What is claimed, and what was tested, as in ``"recovering TRRUST pairs"``.
    subject
        What the sentence is about, as in ``"Attention of layer 2 head 1"``.
    checks
        Self-check of every null in `nulls` that was run.
    over
        The baseline.
    measure
        Unit of the increment.
    min_units
        Units of inference below which the verdict is INCONCLUSIVE, whatever the intervals say.
    finding_ids, tags
        Findings it rests on, and provenance.

    Returns
    -------
    Verdict
        PASS if the lower end of the 95 % interval is above the margin, every mandatory null
        has p <= level and every null passed its self-check. FAIL if the upper end of the 90 %
        interval is below the margin: the score is shown to add no more than it. INCONCLUSIVE
        otherwise, and with fewer than `min_units` units, with the number that would decide.

    Raises
    ------
    InputError
        If no null is named, intervals have other levels or other units, the estimate is not
        finite, the margin is negative or `min_units` is below 2.

    Notes
    -----
    With two or three units an interval is made of two or three numbers: it may lie on one side
    of the margin by chance far more often than its level says.

    Examples
    --------
    >>> verdict = decide(
    ...     Interval(0.012, 0.049, 0.95, "bootstrap", "regulator", 84),
    ...     Interval(0.015, 0.046, 0.90, "bootstrap", "regulator", 84),
    ...     0.01,
    ...     {"degree": 0.002},
    ...     estimate=0.031,
    ...     claim="attention knows regulation",
    ...     endpoint="recovering TRRUST pairs",
    ...     subject="Attention of layer 2 head 1",
    ...     checks={"degree": True},
    ... )
    >>> print(verdict.state, verdict.sentence, sep=": ")
    PASS: Attention of layer 2 head 1 adds 0.031 AUROC [0.012, 0.049] to single-gene statistics \
in recovering TRRUST pairs (n = 84 regulators), and beats the degree null.
    """
    _check(increment_interval95, increment_interval90, margin, nulls, level, estimate, min_units)
    beaten, lost, unsound = _judge_nulls(nulls, checks, level)
    open_points = [*lost, *unsound]
    case = _Case(
        estimate,
        increment_interval95,
        increment_interval90,
        margin,
        subject,
        over,
        endpoint,
        measure,
        min_units,
    )
    would_change: list[str] = []
    if case.too_few:
        state, sentence = State.INCONCLUSIVE, case.undecided()
        would_change = case.more_units()
    elif case.absent:
        state, sentence = State.FAIL, case.fails()
    elif not case.gains:
        state, sentence = State.INCONCLUSIVE, case.undecided()
        would_change = case.more_units()
    elif open_points:
        state = State.INCONCLUSIVE
        sentence = case.gain(f"but this is not established: {'; '.join(open_points)}")
        would_change = [f"a sound null that is beaten: {point}" for point in open_points]
    else:
        state = State.PASS
        sentence = case.gain(f"and beats {listed([f'the {name} null' for name in nulls])}")
    return Verdict(
        claim,
        endpoint,
        state,
        sentence,
        (*case.reasons(), *beaten, *open_points),
        tuple(would_change),
        tuple(finding_ids),
        dict(tags or {}),
    )


@dataclass(frozen=True)
class _Case:
    """The increment and the words in which it is told."""

    estimate: float
    wide: Interval
    narrow: Interval
    margin: float
    subject: str
    over: str
    endpoint: str
    measure: str
    min_units: int

    @property
    def too_few(self) -> bool:
        return self.wide.n < self.min_units

    @property
    def gains(self) -> bool:
        return self.wide.low > self.margin

    @property
    def absent(self) -> bool:
        return self.narrow.high < self.margin

    @property
    def counted(self) -> str:
        return f"n = {self.wide.n} {plural(self.wide.unit, self.wide.n)}"

    def reasons(self) -> list[str]:
        size = f"{self.estimate:.3f} {self.measure} {self.wide}"
        shown = "above the margin" if self.gains else "not shown to be above the margin"
        reasons = [
            f"increment over {self.over}: {size} (95 %), margin {self.margin:g}, {self.counted}: "
            f"{shown}"
        ]
        if self.absent:
            reasons.append(
                f"upper end of the 90 % interval {self.narrow.high:.3f} below the margin"
            )
        if self.too_few:
            unit = plural(self.wide.unit, 2)
            reasons.append(
                f"{self.counted}: nothing is decided on fewer than {self.min_units} {unit}"
            )
        return reasons

    def gain(self, ending: str) -> str:
        return (
            f"{self.subject} adds {self.estimate:.3f} {self.measure} {self.wide} to {self.over} "
            f"in {self.endpoint} ({self.counted}), {ending}."
        )

    def fails(self) -> str:
        return (
            f"{self.subject} adds no more than {self.margin:g} {self.measure} to {self.over} in "
            f"{self.endpoint}: {self.estimate:.3f} {self.narrow} (90 % interval, {self.counted})."
        )

    def undecided(self) -> str:
        few = f", fewer than {self.min_units}" if self.too_few else ""
        return (
            f"{self.subject} may or may not add more than {self.margin:g} {self.measure} to "
            f"{self.over} in {self.endpoint}; the data do not decide: {self.estimate:.3f} "
            f"{self.wide} (95 % interval, {self.counted}{few})."
        )

    def more_units(self) -> list[str]:
        unit = plural(self.wide.unit, 2)
        to_pass = self._enough(units_to_pass(self.estimate, self.wide, self.margin))
        to_fail = self._enough(units_to_fail(self.narrow, self.margin))
        return [
            f"about {to_pass} {unit} would show it, if the true increment is {self.estimate:.3f}"
            if to_pass
            else f"no number of {unit} would show it, if the true increment is {self.estimate:.3f}",
            f"about {to_fail} {unit} would rule it out, if the true increment is 0"
            if to_fail
            else f"with a margin of 0 no number of {unit} rules it out",
        ]

    def _enough(self, units: int | None) -> int | None:
        return None if units is None else max(units, self.min_units)


def combine(verdicts: Sequence[Verdict], *, claim: str, endpoint: str) -> Verdict:
    """Combine the verdicts on the parts of a claim into one on the whole.

    Parameters
    ----------
    verdicts
        Verdicts on the parts, at least one.
    claim, endpoint
        The whole.

    Returns
    -------
    Verdict
        PASS only if every part is PASS. FAIL if any part is FAIL. NOT APPLICABLE if every
        part is. NOT RUN if no part was decided or left open and some were not run.
        INCONCLUSIVE otherwise, also where some parts passed and the rest were not tested.

    Raises
    ------
    InputError
        If there is no part.

    Examples
    --------
    >>> parts = [Verdict("c", "a", State.PASS, "A."), Verdict("c", "b", State.NOT_RUN, "B.")]
    >>> str(combine(parts, claim="c", endpoint="a and b").state)
    'INCONCLUSIVE'
    """
    if not verdicts:
        raise InputError("no verdict to combine", where=f"verdict on {claim}")
    states = {v.state for v in verdicts}
    if State.FAIL in states:
        state = State.FAIL
    elif len(states) == 1:
        state = next(iter(states))
    elif states == {State.NOT_RUN, State.NOT_APPLICABLE}:
        state = State.NOT_RUN
    else:
        state = State.INCONCLUSIVE
    counts = [(s, sum(v.state is s for v in verdicts)) for s in State]
    tallied = ", ".join(f"{n} {s}" for s, n in counts if n)
    ids = dict.fromkeys(i for v in verdicts for i in v.finding_ids)
    return Verdict(
        claim,
        endpoint,
        state,
        f"{capitalised(endpoint)}: {state} ({tallied}).",
        tuple(f"{v.endpoint}: {v.state}. {v.sentence}" for v in verdicts),
        tuple(w for v in verdicts if v.state is not State.PASS for w in v.would_change),
        tuple(ids),
    )


def _check(
    interval95: Interval,
    interval90: Interval,
    margin: float,
    nulls: Mapping[str, float],
    level: float,
    estimate: float,
    min_units: int,
) -> None:
    as_fraction(level, "level")
    if min_units < 2:
        raise InputError(
            f"min_units is {min_units}", where="verdict", expected="2 or more: one has no interval"
        )
    require_90(interval90)
    if abs(interval95.level - 0.95) > 1e-9:
        raise InputError(
            f"an interval of {interval95.level:g}", where="increment_interval95", expected="0.95"
        )
    if (interval95.unit, interval95.n) != (interval90.unit, interval90.n):
        raise InputError("the two intervals count different units", where="increment intervals")
    if not (math.isfinite(estimate) and math.isfinite(margin) and margin >= 0):
        raise InputError(
            f"estimate {estimate}, margin {margin}",
            where="verdict",
            expected="a finite estimate and a margin of 0 or more",
        )
    if not nulls:
        raise InputError(
            "no mandatory null is named",
            where="verdict",
            expected="at least one null: a claim cannot pass without one",
        )


def _judge_nulls(
    nulls: Mapping[str, float], checks: Mapping[str, NullCheck | bool], level: float
) -> tuple[list[str], list[str], list[str]]:
    """Sort the nulls into beaten, not beaten, and unsound, each as a phrase."""
    beaten, lost, unsound = [], [], []
    for name, p in nulls.items():
        check = checks.get(name)
        if math.isnan(p):
            unsound.append(f"the {name} null was not run")
        elif check is None:
            unsound.append(f"the draws of the {name} null were not checked")
        elif not (check.passed if isinstance(check, NullCheck) else check):
            said = " ".join(check.messages) if isinstance(check, NullCheck) else ""
            unsound.append(f"the {name} null failed its self-check {said}".rstrip(" ."))
        elif p <= level:
            beaten.append(f"the {name} null is beaten (adjusted p = {p:.3g})")
        else:
            lost.append(f"the {name} null is not beaten (adjusted p = {p:.3g})")
    return beaten, lost, unsound
