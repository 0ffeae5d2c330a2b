"""Does a feature mark the labels? Purity of what any threshold of it picks out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellglass.errors import InputError
from cellglass.stats.arguments import Bools, Ints, as_labels, as_scores
from cellglass.stats.wilson import wilson

from .guard import GuardResult

REFUSED, WARNED = 0.95, 0.90
"""Precision above which a feature is refused, and above which it is told."""
COVERAGE = 0.05
"""Least share of the pairs that a mark must hold."""
FEWEST = 20
"""Least number of pairs that a mark must hold."""
BALANCE = 0.25
"""Share of positives at which precision is read: one in four, as in the published tables."""
FLAG_VALUES = 20
"""Features of so many different values or fewer are flags; others are scores with thresholds."""
FLAG_BOUND, SCORE_BOUND = 0.70, 0.80
"""What the lower bound of the precision must reach for a flag and for a threshold of a score."""
TWO_SIDED = 0.90
"""Confidence of the interval whose lower end is the one-sided 95 % bound."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Mark:
    """Pairs that a feature picks out, and how many of them are positive.

    Attributes
    ----------
    rule
        Which pairs, such as ``">= 0.4"``.
    n, positives
        Pairs picked out, and positives among them.
    coverage
        Share of all pairs.
    precision
        Share of positives among the pairs picked out.
    recall
        Share of all positives that are picked out.
    balanced, lower
        The precision if one pair in four were positive, and its one-sided 95 % Wilson bound.
    read
        The precision that is held against the limits: `balanced`; of a flag, the larger of it
        and `precision`.
    sure
        Whether `lower` is high enough for `read` to count.
    """

    rule: str
    n: int
    positives: int
    coverage: float
    precision: float
    recall: float
    balanced: float
    lower: float
    read: float
    sure: bool


def purest_mark(feature: ArrayLike, labels: ArrayLike) -> Mark | None:
    """Find the set of pairs that a feature picks out with the highest precision.

    Parameters
    ----------
    feature
        One finite number a pair, shape (n,).
    labels
        True at positives, shape (n,).

    Returns
    -------
    Mark or None
        Over all sets {>= t} and {<= t}, and {= v} for a feature of few values, that hold at least
        `FEWEST` pairs and `COVERAGE` of them; None where there is no such set.

    Raises
    ------
    InputError
        If a value is not finite, shapes differ, or one class is empty.

    Examples
    --------
    >>> labels = np.arange(400) < 100
    >>> mark = purest_mark(np.arange(400) < 60, labels)
    >>> mark.rule, mark.n, mark.precision, mark.recall
    ('>= 1', 60, 1.0, 0.6)
    """
    values = as_scores(feature, "feature").astype(np.float64)
    truth = as_labels(labels, values.shape)
    if truth.all() or not truth.any():
        raise InputError(
            f"{int(truth.sum())} of {truth.size} pairs are positive", where="label containment",
            expected="both classes",
        )  # fmt: skip
    level, group = np.unique(values, return_inverse=True)
    n = np.bincount(group)
    hits = np.bincount(group, weights=truth).astype(np.int64)
    # a set of all pairs marks nothing: the last of either direction is left out
    sets = [
        (">=", level[1:], n[::-1].cumsum()[::-1][1:], hits[::-1].cumsum()[::-1][1:]),
        ("<=", level[:-1], n.cumsum()[:-1], hits.cumsum()[:-1]),
    ]
    if 2 < level.size <= FLAG_VALUES:
        sets.append(("=", level, n, hits))
    marks = [_purest(*one, truth, level.size <= FLAG_VALUES) for one in sets]
    return max((m for m in marks if m is not None), key=lambda m: (m.sure, m.read), default=None)


