"""AUROCs of many scores under one null, from ranks computed once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellglass.errors import InputError
from cellglass.stats.arguments import Bools, Ints, as_labels, as_scores
from cellglass.stats.finding import NullSummary
from cellglass.stats.nulls.base import Audit, LabelNull, NullCheck
from cellglass.stats.nulls.rank_sums import mean_row_auroc, pooled_sums
from cellglass.stats.nulls.westfall_young import max_z
from cellglass.stats.permutation import Alternative, NullDistribution, require_attainable
from cellglass.stats.ranks import doubled_midranks, doubled_midranks_within

Statistic = Literal["pooled", "per regulator"]


class NullScorer:
    """AUROC of every score for any set of positives, by adding up ranks.

    Parameters
    ----------
    scores
        Score matrices, each of shape (R, G); only evaluable pairs are read.
    labels
        Observed positives, shape (R, G).
    mask
        Evaluable pairs, shape (R, G).
    names
        Names of the scores; their numbers where None.
    min_positives
        For the mean over regulators: regulators with fewer positives are left out.
    per_regulator
        Whether to prepare the ranks within regulators too.

    Raises
    ------
    InputError
        If shapes differ, a score is not finite at an evaluable pair, or one class is empty.

    Notes
    -----
    Ranks do not depend on labels, so they are computed once a score; a draw costs one look-up
    a positive and score. They are kept doubled as 32-bit integers: 4 bytes a pair and score,
    twice that with `per_regulator`.

    Examples
    --------
    >>> labels = np.eye(3, 5, dtype=bool)
    >>> scorer = NullScorer([labels * 1.0], labels, np.ones((3, 5), bool))
    >>> scorer.observed().tolist()
    [1.0]
    """

    def __init__(
        self,
        scores: Sequence[ArrayLike] | NDArray,
        labels: ArrayLike,
        mask: ArrayLike,
        *,
        names: Sequence[str] | None = None,
        min_positives: int = 3,
        per_regulator: bool = False,
    ) -> None:
        evaluable = np.asarray(mask)
        if evaluable.ndim != 2 or len(scores) == 0:
            raise InputError(
                f"a mask of shape {evaluable.shape} and {len(scores)} scores",
                expected="matrices of regulators x genes, and at least one score",
            )
        self.mask: Bools = as_labels(evaluable, evaluable.shape, "mask")
        truth = as_labels(labels, evaluable.shape) & self.mask
        self.positives: Ints = np.flatnonzero(truth).astype(np.int64)
        self._pairs = np.flatnonzero(self.mask)
        if not 0 < self.positives.size < self._pairs.size:
            raise InputError(
                f"{self.positives.size} positives among {self._pairs.size} evaluable pairs",
                where="labels",
                expected="positives and negatives",
            )
        if self._pairs.size >= 2**30:
            raise InputError(f"{self._pairs.size} evaluable pairs", expected="fewer than 2^30")
        self.names = tuple(names) if names is not None else tuple(map(str, range(len(scores))))
        if len(self.names) != len(scores):
            raise InputError(f"{len(self.names)} names for {len(scores)} scores", where="names")
        self.min_positives = min_positives
        self._evaluable = self.mask.sum(1, dtype=np.int64)
        self._ranks = np.zeros((self.mask.size, len(scores)), dtype=np.int32)
        self._within = np.zeros_like(self._ranks) if per_regulator else None
        regulator = self._pairs // self.mask.shape[1]
        for s, score in enumerate(scores):
            matrix = np.asarray(score)
            if matrix.shape != self.mask.shape:
                raise InputError(
                    f"a score of shape {matrix.shape}",
                    where=f"score {self.names[s]}",
                    expected=f"shape {self.mask.shape}",
                )
            doubled = doubled_midranks(as_scores(matrix[self.mask], f"score {self.names[s]}"))
            self._ranks[self._pairs, s] = doubled
            if self._within is not None:
                self._within[self._pairs, s] = doubled_midranks_within(doubled, regulator)

    def score(self, draws: Ints, statistic: Statistic = "pooled") -> NDArray[np.float64]:
        """Return the statistic of every score for every set of positives.

        Parameters
        ----------
        draws
            Flat indices of evaluable pairs, shape (n, P); P may differ from the observed.
        statistic
            ``"pooled"`` AUROC over all pairs, or the mean AUROC ``"per regulator"``. The mean
            is over the regulators that have `min_positives` in that draw: under a null that
            does not keep the targets of a regulator their number varies between draws.

        Returns
        -------
        numpy.ndarray
            float64, shape (scores, n).

        Raises
        ------
        InputError
            If the statistic is unknown or was not prepared.
        """
        if statistic not in get_args(Statistic):
            raise InputError(
                f"statistic is {statistic!r}", expected=" or ".join(get_args(Statistic))
            )
        n, p = draws.shape
        if statistic == "per regulator":
            if self._within is None:
                raise InputError(
                    "ranks within regulators were not prepared",
                    where="NullScorer",
                    fix="pass per_regulator=True",
                )
            means = np.empty((n, len(self.names)))
            mean_row_auroc(
                self._within, draws, self.mask.shape[1], self._evaluable, self.min_positives, means
            )
            return means.T
        sums = np.empty((n, len(self.names)), dtype=np.int64)
        pooled_sums(self._ranks, draws, sums)
        return (sums.T - p * (p + 1)) / (2.0 * p * (self._pairs.size - p))

    def observed(self, statistic: Statistic = "pooled") -> NDArray[np.float64]:
        """Return the statistic of every score for the observed labels, shape (scores,)."""
        return self.score(self.positives[None], statistic)[:, 0]


@dataclass(frozen=True, eq=False)
class NullResult:
    """Scores against one null.

    Attributes
    ----------
    null, preserves
        Name of the null and what it keeps.
    statistic
        ``"pooled"`` or ``"per regulator"``.
    names
        Names of the scores.
    distributions
        Observed value, null mean, sd, z and p of each score.
    adjusted_p
        p of each score, adjusted for having looked at all of them; see `max_z`.
    draws
        Statistic of each draw, shape (scores, draws).
    check
        What the draws really did; where it failed, no p value here is evidence.
    """

    null: str
    preserves: str
    statistic: Statistic
    names: tuple[str, ...]
    distributions: tuple[NullDistribution, ...]
    adjusted_p: NDArray[np.float64]
    draws: NDArray[np.float64]
    check: NullCheck

    def summary(self, score: int = 0) -> NullSummary:
        """Return what a `Finding` keeps of one score's null.

        Parameters
        ----------
        score
            Its place in `names`.

        Returns
        -------
        NullSummary
            Null family, draws, mean, sd and unadjusted p.
        """
        found = self.distributions[score]
        return NullSummary(self.null, found.draws, found.mean, found.sd, found.p)


def null_distribution(
    scorer: NullScorer,
    null: LabelNull,
    *,
    draws: int,
    seed: int,
    task: str,
    alternative: Alternative = "greater",
    level: float | None = None,
    statistic: Statistic = "pooled",
) -> NullResult:
    """Compare every score with the same draws of a null.

    Parameters
    ----------
    scorer
        The scores.
    null
        The null, made from the same labels and mask.
    draws
        Number of draws.
    seed, task
        Root seed of the run and name of the test; see `LabelNull.batches`.
    alternative
        Direction of the test.
    level
        Level at which p will be read: a test that cannot reach it is refused.
    statistic
        See `NullScorer.score`.

    Returns
    -------
    NullResult
        One distribution a score, p values adjusted for the number of scores, and the check of
        the null over all draws.

    Raises
    ------
    ResourceError
        If no p value at or below `level` is attainable.
    InputError
        If scorer and null were made from different labels or masks, or no regulator has
        enough positives for the mean per regulator.

    Examples
    --------
    >>> from cellglass.stats.nulls import LabelPermutation
    >>> labels = np.eye(9, 20, dtype=bool)
    >>> mask = np.ones((9, 20), bool)
    >>> result = null_distribution(
    ...     NullScorer([labels * 1.0], labels, mask),
    ...     LabelPermutation(labels, mask),
    ...     draws=99,
    ...     seed=1,
    ...     task="example",
    ... )
    >>> result.distributions[0].p
    0.01
    """
    if not (
        np.array_equal(scorer.positives, null.positives) and np.array_equal(scorer.mask, null.mask)
    ):
        raise InputError(
            "scorer and null were made from different labels or masks",
            where=f"null '{null.name}'",
            fix="make both from the same labels and mask",
        )
    require_attainable(draws, level, alternative)
    observed = scorer.observed(statistic)
    audit = Audit(null)
    parts = []
    for batch in null.batches(draws, seed, task):
        audit.add(batch)
        parts.append(scorer.score(batch, statistic))
    drawn = np.concatenate(parts, axis=1)
    if not (np.isfinite(observed).all() and np.isfinite(drawn).all()):
        raise InputError(
            f"no regulator has {scorer.min_positives} positives in the data or in a draw",
            where=f"mean AUROC per regulator, null '{null.name}'",
            fix="lower min_positives or use the pooled AUROC",
        )
    return NullResult(
        null=null.name,
        preserves=null.preserves,
        statistic=statistic,
        names=scorer.names,
        distributions=tuple(
            NullDistribution.of(float(value), row, alternative)
            for value, row in zip(observed, drawn, strict=True)
        ),
        adjusted_p=max_z(observed, drawn, alternative),
        draws=drawn,
        check=audit.result(),
    )
