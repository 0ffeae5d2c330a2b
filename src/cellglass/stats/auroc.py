"""Area under the ROC curve, pooled and by group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellglass.errors import InputError
from cellglass.stats.arguments import Ints, as_codes, as_labels, as_scores
from cellglass.stats.ranks import doubled_midranks, doubled_midranks_within


def auroc(scores: ArrayLike, labels: ArrayLike) -> float:
    """Probability that a positive scores above a negative; ties count one half.

    Parameters
    ----------
    scores
        Finite numbers, high for positive, shape (n,).
    labels
        True at positives, shape (n,).

    Returns
    -------
    float
        Between 0 and 1; nan where there is no positive or no negative, because then no pair
        exists to compare.

    Raises
    ------
    InputError
        If a score is not finite or the shapes differ.

    Notes
    -----
    U / (P N), with U the number of negatives below each positive, ties counted half (Mann and
    Whitney 1947; Hanley and McNeil 1982). Counts are integers, so equal inputs give equal results
    in any order. Each class is sorted by itself; nothing is ranked.

    Examples
    --------
    >>> auroc([0.1, 0.4, 0.4, 0.9], [False, False, True, True])
    0.875
    """
    values = as_scores(scores)
    truth = as_labels(labels, values.shape)
    positives = int(np.count_nonzero(truth))
    negatives = truth.size - positives
    if positives == 0 or negatives == 0:
        return float("nan")
    below = np.sort(values[~truth])
    above = np.sort(values[truth])
    doubled = int(np.searchsorted(below, above, "left").sum(dtype=np.int64))
    doubled += int(np.searchsorted(below, above, "right").sum(dtype=np.int64))
    return doubled / (2.0 * positives * negatives)


@dataclass(frozen=True, eq=False)
class GroupAuroc:
    """AUROC of each group and their mean.

    Attributes
    ----------
    mean
        Mean over the groups used; nan where none could be used.
    values
        AUROC of each group used, float64.
    n_positives
        Positives of each group used, int64.
    groups_used
        The groups, in the order of `values`.
    groups_skipped
        Groups with too few positives, or without a negative.
    """

    mean: float
    values: NDArray[np.float64]
    n_positives: Ints
    groups_used: NDArray[Any]
    groups_skipped: NDArray[Any]


def auroc_by_group(
    scores: ArrayLike, labels: ArrayLike, groups: ArrayLike, min_positives: int = 3
) -> GroupAuroc:
    """AUROC within each group, for example within each regulator, and the mean of them.

    This is another statistic than the pooled AUROC: report both (specification 2.2).

    Parameters
    ----------
    scores
        Finite numbers, shape (n,).
    labels
        True at positives, shape (n,).
    groups
        Group of each item, shape (n,).
    min_positives
        Groups with fewer positives are left out: the AUROC of one positive is its rank.

    Returns
    -------
    GroupAuroc
        Values, positives and names of the groups used, and the groups left out.

    Raises
    ------
    InputError
        If a score is not finite, shapes differ or `min_positives` is below 1.

    Examples
    --------
    >>> auroc_by_group([1, 2, 3, 4], [0, 1, 1, 0], ["a", "a", "b", "b"], min_positives=1).values
    array([1., 0.])
    """
    if min_positives < 1:
        raise InputError(f"min_positives is {min_positives}", expected="at least 1")
    values = as_scores(scores)
    truth = as_labels(labels, values.shape)
    codes, names = as_codes(groups, values.size)
    ranks = doubled_midranks_within(doubled_midranks(values), codes)
    size = np.bincount(codes, minlength=names.size)
    positives = np.bincount(codes[truth], minlength=names.size)
    sums = np.zeros(names.size, dtype=np.int64)
    np.add.at(sums, codes[truth], ranks[truth])
    used = (positives >= min_positives) & (size > positives)
    p, n = positives[used], (size - positives)[used]
    areas = (sums[used] - p * (p + 1)) / (2.0 * p * n)
    return GroupAuroc(
        mean=float(areas.mean()) if areas.size else float("nan"),
        values=areas,
        n_positives=p.astype(np.int64),
        groups_used=names[used],
        groups_skipped=names[~used],
    )
