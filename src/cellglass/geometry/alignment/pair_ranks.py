"""Where the true partner of each gene stands among all candidates."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cellglass.errors import InputError
from cellglass.stats.arguments import Ints

from .hungarian import assign

Matrix = NDArray[np.float64]

MEASURES = (
    "top1", "top5", "top10", "reciprocal_rank", "rank_share", "mutual", "assigned",
)  # fmt: skip
"""Retrieval measures, a value a gene each; all but ``rank_share`` are higher the better."""

RANKED = 5
"""Measures that need ranks alone, and no search for one-to-one pairs."""

TIE = 1e-9
"""Costs nearer than this share of the largest are equal."""


def standing(costs: Matrix, truth: Ints) -> tuple[Matrix, Matrix]:
    """Count the candidates that are nearer than the true one, and those as near.

    Parameters
    ----------
    costs
        Queries x candidates.
    truth
        The true candidate of each query.

    Returns
    -------
    before, tied : numpy.ndarray
        A number a query; `tied` counts the true candidate too.

    Examples
    --------
    >>> standing(np.array([[3.0, 1.0, 2.0, 2.0]]), np.array([2]))
    (array([1.]), array([2.]))
    """
    true = costs[np.arange(len(costs)), truth][:, None]
    slack = TIE * float(np.abs(costs).max())
    nearer = np.count_nonzero(costs < true - slack, axis=1)
    tied = np.count_nonzero(costs <= true + slack, axis=1) - nearer
    return nearer.astype(np.float64), tied.astype(np.float64)


def rank_values(before: Matrix, tied: Matrix, candidates: int) -> Matrix:
    """Top 1, 5 and 10, reciprocal rank and rank share of each query, expected over ties.

    Parameters
    ----------
    before, tied
        From `standing`.
    candidates
        How many there are.

    Returns
    -------
    numpy.ndarray
        Shape (5, queries). Equal candidates are taken in random order, so that a map that sends
        all genes to one point scores chance.

    Examples
    --------
    >>> rank_values(np.array([1.0]), np.array([2.0]), 5).ravel().round(3).tolist()
    [0.0, 1.0, 1.0, 0.417, 0.375]
    """
    tops = [np.clip((k - before) / tied, 0.0, 1.0) for k in (1, 5, 10)]
    harmonic = np.concatenate([[0.0], np.cumsum(1.0 / np.arange(1, candidates + 1))])
    start = before.astype(np.int64)
    reciprocal = (harmonic[start + tied.astype(np.int64)] - harmonic[start]) / tied
    share = (before + (tied - 1) / 2) / max(candidates - 1, 1)
    return np.stack([*tops, reciprocal, share])


def retrieval_values(
    costs: Matrix,
    back: Matrix,
    truths: Sequence[Ints],
    rng: np.random.Generator,
    *,
    one_to_one: bool = True,
) -> Matrix:
    """Judge a square matrix of costs in both directions against one or more sets of true pairs.

    Parameters
    ----------
    costs
        First side x second side, shape (n, n).
    back
        Second side x first side: the transposed costs, unless the map has a direction.
    truths
        For each set of pairs, the row of the second side that belongs to each of the first.
    rng
        Breaks ties in the one-to-one measures.
    one_to_one
        Whether to search mutual nearest neighbours and the least-cost assignment too.

    Returns
    -------
    numpy.ndarray
        Shape (truths, 2, measures, n), the measures those of `MEASURES` (the first 5 without
        `one_to_one`). Either direction is in the order of the first side.

    Examples
    --------
    >>> costs = np.array([[0.0, 1.0], [2.0, 1.0]])
    >>> values = retrieval_values(costs, costs.T, [np.arange(2)], np.random.default_rng(0))
    >>> dict(zip(MEASURES, values[0, 0].mean(1).tolist(), strict=True))["top1"]
    1.0
    """
    n = len(costs)
    out = np.empty((len(truths), 2, len(MEASURES) if one_to_one else RANKED, n))
    if one_to_one:
        nearest, nearest_back = _nearest(costs, rng), _nearest(back, rng)
        assigned, assigned_back = assign(costs, rng), assign(back, rng)
    for values, truth in zip(out, truths, strict=True):
        inverse = np.empty(n, dtype=np.int64)
        inverse[truth] = np.arange(n)
        values[0, :RANKED] = rank_values(*standing(costs, truth), n)
        values[1, :RANKED] = rank_values(*standing(back, inverse), n)[:, truth]
        if one_to_one:
            values[:, 5] = (nearest == truth) & (nearest_back[truth] == np.arange(n))
            values[0, 6] = assigned == truth
            values[1, 6] = assigned_back[truth] == np.arange(n)
    return out


def chance(measure: str, candidates: int) -> float:
    """Expected value of a measure if pairs were guessed at random.

    Parameters
    ----------
    measure
        One of `MEASURES`.
    candidates
        How many there are.

    Returns
    -------
    float
        k / n for a top k; the mean of 1 / rank; 1/2 for a rank share; 1 / n for an assignment;
        nan for mutual nearest neighbours, which depend on the geometry: see their null.

    Raises
    ------
    InputError
        If the measure is unknown.

    Examples
    --------
    >>> chance("top5", 50)
    0.1
    """
    if measure not in MEASURES:
        raise InputError(f"measure {measure!r}", where="retrieval", expected=", ".join(MEASURES))
    if measure.startswith("top"):
        return min(1.0, int(measure.removeprefix("top")) / candidates)
    if measure == "reciprocal_rank":
        return float((1.0 / np.arange(1, candidates + 1)).mean())
    return {"rank_share": 0.5, "assigned": 1.0 / candidates}.get(measure, float("nan"))


def _nearest(costs: Matrix, rng: np.random.Generator) -> Ints:
    """Nearest candidate of each query, a random one of equals."""
    order = rng.permutation(costs.shape[1])
    return np.asarray(order[costs[:, order].argmin(1)], dtype=np.int64)
