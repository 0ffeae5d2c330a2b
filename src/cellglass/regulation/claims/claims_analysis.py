"""Analysis: which of the four criteria hold, and so which endpoint may be claimed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd

from cellglass._words import listed
from cellglass.runs.result import AnalysisResult, Check
from cellglass.stats import State, Verdict, bh, combine, not_applicable, not_run

from .criteria import CRITERIA, Criterion
from .edges_criterion import judge_edges

ANALYSIS = "regulation.claims"
WHOLE = "knows gene regulation by all four criteria"
UNTESTED = (State.NOT_RUN, State.NOT_APPLICABLE)
CAUSAL = "causal analyses come in a later version"
Results = Mapping[str, Sequence[AnalysisResult]]


def judge_claims(
    label: Mapping[str, str],
    noun: str,
    results: Results,
    missing: Mapping[str, Sequence[tuple[str, str, bool]]],
    *,
    level: float,
) -> AnalysisResult:
    """Bring the verdicts of a subject together, endpoint by endpoint.

    Parameters
    ----------
    label
        Of the subject, for example ``{"model": "mini-scgpt"}``.
    noun
        The subject of sentences, for example ``"Attention of mini-scgpt"``.
    results
        What each analysis found for this subject, by its name.
    missing
        Why an analysis did not run, by its name: reason, command, whether it could be applied.
    level
        Significance level.

    Returns
    -------
    AnalysisResult
        One row a criterion and context; a verdict on each endpoint, and on the whole, which
        passes only where all four criteria do. What was not run is NOT RUN, and so the whole is
        never PASS in a run of a part.

    Notes
    -----
    Specification 2.23. "Recovers curated edges", "predicts the response" and "is used by the
    model" are different claims, and evidence for one is none for another.

    Examples
    --------
    >>> found = judge_claims({"edges": "genie3"}, "The score 'genie3'", {}, {}, level=0.05)
    >>> [str(v.state) for v in found.verdicts]
    ['NOT RUN', 'NOT RUN', 'NOT RUN', 'NOT APPLICABLE']
    """
    who = "attention" if "model" in label else "the score"
    claim = f"{who} knows gene regulation"
    parts = {c.id: _parts(c, claim, results, missing, level) for c in CRITERIA.values()}
    verdicts = [_combined(parts, claim, WHOLE, noun)]
    verdicts += [
        _combined(
            {k: v for k, v in parts.items() if CRITERIA[k].endpoint == e}, f"{who} {e}", e, noun
        )
        for e in dict.fromkeys(c.endpoint for c in CRITERIA.values())
    ]
    result = AnalysisResult(ANALYSIS, dict(label))
    result.verdicts = [replace(v, tags={**label}) for v in verdicts]
    result.tables = {"criteria": _table(parts)}
    result.captions = {
        "criteria": "Every criterion and what it was judged by: endpoint, state, and the numbers. "
        "A criterion speaks about its own endpoint only."
    }
    result.notes = [
        f"{c.id} ({c.endpoint}): {c.condition}." for c in CRITERIA.values()
    ]  # fmt: skip
    decided = [_state(found) for found in parts.values()]
    result.checks = [
        Check("R1", "per-claim evidence map and verdict", "passed",
              f"{sum(s in (State.PASS, State.FAIL) for s in decided)} of {len(decided)} criteria "
              "decided"),
    ]  # fmt: skip
    result.method = (
        "Claims were judged by four criteria, all required, each tied to one endpoint; criteria "
        "that were not run leave the whole undecided."
    )
    return result


def _parts(
    criterion: Criterion,
    claim: str,
    results: Results,
    missing: Mapping[str, Sequence[tuple[str, str, bool]]],
    level: float,
) -> list[Verdict]:
    """Verdicts of a criterion, one a screen or network, and those on what was not run."""
    tags = {"criterion": criterion.id}
    if not criterion.analyses and claim.startswith("the score"):
        why = "an edge table has no model behind it"
        return [not_applicable(claim, criterion.endpoint, why=why, tags=tags)]
    if not criterion.analyses:
        asked = not_run(
            claim, criterion.endpoint, why=CAUSAL, command="cellglass list regulation", tags=tags
        )
        # no command of this version brings it: a list of what is to come is no remedy
        return [replace(asked, would_change=("a version of cellglass with causal analyses",))]
    if criterion.id == "C3":
        found = _pairs_of_results(criterion, results, level, claim)
    else:
        found = [_confirmed(r, v, level) for a in criterion.analyses for r in results.get(a, ())
                 for v in r.verdicts]  # fmt: skip
    found += [v for a in criterion.also for r in results.get(a, ()) for v in r.verdicts]
    reads = (*criterion.analyses, *criterion.also)
    told = dict.fromkeys(m for a in reads for m in missing.get(a, ()))
    for why, command, applicable in told:
        if applicable:
            found.append(not_run(claim, criterion.endpoint, why=why, command=command, tags=tags))
        else:
            found.append(not_applicable(claim, criterion.endpoint, why=why, tags=tags))
    for name in reads:
        if not (results.get(name) or missing.get(name)):
            command = f"cellglass run study.yaml --only {name} --only {ANALYSIS}"
            found.append(not_run(claim, criterion.endpoint, why=f"{name} was not chosen",
                                 command=command, tags=tags))  # fmt: skip
    if not found:
        command = f"cellglass run study.yaml --only {reads[0]}"
        found = [not_run(claim, criterion.endpoint, why=f"{reads[0]} gave no verdict",
                         command=command, tags=tags)]  # fmt: skip
    return found


def _pairs_of_results(
    criterion: Criterion, results: Results, level: float, claim: str
) -> list[Verdict]:
    """C3 reads two results on the same network."""
    first, second = criterion.analyses
    by_network = {r.label["network"]: r for r in results.get(first, ())}
    return [
        judge_edges(by_network[degree.label["network"]], degree, level=level, claim=claim)
        for degree in results.get(second, ())
        if degree.label["network"] in by_network
    ]


def _confirmed(result: AnalysisResult, verdict: Verdict, level: float) -> Verdict:
    """C1 also needs every ranking without an edge beaten by BH, as the criterion is printed."""
    table = result.tables.get("baselines")
    if verdict.state is not State.PASS or table is None:
        return verdict
    opponents = table[table["q"].notna()]
    lost = [
        str(name)
        for name, gain, q in zip(
            opponents["ranking"], opponents["difference"],
            bh(opponents["p"].to_numpy(float)), strict=True,
        )
        if not (gain > 0 and q <= level)
    ]  # fmt: skip
    if not lost:
        return verdict
    why = f"by BH, {', '.join(lost)} is not beaten"
    return replace(
        verdict, state=State.INCONCLUSIVE, sentence=f"{verdict.sentence.rstrip('.')}, but {why}.",
        reasons=(*verdict.reasons, why),
    )  # fmt: skip


def _able(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Contexts that cannot judge do not count where others can."""
    return [v for v in verdicts if v.state is not State.NOT_APPLICABLE] or list(verdicts)


