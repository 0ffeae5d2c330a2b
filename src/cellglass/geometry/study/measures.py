"""Distances of pairs judged against a network: AUROC by layer, nulls, and what they add."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellglass.data import Network
from cellglass.errors import InputError, NotApplicableError
from cellglass.geometry.nulls.pair_strata import pair_strata, reference_degrees
from cellglass.geometry.pair_baselines import (
    baseline_aurocs,
    baseline_scores,
    expression_features,
    trained_degrees,
)
from cellglass.geometry.pair_model import PairIncrement, pair_increment
from cellglass.geometry.pair_splits import SplitKind
from cellglass.geometry.pairs import Pairs
from cellglass.runs.sections import StatisticsConfig
from cellglass.stats import cluster_bootstrap_auroc
from cellglass.stats.nulls import DegreePreserving, LabelNull, NullScorer, null_distribution
from cellglass.stats.nulls.null_auroc import NullResult

from .names import layer_label
from .pair_scores import EUCLIDEAN, PairScores

SPLITS: tuple[SplitKind, ...] = ("source", "target", "both")
PRIMARY: SplitKind = "both"
SINGLE, STRAIGHT = "single-gene statistics", "single-gene statistics and Euclidean distance"
COEXPRESSION = "co-expression"
DEGREE_NULL, MATCHED_NULL = "degree", "degree x co-expression strata"
STRATA_BINS = 10
FEWEST_REGULATORS = 6
"""Regulators with targets below which genes cannot be held out by regulator and by target."""


@dataclass(frozen=True, eq=False)
class Judged:
    """Everything that was computed of some measures on one network.

    Attributes
    ----------
    pairs
        What was judged.
    layers
        One row a measure, layer and variant: AUROC with interval, null means, p.
    gains
        One row a measure, baseline and split: held-out AUROC without and with, increment.
    baselines
        AUROC of what needs no gene space.
    increments
        By measure, baseline and split.
    nulls
        By null family, over all scores.
    """

    pairs: Pairs
    layers: pd.DataFrame
    gains: pd.DataFrame
    baselines: pd.DataFrame
    increments: Mapping[tuple[str, str, str], PairIncrement]
    nulls: Mapping[str, NullResult]

    def null_p(self, measure: str) -> dict[str, float]:
        """Give the p of a measure against each null, adjusted over its layers and variants."""
        return {
            name: min(p for n, p in zip(null.names, null.adjusted_p, strict=True)
                      if n.startswith(f"{measure}/"))
            for name, null in self.nulls.items()
        }  # fmt: skip


def judge_measures(
    held: PairScores,
    network: Network,
    name: str,
    measures: Sequence[str],
    min_targets: int,
    settings: StatisticsConfig,
    seed: int,
    task: str,
    *,
    splits: Sequence[SplitKind] = SPLITS,
) -> Judged:
    """Judge measures of gene space against a network.

    Parameters
    ----------
    held
        Scores of pairs.
    network, name
        The reference, and what the report calls it.
    measures
        Of `PairScores.scores`.
    min_targets
        Targets that a regulator needs.
    settings, seed, task
        Draws, folds and margin; root seed and name.
    splits
        Which genes are held out in turn.

    Returns
    -------
    Judged
        All of it.

    Raises
    ------
    NotApplicableError
        If too few regulators of the network have enough targets among the genes.
    """
    pairs, rows, columns = judged_pairs(held, network, name, min_targets)
    matrices = {n: s for m in measures for n, s in _all(held, m, rows, columns).items()}
    coexpression = np.abs(held.coexpression[np.ix_(rows, columns)])
    nulls = _nulls(matrices, pairs, coexpression, settings, seed, task)
    layers = _by_layer(matrices, pairs, nulls, settings, seed, task)
    increments: dict[tuple[str, str, str], PairIncrement] = {}
    straight = _all(held, EUCLIDEAN, rows, columns)
    for measure in measures:
        own = {n: m for n, m in matrices.items() if n.startswith(f"{measure}/")}
        for over in (SINGLE,) if measure == EUCLIDEAN else (SINGLE, STRAIGHT):
            more = straight if over == STRAIGHT else {}
            for split in splits:
                increments[measure, over, split] = _increment(
                    pairs, held.table, own, more, split, settings, seed,
                    f"{task}/increment",  # the same folds and resamples for all
                )  # fmt: skip
    return Judged(
        pairs, layers, _gains(increments), _baselines(held, pairs, coexpression, seed),
        increments, nulls,
    )  # fmt: skip


def judged_pairs(
    held: PairScores, network: Network, name: str, min_targets: int
) -> tuple[Pairs, NDArray[np.int64], NDArray[np.int64]]:
    """Pairs of a network that every measure has a score for, and where they are in the scores.

    Parameters
    ----------
    held, network, name, min_targets
        See `judge_measures`.

    Returns
    -------
    pairs, rows, columns
        The pairs; rows and columns of the score matrices.

    Raises
    ------
    NotApplicableError
        If there are too few.
    """
    try:
        found = Pairs.of_network(network, held.genes)
    except InputError as error:
        raise NotApplicableError(error.found) from error
    enough = found.labels.sum(1) >= min_targets
    if int(enough.sum()) < FEWEST_REGULATORS:
        raise NotApplicableError(
            f"{int(enough.sum())} regulators of {name} have {min_targets} targets among the "
            f"{len(held.genes)} genes with a state; {FEWEST_REGULATORS} are needed"
        )
    sources = [s for s, kept in zip(found.sources, enough, strict=True) if kept]
    place = {g: i for i, g in enumerate(held.regulators)}
    rows = np.array([place[s] for s in sources], dtype=np.int64)
    column = {g: i for i, g in enumerate(held.genes)}
    columns = np.array([column[t] for t in found.targets], dtype=np.int64)
    mask = found.mask[enough]
    for scores in held.scores.values():
        for matrix in scores:
            mask = mask & np.isfinite(matrix[np.ix_(rows, columns)])
    labels = found.labels[enough] & mask
    return Pairs(tuple(sources), found.targets, labels, mask, name), rows, columns


def _all(
    held: PairScores, measure: str, rows: NDArray[np.int64], columns: NDArray[np.int64]
) -> dict[str, NDArray[np.float64]]:
    return {
        f"{measure}/{layer}/{v}": np.asarray(
            held.scores[measure][i][np.ix_(rows, columns)], dtype=np.float64
        )
        for i, (layer, v) in enumerate(held.named(measure))
    }


def _nulls(
    matrices: Mapping[str, NDArray[np.float64]],
    pairs: Pairs,
    coexpression: NDArray[np.float64],
    settings: StatisticsConfig,
    seed: int,
    task: str,
) -> dict[str, NullResult]:
    """Degrees kept; labels within strata of degrees and co-expression."""
    scorer = NullScorer(list(matrices.values()), pairs.labels, pairs.mask, names=list(matrices))
    strata = pair_strata(
        pairs, {"degree": reference_degrees(pairs), COEXPRESSION: coexpression}, bins=STRATA_BINS,
        at={"degree": "positives", COEXPRESSION: "pairs"},
    )  # fmt: skip
    families: dict[str, LabelNull] = {
        DEGREE_NULL: DegreePreserving(pairs.labels, pairs.mask, seed=seed),
        MATCHED_NULL: strata.null(),
    }
    return {
        name: null_distribution(
            scorer, null, draws=settings.draws, seed=seed, task=f"{task}/null/{name}",
            level=settings.level,
        )
        for name, null in families.items()
    }  # fmt: skip


def _by_layer(
    matrices: Mapping[str, NDArray[np.float64]],
    pairs: Pairs,
    nulls: Mapping[str, NullResult],
    settings: StatisticsConfig,
    seed: int,
    task: str,
) -> pd.DataFrame:
    resampled = cluster_bootstrap_auroc(
        [m[pairs.mask] for m in matrices.values()], pairs.positive, pairs.index[0],
        draws=settings.bootstrap, seed=seed, task=f"{task}/layers", names=list(matrices),
    )  # fmt: skip
    table = []
    for i, name in enumerate(matrices):
        measure, layer, variant = name.split("/")
        interval = resampled.interval(i, level=0.95)
        row = {
            "measure": measure, "layer": int(layer), "variant": variant,
            "where": layer_label(int(layer)), "auroc": float(resampled.estimates[i]),
            "low": interval.low, "high": interval.high,
        }  # fmt: skip
        for family, null in nulls.items():
            row[f"null_mean_{family}"] = null.distributions[i].mean
            row[f"p_{family}"] = float(null.adjusted_p[i])
        table.append(row)
    return pd.DataFrame(table)


def _increment(
    pairs: Pairs,
    genes: pd.DataFrame,
    candidates: Mapping[str, NDArray[np.float64]],
    more: Mapping[str, NDArray[np.float64]],
    split: SplitKind,
    settings: StatisticsConfig,
    seed: int,
    task: str,
) -> PairIncrement:
    """One layer is chosen in each fold from the training genes; degrees are those of training."""
    baselines: dict[str, Any] = {**expression_features(pairs, genes), "degrees": trained_degrees}
    baselines |= {f"baseline {n}": m for n, m in more.items()}
    return pair_increment(
        pairs, candidates, baselines, split, n_folds=settings.folds, margin=settings.margin,
        bootstrap=settings.bootstrap, choose=True, seed=seed, task=task,
    )  # fmt: skip


def _gains(increments: Mapping[tuple[str, str, str], PairIncrement]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "measure": measure, "over": over, "split": split, "base_auroc": found.base_auroc,
                "auroc": found.full_auroc, "increment": found.delta, "low": found.interval.low,
                "high": found.interval.high, "chosen": _mode(found.selected),
                "regulators": found.n_regulators, "positives": found.n_positives,
                "pairs": found.n_pairs,
            }
            for (measure, over, split), found in increments.items()
        ]
    )  # fmt: skip


def _mode(selected: Sequence[str]) -> str:
    """The score that most folds chose, in words."""
    name = max(sorted(set(selected)), key=list(selected).count)
    _, layer, variant = name.split("/")
    return layer_label(int(layer)) + (f", {variant} steps" if variant else "")


def _baselines(
    held: PairScores, pairs: Pairs, coexpression: NDArray[np.float64], seed: int
) -> pd.DataFrame:
    scores = baseline_scores(pairs, table=held.table, seed=seed)
    scores |= {"|co-expression|": coexpression[pairs.mask]}
    return pd.DataFrame(
        [{"baseline": n, "auroc": a} for n, a in baseline_aurocs(pairs, scores).items()]
    )
