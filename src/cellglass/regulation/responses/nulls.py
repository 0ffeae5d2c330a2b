"""Nulls of responses: what mean AUROC over perturbations a score reaches without knowing them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from cellglass.runs.sections import StatisticsConfig
from cellglass.stats import NullDistribution, NullSummary
from cellglass.stats.differential import Matrix
from cellglass.stats.nulls import (
    DegreePreserving,
    LabelWithinRegulator,
    NullCheck,
    NullScorer,
    max_z,
    null_distribution,
)

from .pairs import ResponsePairs
from .swaps import swap_check, swap_draws, swap_matrix, swapped_means

SWAP = "perturbation swap"
NAMES = {"label within regulator": "label within perturbation", "degree": "response degree"}
KEEPS = {
    "label within perturbation": "the number of responding genes of each perturbation",
    "response degree": "how many genes respond to each perturbation, and to how many "
    "perturbations each gene responds",
    SWAP: "all scores of a perturbation together, held against the responses to another",
}


@dataclass(frozen=True, eq=False)
class ResponseNulls:
    """Mean AUROC over perturbations of several scores against each null.

    Attributes
    ----------
    table
        A row a null and score: observed, null mean and sd, z, p, p adjusted over the candidates.
    checks
        Self-check of each null.
    """

    table: pd.DataFrame
    checks: dict[str, NullCheck]

    def adjusted(self, score: str) -> dict[str, float]:
        """Adjusted p of a score against each null."""
        rows = self.table[self.table["score"] == score]
        return dict(zip(rows["null"], rows["p_adjusted"].astype(float), strict=True))

    def summaries(self, score: str) -> dict[str, NullSummary]:
        """What the ledger keeps of a score's nulls."""
        rows = self.table[self.table["score"] == score]
        return {
            str(r["null"]): NullSummary(
                str(r["null"]), int(r["draws"]), float(r["null_mean"]), float(r["null_sd"]),
                float(r["p_adjusted"]),
            )
            for _, r in rows.iterrows()
        }  # fmt: skip


def response_nulls(
    pairs: ResponsePairs,
    scores: Mapping[str, Matrix],
    *,
    adjust_over: list[str],
    settings: StatisticsConfig,
    seed: int,
    task: str,
) -> ResponseNulls:
    """Run every null on every score, with the mean AUROC over perturbations as statistic.

    Parameters
    ----------
    pairs
        What is judged.
    scores
        Perturbations x genes by name, finite.
    adjust_over
        The candidates: their p are adjusted for the choice among them.
    settings
        Level and draws.
    seed, task
        Root seed and name of the streams.

    Returns
    -------
    ResponseNulls

    Notes
    -----
    A score that ranks targets alike for every perturbation, as a variance does, beats the first
    null and neither of the others: one keeps how often each gene responds, the other deals whole
    rows of scores to other perturbations, which keeps what genes have in common as well. With
    few perturbations the last two hardly move, and their self-checks say so.
    """
    scorer = NullScorer(
        list(scores.values()), pairs.labels, pairs.mask, names=list(scores), min_positives=1,
        per_regulator=True,
    )  # fmt: skip
    rows: list[dict[str, object]] = []
    checks: dict[str, NullCheck] = {}
    names = list(scores)
    for null in (
        LabelWithinRegulator(pairs.labels, pairs.mask), DegreePreserving(pairs.labels, pairs.mask),
    ):  # fmt: skip
        name = NAMES[null.name]
        result = null_distribution(
            scorer, null, draws=settings.draws, seed=seed, task=f"{task}/{name}",
            level=settings.level, statistic="per regulator",
        )  # fmt: skip
        checks[name] = replace(result.check, null=name)
        rows += _rows(name, names, scorer.observed("per regulator"), result.draws, adjust_over)
    arrangements, _ = swap_draws(pairs.n, settings.draws, seed, f"{task}/{SWAP}")
    matrices = [swap_matrix(m, pairs.labels, pairs.mask) for m in scores.values()]
    observed = np.array([np.diag(m).mean() for m in matrices])
    drawn = np.stack([swapped_means(m, arrangements) for m in matrices])
    checks[SWAP] = swap_check(SWAP, arrangements, settings.level)
    rows += _rows(SWAP, names, observed, drawn, adjust_over)
    return ResponseNulls(pd.DataFrame(rows), checks)


def _rows(
    null: str, names: list[str], observed: Matrix, drawn: Matrix, adjust_over: list[str]
) -> list[dict[str, object]]:
    """One row a score: its place in the null, p adjusted over the candidates."""
    at = [names.index(n) for n in adjust_over]
    adjusted = dict(zip(adjust_over, max_z(observed[at], drawn[at]), strict=True))
    rows: list[dict[str, object]] = []
    for name, value, values in zip(names, observed, drawn, strict=True):
        found = NullDistribution.of(float(value), values, "greater")
        rows.append(
            {
                "null": null,
                "preserves": KEEPS[null],
                "score": name,
                "observed": found.observed,
                "null_mean": found.mean,
                "null_sd": found.sd,
                "z": found.z,
                "p": found.p,
                "p_adjusted": float(adjusted.get(name, found.p)),
                "draws": found.draws,
            }
        )
    return rows
