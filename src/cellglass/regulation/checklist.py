"""The quality-control checklist of the specification (section 4), each item judged or not run."""

from __future__ import annotations

import numpy as np

from cellglass.runs.result import Check

from .recovery import Pairs, Recovery

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
    "N7": "nulls that can fail; p not at its floor",
    "S1": "unit of inference named; cluster bootstrap",
    "S2": "layer, head and aggregator chosen on other data or nested; full profile shown",
    "S3": "pooled and per-regulator AUROC, top-K F1, AUPRC with base rate, number of positives",
    "S4": "ledger with raw p, BH by code, effect sizes with intervals, equivalence test",
    "S5": "sensitivity grid",
    "S6": "donor-stratified cross-validation",
    "S7": "power before the run",
    "K1": "reachability of causal readouts",
    "R3": "wording of the claim tied to the endpoint",
    "R5": "manifest with hashes, versions, seeds, parameters",
    "R6": "positive and negative controls with planted truth",
}


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
        _baselines(recovery),
        Check("N1", ITEMS["N1"], "passed" if checks["label"].passed else "failed",
              f"p = {recovery.nulls.adjusted(recovery.chosen)['label']:.3g}"),
        _degree(degree),
        _coexpression(recovery, list(references)),
        Check("N4", ITEMS["N4"], "passed",
              f"maximum over {len(recovery.increment.names)} scores in each draw"),
        _floor(recovery),
        Check("S1", ITEMS["S1"], "passed", "regulators are resampled"),
        Check("S2", ITEMS["S2"], "passed",
              f"chosen within folds of regulators: {recovery.chosen}"),
        Check("S3", ITEMS["S3"], "passed",
              f"{int((pairs.labels & pairs.mask).sum()):,} positives"),
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
    reasons = reasons or {}
    return [
        by_code.get(code, Check(code, what, "not run", reasons.get(code, "not part of this run")))
        for code, what in ITEMS.items()
    ]


def _baselines(recovery: Recovery) -> Check:
    """B1: the single-gene baselines ran; the out-degree, a negative control, says nothing."""
    metrics = recovery.metrics.set_index("score")
    if "target out-degree" not in metrics.index:
        return Check("B1", ITEMS["B1"], "passed", "out-degree not at hand")
    value = float(metrics["auroc"].loc["target out-degree"])
    best = metrics[metrics["kind"] == "baseline"]["auroc"]
    return Check(
        "B1", ITEMS["B1"], "passed",
        f"best single-gene score: {best.idxmax()} {best.max():.3f}; out-degree {value:.3f}",
    )  # fmt: skip


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
    return Check("N3", ITEMS["N3"], "passed", f"|Spearman| z = {row['z']:.2f}, p = {row['p']:.3g}")


def _floor(recovery: Recovery) -> Check:
    """N7: every null moves, and p has room below the level."""
    table = recovery.nulls.table
    rows = table[table["score"] == recovery.chosen]
    at_floor = rows[rows["p"] <= 1.0 / (rows["draws"] + 1) * 1.0000001]
    sound = all(c.passed for c in recovery.nulls.checks.values())
    detail = (
        f"p at the floor 1/{int(rows['draws'].max()) + 1} for: " + ", ".join(at_floor["null"])
        if len(at_floor)
        else "no p at its floor"
    )
    return Check("N7", ITEMS["N7"], "passed" if sound else "failed", detail)
