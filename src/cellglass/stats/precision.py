"""Metrics of the top of a ranking; ties are resolved by expectation over their orders."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellglass.errors import InputError
from cellglass.stats.arguments import Ints, as_labels, as_scores


def _ladder(scores: ArrayLike, labels: ArrayLike) -> tuple[Ints, Ints]:
    """Positives and items at or above each distinct score, from the highest score down."""
    values = as_scores(scores)
    truth = as_labels(labels, values.shape)
    order = np.argsort(-values)
    arranged = values[order]
    last = np.append(np.flatnonzero(arranged[1:] != arranged[:-1]), values.size - 1)
    hits: NDArray[np.int64] = np.cumsum(truth[order], dtype=np.int64)[last]
    return hits, last.astype(np.int64) + 1


def base_rate(labels: ArrayLike) -> float:
    """Share of positives, the average precision that a random ranking has.

    Parameters
    ----------
    labels
        True at positives, shape (n,), not empty.

    Returns
    -------
    float
        Between 0 and 1.

    Raises
    ------
    InputError
        If the labels are not 0 and 1, or there are none.

    Examples
    --------
    >>> base_rate([True, False, False, False])
    0.25
    """
    truth = np.asarray(labels)
    if truth.ndim != 1 or truth.size == 0:
        raise InputError(f"labels of shape {truth.shape}", expected="a 1-d array, not empty")
    return float(as_labels(truth, truth.shape).mean())


def auprc(scores: ArrayLike, labels: ArrayLike) -> float:
    """Average precision, the step-wise area under the precision-recall curve.

    Parameters
    ----------
    scores
        Finite numbers, high for positive, shape (n,).
    labels
        True at positives, shape (n,).

    Returns
    -------
    float
        Between 0 and 1; nan without a positive. Read it beside `base_rate`.

    Raises
    ------
    InputError
        If a score is not finite or the shapes differ.

    Notes
    -----
    Sum over distinct scores of the gain in recall times the precision there; equal to
    `sklearn.metrics.average_precision_score`.

    Examples
    --------
    >>> auprc([0.9, 0.8, 0.1], [True, False, True])
    0.8333333333333333
    """
    hits, items = _ladder(scores, labels)
    positives = int(hits[-1])
    if positives == 0:
        return float("nan")
    gain = np.diff(hits, prepend=0) / positives
    return float(gain @ (hits / items))


def top_k_true_positives(scores: ArrayLike, labels: ArrayLike, k: int) -> float:
    """Positives among the k highest scores, expected over the orders of tied items.

    Parameters
    ----------
    scores
        Finite numbers, shape (n,).
    labels
        True at positives, shape (n,).
    k
        How many items to take, 1 to n.

    Returns
    -------
    float
        The expected number; an integer where no tie straddles place k.

    Raises
    ------
    InputError
        If k is not within 1 and n, a score is not finite or shapes differ.

    Examples
    --------
    >>> top_k_true_positives([2.0, 1.0, 1.0], [True, True, False], k=2)
    1.5
    """
    hits, items = _ladder(scores, labels)
    if not 1 <= k <= items[-1]:
        raise InputError(f"k is {k}", where="k", expected=f"1 to {items[-1]}")
    step = int(np.searchsorted(items, k))
    hits_above = int(hits[step - 1]) if step else 0
    items_above = int(items[step - 1]) if step else 0
    share = (hits[step] - hits_above) / (items[step] - items_above)
    return float(hits_above + (k - items_above) * share)


def top_k_f1(scores: ArrayLike, labels: ArrayLike, k: int) -> float:
    """F1 of the k highest scores: 2 TP / (k + P).

    Parameters
    ----------
    scores
        Finite numbers, shape (n,).
    labels
        True at positives, shape (n,).
    k
        How many items are called positive, 1 to n.

    Returns
    -------
    float
        Between 0 and 1, ties by expectation; 0 where there is no positive. It falls with the
        base rate, so read it beside `expected_true_positives`.

    Raises
    ------
    InputError
        If k is not within 1 and n, a score is not finite or shapes differ.

    Examples
    --------
    >>> top_k_f1([3.0, 2.0, 1.0], [True, False, True], k=2)
    0.5
    """
    found = top_k_true_positives(scores, labels, k)
    positives = int(np.count_nonzero(labels))
    return 2.0 * found / (k + positives)


def expected_true_positives(labels: ArrayLike, k: int) -> float:
    """Positives that k items drawn at random hold on average: k times the base rate.

    Parameters
    ----------
    labels
        True at positives, shape (n,).
    k
        How many items are drawn, 0 to n.

    Returns
    -------
    float
        The expected number, to read beside `top_k_true_positives`.

    Raises
    ------
    InputError
        If k is not within 0 and n.

    Examples
    --------
    >>> expected_true_positives([True, False, False, False], k=2)
    0.5
    """
    n = np.asarray(labels).size
    if not 0 <= k <= n:
        raise InputError(f"k is {k}", where="k", expected=f"0 to {n}")
    return k * base_rate(labels)


def early_precision_ratio(scores: ArrayLike, labels: ArrayLike) -> float:
    """Precision among as many top items as there are positives, over the base rate.

    Parameters
    ----------
    scores
        Finite numbers, shape (n,).
    labels
        True at positives, shape (n,).

    Returns
    -------
    float
        1 for a random ranking on average, n / P for a perfect one; nan without a positive.
        Ties by expectation.

    Raises
    ------
    InputError
        If a score is not finite or the shapes differ.

    Notes
    -----
    The early precision ratio of BEELINE (Pratapa et al., Nature Methods 2020).

    Examples
    --------
    >>> early_precision_ratio([4.0, 3.0, 2.0, 1.0], [True, False, True, False])
    1.0
    """
    values = as_scores(scores)
    truth = as_labels(labels, values.shape)
    positives = int(np.count_nonzero(truth))
    if positives == 0:
        return float("nan")
    precision = top_k_true_positives(values, truth, positives) / positives
    return precision / (positives / truth.size)
