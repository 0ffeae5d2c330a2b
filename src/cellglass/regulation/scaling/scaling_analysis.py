"""Analysis: does recovery of a network grow with the number of cells?"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from cellglass._words import listed, plural
from cellglass.data import Network
from cellglass.errors import NetworkError
from cellglass.regulation.networks.layer_scores import (
    COEXPRESSION,
    judged_pairs,
    not_judged,
    size_of,
)
from cellglass.regulation.networks.notes import network_note
from cellglass.regulation.study_edges import StudyEdges
from cellglass.runs.result import AnalysisResult, FigureSpec
from cellglass.runs.sections import StatisticsConfig
from cellglass.stats import BootstrapResult, Finding, Interval, bootstrap_mean, not_applicable

from .change import (
    agreement_table,
    changes_table,
    compared_rungs,
    matched,
    runs_table,
    tops_table,
)
from .fits import fits_table
from .ladder import EXPRESSION, Ladder, climb
from .some_pairs import some_regulators

ANALYSIS = "regulation.scaling"
KNOWN = "more of a reference network the more cells it is read from"
MAX_REGULATORS = 200  # a sort of every pair for each score, draw and number of cells
SHOWN_K = 100


def judge_scaling(
    held: StudyEdges,
    network: Network,
    name: str,
    min_targets: int,
    settings: StatisticsConfig,
    seed: int,
) -> AnalysisResult:
    """Judge a model's layers and |Spearman| at growing numbers of cells.

    Parameters
    ----------
    held
        Edges of a model.
    network, name
        The reference and what the report calls it.
    min_targets
        Targets that a regulator needs.
    settings, seed
        Level, margin, draws; root seed.

    Returns
    -------
    AnalysisResult
        Specification 2.15: A1 (top K), A2 (continuous beside top K), A4 (curves).
    """
    task = f"{ANALYSIS}/{held.name}/{name}"
    label = {**held.label, "network": name}
    try:
        pairs, rows = judged_pairs(held, network, name, min_targets)
    except NetworkError as error:
        return not_judged(ANALYSIS, held, name, KNOWN, error)
    judged, rows, told = some_regulators(pairs, rows, MAX_REGULATORS, seed, task)
    ladder = climb(held, judged, rows, seed=seed, task=task)
    if len({r.rung.n_groups for r in ladder.runs}) < 2:
        return AnalysisResult(ANALYSIS, label, verdicts=[not_applicable(
            held.claim(KNOWN), f"recovering {name} edges", tags=label,
            why=f"the cells form {ladder.n_groups} {plural('group', ladder.n_groups)} that can be "
            "told apart; a ladder needs two numbers of cells (lower edges.group_cells)",
        )])  # fmt: skip
    result = AnalysisResult(ANALYSIS, label)
    result.tables = {
        "runs": runs_table(ladder),
        "changes": changes_table(ladder),
        "tops": tops_table(ladder),
        "agreement": agreement_table(ladder),
        "fits": fits_table(ladder, seed=seed, task=f"{task}/fits"),
    }
    few, many = compared_rungs(ladder)
    result.captions = _captions(size_of(judged), few, many)
    result.figures = _figures(name, judged.mask.sum())
    result.findings = _findings(ladder, result.tables, label, settings, seed, task)
    result.notes = [
        *_disagreement(result.tables["changes"], result.tables["tops"], few, many),
        _curves(result.tables["fits"]),
        _granularity(ladder),
        *told,
        network_note(network, pairs, pairs.genes),
    ]
    result.method = (
        f"Attention edges of {held.name} were formed from nested subsets of micro-groups of cells"
        f"{', strata in proportion,' if ladder.stratified else ''} in "
        f"{len({r.draw for r in ladder.runs})} draws, beside |Spearman| of exactly the same cells, "
        "and judged by AUROC, AUPRC and F1 of the top K; curves were chosen by their error at "
        "numbers of cells that they were not fitted to."
    )
    return result


def _captions(size: str, few: int, many: int) -> dict[str, str]:
    return {
        "runs": f"Every score at every number of cells ({size}). A pair that no cell of the "
        "subset holds scores 0; auroc_seen is over the pairs that the smallest subset of the draw "
        "holds, the same at every number of cells. expected_tp_K is K x positives / universe.",
        "changes": f"About {few:,} cells against all {many:,}: means over draws of cells, draws in "
        "which the metric rises, sign test over draws (which share cells: it describes), and "
        "Wilcoxon's test over regulators of their AUROC, mean over draws.",
        "tops": f"F1 of the top K at about {few:,} and at {many:,} cells beside the change in "
        "AUROC; 'disagrees' where one rises and the other falls, by one true positive or more.",
        "agreement": "Jaccard index of the top K between draws of cells, mean over pairs of "
        "draws, beside what random lists share and the Jaccard index of the cells themselves: "
        "where draws share most cells, agreement says nothing.",
        "fits": "Curves through AUROC by number of cells. R2 is on the points fitted and chooses "
        "nothing; the simplest curve within a standard error of the smallest error at numbers of "
        "cells left out is chosen. Intervals "
        "resample draws of cells.",
    }


def _figures(name: str, n_pairs: int) -> list[FigureSpec]:
    k = min(SHOWN_K, int(n_pairs))
    return [
        FigureSpec("auroc", "scaling_lines", "runs",
                   f"Pooled AUROC against {name} by number of cells; a point a draw of cells, the "
                   "line their mean.", {"value": "auroc", "what": "AUROC (pooled over pairs)",
                                        "chance": 0.5}, size=(6.4, 3.8)),
        FigureSpec("top", "scaling_lines", "runs",
                   f"F1 of the top {k} in the same draws: a metric of the top may fall where the "
                   "AUROC rises.", {"value": f"f1_top_{k}", "what": f"F1 of the top {k}"},
                   size=(6.4, 3.8)),
    ] if k == SHOWN_K else []  # fmt: skip


def _findings(
    ladder: Ladder,
    tables: dict[str, pd.DataFrame],
    label: dict[str, str],
    settings: StatisticsConfig,
    seed: int,
    task: str,
) -> list[Finding]:
    """The change of every score over regulators, and the sign of its top-K metrics."""
    few, many = compared_rungs(ladder)
    changes = {
        score: np.mean([r.by_regulator for r in two], 0) - np.mean([r.by_regulator for r in one], 0)
        for score in ladder.scores
        for one, two in [matched(ladder.of(score), few, many)]
    }
    used = np.all([np.isfinite(c) for c in changes.values()], axis=0)
    found: list[Finding] = []
    resampled: BootstrapResult | None = None
    if used.sum() > 1:
        resampled = bootstrap_mean(
            np.stack([c[used] for c in changes.values()]), unit="regulator",
            draws=settings.bootstrap, seed=seed, task=f"{task}/changes", names=list(changes),
        )  # fmt: skip
    for place, row in enumerate(tables["changes"].to_dict("records")):
        if row["kind"] == "baseline" or resampled is None:
            continue
        found.append(_change(row, place, resampled, list(changes), few, many, label, seed))
    n_draws = len({r.draw for r in ladder.runs})
    found += [
        _top(row, few, many, n_draws, label, seed)
        for row in tables["tops"].to_dict("records")
        if row["k"] == SHOWN_K and row["kind"] != "baseline"
    ]
    found += [
        _curve(row, n_draws, many, label, seed)
        for row in tables["fits"].to_dict("records")
        if row["chosen"]
    ]
    return found


def _curve(
    row: Mapping[Hashable, Any], n_draws: int, many: int, label: dict[str, str], seed: int
) -> Finding:
    """Where the curve chosen by held-out numbers of cells leads (A4)."""
    return Finding(
        ANALYSIS,
        f"Which curve does the AUROC of {row['score']} follow, and what does it give with all "
        "cells?",
        f"AUROC at {many:,} cells on the curve '{row['curve']}'",
        row["at_all_cells"],
        Interval(row["at_all_low"], row["at_all_high"], 0.95, "bootstrap over draws of cells",
                 "draw of cells", n_draws)
        if np.isfinite([row["at_all_low"], row["at_all_high"]]).all()
        else None,
        unit="draw of cells",
        n=n_draws,
        seed=seed,
        tags={**label, "unit": "A4", "score": row["score"], "curve": row["curve"]},
        family=ANALYSIS,
        kind="descriptive",
    )  # fmt: skip


def _top(
    row: Mapping[Hashable, Any], few: int, many: int, n_draws: int, label: dict[str, str], seed: int
) -> Finding:
    """The change of the top K of one score; draws share cells, so it describes."""
    return Finding(
        ANALYSIS,
        f"Does F1 of the top {row['k']} of {row['score']} grow from {few:,} to {many:,} cells?",
        f"change in F1 of the top {row['k']}",
        row["f1_change"],
        unit="draw of cells",
        n=n_draws,
        seed=seed,
        tags={**label, "unit": "A1", "score": row["score"]},
        family=ANALYSIS,
        kind="descriptive",
    )


def _change(
    row: Mapping[Hashable, Any],
    place: int,
    resampled: BootstrapResult,
    names: list[str],
    few: int,
    many: int,
    label: dict[str, str],
    seed: int,
) -> Finding:
    """The change of one score, paired with that of expression alone."""
    beside = names.index(EXPRESSION)
    gain = resampled.difference(place, beside)
    span = gain.interval()
    tested = bool(np.isfinite(row["p"]))
    return Finding(
        ANALYSIS,
        f"Does the AUROC of {row['score']} grow from {few:,} to {many:,} cells?",
        "change in AUROC, mean over regulators",
        float(resampled.estimates[place]),
        resampled.interval(place),
        None,
        row["p"],
        "regulator",
        resampled.n,
        (f"change of the {EXPRESSION}", float(resampled.estimates[beside])),
        (float(gain.estimates[0]), span.low, span.high),
        seed,
        {**label, "unit": "A2", "score": row["score"]},
        ANALYSIS,
        "confirmatory" if tested and row["score"] != COEXPRESSION else "descriptive",
    )


def _disagreement(changes: pd.DataFrame, tops: pd.DataFrame, few: int, many: int) -> list[str]:
    """Say in words where AUROC and the top of the list part ways (A2)."""
    span = f"From about {few:,} to {many:,} cells"
    told = []
    for row in changes[changes["kind"] != "baseline"].to_dict("records"):
        against = tops[(tops["score"] == row["score"]) & tops["disagrees"]]
        if against.empty:
            continue
        rises, n = row["auroc_change"] > 0, int(row["n_draws"])
        up, top = int(row["auroc_rises"]), against.iloc[-1]
        told.append(
            f"{span} the AUROC of {row['score']} {'rises' if rises else 'falls'} in "
            f"{up if rises else n - up} of {n} draws ({row['auroc_few']:.3f} to "
            f"{row['auroc_all']:.3f}) while F1 of the top {listed([str(k) for k in against['k']])} "
            f"{'falls' if rises else 'rises'} (top {top['k']}: {top['tp_few']:.1f} to "
            f"{top['tp_all']:.1f} true positives, {top['expected_tp']:.1f} expected by chance): "
            "the two metrics disagree in sign."
        )
    return told or [f"{span} no F1 of a top K moves against the AUROC by a true positive or more."]


def _curves(fits: pd.DataFrame) -> str:
    """Which curves were chosen, and which did not converge."""
    chosen = fits[fits["chosen"]]
    told = [f"{row['score']}: {row['curve']}" for _, row in chosen.iterrows()]
    failed = fits[~fits["converged"]]
    lost = ""
    if len(failed):
        lost = f" {len(failed)} of {len(fits)} fits did not converge (" + listed(
            [f"{n} {curve}" for curve, n in failed["curve"].value_counts().sort_index().items()]
        ) + "): the data do not fix their rate."  # fmt: skip
    return (
        "Simplest curve within a standard error of the smallest held-out error: "
        f"{'; '.join(told) or 'none'}.{lost}"
    )


def _granularity(ladder: Ladder) -> str:
    smallest = [r for r in ladder.runs if r.rung.n_groups == ladder.runs[0].rung.n_groups]
    seen = float(np.mean([r.share_seen for r in smallest]))
    return (
        f"Cells come in {ladder.n_groups} micro-groups of at most {ladder.largest_group}, so "
        "numbers of cells are those that whole groups give. Subsets of one draw are nested, and "
        f"all draws end at the same cells. The smallest subsets hold {seen:.0%} of the pairs: "
        "AUROC rises also because more pairs are seen, which auroc_seen takes out."
    )
