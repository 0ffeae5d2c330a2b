"""Verdict on codes: do they name labels as well as the embedding they were made of?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pandas as pd

from cellglass._words import plural
from cellglass.concepts.statistics.probes import ProbeResult
from cellglass.concepts.statistics.representations import REFERENCE, paired_difference
from cellglass.runs.result import AnalysisResult, Check
from cellglass.runs.sections import StatisticsConfig
from cellglass.stats import Finding, Interval, Verdict, decide, not_applicable
from cellglass.stats.multiplicity import bh
from cellglass.stats.units_needed import units_to_pass
from cellglass.stats.verdict_record import State

ANALYSIS = "concepts.information"
CLAIM = "codes keep what the embedding knows about labels"
MARGIN_KEPT = 0.05
"""Balanced accuracy that codes may lose and still count as keeping what the embedding knows."""
NULL = "permuted-label"


@dataclass(frozen=True, eq=False)
class Kept:
    """Probes of one column.

    Attributes
    ----------
    column
        Its name.
    codes, raw
        Logistic probes on the codes and on the raw embedding.
    table
        Rows of all representations.
    """

    column: str
    codes: ProbeResult
    raw: ProbeResult
    table: pd.DataFrame
    margin: ClassVar[float] = MARGIN_KEPT

    def difference(self, level: float) -> Interval:
        """Interval of the accuracy of codes minus that of the raw embedding."""
        return paired_difference(self.codes, self.raw).interval(level=level)

    @property
    def delta(self) -> float:
        """Accuracy of codes minus that of the raw embedding."""
        return self.codes.balanced_accuracy - self.raw.balanced_accuracy

    @property
    def to_lose(self) -> bool:
        """Whether the raw embedding is shown to know more than codes are allowed to lose."""
        null = self.raw.null
        return null is not None and self.raw.interval().low > null.mean + MARGIN_KEPT

    @property
    def p(self) -> float:
        """Of permuted labels; nan where labels cannot be permuted."""
        return float("nan") if self.codes.null is None else self.codes.null.p


def judge_columns(
    result: AnalysisResult,
    kept: Sequence[Kept],
    *,
    model: str,
    settings: StatisticsConfig,
    seed: int,
) -> None:
    """Add a finding and a verdict for each column.

    Parameters
    ----------
    result
        Gets them.
    kept
        Probes, one entry a column; p of permuted labels are adjusted over them (BH).
    model, settings, seed
        Name, level, root seed.
    """
    adjusted = bh([k.p for k in kept]) if kept else np.zeros(0)
    for one, p in zip(kept, adjusted, strict=True):
        finding = finding_of(one, model, seed)
        verdict = verdict_of(one, float(p), model=model, level=settings.level)
        result.findings.append(finding)
        result.verdicts.append(replace(verdict, finding_ids=(finding.id,)))


def finding_of(kept: Kept, model: str, seed: int) -> Finding:
    """What codes reach, beside permuted labels and the raw embedding."""
    wide, own = kept.difference(0.95), kept.codes.interval()
    return Finding(
        ANALYSIS, f"Do codes of {model} name {kept.column} as well as the raw embedding?",
        f"balanced accuracy of logistic regression on {_held_out(kept)}",
        kept.codes.balanced_accuracy, own, kept.codes.null, kept.p, own.unit, own.n,
        (REFERENCE, kept.raw.balanced_accuracy), (kept.delta, wide.low, wide.high), seed,
        {"model": model, "column": kept.column}, ANALYSIS,
        "descriptive" if np.isnan(kept.p) else "confirmatory",
    )  # fmt: skip


def verdict_of(kept: Kept, p: float, *, model: str, level: float) -> Verdict:
    """Judge one column by non-inferiority.

    Parameters
    ----------
    kept
        Its probes.
    p
        Adjusted p of permuted labels.
    model, level
        Name, and level at which p is read.

    Returns
    -------
    Verdict
        The rule of `decide`, with the loss allowed for: PASS if the lower end of the 95 % interval
        of the difference is above ``-MARGIN_KEPT``, permuted labels are beaten, and the raw
        embedding is shown to be further above them than the loss allowed (else a loss of
        everything would pass). FAIL if the upper end of the 90 % interval is below. Else
        INCONCLUSIVE.
    """
    wide, narrow = kept.difference(0.95), kept.difference(0.90)
    null = kept.codes.null
    decided = decide(
        _raised(wide), _raised(narrow), 0.0, {NULL: p}, level,
        estimate=kept.delta + MARGIN_KEPT, claim=CLAIM, endpoint=f"naming {kept.column}",
        subject=f"Codes of {model}", checks={NULL: null is not None and null.sd > 0},
        over=f"the raw embedding less {MARGIN_KEPT:g}", measure="balanced accuracy",
        tags={"model": model, "column": kept.column},
    )  # fmt: skip
    state = decided.state
    if state is State.PASS and not kept.to_lose:
        state = State.INCONCLUSIVE
    return replace(
        decided,
        state=state,
        sentence=_sentence(kept, state, p, level, model, wide, narrow),
        reasons=(_numbers(kept, wide), _of_null(kept, p, level), _of_raw(kept)),
        would_change=() if state is State.PASS else _would_change(kept, wide, p, level),
    )


def not_judged(model: str, column: str, why: str) -> Verdict:
    """Say why a column was not probed."""
    return not_applicable(CLAIM, f"naming {column}", why=why,
                          tags={"model": model, "column": column})  # fmt: skip


def checks_of(kept: Sequence[Kept]) -> list[Check]:
    """Label shuffle and donor-wise folds, over all columns."""
    shuffled = [k for k in kept if k.codes.null is not None]
    lost = [k.column for k in shuffled if k.p > 0.05]
    told = "; ".join(
        f"{k.column}: {k.codes.balanced_accuracy:.3f} against {k.codes.null.mean:.3f}"
        for k in shuffled if k.codes.null is not None
    )  # fmt: skip
    split = [k.column for k in kept if not k.codes.design.by_donor]
    who = "one donor" if kept[0].codes.design.named else "no donors were given"
    return [
        Check("N1", "label shuffle", ("failed" if lost else "passed") if shuffled else "not run",
              told or "labels are the donors' own"),
        Check("S6", "donor-stratified cross-validation", "not run" if split else "passed",
              f"{who}: probes split by cell" if split else
              f"folds of whole donors, {kept[0].codes.design.n_donors} donors"),
    ]  # fmt: skip


def _raised(interval: Interval) -> Interval:
    return replace(interval, low=interval.low + MARGIN_KEPT, high=interval.high + MARGIN_KEPT)


def _held_out(kept: Kept) -> str:
    return "cells of other donors" if kept.codes.design.by_donor else "held-out cells"


def _counted(kept: Kept, interval: Interval) -> str:
    counted = f"n = {interval.n:,} {plural(interval.unit, interval.n)}"
    design = kept.codes.design
    if design.unit == "donor":
        return counted
    if design.named:
        return f"{counted}, conditional on the donors"
    return f"{counted}; cells are resampled, no donors were given"


def _numbers(kept: Kept, interval: Interval) -> str:
    return (
        f"{kept.codes.balanced_accuracy:.3f} against {kept.raw.balanced_accuracy:.3f}, difference "
        f"{kept.delta:+.3f} {interval} ({interval.level * 100:g} %), may lose {MARGIN_KEPT:g}, "
        f"{_counted(kept, interval)}"
    )


def _of_null(kept: Kept, p: float, level: float) -> str:
    null = kept.codes.null
    if null is None:
        return "permuted labels not run: labels are the donors' own"
    beaten = "beaten" if p <= level else "not beaten"
    return f"permuted labels reach {null.mean:.3f}: {beaten}, p = {p:.2g}"


def _of_raw(kept: Kept) -> str:
    shown = "shown" if kept.to_lose else "not shown"
    return (
        f"the raw embedding reaches {kept.raw.balanced_accuracy:.3f} {kept.raw.interval()}: "
        f"{shown} to know more than {MARGIN_KEPT:g} beyond permuted labels"
    )


def _sentence(
    kept: Kept,
    state: State,
    p: float,
    level: float,
    model: str,
    wide: Interval,
    narrow: Interval,
) -> str:
    who, what, raw = f"Codes of {model}", kept.column, "the raw embedding"
    if state is State.PASS:
        return (
            f"{who} name {what} as well as {raw} to within {MARGIN_KEPT:g} balanced accuracy: "
            f"{_numbers(kept, wide)}; permuted labels are beaten."
        )
    if state is State.FAIL:
        return (
            f"{who} lose more than {MARGIN_KEPT:g} balanced accuracy of what {raw} says of {what}: "
            f"{_numbers(kept, narrow)}."
        )
    if wide.low > -MARGIN_KEPT:
        why = _of_null(kept, p, level) if not p <= level else _of_raw(kept)
        return (
            f"{who} lose no more than {MARGIN_KEPT:g} balanced accuracy of what {raw} says of "
            f"{what}, but that may be nothing: {why} ({_numbers(kept, wide)})."
        )
    return (
        f"{who} may or may not lose more than {MARGIN_KEPT:g} balanced accuracy of what {raw} says "
        f"of {what}; the data do not decide: {_numbers(kept, wide)}."
    )


def _would_change(kept: Kept, wide: Interval, p: float, level: float) -> tuple[str, ...]:
    told = [] if p <= level else ["labels that codes name better than permuted ones"]
    if not kept.to_lose:
        told.append("labels that the raw embedding knows")
    if wide.low <= -MARGIN_KEPT:
        n = units_to_pass(kept.delta + MARGIN_KEPT, _raised(wide), 0.0)
        unit = plural(wide.unit, 2)
        told.append(
            f"{f'about {n:,}' if n else 'no number of'} {unit} would show that they keep it, if "
            f"the true difference is {kept.delta:+.3f}"
        )
    return tuple(told)
