"""Analysis: do scores rank the genes that respond to a perturbation above those that do not?"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellglass._words import capitalised
from cellglass.regulation.checklist import ITEMS
from cellglass.runs.result import AnalysisResult, Check, FigureSpec
from cellglass.stats import Finding, tost, wilcoxon
from cellglass.stats.differential import Matrix

from .applicable import started
from .baselines import CONTROL, SCALARS
from .calls import Label, call_weak_responses
from .choice import NestedChoice
from .folds import FOLDS, MeasuredFolds
from .judged import Judged
from .nulls import ResponseNulls, response_nulls
from .on_target import on_target, target_check
from .pairs import ResponsePairs, gene_columns, response_pairs
from .scored import COEXPRESSION, UNTRAINED, Scored
from .summary import UNIT, many_means, mean_interval, ranking_metrics

ANALYSIS = "regulation.response"
NESTED = "layer chosen on other perturbations"
PRIMARY, WEAK = "primary", "weak configuration"
OTHER: dict[Label, str] = {"difference": "standardised label", "standardised": "difference label"}


def judge_response(judged: Judged) -> AnalysisResult:
    """Rank the genes of a screen by a subject's scores, perturbation by perturbation.

    Parameters
    ----------
    judged
        Subject, screen and settings.

    Returns
    -------
    AnalysisResult
        AUROC, AUPRC and recall of every score, means over perturbations; nulls; the paired
        comparison with co-expression; beside that, responses called by the other effect (a
        variance ranking is partly built into the label by difference, not into the standardised
        one) and the published weak configuration.

    Notes
    -----
    A29, A30 and A33 of the specification (2.5, 5). No verdict rests on an AUROC against chance:
    see the baselines and the increment.
    """
    scored = judged.scored
    result, enough = started(judged, scored.pairs, ANALYSIS, "scores rank responding genes")
    targets = on_target(judged.measured)
    result.checks = [target_check(judged.measured, targets), _same_cells(judged)]
    if len(targets):
        result.tables["targets"] = targets
        result.captions["targets"] = (
            "What each perturbation did to its own gene: difference of mean log1p counts per "
            "10,000 and in standard deviations, q by BH over the perturbations."
        )
    if not enough:
        return result
    others = {n: s for n, s in ((OTHER[judged.responses.label], _other_label(judged)),
                                (WEAK, _weak(judged))) if s is not None}  # fmt: skip
    tables = [_scores_table(s, judged, n) for n, s in {PRIMARY: scored, **others}.items()]
    nulls = _nulls(scored, judged)
    result.tables |= {
        "responses": pd.concat(tables, ignore_index=True),
        "by_perturbation": _by_perturbation(scored),
        "response_nulls": nulls.table,
    }
    result.captions |= _captions(judged, others)
    result.figures = _figures(scored, judged)
    result.findings = [
        *_against_chance(scored, judged, nulls),
        *_against_coexpression(scored, judged),
        *(f for n, s in others.items() for f in _findings_under(n, s, judged)),
    ]
    result.notes += [f"{capitalised(n)}: {s.pairs.reduction()}" for n, s in others.items()]
    result.notes += _variance_told({PRIMARY: scored, **others}, judged)
    result.method = _method(judged, scored)
    return result


def subject_values(scored: Scored) -> dict[str, NDArray[np.float64]]:
    """AUROC by perturbation of the subject, of co-expression and of the untrained copy."""
    found = {scored.choice.main if len(scored.candidates) == 1 else NESTED: scored.nested}
    found[COEXPRESSION] = scored.values(COEXPRESSION)
    if scored.untrained_choice is not None:
        found[UNTRAINED] = scored.untrained_choice.values
    return found


def nested_matrix(scored: Scored, candidates: dict[str, Matrix], choice: NestedChoice) -> Matrix:
    """Scores in which each perturbation has the layer that the other folds chose."""
    out = np.empty(scored.pairs.mask.shape)
    for fold, name in enumerate(choice.selected):
        out[choice.fold == fold] = candidates[name][choice.fold == fold]
    return out


def _other_label(judged: Judged) -> Scored | None:
    """Scores where the other effect makes a response; None without a variance or with too few."""
    if isinstance(judged.measured, MeasuredFolds):
        return None
    other: Label = "standardised" if judged.responses.label == "difference" else "difference"
    return _enough(judged, response_pairs(judged.held, judged.measured, judged.responses,
                                          label=other))  # fmt: skip


def _weak(judged: Judged) -> Scored | None:
    """Scores by the published weak configuration; None where there is no test or too little."""
    if isinstance(judged.measured, MeasuredFolds):
        return None
    columns = gene_columns(judged.held, judged.measured)
    called = call_weak_responses(judged.measured, columns=columns)
    return _enough(judged, response_pairs(judged.held, judged.measured, judged.responses,
                                          responses=called))  # fmt: skip


def _enough(judged: Judged, pairs: ResponsePairs) -> Scored | None:
    return judged.score(pairs) if pairs.n >= judged.responses.min_perturbations else None


def _variance_told(all_scored: dict[str, Scored], judged: Judged) -> list[str]:
    """How far the variance ranking owes its AUROC to the label."""
    name = OTHER[judged.responses.label]
    if name not in all_scored:
        return []
    variance = SCALARS[0]
    primary, other = (all_scored[n].values(variance).mean() for n in (PRIMARY, name))
    by = [primary, other] if judged.responses.label == "difference" else [other, primary]
    return [
        f"Ranking by {variance} reaches {by[0]:.3f} AUROC where the difference makes a response, "
        f"which variable genes pass more easily, and {by[1]:.3f} where the standardised one does."
    ]


def _scores_table(scored: Scored, judged: Judged, configuration: str) -> pd.DataFrame:
    """One row a score: mean AUROC with interval and t test, AUPRC and recalls."""
    from scipy import stats

    pairs = scored.pairs
    named: list[tuple[str, str, NDArray[np.float64], Matrix]] = []
    if len(scored.candidates) > 1:
        matrix = nested_matrix(scored, dict(scored.candidates), scored.choice)
        named.append((NESTED, "candidate", scored.nested, matrix))
    named += [(n, "candidate", scored.values(n), m) for n, m in scored.candidates.items()]
    named.append((COEXPRESSION, "reference", scored.values(COEXPRESSION), scored.coexpression))
    if scored.untrained_choice is not None:
        matrix = nested_matrix(scored, dict(scored.untrained), scored.untrained_choice)
        named.append((UNTRAINED, "reference", scored.untrained_choice.values, matrix))
    named += [(n, "baseline", scored.values(n), m) for n, m in scored.baselines.items()]
    rows = []
    for name, kind, values, matrix in named:
        known = np.isfinite(values)
        n = int(known.sum())
        row: dict[str, Any] = {"configuration": configuration, "score": name, "kind": kind}
        if n >= 2:
            mean, interval = mean_interval(
                values[known], draws=judged.settings.bootstrap, seed=judged.seed,
                task=judged.task(configuration, "means", str(n)),
            )  # fmt: skip
            test = stats.ttest_1samp(values[known], 0.5) if np.ptp(values[known]) > 0 else None
            top = ranking_metrics(matrix, pairs)[known].mean()
            row |= {
                "auroc": mean, "auroc_low": interval.low, "auroc_high": interval.high,
                "auroc_sd": float(values[known].std(ddof=1)),
                "p": float("nan") if test is None else float(test.pvalue),
                **{str(k): float(v) for k, v in top.items()},
            }  # fmt: skip
        rows.append({**row, "n_perturbations": n})
    return pd.DataFrame(rows)


def _by_perturbation(scored: Scored) -> pd.DataFrame:
    """AUROC of each score on each perturbation, with its numbers of genes."""
    pairs = scored.pairs
    table = pd.DataFrame(
        {
            "perturbation": list(pairs.perturbations),
            "responders": pairs.labels.sum(1),
            "genes_judged": pairs.mask.sum(1),
            **subject_values(scored),
            **{name: scored.values(name) for name in scored.baselines},
        }
    )
    return table.sort_values("responders", ascending=False, kind="stable").reset_index(drop=True)


def _nulls(scored: Scored, judged: Judged) -> ResponseNulls:
    """Layers, and co-expression where it ranks every perturbation, against the nulls."""
    scores = dict(scored.candidates)
    if np.isfinite(scored.coexpression).all():
        scores[COEXPRESSION] = scored.coexpression
    return response_nulls(
        scored.pairs, scores, adjust_over=list(scored.candidates), settings=judged.settings,
        seed=judged.seed, task=judged.task("nulls"),
    )  # fmt: skip


def _against_chance(scored: Scored, judged: Judged, nulls: ResponseNulls) -> list[Finding]:
    """A30: the subject against chance (t test, as published) and against each null."""
    from scipy import stats

    mean, interval = mean_interval(
        scored.nested, draws=judged.settings.bootstrap, seed=judged.seed,
        task=judged.task(PRIMARY, "means", str(scored.pairs.n)),
    )  # fmt: skip
    opponents = [n for n in scored.baselines if n != CONTROL]
    best = max(opponents, key=lambda n: float(scored.values(n).mean()))
    baseline = (best, float(scored.values(best).mean()))
    gain = many_means({"score": scored.nested, best: scored.values(best)},
                      draws=judged.settings.bootstrap, seed=judged.seed,
                      task=judged.task("best baseline")).difference(0, 1)  # fmt: skip
    step = gain.interval()
    added = (float(gain.estimates[0]), step.low, step.high)
    chosen = scored.choice.main
    tags = {**judged.label, "score": chosen, "unit": "A30"}
    varies = float(np.ptp(scored.nested)) > 0
    p = float(stats.ttest_1samp(scored.nested, 0.5).pvalue) if varies else 1.0
    findings = [
        Finding(
            ANALYSIS, f"Do the scores rank genes that respond in {judged.measured.name} above "
            "others?", "mean AUROC over perturbations", mean, interval, None, p, UNIT,
            scored.pairs.n, baseline, added, judged.seed, {**tags, "test": "t"}, ANALYSIS,
        )
    ]  # fmt: skip
    for null, summary in nulls.summaries(chosen).items():
        findings.append(
            Finding(
                ANALYSIS, f"Do the scores rank genes that respond in {judged.measured.name} "
                f"better than the {null} null?", "mean AUROC over perturbations",
                float(np.mean(scored.values(chosen))), None, summary, summary.p, UNIT,
                scored.pairs.n, baseline, None, judged.seed, {**tags, "null": null}, ANALYSIS,
            )
        )  # fmt: skip
    return findings


def _against_coexpression(scored: Scored, judged: Judged) -> list[Finding]:
    """A33: the subject against |Spearman| of the same cells, paired by perturbation."""
    other = scored.values(COEXPRESSION)
    both = np.isfinite(other)
    if both.sum() < 2:
        return []
    own, other = scored.nested[both], other[both]
    mean, interval = mean_interval(
        own - other, draws=judged.settings.bootstrap, seed=judged.seed,
        task=judged.task("coexpression"),
    )  # fmt: skip
    tags = {**judged.label, "score": scored.choice.main, "unit": "A33"}
    same = tost(own - other, max(judged.settings.margin, 1e-6), unit=UNIT)
    question = f"in ranking genes that respond in {judged.measured.name}"
    rows: list[tuple[str, str, float]] = [
        (f"Do the scores differ from |Spearman| {question}?", "Wilcoxon", wilcoxon(own, other).p),
        (f"Are the scores as good as |Spearman| to within the margin {question}?", "TOST", same.p),
    ]
    return [
        Finding(
            ANALYSIS, text, "mean paired difference of AUROC", mean, interval, None, p, UNIT,
            int(both.sum()), (COEXPRESSION, float(other.mean())), None, judged.seed,
            {**tags, "test": test}, ANALYSIS,
        )
        for text, test, p in rows
    ]  # fmt: skip


def _findings_under(configuration: str, scored: Scored, judged: Judged) -> list[Finding]:
    """The same question under the published weak configuration (A29) and the other label (A30)."""
    from scipy import stats

    findings = []
    tags = {**judged.label, "configuration": configuration,
            "unit": "A29" if configuration == WEAK else "A30"}  # fmt: skip
    for name, values in subject_values(scored).items():
        known = values[np.isfinite(values)]
        if len(known) < 2 or np.ptp(known) == 0:
            continue
        mean, interval = mean_interval(
            known, draws=judged.settings.bootstrap, seed=judged.seed,
            task=judged.task(configuration, "means", str(len(known))),
        )  # fmt: skip
        findings.append(
            Finding(
                ANALYSIS, f"With the {configuration}, does {name} rank genes that respond in "
                f"{judged.measured.name} above others?", "mean AUROC over perturbations", mean,
                interval, None, float(stats.ttest_1samp(known, 0.5).pvalue), UNIT, len(known),
                None, None, judged.seed, {**tags, "score": name}, ANALYSIS, "descriptive",
            )
        )  # fmt: skip
    return findings


def _same_cells(judged: Judged) -> Check:
    if isinstance(judged.measured, MeasuredFolds):
        return Check("I4", ITEMS["I4"], "failed", FOLDS)
    if judged.held.kind == "table":
        return Check("I4", ITEMS["I4"], "not run", "the cells behind the edge table are not known")
    behind, beside = len(judged.held.cells), judged.measured.n_controls
    told = f"edges, co-expression and statistics from the same {behind:,} controls"
    if behind != beside:
        told = f"edges from {behind:,} cells, responses against {beside:,} controls"
    return Check("I4", ITEMS["I4"], "passed" if behind == beside else "failed", told)


def _figures(scored: Scored, judged: Judged) -> list[FigureSpec]:
    return [
        FigureSpec(
            "responses", "response_forest", "responses",
            f"Mean AUROC over {scored.pairs.n} perturbations of {judged.measured.name}, with 95 % "
            "intervals over perturbations: the subject, what stands beside it, and rankings that "
            "need no edge.", {"configuration": PRIMARY}, size=(6.4, 4.8),
        ),
    ]  # fmt: skip


def _effect(judged: Judged) -> str:
    """The effect that makes a response, in words."""
    rule = judged.responses
    if rule.label == "standardised":
        return f"a standardised difference of {rule.standardised_effect:g} or more"
    return f"a difference of {rule.effect:g} or more"


def _captions(judged: Judged, others: dict[str, Scored]) -> dict[str, str]:
    q = f"q ≤ {judged.responses.fdr:g} within the perturbation and "
    told = f"a gene responds by {q if judged.measured.tests else ''}{_effect(judged)}"
    beside = "".join(
        f" {capitalised(n)}: "
        + ("Mann-Whitney against 500 controls, difference 0.1 or more." if n == WEAK
           else "the other effect makes a response.")
        for n in others
    )  # fmt: skip
    return {
        "responses": f"Each score's mean over perturbations ({told}): AUROC with its 95 % interval "
        "and t test against 0.5, AUPRC with the base rate, share of responding genes among the "
        f"top ranks.{beside}",
        "by_perturbation": "AUROC of each perturbation, the one with most responding genes first.",
        "response_nulls": "Mean AUROC over perturbations against each null: what the null keeps, "
        "z, p, and p adjusted for the choice among layers.",
    }


def _method(judged: Judged, scored: Scored) -> str:
    rule = judged.responses
    how = (
        "fold changes as published"
        if isinstance(judged.measured, MeasuredFolds)
        else f"{'Welch' if rule.test == 'welch' else 'Mann-Whitney'} tests against "
        f"{judged.measured.n_controls:,} control cells, BH {rule.fdr:g} within each perturbation"
    )
    return (
        f"Responses of {judged.measured.name} were called by {how} and {_effect(judged)}; scores "
        f"of {judged.held.name} were judged by the AUROC of each of {scored.pairs.n} "
        "perturbations, which are the unit of inference; the layer was chosen on other "
        "perturbations."
    )
