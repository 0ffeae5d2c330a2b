"""Edges against pairs of genes expressed like them, with the regulator as unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellglass._words import plural
from cellglass.errors import NetworkError
from cellglass.stats import (
    BootstrapResult,
    GroupResamples,
    MatchedNegatives,
    standardised_mean_difference,
)
from cellglass.stats.nulls import matched_negatives

from .baselines import GeneStatistics, margin_scores
from .layer_scores import FEWEST_REGULATORS, Score
from .recovery import Pairs
from .resampled import ends, over, three

EXPRESSION = "mean product"
PER_POSITIVE = 50
MATCHED_ON = ("mean", "detection")


@dataclass(frozen=True, eq=False)
class MatchedSet:
    """Positives beside the negatives that were drawn for them.

    Attributes
    ----------
    found
        The pairs, see `MatchedNegatives`.
    at
        Flat index of each item, positives first.
    truth
        True at the positives.
    regulator
        For each item the regulator of its positive: a positive takes its negatives along when
        its regulator is drawn.
    balance
        A row a covariate: whether it was matched on, and the standardised mean difference of
        positives and negatives before and after.
    """

    found: MatchedNegatives
    at: NDArray[np.int64]
    truth: NDArray[np.bool_]
    regulator: NDArray[np.int64]
    balance: pd.DataFrame

    @property
    def worst(self) -> tuple[str, float]:
        """The covariate that was matched on and is least balanced, and its difference."""
        matched = self.balance[self.balance["matched_on"]]
        row = matched.loc[matched["after"].abs().idxmax()]
        return str(row["covariate"]), float(row["after"])

    @property
    def n_regulators(self) -> int:
        """Regulators with a positive."""
        return int(np.unique(self.regulator[self.truth]).size)

    def pooled(self, scores: NDArray[np.floating], resamples: GroupResamples) -> BootstrapResult:
        """AUROC over positives and matched negatives, all positives against all negatives."""
        return resamples.auroc(np.asarray(scores).ravel()[self.at], self.truth, self.regulator)

    def within(self, scores: NDArray[np.floating], resamples: GroupResamples) -> BootstrapResult:
        """Share of its own negatives that a positive beats, mean over positives; ties half."""
        flat = np.asarray(scores).ravel()
        own = flat[self.found.positives][self.found.positive_of]
        drawn = flat[self.found.negatives]
        wins = (own > drawn) + 0.5 * (own == drawn)
        share = np.bincount(self.found.positive_of, wins) / np.bincount(self.found.positive_of)
        regulator = self.regulator[: self.found.positives.size]
        n = np.bincount(regulator, minlength=resamples.n_groups)
        total = np.bincount(regulator, share, minlength=resamples.n_groups)
        return resamples.mean(np.where(n > 0, total / np.maximum(n, 1), np.nan), weights=n)


def match_edges(
    pairs: Pairs,
    statistics: GeneStatistics,
    *,
    per_positive: int = PER_POSITIVE,
    seed: int,
    task: str,
) -> MatchedSet:
    """Draw pairs of genes expressed like those of each edge.

    Parameters
    ----------
    pairs
        The universe.
    statistics
        Mean, variance and detection of regulators and genes.
    per_positive
        Negatives of each edge at most.
    seed, task
        Root seed and name of the task.

    Returns
    -------
    MatchedSet
        With its balance.

    Raises
    ------
    NetworkError
        If edges of fewer than two regulators match any pair.

    Examples
    --------
    See `judge_matched_negatives`.
    """
    source = {n: statistics.regulators[n].to_numpy(float) for n in MATCHED_ON}
    target = {n: statistics.genes[n].to_numpy(float) for n in MATCHED_ON}
    found = matched_negatives(
        pairs.labels, pairs.mask, source["mean"], source["detection"], target["mean"],
        target["detection"], per_positive=per_positive, seed=seed, task=task,
    )  # fmt: skip
    regulator = found.positives // len(pairs.genes)
    n = np.unique(regulator).size
    if n < FEWEST_REGULATORS:
        raise NetworkError(
            f"edges of {n} {plural('regulator', n)} of {pairs.network} match any pair in mean and "
            "detection",
            where="expression-matched negatives",
            fix="use more genes",
        )
    return MatchedSet(
        found,
        np.concatenate([found.positives, found.negatives]),
        np.repeat([True, False], [found.positives.size, found.negatives.size]),
        np.concatenate([regulator, regulator[found.positive_of]]),
        _balance(pairs, statistics, found),
    )


def _balance(pairs: Pairs, statistics: GeneStatistics, found: MatchedNegatives) -> pd.DataFrame:
    others = np.flatnonzero(pairs.mask & ~pairs.labels)
    rows = []
    for end, table in (("regulator", statistics.regulators), ("target", statistics.genes)):
        for name in table.columns:
            values = table[name].to_numpy(float)
            smd = [
                _difference(values, found.positives, negatives, len(pairs.genes), end)
                for negatives in (others, found.negatives)
            ]
            rows.append((f"{end} {name}", name in MATCHED_ON, *smd))
    return pd.DataFrame(rows, columns=["covariate", "matched_on", "before", "after"])


def _difference(
    values: NDArray[np.float64],
    positives: NDArray[np.int64],
    negatives: NDArray[np.int64],
    n_genes: int,
    end: str,
) -> float:
    pairs = np.concatenate([positives, negatives])
    at = pairs // n_genes if end == "regulator" else pairs % n_genes
    return standardised_mean_difference(values[at], np.arange(pairs.size) < positives.size)


def matched_table(
    pairs: Pairs,
    chosen: MatchedSet,
    scores: Sequence[Score],
    baselines: Sequence[Score],
    resamples: GroupResamples,
) -> pd.DataFrame:
    """Every score against expression-matched negatives.

    Parameters
    ----------
    pairs
        The universe.
    chosen
        Edges and their negatives.
    scores, baselines
        Candidates and references; scores of single genes, the mean product among them.
    resamples
        Of the regulators.

    Returns
    -------
    pandas.DataFrame
        One row a score: AUROC against the matched negatives with its interval, and against
        each positive's own ones; AUROC against all negatives; of candidates and references, the
        AUROC of their own marginal product and what they gain over the expression product (or
        over chance, where that is better) in the same resamples.

    Notes
    -----
    Analysis A24, specification 2.4. The paper resampled positives and negatives one by one;
    positives of a regulator share half of what they are, so that regulators are resampled here,
    and a positive takes its negatives along.
    """
    expression = next(s for s in baselines if s.name == EXPRESSION)
    product = chosen.pooled(expression.make(), resamples)
    rows = []
    for score in (*scores, *baselines):
        matrix = score.make()
        found = chosen.pooled(matrix, resamples)
        rows.append(
            {
                "score": score.name,
                "kind": score.kind,
                **three("auroc", found),
                **three("auroc_own_negatives", chosen.within(matrix, resamples)),
                "auroc_all_negatives": float(
                    resamples.auroc(
                        matrix[pairs.mask], pairs.labels[pairs.mask], pairs.groups
                    ).estimates[0]
                ),
            }
        )
        if score.kind != "baseline":
            margin = margin_scores(matrix, pairs.mask)["own marginal product"]
            rows[-1] |= {
                "auroc_own_marginal_product": ends(chosen.pooled(margin, resamples))[0],
                "auroc_expression_product": float(product.estimates[0]),
                **three("over_expression_product", over(found, product)),
            }
    return pd.DataFrame(rows)
