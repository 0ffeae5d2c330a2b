"""The ten objections that reviewers make, each answered by what this run did."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cellglass._words import listed, plural
from cellglass.regulation.claims.claims_analysis import ANALYSIS as CLAIMS
from cellglass.runs.result import AnalysisResult, Check

from .source import CONTROLS, Source, behaved, chapter_of

ANSWERED, OPEN, FAILED = "answered", "open", "failed"


@dataclass(frozen=True)
class Objection:
    """One objection.

    Parameters
    ----------
    title
        The objection.
    answer
        What this run did about it, with numbers.
    state
        ``"answered"``; ``"open"`` where this run does not answer it; ``"failed"`` where what it did
        came out wrong.
    codes
        Items of the checklist that it rests on.
    """

    title: str
    answer: str
    state: str
    codes: tuple[str, ...] = ()


def objections(source: Source, checks: Sequence[Check]) -> tuple[Objection, ...]:
    """Answer the ten objections of the specification (section 4).

    Parameters
    ----------
    source
        The run.
    checks
        The merged checklist.

    Returns
    -------
    tuple of Objection
        Always ten; none for a single result, which is no run.
    """
    if source.study is None:
        return ()
    by_code = {c.code: c for c in checks}
    return tuple(_answered(source, by_code, *entry) for entry in _OBJECTIONS)


def _answered(
    source: Source, checks: dict[str, Check], title: str, codes: tuple[str, ...],
    more: Callable[[Source], tuple[str, bool]] | None,
) -> Objection:  # fmt: skip
    own = [checks[c] for c in codes if c in checks]
    told, enough = more(source) if more is not None else ("", True)
    failed = [c for c in own if c.state == "failed"]
    ran = [c for c in own if c.state == "passed"]
    missing = [c for c in own if c.state == "not run"]
    parts = [told] if told else []
    if failed:
        parts.append(f"Failed: {'; '.join(f'{_short(c)} ({c.detail})' for c in failed)}.")
    if ran:
        parts.append(f"Checked: {'; '.join(_short(c) for c in ran)}.")
    if missing:
        parts.append(f"Not run: {'; '.join(f'{c.code} ({c.detail})' for c in missing)}.")
    state = FAILED if failed else ANSWERED if enough and (ran or not own) else OPEN
    return Objection(title, " ".join(parts), state, codes)


def _short(check: Check) -> str:
    return f"{check.code} {check.what}"


def _nulls(source: Source) -> tuple[str, bool]:
    names = {str(n) for r in _own(source) for t in r.tables.values() if "null" in t
             for n in t["null"].dropna().unique()}  # fmt: skip
    names |= {f.null.family for r in _own(source) for f in r.findings if f.null is not None}
    n = len(names)
    return f"{n} kinds of null, each with a self-check of its draws.", n > 1


def _endpoints(source: Source) -> tuple[str, bool]:
    counted: dict[str, Counter[str]] = {}
    for result in source.results:
        for verdict in result.verdicts[1:] if result.analysis == CLAIMS else ():
            counted.setdefault(verdict.endpoint, Counter())[str(verdict.state)] += 1
    if not counted:
        return "Each verdict names its endpoint; the criteria of the claim did not run.", False
    told = [
        f"{endpoint}: {', '.join(f'{n} {state}' for state, n in states.items())}"
        for endpoint, states in counted.items()
    ]
    return f"Endpoints are judged apart ({'; '.join(told)}).", True


def _units(source: Source) -> tuple[str, bool]:
    units: dict[str, int] = {}
    for result in _own(source):
        for finding in result.findings:
            if finding.interval is not None and finding.unit:
                units[finding.unit] = units.get(finding.unit, 0) + 1
    if not units:
        return "No interval was made.", False
    many = [f"{plural(u, 2)} ({n:,})" for u, n in sorted(units.items(), key=lambda kv: -kv[1])]
    return f"Intervals resample {listed(many)}, never pairs.", True


def _controls(source: Source) -> tuple[str, bool]:
    names = [r for r in source.results if chapter_of(r.analysis) == CONTROLS]
    right = sum(behaved(r) for r in names)
    if not names:
        return "No planted control ran.", False
    return f"{right} of {len(names)} planted controls came out as planted.", right == len(names)


def _conditions(source: Source) -> tuple[str, bool]:
    labels = [r.label for r in _own(source)]
    counts = {
        key: len({label[key] for label in labels if key in label})
        for key in ("model", "edges", "network", "screen")
    }
    names = {"model": "model", "edges": "edge table", "network": "network", "screen": "screen"}
    told = [f"{n} {plural(names[k], n)}" for k, n in counts.items() if n]
    several = counts["screen"] > 1 or counts["network"] > 1
    ending = "" if several else " A single condition says nothing on others."
    return f"Judged on {listed(told) or 'nothing'}.{ending}", several


def _intervals(source: Source) -> tuple[str, bool]:
    found = [f for r in _own(source) for f in r.findings if not math.isnan(f.estimate)]
    with_interval = sum(f.interval is not None for f in found)
    if not found:
        return "No finding.", False
    return (
        f"{with_interval:,} of {len(found):,} findings carry an interval; the others are tests "
        "against a null.", with_interval > 0,
    )  # fmt: skip


def _causal(source: Source) -> tuple[str, bool]:
    ran = [r for r in _own(source) if r.analysis.startswith("causal.")]
    if ran:
        return f"{len(ran)} causal analyses ran.", True
    return (
        "No sentence of this report says that a score is used by the model, or that a gene "
        "regulates another: no causal analysis ran, and criterion C4 says NOT RUN.", True,
    )  # fmt: skip


def _own(source: Source) -> list[AnalysisResult]:
    return [r for r in source.results if chapter_of(r.analysis) == "regulation"]


_OBJECTIONS: tuple[
    tuple[str, tuple[str, ...], Callable[[Source], tuple[str, bool]] | None], ...
] = (
    ("The null is weak", ("N1", "N2", "N3", "N7"), _nulls),
    ("There is no trivial baseline", ("B1", "B2", "B3", "B4"), None),
    ("The endpoint does not match the claim", ("R1", "R3"), _endpoints),
    ("Pairs are not independent, or folds leak", ("S1",), _units),
    ("The layer was chosen on the data that judge it", ("S2", "N4"), None),
    ("Negative results have no positive control", ("R6",), _controls),
    ("It is a single condition", (), _conditions),
    ("There is no interval and no test of stability", ("S5",), _intervals),
    ("The wording is causal", (), _causal),
    ("It cannot be reproduced", ("R5",), None),
)  # fmt: skip
