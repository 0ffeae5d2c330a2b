"""Distances of pairs judged against a network: AUROC by layer, nulls, and what they add."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellglass._words import plural
from cellglass.data import Network
from cellglass.errors import InputError, NotApplicableError
from cellglass.geometry.degrees import reference_degrees
from cellglass.geometry.layers import layer_label
from cellglass.geometry.nulls.pair_strata import pair_strata
from cellglass.geometry.pair_baselines import (
    baseline_aurocs,
    baseline_scores,
    expression_features,
    trained_degrees,
)
from cellglass.geometry.pair_model import PairIncrement, pair_increment
from cellglass.geometry.pairs import Pairs
from cellglass.geometry.splits import PairSplit, SplitKind, pair_splits
from cellglass.runs.sections import StatisticsConfig
from cellglass.stats import cluster_bootstrap_auroc
from cellglass.stats.nulls import DegreePreserving, LabelNull, NullScorer, null_distribution
from cellglass.stats.nulls.null_auroc import NullResult

from .pair_scores import EUCLIDEAN, PairScores

SPLITS: tuple[SplitKind, ...] = ("source", "target", "both")
PRIMARY: SplitKind = "both"
SINGLE, STRAIGHT = "single-gene statistics", "single-gene statistics and Euclidean distance"
COEXPRESSION = "co-expression"
DEGREE_NULL, MATCHED_NULL = "degree", "matched-pair"
"""Labels redrawn with all degrees kept; permuted among pairs of like degrees and co-expression."""
STRATA_BINS = 10
FEWEST_REGULATORS = 6
"""Regulators with targets below which genes cannot be held out on both sides."""


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
    task
        Name under which genes were divided into folds.
    """

    pairs: Pairs
    layers: pd.DataFrame
    gains: pd.DataFrame
    baselines: pd.DataFrame
    increments: Mapping[tuple[str, str, str], PairIncrement]
    nulls: Mapping[str, NullResult]
    task: str

    @property
    def size(self) -> str:
        """How much was judged, as a phrase."""
        sources, targets = (
            f"{n:,} {plural(what, n)}"
            for n, what in (
                (len(self.pairs.sources), "regulator"), (len(self.pairs.targets), "target")
            )
        )  # fmt: skip
        n, judged = int(self.pairs.labels.sum()), int(self.pairs.mask.sum())
        return f"{sources}, {targets}, {n:,} of {judged:,} pairs in {self.pairs.network}"

    def splits(self, settings: StatisticsConfig, seed: int) -> list[PairSplit]:
        """Splits of both genes that the increments were judged on."""
        return pair_splits(self.pairs, PRIMARY, settings.folds, seed=seed, task=self.task)

    def null_p(self, measure: str) -> dict[str, float]:
        """Give the p of a measure against each null: its smallest, adjusted over all scores."""
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
    fewest = max(FEWEST_REGULATORS, settings.folds)
    pairs, rows, columns = judged_pairs(held, network, name, min_targets, fewest)
    matrices = {n: s for m in measures for n, s in _all(held, m, rows, columns).items()}
    coexpression = np.abs(held.coexpression[np.ix_(rows, columns)])
    nulls = _nulls(matrices, pairs, coexpression, settings, seed, task)
    layers = _by_layer(matrices, pairs, nulls, settings, seed, task)
    increments: dict[tuple[str, str, str], PairIncrement] = {}
    folds = f"{task}/increment"  # the same folds and resamples for all
    straight = _all(held, EUCLIDEAN, rows, columns)
    for measure in measures:
        own = {n: m for n, m in matrices.items() if n.startswith(f"{measure}/")}
        for over in (SINGLE,) if measure == EUCLIDEAN else (SINGLE, STRAIGHT):
            more = straight if over == STRAIGHT else {}
            for split in splits:
                increments[measure, over, split] = _increment(
                    pairs, held.table, own, more, split, settings, seed, folds
                )
    return Judged(
        pairs, layers, _gains(increments), _baselines(held, pairs, coexpression, seed),
        increments, nulls, folds,
    )  # fmt: skip


def judged_pairs(
    held: PairScores,
    network: Network,
    name: str,
    min_targets: int,
    fewest: int = FEWEST_REGULATORS,
) -> tuple[Pairs, NDArray[np.int64], NDArray[np.int64]]:
    """Pairs of a network that every measure has a score for, and where they are in the scores.

    Parameters
    ----------
    held, network, name, min_targets
        See `judge_measures`.
    fewest
        Regulators with so many targets that are needed.

    Returns
    -------
    pairs, rows, columns
        The pairs; rows and columns of the score matrices. Genes that no kept regulator has as
        a target are left out.

    Raises
    ------
    NotApplicableError
        If there are too few.
    """
    try:
        found = Pairs.of_network(network, held.genes)
    except InputError as error:
        raise NotApplicableError(
            f"no pair of {name} lies among the {len(held.genes)} genes with a state"
        ) from error
    place = {g: i for i, g in enumerate(held.regulators)}
    column = {g: i for i, g in enumerate(held.genes)}
    rows = np.array([place[s] for s in found.sources], dtype=np.int64)
    columns = np.array([column[t] for t in found.targets], dtype=np.int64)
    mask = found.mask.copy()
    for scores in held.scores.values():
        for matrix in scores:  # genes with one state have no triangle between them
            mask &= np.isfinite(matrix[np.ix_(rows, columns)])
    labels = found.labels & mask
    enough = labels.sum(1) >= min_targets
    if int(enough.sum()) < fewest:
        raise NotApplicableError(
            f"{int(enough.sum())} regulators of {name} have at least {min_targets} targets among "
            f"the {len(held.genes)} genes with a state; {fewest} are needed"
        )
    some = labels[enough].any(0)
    pairs = Pairs(
        tuple(s for s, kept in zip(found.sources, enough, strict=True) if kept),
        tuple(t for t, kept in zip(found.targets, some, strict=True) if kept),
        labels[np.ix_(enough, some)], mask[np.ix_(enough, some)], name,
    )  # fmt: skip
    return pairs, rows[enough], columns[some]


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
            told = family.replace("-", "_")
            row[f"null_mean_{told}"] = null.distributions[i].mean
            row[f"p_{told}"] = float(null.adjusted_p[i])
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