def label_containment(feature: ArrayLike, labels: ArrayLike, name: str = "feature") -> GuardResult:
    """Refuse a feature that marks the labels it is to predict.

    Parameters
    ----------
    feature
        One finite number a pair, shape (n,): a flag or a score.
    labels
        True at positives, shape (n,).
    name
        Of the feature, for the sentence.

    Returns
    -------
    GuardResult
        G1: failed where some set of pairs that the feature picks out, at least 5 % of them and at
        least 20, is positive with a precision above 0.95; passed with a warning above 0.9.

    Raises
    ------
    InputError
        As `purest_mark`.

    Notes
    -----
    Specification 0.1, 0.2 and 4.2. A precision means nothing without the share of positives:
    where 95 % of the pairs are positive every score would be refused, and among all pairs of a
    network (0.4 % positive) none could be. Precision and coverage are therefore read at one
    positive in four, the balance of the published tables: LR / (LR + 3) with LR the recall over
    the false positive rate, so that 0.95 is LR = 57. A flag (a feature of up to 20 values) is
    refused by its plain precision as well. The lower Wilson bound of the precision, at the same
    balance, must reach 0.7 (LR = 7) for a flag and 0.8 (LR = 12) for a threshold, which is the
    best of many: a few pairs, or a table with hardly any negatives, decide nothing.

    A Gaussian score with an AUROC of 0.8 is not refused; one of 0.9 is, about half of the time.
    With regulatory pairs it should have to explain itself.

    Examples
    --------
    >>> labels = np.arange(400) < 100
    >>> label_containment(np.arange(400) < 60, labels, "motif").state
    'failed'
    >>> label_containment(np.arange(400) % 4, labels, "number").state
    'passed'
    """
    mark = purest_mark(feature, labels)
    if mark is None:
        least = f"{FEWEST} pairs and {COVERAGE:.0%} of them"
        return GuardResult.of(
            "G1", failed=False, detail=f"{name} picks out no set of at least {least}"
        )
    detail = (
        f"{name} {mark.rule} picks out {mark.n:,} pairs ({mark.coverage:.1%}) and "
        f"{mark.recall:.1%} of the positives; {mark.precision:.1%} of the pairs are positive: a "
        f"precision of {mark.balanced:.3f} (at least {mark.lower:.3f}) at one positive in four"
    )
    near = mark.sure and WARNED < mark.read <= REFUSED
    return GuardResult.of(
        "G1",
        failed=mark.sure and mark.read > REFUSED,
        detail=detail,
        warning=f"{name} nearly marks the labels: precision above {WARNED}" if near else "",
    )


def _purest(sign: str, level: Floats, n: Ints, hits: Ints, truth: Bools, flag: bool) -> Mark | None:
    """The purest of the sets of one kind that are large enough."""
    positives, total = int(truth.sum()), truth.size
    odds = positives / (total - positives)
    recall = hits / positives
    false = (n - hits) / (total - positives)
    coverage = n / total
    balanced = _at_balance(hits / np.maximum(n, 1), odds)
    lower = _at_balance(wilson(hits, np.maximum(n, 1), TWO_SIDED)[0], odds)
    large = BALANCE * recall + (1 - BALANCE) * false >= COVERAGE
    large = (n >= FEWEST) & (large | (flag & (coverage >= COVERAGE)))
    if not large.any():
        return None
    read = np.maximum(balanced, hits / np.maximum(n, 1)) if flag else balanced
    sure = lower >= (FLAG_BOUND if flag else SCORE_BOUND)
    best = int(np.argmax(np.where(large, 2 * sure + read, -1.0)))
    return Mark(
        f"{sign} {level[best]:.4g}", int(n[best]), int(hits[best]), float(coverage[best]),
        float(hits[best] / n[best]), float(recall[best]), float(balanced[best]),
        float(lower[best]), float(read[best]), bool(sure[best]),
    )  # fmt: skip


def _at_balance(precision: Floats, odds: float) -> Floats:
    """The precision that the same likelihood ratio gives with `BALANCE` positives."""
    # p / (1 - p) = LR * odds; with other odds, p' = a p / (a p + 1 - p)
    ratio = BALANCE / (1 - BALANCE) / odds
    return ratio * precision / (ratio * precision + 1 - precision)
