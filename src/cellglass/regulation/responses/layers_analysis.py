"""Analysis: which layer ranks responding genes best, and is it still the best elsewhere?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from cellglass._words import plural
from cellglass.regulation.checklist import ITEMS
from cellglass.runs.result import AnalysisResult, Check, FigureSpec
from cellglass.stats import Finding, cohen_d_paired, not_applicable, wilcoxon

from .applicable import started
from .judged import Judged
from .scored import COEXPRESSION, UNTRAINED
from .summary import UNIT, mean_interval

ANALYSIS = "regulation.response_layers"
WHAT = "a layer chosen on some perturbations ranks the responses to others"


def judge_layers(judged: Judged) -> AnalysisResult:
    """Full profile of layers, and the layer that other perturbations would have chosen.

    Parameters
    ----------
    judged
        Subject, screen and settings.

    Returns
    -------
    AnalysisResult
        One row a layer with its paired difference from co-expression, p by Bonferroni over layers;
        the held-out value of the nested choice. For an edge table, which has no layers, not
        applicable.

    Notes
    -----
    A34 of the specification (2.12). The best row of a profile was chosen on the perturbations it
    is read from; the nested choice was not, and is the number to quote.
    """
    scored = judged.scored
    result, enough = started(judged, scored.pairs, ANALYSIS, WHAT)
    if not enough:
        return result
    if len(scored.candidates) < 2:
        result.verdicts = [
            not_applicable(WHAT, f"responses in {scored.pairs.screen}",
                           why="the subject has one score, and so no layer to choose",
                           tags=judged.label)
        ]  # fmt: skip
        return result
    table = _profile(judged)
    result.tables["layers"] = table
    result.captions["layers"] = (
        "Mean AUROC over perturbations of each layer with its 95 % interval, paired difference "
        f"from {COEXPRESSION} (interval, Wilcoxon's p, p by Bonferroni over layers), the untrained "
        "copy's value, and in how many folds the other perturbations chose the layer."
    )
    result.figures = [
        FigureSpec("layers", "response_layers", "layers",
                   f"Mean AUROC over {scored.pairs.n} perturbations by layer, with {COEXPRESSION} "
                   "and the untrained copy.", {}, size=(6.4, 3.2))
    ]  # fmt: skip
    result.findings = [_nested_finding(judged, table)]
    best = table.loc[table["auroc"].idxmax(), "score"]
    stable = best == scored.choice.main and len(scored.choice.counts) == 1
    result.checks = [
        Check("S2", ITEMS["S2"], "passed", f"chosen on other perturbations: {scored.choice.told()}")
    ]  # fmt: skip
    result.notes.append(
        f"The best layer of the profile is {best}; {scored.choice.told()}"
        + ("." if stable else ": the choice is not stable.")
    )
    result.method = (
        "The layer was chosen within folds of perturbations and judged on the held-out fold."
    )
    return result


def _profile(judged: Judged) -> pd.DataFrame:
    scored = judged.scored
    n_layers = len(scored.candidates)
    other = scored.values(COEXPRESSION)
    both = np.isfinite(other)
    rows = []
    for name in scored.candidates:
        values = scored.values(name)
        mean, interval = mean_interval(
            values, draws=judged.settings.bootstrap, seed=judged.seed, task=judged.task("layers")
        )
        row: dict[str, object] = {
            "score": name, "auroc": mean, "auroc_low": interval.low, "auroc_high": interval.high,
        }  # fmt: skip
        if both.sum() >= 2:
            gain, span = mean_interval(
                (values - other)[both], draws=judged.settings.bootstrap, seed=judged.seed,
                task=judged.task("layers", "coexpression"),
            )  # fmt: skip
            p = wilcoxon(values[both], other[both]).p
            row |= {"difference": gain, "difference_low": span.low, "difference_high": span.high,
                    "p": p, "p_adjusted": min(1.0, p * n_layers)}  # fmt: skip
        if scored.untrained:
            row["untrained"] = float(scored.values(f"{UNTRAINED}: {name}").mean())
        row |= {
            "coexpression": float(other[both].mean()) if both.any() else np.nan,
            "chosen_in_folds": scored.choice.counts.get(name, 0),
            "n_perturbations": scored.pairs.n,
        }
        rows.append(row)
    return pd.DataFrame(rows)


def _nested_finding(judged: Judged, table: pd.DataFrame) -> Finding:
    """Held-out difference of the nested choice from co-expression, or its AUROC without one."""
    scored = judged.scored
    other = scored.values(COEXPRESSION)
    both = np.isfinite(other)
    draws = judged.settings.bootstrap
    tags = {**judged.label, "score": scored.choice.main, "unit": "A34"}
    finding = Finding(
        ANALYSIS, "Does the layer that other perturbations choose rank responses in "
        f"{judged.measured.name} better than |Spearman|?", "mean paired difference of AUROC", 0.0,
        None, None, 1.0, UNIT, scored.pairs.n, None, None, judged.seed, tags, ANALYSIS,
    )  # fmt: skip
    if both.sum() < 2:
        mean, interval = mean_interval(
            scored.nested, draws=draws, seed=judged.seed, task=judged.task("layers")
        )
        return replace(
            finding,
            question="Which AUROC has the layer that other perturbations choose in "
            f"{judged.measured.name}? ({plural('perturbed gene', 2)} are not measured: no "
            "|Spearman|)",
            statistic="mean AUROC over perturbations", estimate=mean, interval=interval,
            p=float("nan"), kind="descriptive",
        )  # fmt: skip
    own, beside = scored.nested[both], other[both]
    mean, interval = mean_interval(
        own - beside, draws=draws, seed=judged.seed, task=judged.task("layers", "coexpression")
    )
    p = min(1.0, wilcoxon(own, beside).p * len(table))
    varies = float(np.ptp(own - beside)) > 0
    effect = cohen_d_paired(own, beside) if varies else 0.0
    return replace(
        finding, estimate=mean, interval=interval, p=p, n=int(both.sum()),
        baseline=(COEXPRESSION, float(beside.mean())), tags={**tags, "d": f"{effect:.3f}"},
    )  # fmt: skip
