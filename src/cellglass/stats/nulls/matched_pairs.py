"""Negatives expressed like the positives, for an AUROC that expression cannot win."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from cellglass.errors import InputError
from cellglass.seeds import generator
from cellglass.stats.arguments import Bools, Ints, as_labels
from cellglass.stats.nulls.matching import MIN_POOL, Candidates, Expression, candidates


@dataclass(frozen=True, eq=False)
class MatchedNegatives:
    """Positives and the negatives that match them.

    Attributes
    ----------
    positives
        Flat index of each positive that has at least one negative.
    negatives
        Flat index of each negative; a pair that matches two positives is listed twice.
    positive_of
        For each negative, the place of its positive in `positives`.
    pool_sizes
        Non-positive pairs that match each of all observed positives.
    widened
        Which of all observed positives were matched within 40 %.
    without_pool
        Flat indices of the positives that match no negative; they are left out.
    """

    positives: Ints
    negatives: Ints
    positive_of: Ints
    pool_sizes: Ints
    widened: Bools
    without_pool: Ints


def matched_negatives(
    labels: ArrayLike,
    mask: ArrayLike,
    source_mean: ArrayLike,
    source_detection: ArrayLike,
    target_mean: ArrayLike,
    target_detection: ArrayLike,
    *,
    per_positive: int = 50,
    seed: int,
    task: str,
) -> MatchedNegatives:
    """Draw up to 50 non-positive pairs for each positive, alike in mean and detection.

    Parameters
    ----------
    labels, mask
        Positives and evaluable pairs, shape (R, G).
    source_mean, source_detection
        Mean and detection of each regulator, shape (R,).
    target_mean, target_detection
        Mean and detection of each gene, shape (G,).
    per_positive
        How many to draw at most, without replacement.
    seed, task
        Root seed of the run and name of the task.

    Returns
    -------
    MatchedNegatives
        Positives, negatives and which belongs to which. Positives of one regulator are not
        independent: resample regulators for an interval.

    Raises
    ------
    InputError
        If shapes differ, values are out of range or there is no positive.

    Notes
    -----
    Analysis A24, specification 2.4: means within 20 %, detections within 0.20 max(detection,
    0.05), both 40 % where fewer than 5 pairs match.

    Examples
    --------
    >>> labels = np.eye(3, 9, dtype=bool)
    >>> flat = np.ones(3), np.ones(3) / 2, np.ones(9), np.ones(9) / 2
    >>> found = matched_negatives(labels, np.ones((3, 9), bool), *flat, seed=1, task="a24")
    >>> found.negatives.size
    72
    """
    observed = np.asarray(labels)
    truth = as_labels(observed, observed.shape)
    evaluable = as_labels(mask, truth.shape, "mask")
    if per_positive < 1:
        raise InputError(f"per_positive is {per_positive}", expected="at least 1")
    if truth.ndim != 2 or not (truth & evaluable).any():
        raise InputError(
            "no positive among the evaluable pairs", where="labels", expected="regulators x genes"
        )
    allowed = evaluable & ~truth
    expression = Expression.checked(
        source_mean, source_detection, target_mean, target_detection, truth.shape
    )
    rows, columns = (at.astype(np.int64) for at in np.nonzero(truth & evaluable))
    found = candidates(expression, rows, columns, allowed, MIN_POOL)
    drawn = _draw(found, rows, columns, allowed, per_positive, generator(seed, task))
    sizes = np.array([d.size for d in drawn])
    kept = sizes > 0
    flat = rows * truth.shape[1] + columns
    return MatchedNegatives(
        positives=flat[kept],
        negatives=np.concatenate(drawn),
        positive_of=np.repeat(np.arange(int(kept.sum())), sizes[kept]),
        pool_sizes=found.pool,
        widened=found.wide,
        without_pool=flat[~kept],
    )


def _draw(
    found: Candidates,
    rows: Ints,
    columns: Ints,
    allowed: Bools,
    per_positive: int,
    rng: np.random.Generator,
) -> list[Ints]:
    """Draw the negatives of each positive, as flat indices."""
    n_rows, n_columns = allowed.shape
    drawn = []
    for k in range(rows.size):
        at = rows[k] + n_rows * found.wide[k]
        sources = found.source_members[found.source_start[at] : found.source_start[at + 1]]
        at = columns[k] + n_columns * found.wide[k]
        targets = found.target_members[found.target_start[at] : found.target_start[at + 1]]
        inside = np.flatnonzero(allowed[np.ix_(sources, targets)])
        picked = rng.choice(inside, min(per_positive, inside.size), replace=False)
        drawn.append(
            sources[picked // targets.size].astype(np.int64) * n_columns
            + targets[picked % targets.size]
        )
    return drawn
