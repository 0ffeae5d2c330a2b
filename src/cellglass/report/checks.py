"""The quality-control checklist: what was checked, what failed, what was not run and why."""

from __future__ import annotations

from dataclasses import dataclass

from cellglass.regulation.checklist import ITEMS, complete
from cellglass.runs.result import Check

from .inputs import count_scale
from .source import Source

_ORDER = ("failed", "passed", "not run")


@dataclass(frozen=True)
class ChecklistView:
    """All items, and how many are in which state."""

    checks: tuple[Check, ...]
    counts: tuple[tuple[str, int], ...]

    @property
    def failed(self) -> str:
        """Codes of the items that failed."""
        return ", ".join(c.code for c in self.checks if c.state == "failed")


def checklist(source: Source) -> ChecklistView:
    """Merge the checks of all results with those that a run as a whole can answer.

    An item that several results judged is as bad as the worst of them; the details of those
    that decided are all given.
    """
    found = [(_label(r.label), c) for r in source.results for c in r.checks]
    found += [("", c) for c in _of_run(source)]
    judged = complete([c for _, c in found], _reasons(source))
    known = {c.code for c in judged}
    extra = {c.code: c for _, c in found if c.code not in known}
    merged = [_with_details(c, found) for c in [*judged, *extra.values()]]
    counts = tuple((s, sum(c.state == s for c in merged)) for s in _ORDER)
    return ChecklistView(tuple(merged), counts)


def _with_details(check: Check, found: list[tuple[str, Check]]) -> Check:
    """Give the item in the words of the checklist, with every detail that decided."""
    deciding = [(w, c) for w, c in found if c.code == check.code and c.state == check.state]
    details: dict[str, list[str]] = {}
    for who, c in deciding:
        if c.detail:
            details.setdefault(c.detail, []).append(who)
    told = [
        f"{', '.join(w for w in who if w)}: {detail}" if len(details) > 1 and any(who) else detail
        for detail, who in details.items()
    ]
    what = ITEMS.get(check.code, check.what)
    return Check(check.code, what, check.state, "; ".join(told) if deciding else check.detail)


def _of_run(source: Source) -> list[Check]:
    """Items that no single result can judge."""
    checks = []
    scale = count_scale(source)
    if scale is not None:
        sound, evidence = scale
        checks.append(Check("I1", ITEMS["I1"], "passed" if sound else "failed", evidence))
    verdicts = [v for r in source.results for v in r.verdicts]
    if verdicts:
        silent = [v.claim for v in verdicts if v.endpoint not in v.sentence]
        detail = f"{len(verdicts) - len(silent)} of {len(verdicts)} verdicts name what was tested"
        checks.append(Check("R3", ITEMS["R3"], "failed" if silent else "passed", detail))
    if source.ledger is not None and len(source.ledger):
        tests = len(source.ledger.members("confirmatory"))
        checks.append(
            Check("S4", ITEMS["S4"], "passed", f"{len(source.ledger)} findings, {tests} tests")
        )
    if source.study is not None:
        lacking = [k for k in ("environment", "seed", "inputs") if not _is_there(source, k)]
        detail = f"the manifest lacks {', '.join(lacking)}" if lacking else "in the run folder"
        checks.append(Check("R5", ITEMS["R5"], "failed" if lacking else "passed", detail))
    return checks


def _is_there(source: Source, key: str) -> bool:
    return source.manifest.get(key) not in (None, {}, "")


def _reasons(source: Source) -> dict[str, str]:
    """Why items were not run, where the study says it."""
    study = source.study
    if study is None:
        return {}
    lacking = "no perturbation screen in the study"
    if study.screens:
        lacking = "the analysis that checks it was not part of this run"
    reasons = {"I2": lacking, "I5": lacking}
    if study.cells.donor is None:
        reasons["S6"] = "no donors were given"
    if study.cells.strata is None:
        reasons["N5"] = "no strata were given"
    if not study.networks:
        missing = ("B1", "N1", "N2", "N3", "N4", "N6", "N7", "S2", "S3")
        reasons |= dict.fromkeys(missing, "no reference network was given")
    return reasons


def _label(label: dict[str, str]) -> str:
    return " ".join(label.values())
