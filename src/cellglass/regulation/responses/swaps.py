"""Whose response is it? Scores of one perturbation held against the responses to another."""

from __future__ import annotations

import math
from itertools import permutations

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from cellglass.seeds import generator
from cellglass.stats.arguments import as_labels
from cellglass.stats.nulls import NullCheck
from cellglass.stats.permutation import attainable_p

Matrix = NDArray[np.float64]


def swap_matrix(scores: ArrayLike, labels: ArrayLike, mask: ArrayLike) -> Matrix:
    """AUROC of the responses to each perturbation by the scores of each.

    Parameters
    ----------
    scores
        Perturbations x genes, finite wherever `mask` is True.
    labels, mask
        Responses and pairs that can be judged, perturbations x genes.

    Returns
    -------
    numpy.ndarray
        float64, perturbations x perturbations: row p, column q is the AUROC of the responses to p
        by the scores of q over the genes that can be judged for both; 0.5 where no such gene
        responds, or all do. The diagonal is that of the data.

    Examples
    --------
    >>> swap_matrix([[1.0, 2.0], [2.0, 1.0]], [[0, 1], [1, 0]], np.ones((2, 2))).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    values = np.asarray(scores, dtype=np.float64)
    truth = as_labels(labels, values.shape)
    judged = as_labels(mask, values.shape, "mask")
    order = np.argsort(np.where(judged, values, np.inf), axis=1)
    return np.asarray(_swap_aurocs(values, order, truth, judged))


def swap_draws(n: int, draws: int, seed: int, task: str) -> tuple[NDArray[np.int64], bool]:
    """Arrangements of n perturbations: all but the given one where they are few, else draws.

    Parameters
    ----------
    n
        Perturbations.
    draws
        Number of draws.
    seed, task
        Root seed and name of the stream.

    Returns
    -------
    numpy.ndarray, bool
        Arrangements, shape (m, n), and whether they are all there are.

    Examples
    --------
    >>> swap_draws(3, 999, 1, "x")[0].shape
    (5, 3)
    """
    if math.factorial(n) - 1 <= draws:
        every = np.array(list(permutations(range(n))), dtype=np.int64)
        return every[1:], True  # the first is the arrangement of the data
    rng = generator(seed, task)
    return np.stack([rng.permutation(n) for _ in range(draws)]).astype(np.int64), False


def swapped_means(matrix: Matrix, arrangements: NDArray[np.int64]) -> Matrix:
    """Mean AUROC under each arrangement, shape (m,)."""
    return np.asarray(matrix[np.arange(len(matrix)), arrangements].mean(1))


def swap_check(name: str, arrangements: NDArray[np.int64], level: float) -> NullCheck:
    """Check arrangements: how much they move, and whether p can reach the level at all.

    Parameters
    ----------
    name
        Of the null.
    arrangements
        From `swap_draws`.
    level
        Level at which p is read.
    """
    m, n = arrangements.shape
    home = np.arange(n)
    moved = float((arrangements != home).mean()) if m else 0.0
    identical = int((arrangements == home).all(1).sum())
    messages = []
    smallest = attainable_p(m) if m else 1.0
    if smallest > level:
        messages.append(
            f"{n} perturbations allow {m + 1} arrangements: p cannot be below {smallest:.3g}."
        )
    return NullCheck(
        null=name,
        passed=not messages,
        n_draws=m,
        margins_kept=True,
        structural_zeros_filled=0,
        n_identical=identical,
        mean_jaccard_distance=moved,
        column_score_constant=None,
        messages=tuple(messages),
    )


@njit(cache=True)
def _swap_aurocs(scores, order, labels, judged):  # type: ignore[no-untyped-def]
    """AUROC of labels of row p by scores of row q, for all p and q, from the order of each q."""
    n = scores.shape[0]
    out = np.full((n, n), 0.5)
    for q in range(n):
        last = judged[q].sum()
        for p in range(n):
            rank = 0  # judged genes so far
            positives = 0
            doubled = 0  # twice the sum of the positives' mid-ranks
            begin = 0
            while begin < last:
                end = begin + 1
                while end < last and scores[q, order[q, end]] == scores[q, order[q, begin]]:
                    end += 1
                size = 0
                inside = 0
                for k in range(begin, end):
                    gene = order[q, k]
                    if judged[p, gene]:
                        size += 1
                        inside += labels[p, gene]
                doubled += inside * (2 * rank + size + 1)
                positives += inside
                rank += size
                begin = end
            negatives = rank - positives
            if positives and negatives:
                u = doubled - positives * (positives + 1)
                out[p, q] = u / (2.0 * positives * negatives)
    return out
