"""Every metric of one ranking from one sort: continuous and of the top, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellglass.stats.arguments import as_labels, as_scores

TOP_K = (20, 50, 100, 200, 500)
"""Sizes of the published top lists (specification 2.2)."""


@dataclass(frozen=True, eq=False)
class RankingMetrics:
    """Metrics of one score.

    Parameters
    ----------
    auroc, auprc
        nan without a positive or, for the AUROC, without a negative.
    n_pairs, n_positives
        Size of the universe and edges in it.
    true_positives
        Of the top K, by K; expected over the orders of tied pairs.
    top
        Positions of the top K, by K; None where ties straddle place K, because then there is
        no such list.
    """

    auroc: float
    auprc: float
    n_pairs: int
    n_positives: int
    true_positives: dict[int, float]
    top: dict[int, NDArray[np.int64] | None]

    @property
    def base_rate(self) -> float:
        """Share of positives: the AUPRC of guessing."""
        return self.n_positives / self.n_pairs

    def f1(self, k: int) -> float:
        """F1 of the top K: 2 TP / (K + positives)."""
        return 2.0 * self.true_positives[k] / (k + self.n_positives)

    def expected(self, k: int) -> float:
        """True positives that K pairs drawn at random hold: K x positives / universe."""
        return k * self.base_rate

    def row(self) -> dict[str, float]:
        """Metrics as columns of a table."""
        found: dict[str, float] = {
            "auroc": self.auroc,
            "auprc": self.auprc,
            "base_rate": self.base_rate,
            "n_positives": self.n_positives,
            "n_pairs": self.n_pairs,
        }
        for k, hits in self.true_positives.items():
            found[f"f1_top_{k}"] = self.f1(k)
            found[f"tp_top_{k}"] = hits
            found[f"expected_tp_{k}"] = self.expected(k)
        return found


def ranking_metrics(
    scores: ArrayLike, labels: ArrayLike, ks: Sequence[int] = TOP_K
) -> RankingMetrics:
    """AUROC, AUPRC and the top K of a score, ties by expectation.

    Parameters
    ----------
    scores
        Finite numbers, high for positive, shape (n,).
    labels
        True at positives, shape (n,).
    ks
        Sizes of top lists; those above n are left out.

    Returns
    -------
    RankingMetrics
        Equal to `cellglass.stats.auroc`, `auprc`, `top_k_true_positives` and `top_k_f1`, which
        sort anew each.

    Raises
    ------
    InputError
        If there is no pair, a score is not finite or the shapes differ.

    Examples
    --------
    >>> found = ranking_metrics([3.0, 2.0, 1.0, 0.0], [True, False, True, False], ks=(2,))
    >>> found.auroc, found.f1(2), found.expected(2)
    (0.75, 0.5, 1.0)
    """
    values = as_scores(scores)
    truth = as_labels(labels, values.shape)
    n, positives = values.size, int(np.count_nonzero(truth))
    order = np.argsort(-values, kind="stable")
    arranged = values[order]
    last = np.append(np.flatnonzero(arranged[1:] != arranged[:-1]), n - 1)
    hits = np.cumsum(truth[order], dtype=np.int64)[last]
    items = last + 1
    tops: dict[int, NDArray[np.int64] | None] = {}
    found: dict[int, float] = {}
    for k in (k for k in ks if k <= n):
        step = int(np.searchsorted(items, k))
        above_hits, above = (int(hits[step - 1]), int(items[step - 1])) if step else (0, 0)
        share = (hits[step] - above_hits) / (items[step] - above)
        found[k] = float(above_hits + (k - above) * share)
        tops[k] = order[:k] if items[step] == k else None
    if not positives:
        return RankingMetrics(np.nan, np.nan, n, 0, found, tops)
    gained, seen = np.diff(hits, prepend=0), np.diff(items, prepend=0)
    auprc = float((gained / positives) @ (hits / items))
    # a negative is beaten by the positives above it, and by half of those it is tied with
    beaten = float(((seen - gained) * (hits - gained / 2)).sum())
    negatives = n - positives
    auroc = beaten / (positives * negatives) if negatives else np.nan
    return RankingMetrics(auroc, auprc, n, positives, found, tops)
