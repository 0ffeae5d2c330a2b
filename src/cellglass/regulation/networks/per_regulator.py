"""Regulators one by one: AUROC, interval, number of targets; how many stand above chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import binomtest, norm

from cellglass.runs.sections import StatisticsConfig
from cellglass.stats import NullDistribution, bh
from cellglass.stats.nulls import DegreePreserving, LabelWithinRegulator, max_z
from cellglass.stats.nulls.base import Audit, LabelNull, NullCheck
from cellglass.stats.nulls.row_counts import RowCounts
from cellglass.stats.within_group import bootstrap_within, chance_above, mann_whitney_p

from .layer_scores import Score
from .metrics import MIN_TARGETS
from .recovery import Pairs
from .resampled import CHANCE, NAN

CLASSES = (("1 target", 1, 1), ("2 targets", 2, 2), ("3 to 9", 3, 9), ("10 or more", 10, 10**9))


@dataclass(frozen=True, eq=False)
class PerRegulator:
    """Regulators one by one, for every score.

    Attributes
    ----------
    regulators
        A row a score and regulator: targets, AUROC, interval over targets and other genes
        (nan for one target), exact p, q over the regulators of the score.
    counts
        A row a score and class of numbers of targets: regulators, those whose interval lies
        above 0.5, how many chance gives, those with q at or below the level.
    summary
        A row a score: mean, median and sd over regulators with 3 targets or more; how many
        regulators have an exact p at or below the level, with the binomial test; how many have
        a rank sum beyond that level, beside the same count in draws of both nulls.
    checks
        Self-check of each null.
    """

    regulators: pd.DataFrame
    counts: pd.DataFrame
    summary: pd.DataFrame
    checks: dict[str, NullCheck] = field(default_factory=dict)

    def shown(self) -> str:
        """The candidate with the largest mean AUROC; showing it first is a selection."""
        tested = self.summary[self.summary["kind"] == "candidate"]
        by = tested["mean"] if tested["mean"].notna().any() else tested["median_all"]
        return str(tested.loc[by.idxmax(), "score"])


def per_regulator(
    pairs: Pairs,
    scores: Sequence[Score],
    *,
    settings: StatisticsConfig,
    seed: int,
    task: str,
) -> PerRegulator:
    """AUROC of every regulator for every score, and how many stand above chance.

    Parameters
    ----------
    pairs
        The universe, regulators with one target included.
    scores
        Candidates and references.
    settings
        Level, draws of bootstrap and nulls.
    seed, task
        Root seed and name of the streams.

    Returns
    -------
    PerRegulator

    Notes
    -----
    Analysis A27, specification 2.11. 13 of the 18 regulators of the paper had one target: their
    AUROC is the rank of one gene and has no interval, so that they are counted apart. With few
    targets an interval lies above 0.5 by chance more often than its level says; the count is
    held against what chance gives for the same numbers of targets.

    The binomial test takes regulators to be independent. They share targets: a score that is
    high for popular genes puts many regulators above 0.5 at once. The degree-preserving null
    keeps that, and its p is the one to read.

    Examples
    --------
    See `judge_per_regulator`.
    """
    drawn, checks = _draws(pairs, settings, seed, task)
    parts = [_of_score(s, pairs, drawn, settings, seed, task) for s in scores]
    regulators = pd.concat([p.regulators for p in parts], ignore_index=True)
    counts = pd.concat([p.counts for p in parts], ignore_index=True)
    summary = pd.DataFrame([p.summary for p in parts])
    at = [i for i, s in enumerate(scores) if s.kind == "candidate"]
    for null in drawn:
        observed = np.array([float(parts[i].by_rank_sum) for i in at])
        draws = np.stack([parts[i].drawn[null] for i in at])
        adjusted = summary[f"p_{_key(null)}"].to_numpy(float).copy()
        adjusted[at] = max_z(observed, draws)
        summary[f"p_{_key(null)}_adjusted"] = adjusted
    return PerRegulator(regulators, counts, summary, checks)


def _key(null: str) -> str:
    return null.replace(" ", "_")


def _draws(
    pairs: Pairs, settings: StatisticsConfig, seed: int, task: str
) -> tuple[dict[str, list[NDArray[np.int64]]], dict[str, NullCheck]]:
    """Draws of both nulls, kept so that every score meets the same ones."""
    nulls: list[LabelNull] = [
        LabelWithinRegulator(pairs.labels, pairs.mask),
        DegreePreserving(pairs.labels, pairs.mask, seed=seed),
    ]
    drawn, checks = {}, {}
    for null in nulls:
        audit = Audit(null)
        held = []
        for batch in null.batches(settings.draws, seed, f"{task}/{null.name}"):
            audit.add(batch)
            held.append(batch)
        drawn[null.name], checks[null.name] = held, audit.result()
    return drawn, checks


@dataclass(frozen=True, eq=False)
class _Part:
    regulators: pd.DataFrame
    counts: pd.DataFrame
    summary: dict[str, object]
    by_rank_sum: int
    drawn: dict[str, NDArray[np.float64]]


def _of_score(
    score: Score,
    pairs: Pairs,
    drawn: dict[str, list[NDArray[np.int64]]],
    settings: StatisticsConfig,
    seed: int,
    task: str,
) -> _Part:
    matrix = score.make()
    table = _regulators(score, matrix, pairs, settings, seed, task)
    counts = _counts(table, settings.level)
    counter = RowCounts(matrix, pairs.mask, z=float(norm.isf(settings.level)))
    observed = int(counter.of(np.flatnonzero(pairs.labels)[None])[0])
    null = {n: np.concatenate([counter.of(d) for d in held]).astype(float)
            for n, held in drawn.items()}  # fmt: skip
    summary = _summary(score, table, observed, null, settings.level)
    return _Part(table, counts, summary, observed, null)


def _regulators(
    score: Score,
    matrix: NDArray[np.float64],
    pairs: Pairs,
    settings: StatisticsConfig,
    seed: int,
    task: str,
) -> pd.DataFrame:
    rows = []
    for i, name in enumerate(pairs.regulators):
        inside = pairs.mask[i]
        truth = pairs.labels[i, inside]
        if not truth.any() or truth.all():
            continue
        values = matrix[i, inside]
        found = bootstrap_within(
            values, truth, draws=settings.bootstrap, seed=seed, task=f"{task}/{score.name}/{name}"
        )
        span = found.interval() if found.n > 1 else None
        rows.append(
            {
                "score": score.name,
                "regulator": name,
                "n_targets": found.n,
                "auroc": float(found.estimates[0]),
                "low": NAN if span is None else span.low,
                "high": NAN if span is None else span.high,
                "p": mann_whitney_p(values, truth),
            }
        )
    table = pd.DataFrame(rows)
    table["q"] = bh(table["p"].to_numpy(float))
    table["above"] = table["low"] > CHANCE
    return table.sort_values(["n_targets", "regulator"], ascending=[False, True], ignore_index=True)


def _counts(table: pd.DataFrame, level: float) -> pd.DataFrame:
    rows = []
    for what, least, most in CLASSES:
        held = table[table["n_targets"].between(least, most)]
        if not len(held):
            continue
        rows.append(
            {
                "score": str(table["score"].iloc[0]),
                "targets": what,
                "regulators": len(held),
                "above": NAN if most == 1 else float(held["above"].sum()),
                "expected_by_chance": NAN if most == 1 else _expected(held),
                "q_below_level": int((held["q"] <= level).sum()),
                "mean_auroc": float(held["auroc"].mean()),
            }
        )
    return pd.DataFrame(rows)


@lru_cache(maxsize=4096)
def _chance(n_targets: int) -> float:
    return chance_above(n_targets)


def _expected(table: pd.DataFrame) -> float:
    """Regulators whose interval lies above 0.5 by chance, with these numbers of targets."""
    return float(sum(_chance(int(n)) for n in table["n_targets"]))


def _summary(
    score: Score,
    table: pd.DataFrame,
    by_rank_sum: int,
    null: dict[str, NDArray[np.float64]],
    level: float,
) -> dict[str, object]:
    enough = table[table["n_targets"] >= MIN_TARGETS]["auroc"]
    several = table[table["n_targets"] > 1]
    p_below = int((table["p"] <= level).sum())
    out: dict[str, object] = {
        "score": score.name,
        "kind": score.kind,
        "regulators": len(table),
        "with_one_target": int((table["n_targets"] == 1).sum()),
        "with_3_targets": len(enough),
        "mean": float(enough.mean()) if len(enough) else NAN,
        "median": float(enough.median()) if len(enough) else NAN,
        "sd": float(enough.std(ddof=1)) if len(enough) > 1 else NAN,
        "median_all": float(table["auroc"].median()),
        "with_interval": len(several),
        "interval_above": int(several["above"].sum()),
        "expected_by_chance": _expected(several),
        "q_below_level": int((table["q"] <= level).sum()),
        "p_below_level": p_below,
        "p_below_level_by_chance": level * len(table),
        "p_binomial": float(binomtest(p_below, len(table), level, alternative="greater").pvalue),
        "by_rank_sum": by_rank_sum,
    }
    for name, draws in null.items():
        found = NullDistribution.of(float(by_rank_sum), draws)
        out |= {
            f"mean_{_key(name)}": found.mean,
            f"sd_{_key(name)}": found.sd,
            f"p_{_key(name)}": found.p,
        }
    return out
