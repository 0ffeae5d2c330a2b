"""The mandatory nulls of network recovery, for many scores with the same draws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellglass.runs.sections import StatisticsConfig
from cellglass.stats import NullDistribution, NullSummary
from cellglass.stats.nulls import (
    DegreePreserving,
    ExpressionMatched,
    LabelNull,
    LabelPermutation,
    LabelWithinRegulator,
    NullCheck,
    NullScorer,
    ScoreColumn,
    max_z,
    null_distribution,
)

from .baselines import GeneStatistics

NULLS = ("label", "label within regulator", "degree", "expression matched", "score column")


@dataclass
class NullTable:
    """Scores against nulls.

    Attributes
    ----------
    table
        A row a null and score: observed, null mean, sd, z, p, p adjusted over the candidates.
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


def network_nulls(
    labels: NDArray[np.bool_],
    mask: NDArray[np.bool_],
    scores: Mapping[str, NDArray[np.floating]],
    statistics: GeneStatistics,
    *,
    adjust_over: Sequence[str],
    settings: StatisticsConfig,
    seed: int,
    task: str,
) -> NullTable:
    """Run every mandatory null on every score.

    Parameters
    ----------
    labels, mask
        Regulators x genes.
    scores
        Candidates and references by name.
    statistics
        For the expression-matched null.
    adjust_over
        The candidates: their p are adjusted for having looked at all of them (maximum of the
        standardised statistic in each draw, Westfall and Young). References keep their raw p.
    settings
        Level and draws.
    seed, task
        Root seed and name of the streams.

    Returns
    -------
    NullTable
        A row a null and score, and the self-check of each null.

    Raises
    ------
    ResourceError
        If the level cannot be reached with the draws.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> labels, mask = rng.random((6, 30)) < 0.2, np.ones((6, 30), bool)
    >>> names = [f"G{i}" for i in range(30)]
    >>> features = pd.DataFrame({"mean": 1.0, "variance": 1.0, "detection": 0.5}, index=names)
    >>> found = network_nulls(
    ...     labels, mask, {"noise": rng.normal(size=(6, 30))},
    ...     GeneStatistics.of(features, tuple(names[:6]), tuple(names)), adjust_over=["noise"],
    ...     settings=StatisticsConfig(draws=19), seed=1, task="example",
    ... )
    >>> list(found.adjusted("noise"))[:3]
    ['label', 'label within regulator', 'degree']
    """
    scorer = NullScorer(list(scores.values()), labels, mask, names=list(scores))
    rows: list[dict[str, object]] = []
    checks: dict[str, NullCheck] = {}
    for null in _make(labels, mask, statistics):
        result = null_distribution(
            scorer,
            null,
            draws=settings.draws,
            seed=seed,
            task=f"{task}/{null.name}",
            level=settings.level,
        )
        checks[null.name] = result.check
        observed = np.array([d.observed for d in result.distributions])
        at = [result.names.index(n) for n in adjust_over]
        adjusted = dict(zip(adjust_over, max_z(observed[at], result.draws[at]), strict=True))
        rows += [
            _row(null, name, distribution, adjusted.get(name))
            for name, distribution in zip(result.names, result.distributions, strict=True)
        ]
    return NullTable(pd.DataFrame(rows), checks)


def _make(
    labels: NDArray[np.bool_], mask: NDArray[np.bool_], statistics: GeneStatistics
) -> list[LabelNull]:
    regulators, genes = statistics.regulators, statistics.genes
    return [
        LabelPermutation(labels, mask),
        LabelWithinRegulator(labels, mask),
        DegreePreserving(labels, mask),
        ExpressionMatched(
            labels,
            mask,
            source_mean=regulators["mean"].to_numpy(float),
            source_detection=regulators["detection"].to_numpy(float),
            target_mean=genes["mean"].to_numpy(float),
            target_detection=genes["detection"].to_numpy(float),
        ),
        ScoreColumn(labels, mask),
    ]


def _row(
    null: LabelNull, name: str, distribution: NullDistribution, adjusted: float | None
) -> dict[str, object]:
    return {
        "null": null.name,
        "preserves": null.preserves,
        "score": name,
        "observed": distribution.observed,
        "null_mean": distribution.mean,
        "null_sd": distribution.sd,
        "z": distribution.z,
        "p": distribution.p,
        "p_adjusted": distribution.p if adjusted is None else float(adjusted),
        "draws": distribution.draws,
    }
