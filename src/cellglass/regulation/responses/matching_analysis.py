"""Analysis: do scores tell responding genes from genes that were as likely to respond?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from cellglass.regulation.checklist import ITEMS
from cellglass.runs.result import AnalysisResult, Check, FigureSpec
from cellglass.stats import Finding, wilcoxon
from cellglass.stats.differential import Matrix
from cellglass.stats.row_auroc import row_auroc

from .applicable import started
from .increments import BASE, BOTH, COEXPRESSED, PAIRWISE, SCORE, held_out_predictions
from .judged import Judged
from .matching import BALANCED, Matched, match_responders
from .pairs import ResponsePairs
from .response_analysis import NESTED, nested_matrix
from .scored import COEXPRESSION
from .summary import UNIT, many_means, mean_interval, ranking_metrics

ANALYSIS = "regulation.response_matched"
WHAT = "scores tell responding genes from matched ones"
PROPENSITY = "propensity"


def judge_matched(judged: Judged) -> AnalysisResult:
    """Judge a subject on responding genes and negatives of like propensity.

    Parameters
    ----------
    judged
        Subject, screen and settings.

    Returns
    -------
    AnalysisResult
        Balance before and after; AUROC by perturbation on the matched pairs; single-gene models
        with and without the score there; AUROC of the direct targets of a reference network.

    Notes
    -----
    A44 of the specification (2.10).
    """
    scored = judged.scored
    result, enough = started(judged, scored.pairs, ANALYSIS, WHAT)
    if not enough:
        return result
    matched = match_responders(scored.pairs, dict(scored.baselines))
    pairs = replace(scored.pairs, mask=matched.mask)
    kept = pairs.labels.sum(1) < pairs.mask.sum(1)  # a perturbation without a match tells nothing
    pairs = pairs.subset(kept)
    named = {n: m[kept] for n, m in {**_scores(judged), PROPENSITY: matched.propensity}.items()}
    table, findings = _on_matched(judged, pairs, named)
    result.tables |= {
        "balance": matched.balance,
        "matched": table,
        "matched_models": _models(judged, matched),
    }
    direct = _direct_targets(judged)
    if direct is not None:
        result.tables["direct_targets"] = direct
    captions = _captions(matched, judged)
    result.captions |= {n: t for n, t in captions.items() if n in result.tables}
    result.figures = [
        FigureSpec("balance", "balance_points", "balance",
                   "Standardised mean difference of responding and other genes before and after "
                   f"matching; within the band ({BALANCED:g}) counts as balanced.", size=(6.4, 2.6))
    ]  # fmt: skip
    result.findings = findings
    worst = matched.balance.set_index("covariate")["after"].abs()
    told = f"largest difference after matching {worst.max():.2f} ({worst.idxmax()})"
    result.checks = [
        Check("B6", ITEMS["B6"], "passed" if matched.balanced else "failed", told)
    ]  # fmt: skip
    if not matched.balanced:
        result.notes.append(
            f"Matching did not reach balance ({told}): what is left of a score on the matched "
            "pairs may still be that covariate."
        )
    result.method = (
        "Responding genes were matched within their perturbation to the 5 nearest others on a "
        "logistic propensity of target mean, variance, detection and response elsewhere."
    )
    return result


def _scores(judged: Judged) -> dict[str, Matrix]:
    scored = judged.scored
    if len(scored.candidates) > 1:
        own = {NESTED: nested_matrix(scored, dict(scored.candidates), scored.choice)}
    else:
        own = dict(scored.candidates)
    return {**own, COEXPRESSION: scored.coexpression, **scored.baselines}


def _on_matched(
    judged: Judged, pairs: ResponsePairs, named: dict[str, Matrix]
) -> tuple[pd.DataFrame, list[Finding]]:
    """One row a score, and findings for the subject and for co-expression."""
    rows, findings = [], []
    left = float(row_auroc(named[PROPENSITY], pairs.labels, pairs.mask).mean())
    for name, matrix in named.items():
        known = np.asarray(np.isfinite(matrix).all(1))
        if known.sum() < 2:
            continue
        values = row_auroc(matrix[known], pairs.labels[known], pairs.mask[known])
        mean, interval = mean_interval(
            values, draws=judged.settings.bootstrap, seed=judged.seed, task=judged.task("matched"),
        )  # fmt: skip
        rows.append(
            {
                "score": name, "auroc": mean, "auroc_low": interval.low,
                "auroc_high": interval.high,
                "auprc": float(ranking_metrics(matrix, pairs)["auprc"].to_numpy()[known].mean()),
                "n_perturbations": int(known.sum()),
            }
        )  # fmt: skip
        if name != PROPENSITY and name not in judged.scored.baselines:
            test = wilcoxon(values, np.full_like(values, 0.5))
            findings.append(
                Finding(
                    ANALYSIS, f"Does {name} tell genes that respond in {judged.measured.name} from "
                    "genes of like propensity?", "mean AUROC over perturbations, matched pairs",
                    mean, interval, None, test.p, UNIT, int(known.sum()), (PROPENSITY, left), None,
                    judged.seed,
                    {**judged.label, "score": name, "unit": "A44"}, ANALYSIS,
                    "descriptive" if name == COEXPRESSION else "confirmatory",
                )
            )  # fmt: skip
    return pd.DataFrame(rows), findings


def _models(judged: Judged, matched: Matched) -> pd.DataFrame:
    """Single-gene models with and without the score, fitted and judged on matched pairs."""
    scored = replace(judged.scored, pairs=replace(judged.scored.pairs, mask=matched.mask))
    kept = scored.pairs.labels.sum(1) < scored.pairs.mask.sum(1)
    held = held_out_predictions(
        scored, models=("logistic",), splits=("perturbation",), folds=judged.settings.folds,
        seed=judged.seed, task=judged.task("matched", "increment"),
    )[0]  # fmt: skip
    pairs = scored.pairs
    values = {
        n: row_auroc(held.odds[n], pairs.labels, pairs.mask)[kept]
        for n in (BASE, SCORE, PAIRWISE, COEXPRESSED, BOTH)
    }
    resampled = many_means(
        values, draws=judged.settings.bootstrap, seed=judged.seed, task=judged.task("matched")
    )
    rows = []
    for i, name in enumerate(values):
        row: dict[str, object] = {"features": name, "auroc": float(resampled.estimates[i])}
        if i:
            gain = resampled.difference(i, 0)
            interval = gain.interval()
            row |= {"gain": float(gain.estimates[0]), "gain_low": interval.low,
                    "gain_high": interval.high}  # fmt: skip
        rows.append({**row, "n_perturbations": int(kept.sum())})
    return pd.DataFrame(rows)


def _direct_targets(judged: Judged) -> pd.DataFrame | None:
    """AUROC of listed targets of each perturbed regulator; None without a network."""
    if judged.network is None:
        return None
    pairs = judged.scored.pairs
    sources = [s[0] if len(s) == 1 else "" for s in pairs.sources]
    known = [s for s in dict.fromkeys(sources) if s]
    if not known:
        return None
    listed = judged.network.matrix(known, pairs.genes)
    place = {s: i for i, s in enumerate(known)}
    labels = np.stack([listed[place[s]] if s else np.zeros(len(pairs.genes), bool)
                       for s in sources])  # fmt: skip
    labels &= pairs.mask
    enough = labels.sum(1) >= 3
    enough &= labels.sum(1) < pairs.mask.sum(1)
    rows = []
    for name, m in _scores(judged).items():
        rated = enough & np.asarray(np.isfinite(m).all(1))
        row: dict[str, object] = {
            "score": name, "n_regulators": int(rated.sum()), "n_targets": int(labels[rated].sum()),
        }  # fmt: skip
        if rated.sum() >= 2:
            values = row_auroc(m[rated], labels[rated], pairs.mask[rated])
            mean, interval = mean_interval(
                values, draws=judged.settings.bootstrap, seed=judged.seed,
                task=judged.task("matched", "direct"),
            )  # fmt: skip
            row |= {"auroc": mean, "auroc_low": interval.low, "auroc_high": interval.high}
        rows.append(row)
    columns = ["score", "auroc", "auroc_low", "auroc_high", "n_regulators", "n_targets"]
    return pd.DataFrame(rows, columns=columns)


def _captions(matched: Matched, judged: Judged) -> dict[str, str]:
    captions = {
        "balance": "Standardised mean difference of responding genes and others, before and after "
        f"matching ({matched.n_positives:,} responding, {matched.n_negatives:,} matched pairs).",
        "matched": "Mean AUROC over perturbations among responding and matched genes, with its "
        "95 % interval over perturbations. The propensity's own AUROC says how much single genes "
        "still tell here; 0.5 would be nothing.",
        "matched_models": "Held-out single-gene model on the matched pairs, with its gain from the "
        "score (new perturbations, logistic).",
    }
    if judged.network is not None:
        captions["direct_targets"] = (
            f"Mean AUROC over perturbed regulators of the targets that {judged.network.name} "
            "lists, with its 95 % interval, among regulators with 3 targets or more."
        )
    return captions
