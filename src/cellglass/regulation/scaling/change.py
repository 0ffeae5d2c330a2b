"""What more cells change: paired differences, and metrics that disagree in sign."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from cellglass.stats import sign_test, wilcoxon

from .ladder import Ladder, Run

PUBLISHED_RATIO = 5
"""The paper compared 200 with 1,000 cells (specification 2.15)."""
FEWEST_UNITS = 6
"""A two-sided signed-rank test of fewer units cannot reach p = 0.05."""
LEAST_HITS = 1.0
"""True positives by which the top of a list must move before its direction counts."""


def compared_rungs(ladder: Ladder) -> tuple[int, int]:
    """Numbers of cells, as wanted, that are held against each other: few and all.

    Parameters
    ----------
    ladder
        The runs.

    Returns
    -------
    int, int
        The largest number that is at most a fifth of all cells, else the smallest; all cells.
        Only numbers that every draw has count.
    """
    by_draw: dict[int, set[int]] = {}
    for run in ladder.runs:
        by_draw.setdefault(run.draw, set()).add(run.rung.wanted)
    wanted = sorted(set.intersection(*by_draw.values()))
    few = [n for n in wanted[:-1] if n * PUBLISHED_RATIO <= wanted[-1]]
    return (few[-1] if few else wanted[0]), wanted[-1]


def runs_table(ladder: Ladder) -> pd.DataFrame:
    """One row a score, draw and number of cells, with every metric."""
    return pd.DataFrame(
        [
            {
                "score": r.score,
                "kind": r.kind,
                "draw": r.draw,
                "n_cells": r.rung.n_cells,
                "n_wanted": r.rung.wanted,
                "n_strata": r.n_strata,
                "share_seen": r.share_seen,
                "positives_seen": r.positives_seen,
                "auroc_seen": r.auroc_seen,
                **r.metrics.row(),
            }
            for r in ladder.runs
        ]
    )


def changes_table(ladder: Ladder) -> pd.DataFrame:
    """One row a score: few cells against all, within draws and within regulators.

    Parameters
    ----------
    ladder
        The runs.

    Returns
    -------
    pandas.DataFrame
        Means over draws at few and at all cells, their difference, draws in which the metric
        rises, the sign test over draws (draws share cells, so it describes), and Wilcoxon's test
        over regulators; the same of the AUROC on the pairs seen in few cells.
    """
    few, all_cells = compared_rungs(ladder)
    rows = []
    for score in ladder.scores:
        one, two = matched(ladder.of(score), few, all_cells)
        a = [r.metrics.auroc for r in one]
        b = [r.metrics.auroc for r in two]
        rows.append(
            {
                "score": score,
                "kind": one[0].kind,
                "cells_few": float(np.mean([r.rung.n_cells for r in one])),
                "cells_all": float(np.mean([r.rung.n_cells for r in two])),
                **_paired("auroc", a, b),
                **_paired("auroc_seen", [r.auroc_seen for r in one], [r.auroc_seen for r in two]),
                **_over_regulators(one, two),
                "n_draws": len(one),
            }
        )
    return pd.DataFrame(rows)


def tops_table(ladder: Ladder) -> pd.DataFrame:
    """One row a score and K: F1 of the top K against the AUROC.

    They disagree where one rises and the other falls, by one true positive or more on average.

    Parameters
    ----------
    ladder
        The runs.
    """
    few, all_cells = compared_rungs(ladder)
    rows = []
    for score in ladder.scores:
        one, two = matched(ladder.of(score), few, all_cells)
        change = _mean_change([r.metrics.auroc for r in one], [r.metrics.auroc for r in two])
        for k in one[0].metrics.true_positives:
            a, b = [r.metrics.f1(k) for r in one], [r.metrics.f1(k) for r in two]
            hits = _mean_change(
                *([r.metrics.true_positives[k] for r in runs] for runs in (one, two))
            )
            rows.append(
                {
                    "score": score,
                    "kind": one[0].kind,
                    "k": k,
                    **_paired("f1", a, b),
                    "tp_few": float(np.mean([r.metrics.true_positives[k] for r in one])),
                    "tp_all": float(np.mean([r.metrics.true_positives[k] for r in two])),
                    "expected_tp": two[0].metrics.expected(k),
                    "auroc_change": change,
                    "disagrees": bool(hits * change < 0 and abs(hits) >= LEAST_HITS),
                }
            )
    return pd.DataFrame(rows)


def agreement_table(ladder: Ladder) -> pd.DataFrame:
    """Jaccard index of the top K between draws, beside the cells that the draws share."""
    rows = []
    for score in ladder.scores:
        by_rung: dict[int, list[Run]] = {}
        for run in ladder.of(score):
            by_rung.setdefault(run.rung.wanted, []).append(run)
        for wanted, runs in sorted(by_rung.items()):
            shared = [_jaccard(a.cells, b.cells) for a, b in combinations(runs, 2)]
            for k in runs[0].metrics.top:
                found = [
                    _jaccard(x, y)
                    for a, b in combinations(runs, 2)
                    if (x := a.metrics.top[k]) is not None and (y := b.metrics.top[k]) is not None
                ]
                rows.append(
                    {
                        "score": score,
                        "n_wanted": wanted,
                        "n_cells": float(np.mean([r.rung.n_cells for r in runs])),
                        "k": k,
                        "jaccard": float(np.mean(found)) if found else np.nan,
                        "expected_jaccard": expected_jaccard(k, runs[0].metrics.n_pairs),
                        "cells_jaccard": float(np.mean(shared)) if shared else np.nan,
                        "n_pairs_of_draws": len(found),
                    }
                )
    return pd.DataFrame(rows)


def expected_jaccard(k: int, n: int) -> float:
    """Jaccard index of two lists of k drawn at random from n, at their expected overlap.

    Examples
    --------
    >>> round(expected_jaccard(10, 100), 4)
    0.0526
    """
    overlap = k * k / n
    return overlap / (2 * k - overlap)


def matched(runs: Sequence[Run], few: int, many: int) -> tuple[list[Run], list[Run]]:
    """Runs at two numbers of cells, draw by draw.

    Parameters
    ----------
    runs
        Of one score.
    few, many
        Numbers of cells, as wanted.
    """
    one = {r.draw: r for r in runs if r.rung.wanted == few}
    two = {r.draw: r for r in runs if r.rung.wanted == many}
    draws = sorted(one.keys() & two.keys())
    return [one[d] for d in draws], [two[d] for d in draws]


def _mean_change(few: Sequence[float], many: Sequence[float]) -> float:
    return float(np.mean(many) - np.mean(few))


def _paired(name: str, few: Sequence[float], many: Sequence[float]) -> dict[str, float]:
    """Means, difference, draws that rise, sign test."""
    rise = int(sum(b > a for a, b in zip(few, many, strict=True)))
    return {
        f"{name}_few": float(np.mean(few)),
        f"{name}_all": float(np.mean(many)),
        f"{name}_change": _mean_change(few, many),
        f"{name}_rises": rise,
        f"{name}_sign_p": _sign_p(few, many),
    }


def _sign_p(few: Sequence[float], many: Sequence[float]) -> float:
    defined = bool(np.isfinite(few).all() and np.isfinite(many).all())
    return sign_test(many, few).p if len(few) > 1 and defined else np.nan


def _over_regulators(one: Sequence[Run], two: Sequence[Run]) -> dict[str, Any]:
    """Wilcoxon's test of per-regulator AUROCs, each the mean over draws."""
    a, b = (np.mean([r.by_regulator for r in runs], axis=0) for runs in (one, two))
    used = np.isfinite(a) & np.isfinite(b)
    n = int(used.sum())
    test = wilcoxon(b[used], a[used]) if n >= FEWEST_UNITS else None
    return {
        "regulator_change": float((b - a)[used].mean()) if n else np.nan,
        "p": test.p if test else np.nan,
        "rank_biserial": test.effect if test else np.nan,
        "n_regulators": n,
    }


def _jaccard(a: np.ndarray, b: np.ndarray) -> float:
    shared = np.intersect1d(a, b).size
    return shared / (len(a) + len(b) - shared)
