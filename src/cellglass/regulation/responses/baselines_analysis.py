"""Analysis: do scores rank responding genes better than rankings that need no edge?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from cellglass.regulation.checklist import FAR_FROM_CHANCE, ITEMS
from cellglass.runs.result import AnalysisResult, Check, FigureSpec
from cellglass.stats import BootstrapResult, Finding, Verdict, bh, decide, wilcoxon

from .applicable import started
from .baselines import CONTROL
from .judged import Judged
from .nulls import ResponseNulls, response_nulls
from .scored import COEXPRESSION, Scored
from .summary import UNIT, many_means, mean_interval

ANALYSIS = "regulation.response_baselines"
CLAIM = "scores predict the response to a perturbation better than any single-gene statistic does"
BEST = "the best of the rankings that need no edge"


def judge_baselines(judged: Judged) -> AnalysisResult:
    """Compare a subject with every trivial ranking, and with the best of them.

    Parameters
    ----------
    judged
        Subject, screen and settings.

    Returns
    -------
    AnalysisResult
        Paired differences by perturbation, and the verdict of criterion C1.

    Notes
    -----
    A31 and criterion C1 of the specification (2.6, 2.23). The increment is over the best ranking,
    the best in each resample anew, so that a lucky choice of the easiest opponent is not possible.
    The out-degree of a target is a control that should say nothing, and no opponent.
    """
    scored = judged.scored
    result, enough = started(judged, scored.pairs, ANALYSIS, CLAIM)
    if not enough:
        return result
    opponents = [n for n in scored.baselines if n != CONTROL]
    table, findings = _paired(scored, judged)
    nulls = response_nulls(
        scored.pairs, scored.candidates, adjust_over=list(scored.candidates),
        settings=judged.settings, seed=judged.seed, task=judged.task("nulls"),
    )  # fmt: skip
    resampled = many_means(
        {"score": scored.nested, **{n: scored.values(n) for n in opponents}},
        draws=judged.settings.bootstrap, seed=judged.seed, task=judged.task("baselines"),
    )  # fmt: skip
    gain = over_the_best(resampled)
    result.tables["baselines"] = table
    result.captions["baselines"] = (
        "Mean AUROC over perturbations of rankings that need no edge, and the paired difference "
        "score minus ranking with its 95 % interval over perturbations, Wilcoxon's p and q by BH "
        "over the rankings. 'responds elsewhere' and 'mean response elsewhere' look at the other "
        "perturbations of the screen."
    )
    result.figures = [
        FigureSpec("baselines", "difference_forest", "baselines",
                   "Score minus each ranking that needs no edge, by perturbation (95 % intervals). "
                   "Left of 0 the ranking is better.", size=(6.4, 3.2))
    ]  # fmt: skip
    result.findings = findings
    result.verdicts = [_verdict(judged, scored, gain, nulls, findings)]
    result.checks = _checks(scored, judged)
    result.method = (
        "Rankings by the target's variance, mean, detection, out-degree and by its response in "
        "other perturbations were judged as the scores were; differences were paired by "
        "perturbation."
    )
    return result


def over_the_best(resampled: BootstrapResult) -> BootstrapResult:
    """The first statistic minus the largest of the others, in the data and in every resample.

    Parameters
    ----------
    resampled
        Means over the same perturbations, the subject's first.
    """
    return BootstrapResult(
        names=(f"{resampled.names[0]} - best",),
        estimates=np.array([resampled.estimates[0] - resampled.estimates[1:].max()]),
        draws=(resampled.draws[0] - resampled.draws[1:].max(0))[None],
        unit=resampled.unit,
        n=resampled.n,
        level=resampled.level,
    )


def _paired(scored: Scored, judged: Judged) -> tuple[pd.DataFrame, list[Finding]]:
    """One row and one finding a ranking."""
    names = list(scored.baselines)
    resampled = many_means(
        {"score": scored.nested, **{n: scored.values(n) for n in names}},
        draws=judged.settings.bootstrap, seed=judged.seed, task=judged.task("baselines"),
    )  # fmt: skip
    rows, findings = [], []
    for i, name in enumerate(names, start=1):
        gain = resampled.difference(0, i)
        interval = gain.interval()
        test = wilcoxon(scored.nested, scored.values(name))
        rows.append(
            {
                "ranking": name, "auroc": float(resampled.estimates[i]),
                "auroc_of_score": float(resampled.estimates[0]),
                "difference": float(gain.estimates[0]), "difference_low": interval.low,
                "difference_high": interval.high, "effect": test.effect, "p": test.p,
                "n_perturbations": scored.pairs.n,
            }
        )  # fmt: skip
        findings.append(
            Finding(
                ANALYSIS, f"Do the scores rank genes that respond in {judged.measured.name} better "
                f"than {name}?", "mean paired difference of AUROC", float(gain.estimates[0]),
                interval, None, test.p, UNIT, scored.pairs.n,
                (name, float(resampled.estimates[i])), None, judged.seed,
                {**judged.label, "score": scored.choice.main, "ranking": name, "unit": "A31",
                 "criterion": "C1"}, ANALYSIS,
            )
        )  # fmt: skip
    table = pd.DataFrame(rows)
    opponents = table["ranking"] != CONTROL
    table["q"] = np.nan
    table.loc[opponents, "q"] = bh(table.loc[opponents, "p"].to_numpy())
    return table, findings


def _verdict(
    judged: Judged,
    scored: Scored,
    gain: BootstrapResult,
    nulls: ResponseNulls,
    findings: list[Finding],
) -> Verdict:
    """C1: the lower bound over the best ranking is above the margin, and every null is beaten."""
    verdict = decide(
        gain.interval(level=0.95), gain.interval(level=0.90), judged.settings.margin,
        nulls.adjusted(scored.choice.main), judged.settings.level,
        estimate=float(gain.estimates[0]), claim=CLAIM,
        endpoint=f"ranking genes that respond in {judged.measured.name}",
        subject=f"{judged.held.noun} ({scored.choice.told()})", checks=nulls.checks, over=BEST,
        tags={**judged.label, "criterion": "C1"},
        finding_ids=[f.id for f in findings if f.tags["ranking"] != CONTROL],
    )  # fmt: skip
    other = scored.values(COEXPRESSION)
    if np.isfinite(other).all():
        told = f"|Spearman| of the same cells reaches {float(other.mean()):.3f} AUROC"
        verdict = replace(verdict, reasons=(*verdict.reasons, told))
    return verdict


def _checks(scored: Scored, judged: Judged) -> list[Check]:
    """B1: the rankings ran, and the out-degree says nothing."""
    means = {n: float(np.nanmean(scored.values(n))) for n in scored.baselines}
    best = max((n for n in means if n != CONTROL), key=lambda n: means[n])
    detail = f"best ranking without an edge: {best} {means[best]:.3f}"
    if CONTROL not in means:
        return [Check("B1", ITEMS["B1"], "passed", f"{detail}; out-degree not at hand")]
    _, interval = mean_interval(
        scored.values(CONTROL), draws=judged.settings.bootstrap, seed=judged.seed,
        task=judged.task("out-degree"),
    )  # fmt: skip
    detail += f"; out-degree {means[CONTROL]:.3f} {interval}"
    far = max(interval.low - 0.5, 0.5 - interval.high) > FAR_FROM_CHANCE
    return [Check("B1", ITEMS["B1"], "failed" if far else "passed", detail)]
