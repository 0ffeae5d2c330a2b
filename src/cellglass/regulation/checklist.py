"""The quality-control checklist of the specification (section 4), each item judged or not run."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cellglass._words import plural
from cellglass.runs.result import Check

from .networks.baselines import OUT_DEGREE
from .networks.metrics import MIN_TARGETS
from .networks.recovery import Pairs, Recovery

ITEMS = {
    "I1": "count scale of the input detected; wrong input refused",
    "I2": "perturbation modality and cell line from metadata",
    "I3": "evaluable genes after tokenisation; cells behind each pair",
    "I4": "same cells and genes for edges, co-expression and gene statistics; seeds recorded",
    "I5": "protocol of variable genes with and without forced genes",
    "I6": "attention really read; rows sum to 1; order share for decoders",
    "B1": "single-gene baselines: variance, mean, detection, out-degree, products, own margins",
    "B2": "|Spearman|, mutual information and tree ensembles on the same universe",
    "B3": "untrained copy of the model",
    "B4": "increment: linear and boosted models, three splits, AUROC, AUPRC, recall",
    "B5": "residualisation in float64, cross-fitted, gene-level and pairwise covariates",
    "B6": "propensity or expression matching with balance table",
    "N1": "label shuffle",
    "N2": "degree-preserving null with self-checks",
    "N3": "co-expression through the same null",
    "N4": "correction for the choice of layer",
    "N5": "shuffled strata for CSSI",
    "N6": "reference restricted to directional or ChIP evidence",
    "N7": "nulls that can fail; p at its floor told as a bound",
    "S1": "unit of inference named; cluster bootstrap",
    "S2": "layer, head and aggregator chosen on other data or nested; full profile shown",
    "S3": "pooled and per-regulator AUROC, top-K F1, AUPRC with base rate, number of positives",
    "S4": "ledger with raw p, BH by code, effect sizes with intervals, equivalence test",
    "S5": "sensitivity grid",
    "S6": "donor-stratified cross-validation",
    "S7": "power before the run",
    "K1": "reachability of causal readouts",
    "K2": "change of the readout verified by numbers",
    "K3": "random controls matched on the layer, 20 draws or more",
    "K4": "fidelity at hidden states and logits",
    "K5": "orthogonal interventions: zero, mean, uniform, resampled",
    "K6": "a positive control that must break",
    "K7": "non-additivity beside every patching ranking",
    "R1": "every claim with its evidence and a verdict",
    "R2": "calibrated scores",
    "R3": "wording of the claim tied to the endpoint",
    "R4": "attention-based and correlation-based analyses tagged apart",
    "R5": "manifest with hashes, versions, seeds, parameters",
    "R6": "positive and negative controls with planted truth",
}
NOT_RUN = {
    "I2": "no perturbation screen",
    "I5": "no perturbation screen",
    "B2": "|Spearman| only; mutual information and tree ensembles were not computed",
    "B4": "linear model with regulators held out only; no boosted model, no split by target",
    "B6": "the expression-matched null stands for it; no table of balance",
    "N6": "give such a reference as another network",
    **dict.fromkeys(("K1", "K2", "K3", "K4", "K5", "K6", "K7"), "no causal analysis in this run"),
}
FAR_FROM_CHANCE = 0.05
"""A control that should say nothing fails where its whole interval lies further from 0.5."""


def recovery_checks(
    recovery: Recovery,
    pairs: Pairs,
    *,
    untrained: bool,
    cells: bool = True,
) -> list[Check]:
    """Judge the items that a recovery can judge.

    Parameters
    ----------
    recovery
        What came out.
    pairs
        Its universe.
    untrained
        Whether an untrained copy stood beside.
    cells
        Whether gene statistics come from the cells of the edges.
    """
    checks = recovery.nulls.checks
    degree = checks.get("degree")
    references = recovery.metrics[recovery.metrics["kind"] == "reference"]["score"]
    return [
        baselines_check(recovery.metrics),
        Check("N1", ITEMS["N1"], "passed" if checks["label"].passed else "failed",
              f"p = {recovery.nulls.adjusted(recovery.chosen)['label']:.3g}"
              + "".join(f"; {m}" for m in checks["label"].messages)),
        _degree(degree),
        _coexpression(recovery, list(references)),
        *_choice(recovery),
        _floor(recovery),
        _unit(recovery),
        _metrics(recovery, pairs),
        _tags(recovery),
        Check("R1", ITEMS["R1"], "passed", f"{recovery.verdict.claim}: {recovery.verdict.state}"),
        Check("I4", ITEMS["I4"], "passed" if cells else "not run",
              "" if cells else "gene statistics come from cells that were given separately"),
        Check("B3", ITEMS["B3"], "passed" if untrained else "not run",
              "" if untrained else "needs the model, not only its edges"),
    ]  # fmt: skip


def complete(found: list[Check], reasons: dict[str, str] | None = None) -> list[Check]:
    """Put items into the order of the specification; those not judged say why they were not run.

    Parameters
    ----------
    found
        Judged items; where one was judged several times, the worst state counts.
    reasons
        Why an item was not run, by code.
    """
    worst = {"failed": 0, "not run": 1, "passed": 2}
    by_code: dict[str, Check] = {}
    for check in found:
        held = by_code.get(check.code)
        if held is None or worst[check.state] < worst[held.state]:
            by_code[check.code] = check
    reasons = NOT_RUN | (reasons or {})
    return [
        by_code.get(code, Check(code, what, "not run", reasons.get(code, "not part of this run")))
        for code, what in ITEMS.items()
    ]


def baselines_check(scores: pd.DataFrame) -> Check:
    """B1: the single-gene baselines ran, and the out-degree, a negative control, says nothing.

    Parameters
    ----------
    scores
        One row a score, with ``score``, ``kind`` and ``auroc`` with its ends.

    Returns
    -------
    Check
        Passed with a word on it where there is no out-degree, as of an undirected network.
    """
    singles = scores[scores["kind"] == "baseline"].set_index("score")
    if OUT_DEGREE not in singles.index:
        return Check("B1", ITEMS["B1"], "passed", "no out-degree: undirected, or not at hand")
    control = singles.loc[OUT_DEGREE]
    value, low, high = (float(control[k]) for k in ("auroc", "auroc_low", "auroc_high"))
    best = singles["auroc"].drop(OUT_DEGREE)
    detail = f"best single-gene score: {best.idxmax()} {best.max():.3f}; out-degree {value:.3f}"
    if low > 0.5 + FAR_FROM_CHANCE or high < 0.5 - FAR_FROM_CHANCE:
        detail += (
            f" [{low:.3f}, {high:.3f}] should be 0.5: the reference tells well-studied genes from "
            "others"
        )
        return Check("B1", ITEMS["B1"], "failed", detail)
    return Check("B1", ITEMS["B1"], "passed", detail)


def _choice(recovery: Recovery) -> list[Check]:
    """N4 and S2: one score needs no correction; several are corrected and chosen within folds."""
    n = len(recovery.increment.names)
    if n == 1:
        told = f"one score, fixed beforehand: {recovery.chosen}"
        return [Check(code, ITEMS[code], "passed", told) for code in ("N4", "S2")]
    return [
        Check("N4", ITEMS["N4"], "passed", f"maximum over {n} scores in each draw"),
        Check("S2", ITEMS["S2"], "passed",
              f"chosen within folds of {plural(recovery.increment.interval.unit, 2)}: "
              f"{recovery.chosen}"),
    ]  # fmt: skip


def _unit(recovery: Recovery) -> Check:
    interval = recovery.increment.interval
    return Check(
        "S1", ITEMS["S1"], "passed",
        f"{interval.n} {plural(interval.unit, interval.n)} with positives, resampled",
    )  # fmt: skip


def _metrics(recovery: Recovery, pairs: Pairs) -> Check:
    """S3: both AUROCs are there; the mean over regulators needs some with enough targets."""
    row = recovery.metrics.set_index("score").loc[recovery.chosen]
    positives = f"{int((pairs.labels & pairs.mask).sum()):,} positives"
    if not np.isfinite(row["auroc_per_regulator"]):
        return Check("S3", ITEMS["S3"], "failed",
                     f"{positives}; no regulator has {MIN_TARGETS} targets")  # fmt: skip
    return Check("S3", ITEMS["S3"], "passed", positives)


def _tags(recovery: Recovery) -> Check:
    """R4: every finding says whose score it is about."""
    bare = sum("score" not in f.tags for f in recovery.findings)
    detail = f"{len(recovery.findings)} findings name their score" if not bare else (
        f"{bare} findings do not name their score"
    )  # fmt: skip
    return Check("R4", ITEMS["R4"], "failed" if bare else "passed", detail)


def _degree(check: object) -> Check:
    passed = bool(getattr(check, "passed", False))
    distance = float(getattr(check, "mean_jaccard_distance", np.nan))
    messages = " ".join(getattr(check, "messages", ()))
    return Check(
        "N2", ITEMS["N2"], "passed" if passed else "failed",
        f"mean Jaccard distance {distance:.2f}" + (f"; {messages}" if messages else ""),
    )  # fmt: skip


def _coexpression(recovery: Recovery, references: list[str]) -> Check:
    if "|Spearman|" not in references:
        return Check("N3", ITEMS["N3"], "not run", "no cells were given")
    z = recovery.nulls.table
    row = z[(z["score"] == "|Spearman|") & (z["null"] == "degree")].iloc[0]
    sound = recovery.nulls.checks["degree"].passed
    return Check("N3", ITEMS["N3"], "passed" if sound else "failed",
                 f"|Spearman| z = {row['z']:.2f}, p = {row['p']:.3g}")  # fmt: skip


def _floor(recovery: Recovery) -> Check:
    """N7: every null moves; where p is at its floor it is a bound, and z tells how far it is."""
    table = recovery.nulls.table
    rows = table[table["score"] == recovery.chosen]
    at_floor = rows[rows["p"] <= 1.0 / (rows["draws"] + 1) * 1.0000001]
    sound = all(c.passed for c in recovery.nulls.checks.values())
    detail = (
        f"p is at most 1/{int(rows['draws'].max()) + 1}, the floor of the draws, for: "
        + ", ".join(at_floor["null"])
        if len(at_floor)
        else "no p at its floor"
    )
    return Check("N7", ITEMS["N7"], "passed" if sound else "failed", detail)