def _state(verdicts: Sequence[Verdict]) -> State:
    """State of one criterion over its contexts."""
    return combine(_able(verdicts), claim="criterion", endpoint="contexts").state


def _combined(
    parts: Mapping[str, Sequence[Verdict]], claim: str, endpoint: str, noun: str
) -> Verdict:
    """One verdict on an endpoint, whose sentence names the criteria, and its reasons the contexts.

    What is not tested says why and nothing else.
    """
    states = {name: _state(found) for name, found in parts.items()}
    judged = [replace(v[0], state=states[n]) for n, v in parts.items()]
    state = combine(judged, claim=claim, endpoint=endpoint).state
    told = ", ".join(f"{name} {s}" for name, s in states.items())
    flat = [(name, v) for name, found in parts.items() for v in _able(found)]
    reasons = [
        f"{name}: {'; '.join(v.reasons)}" if v.state in UNTESTED
        else f"{name}, {v.endpoint}: {v.state}. {v.sentence}"
        for name, v in flat
    ]  # fmt: skip
    # what would change a part stands beside that part; here, which parts and what was not run
    change = [w for _, v in flat if v.state is State.NOT_RUN for w in v.would_change]
    left = [f"{n} ({v.endpoint})" for n, v in flat if v.state in (State.FAIL, State.INCONCLUSIVE)]
    change += [f"another verdict on {listed(left)}"] if left else []
    return Verdict(
        claim, endpoint, state, f"{noun} {endpoint}: {state} ({told}).",
        tuple(dict.fromkeys(reasons)),
        tuple(dict.fromkeys(change)),
        tuple(dict.fromkeys(i for _, v in flat for i in v.finding_ids)),
    )  # fmt: skip


def _table(parts: Mapping[str, Sequence[Verdict]]) -> pd.DataFrame:
    rows = [
        {
            "criterion": name,
            "endpoint": CRITERIA[name].endpoint,
            "judged_by": verdict.endpoint,
            "state": str(verdict.state),
            "told": verdict.sentence,
        }
        for name, verdicts in parts.items()
        for verdict in verdicts
    ]
    return pd.DataFrame(rows)
