"""Criterion C3: what is left of the recovery of a network without covariates and degrees."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cellglass._words import capitalised, plural
from cellglass.regulation.networks.degree import DEGREE, FAMILIES
from cellglass.regulation.networks.residuals import KEPT
from cellglass.runs.result import AnalysisResult
from cellglass.stats import Finding, State, Verdict
from cellglass.stats.verdict import MIN_UNITS

from .criteria import CRITERIA, CURATED

Z = 3.0
NAN = float("nan")


@dataclass(frozen=True)
class _Numbers:
    """What decides, of the layer that stands out most from networks of the same degrees."""

    score: str
    z: float
    z_high: float
    p: float
    retained: float
    low: float
    high: float
    auroc: float
    n: int


def judge_edges(
    residual: AnalysisResult, degree: AnalysisResult, *, level: float, claim: str
) -> Verdict:
    """Verdict of C3 on one subject and network.

    Parameters
    ----------
    residual, degree
        Results of ``regulation.residual`` and ``regulation.degree`` on the same subject and
        network.
    level
        Of the test of the largest z over layers.
    claim
        What PASS would support.

    Returns
    -------
    Verdict
        Of the layer with the largest z, whose choice the test of that maximum pays for. PASS
        needs z above 3, that test, and a fraction retained whose interval lies above 0.8. FAIL
        where the interval of either lies below. INCONCLUSIVE otherwise, also where the AUROC is not
        above chance, so that there is nothing to retain, or where the null failed its self-check.

    Notes
    -----
    Specification 2.23, C3, with intervals over regulators in place of point estimates.

    Examples
    --------
    See `cellglass.regulation.claims.claims_analysis.judge_claims`.
    """
    network = degree.label["network"]
    endpoint = f"recovering {network} edges without covariates and degrees"
    ids = tuple(f.id for r in (residual, degree) for f in r.findings if "criterion" in f.tags)
    tags = {**degree.label, "criterion": "C3"}
    if not (residual.tables and degree.tables):
        told = [v for r in (residual, degree) for v in r.verdicts]
        reasons = tuple(dict.fromkeys(w for v in told for w in v.reasons))
        sentence = f"Not applicable ({endpoint}): {'; '.join(reasons)}."
        return Verdict(claim, endpoint, State.NOT_APPLICABLE, sentence, reasons, tags=tags)
    found = _numbers(residual, degree)
    if found is None:
        why = "the degree-preserving null failed its self-check"
        if degree.tables["largest"].empty:
            why = "the score does not tell the pairs of a regulator apart"
        return Verdict(
            claim, endpoint, State.INCONCLUSIVE, f"{capitalised(endpoint)}: {why}.",
            (why,), (f"a network that leaves the null room to move, for {network}",), ids, tags,
        )  # fmt: skip
    state, ending = _state(found, level)
    told_z = f"z = {found.z:.2f} against networks of the same degrees (p = {found.p:.3g})"
    told_kept = (
        f"{found.retained:.0%} [{found.low:.0%}, {found.high:.0%}] of the above-chance AUROC "
        "retained without gene-level covariates"
        if np.isfinite(found.retained)
        else f"an AUROC of {found.auroc:.3f}, whose interval reaches 0.5: nothing to retain"
    )
    sentence = (
        f"In {endpoint}, {found.score} {ending}: {told_z}, {told_kept} (n = {found.n} regulators)."
    )
    change = () if state is not State.INCONCLUSIVE else ("more regulators in the reference",)
    return Verdict(
        claim, endpoint, state, sentence, (CRITERIA["C3"].condition, told_z, told_kept), change,
        ids, tags,
    )  # fmt: skip


def _numbers(residual: AnalysisResult, degree: AnalysisResult) -> _Numbers | None:
    """Numbers of the layer with the largest z; None where the null is not sound."""
    largest, nulls = degree.tables["largest"], degree.tables["nulls"]
    row = largest[(largest["null"] == DEGREE) & (largest["family"] == FAMILIES[0])]
    if row.empty:
        return None
    score = str(row["score"].iloc[0])
    z = _finding(degree, score, "degree z")
    kept = _finding(residual, score, "retained")
    if z is None or not np.isfinite(z.estimate):
        return None
    own = nulls[(nulls["score"] == score) & (nulls["null"] == DEGREE)].iloc[0]
    retained = residual.tables["retained"]
    auroc = float(retained.loc[retained["score"] == score, "auroc"].iloc[0])
    interval = None if kept is None else kept.interval
    return _Numbers(
        score,
        z.estimate,
        float((own["observed_high"] - own["null_mean"]) / own["null_sd"]),
        float(row["p"].iloc[0]),
        NAN if kept is None else kept.estimate,
        NAN if interval is None else interval.low,
        NAN if interval is None else interval.high,
        auroc,
        z.n or 0,
    )


def _finding(result: AnalysisResult, score: str, criterion: str) -> Finding | None:
    """The finding on a score that a criterion reads."""
    hits = [f for f in result.findings
            if (f.tags.get("criterion"), f.tags.get("score")) == (criterion, score)]  # fmt: skip
    return hits[0] if hits else None


def _state(found: _Numbers, level: float) -> tuple[State, str]:
    if found.n < MIN_UNITS:
        return State.INCONCLUSIVE, (
            f"is judged by {found.n} {plural('regulator', found.n)}, fewer than {MIN_UNITS}"
        )
    above = found.z > Z and found.p <= level
    if above and found.low >= KEPT:
        return State.PASS, "keeps what it knows"
    if np.isfinite(found.high) and found.high < KEPT:
        return State.FAIL, "is carried by single genes"
    if found.z_high < Z:
        return State.FAIL, "does no better than degrees"
    return State.INCONCLUSIVE, f"may or may not {CURATED.replace('recovers', 'recover')} by pairs"
