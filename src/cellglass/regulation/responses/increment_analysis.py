"""Analysis: do scores add to what single genes say about who responds?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellglass._words import plural
from cellglass.regulation.checklist import ITEMS
from cellglass.runs.result import AnalysisResult, Check, FigureSpec
from cellglass.stats import (
    BootstrapResult,
    Finding,
    State,
    Verdict,
    auprc,
    auroc,
    combine,
    decide,
    wilcoxon,
)
from cellglass.stats.differential import Matrix
from cellglass.stats.row_auroc import row_auroc

from .applicable import started
from .increments import BASE, OVER, PAIRWISE, SCORE, HeldOut, held_out_predictions
from .judged import Judged
from .nulls import ResponseNulls, response_nulls
from .pairs import ResponsePairs
from .summary import RECALL_AT, UNIT, many_means, ranking_metrics

ANALYSIS = "regulation.response_increment"
CLAIM = "scores add to single-gene statistics in predicting the response to a perturbation"
DECIDING = (SCORE, PAIRWISE)
POWER = (
    2.802  # z(0.975) + z(0.8): a difference so many standard errors large is found 8 times in 10
)
WHAT = {
    "perturbation": "new perturbations",
    "target": "new target genes",
    "both": "new perturbations and new target genes",
}


Metrics = Mapping[tuple[str, str, str], dict[str, NDArray[np.float64]]]


@dataclass(frozen=True, eq=False)
class _Gain:
    """Gain of one feature set over its base under one model and split."""

    held: HeldOut
    features: str
    auroc: BootstrapResult
    auprc: BootstrapResult
    recall: BootstrapResult | None
    p: float


def judge_increment(judged: Judged) -> AnalysisResult:
    """Held-out gain of a score over single-gene models, two models by three splits.

    Parameters
    ----------
    judged
        Subject, screen and settings.

    Returns
    -------
    AnalysisResult
        AUROC (mean over perturbations, pooled, mean over folds), AUPRC and recall of every
        feature set; gains with intervals over perturbations; gains apart for perturbations of
        regulators and others; the verdict of criterion C2.

    Notes
    -----
    A36, A37, A40 and criterion C2 of the specification (2.7, 2.23). A pass needs the gain of the
    whole score and of its pairwise part under every model and split, confirmed by AUPRC and by
    recall among the top ranks. Intervals resample perturbations with fitted models held fixed.
    """
    pairs = judged.scored.pairs
    result, enough = started(judged, pairs, ANALYSIS, CLAIM)
    if not enough:
        return result
    held = held_out_predictions(
        judged.scored, folds=judged.settings.folds, joint_folds=judged.responses.joint_folds,
        seed=judged.seed, task=judged.task("increment"),
    )  # fmt: skip
    values: Metrics = {
        (h.model, h.split, n): _values(o, pairs) for h in held for n, o in h.odds.items()
    }
    gains = [g for h in held for g in _gains(h, values, judged)]
    nulls = response_nulls(
        pairs, judged.scored.candidates, adjust_over=list(judged.scored.candidates),
        settings=judged.settings, seed=judged.seed, task=judged.task("nulls"),
    )  # fmt: skip
    result.tables["increments"] = _table(held, values, gains, judged)
    result.captions["increments"] = _caption(judged)
    result.figures = [
        FigureSpec("increments", "split_forest", "increments",
                   "What the score and its pairwise part add to single-gene statistics in ranking "
                   "responding genes, by model and by what is new in the test pairs (95 % "
                   "intervals over perturbations; the band is the margin).",
                   {"margin": judged.settings.margin}, size=(6.4, 4.2))
    ]  # fmt: skip
    strata = _strata(gains, judged)
    if strata is not None:
        result.tables["strata"] = strata
        result.captions["strata"] = (
            "The same gains apart for perturbations of regulators of the reference network and of "
            "other genes (mean over perturbations, 95 % interval)."
        )
    result.findings = [_finding(g, judged) for g in gains]
    if strata is not None:
        result.findings += _strata_findings(strata, judged)
    result.verdicts = [_verdict(gains, nulls, judged)]
    result.checks = [
        Check("B4", ITEMS["B4"], "passed", f"{len(held)} combinations of model and split"),
        Check("S1", ITEMS["S1"], "passed", f"{pairs.n} {plural(UNIT, pairs.n)} resampled"),
    ]
    result.notes += _notes(held, gains, judged)
    result.method = (
        "Logistic regression and gradient-boosted trees of target mean, variance and detection, "
        "with and without the score, predicted responses of held-out perturbations, held-out "
        "targets, and both (two-way blocks)."
    )
    return result


def _values(odds: Matrix, pairs: ResponsePairs) -> dict[str, NDArray[np.float64]]:
    """Metrics of each perturbation."""
    top = ranking_metrics(odds, pairs)
    return {
        "auroc": row_auroc(odds, pairs.labels, pairs.mask),
        **{str(k): top[k].to_numpy(float) for k in top.columns},
    }


def _recall(values: dict[str, NDArray[np.float64]]) -> str:
    """The recall that confirms: among the top 50 ranks, or 10; empty where genes are fewer."""
    usable = (f"recall_{k}" for k in (50, 10) if np.isfinite(values[f"recall_{k}"]).all())
    return next(usable, "")


def _gains(
    held: HeldOut,
    values: Metrics,
    judged: Judged,
) -> Iterator[_Gain]:
    """Gains of all feature sets that have a base, resampled together."""
    task = judged.task("increment", held.split, held.model, "bootstrap")
    for name, base in OVER.items():
        if name not in held.odds:
            continue
        own = values[held.model, held.split, name]
        over = values[held.model, held.split, base]
        recall = _recall(own)
        found = {}
        for metric, key in (("auroc", "auroc"), ("auprc", "auprc"), ("recall", recall)):
            if not key:
                continue
            resampled = many_means(
                {name: own[key], base: over[key]}, draws=judged.settings.bootstrap,
                seed=judged.seed, task=task,
            )  # fmt: skip
            found[metric] = resampled.difference(0, 1)
        p = wilcoxon(own["auroc"], over["auroc"]).p
        yield _Gain(held, name, found["auroc"], found["auprc"], found.get("recall"), p)


def _table(
    held: list[HeldOut],
    values: Metrics,
    gains: list[_Gain],
    judged: Judged,
) -> pd.DataFrame:
    pairs = judged.scored.pairs
    found = {(g.held.model, g.held.split, g.features): g for g in gains}
    rows = []
    for h in held:
        for name, odds in h.odds.items():
            own = values[h.model, h.split, name]
            row: dict[str, object] = {
                "model": h.model, "new": WHAT[h.split], "features": name,
                "auroc": float(own["auroc"].mean()),
            }  # fmt: skip
            gain = found.get((h.model, h.split, name))
            if gain is not None:
                interval = gain.auroc.interval()
                row |= {
                    "over": OVER[name], "gain": float(gain.auroc.estimates[0]),
                    "gain_low": interval.low, "gain_high": interval.high, "p": gain.p,
                    "gain_auprc": float(gain.auprc.estimates[0]),
                    "gain_recall": float(gain.recall.estimates[0]) if gain.recall else np.nan,
                }  # fmt: skip
            row |= {
                "auroc_pooled": auroc(odds[pairs.mask], pairs.labels[pairs.mask]),
                "auroc_folds": _fold_mean(h, odds, pairs),
                "auprc": float(own["auprc"].mean()),
                "auprc_pooled": auprc(odds[pairs.mask], pairs.labels[pairs.mask]),
                "base_rate": float(own["base_rate"].mean()),
                **{f"recall_{k}": float(own[f"recall_{k}"].mean()) for k in RECALL_AT},
                "n_perturbations": pairs.n, "n_pairs": int(pairs.mask.sum()),
                "n_positives": int(pairs.labels.sum()),
            }  # fmt: skip
            rows.append(row)
    return pd.DataFrame(rows)


def _fold_mean(held: HeldOut, odds: Matrix, pairs: ResponsePairs) -> float:
    """Mean over test folds of the pooled AUROC: odds of different models are not mixed."""
    found = []
    for fold in range(int(held.fold.max()) + 1):
        inside = held.fold == fold
        value = auroc(odds[inside], pairs.labels[inside]) if inside.any() else np.nan
        if np.isfinite(value):
            found.append(value)
    return float(np.mean(found)) if found else float("nan")


def _by_perturbation(gain: _Gain, judged: Judged) -> NDArray[np.float64]:
    """Gain in AUROC of each perturbation."""
    pairs = judged.scored.pairs
    own = row_auroc(gain.held.odds[gain.features], pairs.labels, pairs.mask)
    base = row_auroc(gain.held.odds[OVER[gain.features]], pairs.labels, pairs.mask)
    return own - base


def _strata(gains: list[_Gain], judged: Judged) -> pd.DataFrame | None:
    """A37: gains of perturbations of regulators and of other genes; None without a network."""
    if judged.network is None:
        return None
    regulators = set(judged.network.sources)
    is_regulator = np.array([set(s) <= regulators for s in judged.scored.pairs.sources])
    rows = []
    for gain in gains:
        if gain.features not in DECIDING:
            continue
        values = _by_perturbation(gain, judged)
        for what, part in (("regulators", is_regulator), ("other genes", ~is_regulator)):
            row: dict[str, object] = {
                "model": gain.held.model, "new": WHAT[gain.held.split], "features": gain.features,
                "perturbations_of": what, "n_perturbations": int(part.sum()),
            }  # fmt: skip
            if part.sum() >= 2:
                drawn = many_means(
                    {"gain": values[part]}, draws=judged.settings.bootstrap, seed=judged.seed,
                    task=judged.task("strata", what),
                )  # fmt: skip
                interval = drawn.interval()
                row |= {"gain": float(drawn.estimates[0]), "gain_low": interval.low,
                        "gain_high": interval.high}  # fmt: skip
            rows.append(row)
    return pd.DataFrame(rows)


def _finding(gain: _Gain, judged: Judged) -> Finding:
    """A36 (new perturbations, logistic) and A40 (the other splits and the trees)."""
    first = gain.held.model == "logistic" and gain.held.split == "perturbation"
    deciding = gain.features in DECIDING
    interval = gain.auroc.interval()
    estimate = float(gain.auroc.estimates[0])
    tags = {
        **judged.label, "model_of_responses": gain.held.model, "split": gain.held.split,
        "features": gain.features, "unit": "A36" if first else "A40",
        **({"criterion": "C2"} if deciding else {}),
    }  # fmt: skip
    return Finding(
        ANALYSIS, f"Does '{gain.features}' predict responses in {judged.measured.name} better than "
        f"'{OVER[gain.features]}' does ({gain.held.model}, {WHAT[gain.held.split]})?",
        "mean gain in held-out AUROC over perturbations", estimate, interval, None,
        gain.p, UNIT, judged.scored.pairs.n, None, (estimate, interval.low, interval.high),
        judged.seed, tags, ANALYSIS, "confirmatory" if deciding else "descriptive",
    )  # fmt: skip


def _strata_findings(strata: pd.DataFrame, judged: Judged) -> list[Finding]:
    rows = strata[strata["n_perturbations"] >= 2]
    return [
        Finding(
            ANALYSIS, f"What does '{r['features']}' add for perturbations of "
            f"{r['perturbations_of']} in {judged.measured.name} ({r['model']}, {r['new']})?",
            "mean gain in held-out AUROC over perturbations", float(r["gain"]), None, None,
            unit=UNIT, n=int(r["n_perturbations"]), seed=judged.seed,
            increment=(float(r["gain"]), float(r["gain_low"]), float(r["gain_high"])),
            tags={**judged.label, "unit": "A37", "perturbations_of": str(r["perturbations_of"])},
            family=ANALYSIS, kind="descriptive",
        )
        for _, r in rows.iterrows()
    ]  # fmt: skip


def _verdict(gains: list[_Gain], nulls: ResponseNulls, judged: Judged) -> Verdict:
    """C2: every model, split and form of the score, confirmed by AUPRC and recall."""
    chosen = judged.scored.choice.main
    parts, told = [], []
    for gain in gains:
        if gain.features not in DECIDING:
            continue
        form = "score" if gain.features == SCORE else "pairwise part of the score"
        where = f"{WHAT[gain.held.split]} ({gain.held.model} model)"
        for metric, resampled, margin in (
            ("AUROC", gain.auroc, judged.settings.margin), ("AUPRC", gain.auprc, 0.0),
            ("recall", gain.recall, 0.0),
        ):  # fmt: skip
            if resampled is None:
                continue
            interval, estimate = resampled.interval(level=0.95), float(resampled.estimates[0])
            part = decide(
                interval, resampled.interval(level=0.90), margin, nulls.adjusted(chosen),
                judged.settings.level, estimate=estimate, claim=CLAIM,
                endpoint=f"predicting responses in {judged.measured.name} to {where}",
                subject=f"{judged.held.noun}, {form},", checks=nulls.checks, measure=metric,
                tags=judged.label,
            )  # fmt: skip
            parts.append(part)
            told.append(f"{where}, {form}, {metric}: {part.state}, {estimate:.3f} "
                        f"[{interval.low:.3f}, {interval.high:.3f}]")  # fmt: skip
    whole = combine(
        parts, claim=CLAIM,
        endpoint=f"predicting responses in {judged.measured.name} beyond single genes",
    )  # fmt: skip
    open_parts = sum(p.state is not State.PASS for p in parts)
    change = (f"{open_parts} of {len(parts)} parts to pass as well: more perturbations that can be "
              "judged, or another screen",) if open_parts else ()  # fmt: skip
    beaten = [f"the {n} null: adjusted p = {p:.3g}" for n, p in nulls.adjusted(chosen).items()]
    whole = replace(whole, reasons=(*told, *beaten), would_change=change)
    return _told(whole, gains, judged)


def _told(whole: Verdict, gains: list[_Gain], judged: Judged) -> Verdict:
    """Give the verdict the sentence a paper may print: the range over models and splits."""
    deciding = [g for g in gains if g.features in DECIDING]
    values = [float(g.auroc.estimates[0]) for g in deciding]
    low = min(g.auroc.interval().low for g in deciding)
    high = max(g.auroc.interval().high for g in deciding)
    n = judged.scored.pairs.n
    sentence = (
        f"{judged.held.noun} gains {min(values):.3f} to {max(values):.3f} AUROC [{low:.3f}, "
        f"{high:.3f}] in {whole.endpoint}, over two models, three splits "
        f"and two forms of the score (n = {n} {plural(UNIT, n)}): {whole.state}."
    )
    ids = tuple(_finding(g, judged).id for g in deciding)
    return replace(
        whole, sentence=sentence, finding_ids=ids, tags={**judged.label, "criterion": "C2"}
    )


def _caption(judged: Judged) -> str:
    return (
        "Held-out prediction of responses, by model, by what is new in the test pairs, and by "
        "features: mean AUROC over perturbations with its gain over the features without the score "
        "(95 % interval over perturbations, Wilcoxon's p), pooled AUROC and mean over folds, which "
        "are other statistics, AUPRC with base rate, and the share of responding genes among the "
        f"top ranks. n = {judged.scored.pairs.n} perturbations."
    )


def _notes(held: list[HeldOut], gains: list[_Gain], judged: Judged) -> list[str]:
    main = next(g for g in gains if g.features == PAIRWISE and g.held.split == "perturbation")
    spread = float(_by_perturbation(main, judged).std(ddof=1)) / np.sqrt(judged.scored.pairs.n)
    few = [] if main.recall else [
        f"Some perturbation has no more than {RECALL_AT[0]} genes to rank: recall confirms nothing."
    ]  # fmt: skip
    notes = [
        *few,
        f"With {judged.scored.pairs.n} perturbations a gain of {POWER * spread:.4f} AUROC over "
        f"'{BASE}' would be found 8 times in 10 ({main.held.model}, new perturbations, pairwise "
        "part); pairs are not independent and do not count.",
    ]
    empty = {(h.model, h.split): h.n_empty for h in held if h.n_empty}
    if empty:
        told = ", ".join(f"{n} of {s}" for (m, s), n in empty.items() if m == "logistic")
        notes.append(f"Folds whose training pairs hold one class only, predicted alike: {told}.")
    return notes
