"""The same resamples of groups for many statistics, so that any two of them are paired."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellglass._words import plural
from cellglass.errors import InputError
from cellglass.seeds import generator
from cellglass.stats.arguments import Ints, as_labels, as_scores
from cellglass.stats.bootstrap import BootstrapResult, mann_whitney_matrix

Matrix = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class GroupResamples:
    """How often each group is drawn in each resample.

    One score is looked at a time, so that a battery of many scores over millions of pairs
    never holds more than one; the estimates stay paired, because the resamples are the same.

    Parameters
    ----------
    weights
        Times that each group is drawn, float64, shape (draws, groups); rows sum to the groups.
    unit
        What a group is, for example ``"regulator"``.
    level
        Default level of the intervals.

    Examples
    --------
    >>> resamples = GroupResamples.draw(3, draws=100, seed=1, task="example")
    >>> scores, labels = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]), np.array([0, 1, 0, 1, 1, 0])
    >>> found = resamples.auroc(scores, labels, np.array([0, 0, 1, 1, 2, 2]))
    >>> round(float(found.estimates[0]), 3)
    0.556
    """

    weights: Matrix
    unit: str = "regulator"
    level: float = 0.95

    @classmethod
    def draw(
        cls,
        n_groups: int,
        *,
        draws: int,
        seed: int,
        task: str,
        unit: str = "regulator",
        level: float = 0.95,
    ) -> GroupResamples:
        """Draw resamples of groups, with replacement.

        Parameters
        ----------
        n_groups
            Groups, at least 2.
        draws
            Number of resamples.
        seed, task
            Root seed of the run and name of the task.
        unit, level
            See the class.

        Raises
        ------
        InputError
            If there are fewer than 2 groups or no draw.
        """
        if n_groups < 2 or draws < 1:
            raise InputError(
                f"{n_groups} {plural(unit, n_groups)}, {draws} draws",
                where="bootstrap",
                expected=f"at least 2 {plural(unit, 2)} and 1 draw",
            )
        rng = generator(seed, task)
        weights = rng.multinomial(n_groups, np.full(n_groups, 1 / n_groups), size=draws)
        return cls(weights.astype(np.float64), unit, level)

    @property
    def n_groups(self) -> int:
        """Number of groups."""
        return int(self.weights.shape[1])

    def auroc(
        self, scores: ArrayLike, labels: ArrayLike, codes: Ints, name: str = "auroc"
    ) -> BootstrapResult:
        """Pooled AUROC in every resample.

        Parameters
        ----------
        scores
            Finite numbers, shape (n,).
        labels
            True at positives, shape (n,).
        codes
            Number of each item's group, 0 to n_groups - 1, shape (n,); a group may have no item.
        name
            Name of the statistic.

        Returns
        -------
        BootstrapResult
            One statistic; a resample without a positive or a negative gives nan. ``n`` counts
            the groups with a positive.

        Raises
        ------
        InputError
            If shapes differ, a score is not finite, a group does not exist or a class is empty.

        Notes
        -----
        As `cluster_bootstrap_auroc`, to the same bits for the same seed and task where every
        group has an item.
        """
        values = as_scores(scores)
        truth = as_labels(labels, values.shape)
        n = self.n_groups
        if codes.shape != values.shape or codes.min() < 0 or codes.max() >= n:
            raise InputError("codes do not fit", where="codes", expected=f"0 to {n - 1} an item")
        positives = np.bincount(codes[truth], minlength=n).astype(np.float64)
        negatives = np.bincount(codes[~truth], minlength=n).astype(np.float64)
        if positives.sum() == 0 or negatives.sum() == 0:
            raise InputError(
                f"{int(positives.sum())} positives and {int(negatives.sum())} negatives",
                where="cluster bootstrap",
                expected="both classes",
            )
        found = mann_whitney_matrix(values, truth, codes)
        held = found.shape[0]
        weights = self.weights[:, :held]  # the sweep ends at the last group with an item
        pairs = (self.weights @ positives) * (self.weights @ negatives)
        pairs[pairs == 0] = np.nan
        return BootstrapResult(
            names=(name,),
            estimates=np.array([found.sum() / (positives.sum() * negatives.sum())]),
            draws=(np.einsum("dr,dr->d", weights @ found, weights) / pairs)[None],
            unit=self.unit,
            n=int(np.count_nonzero(positives)),
            level=self.level,
        )

    def mean(
        self, values: ArrayLike, name: str = "mean", *, weights: ArrayLike | None = None
    ) -> BootstrapResult:
        """Mean over groups in every resample.

        Parameters
        ----------
        values
            One value a group, shape (n_groups,); nan where a group has none.
        name
            Name of the statistic.
        weights
            How much each group counts, shape (n_groups,); all alike when None.

        Returns
        -------
        BootstrapResult
            One statistic; nan where a resample holds no group with a value. ``n`` counts the
            groups with one.

        Raises
        ------
        InputError
            If there is not one value a group, or none at all.
        """
        given = np.asarray(values, dtype=np.float64)
        if given.shape != (self.n_groups,):
            raise InputError(
                f"values of shape {given.shape}", where="mean", expected=f"({self.n_groups},)"
            )
        load = np.isfinite(given).astype(np.float64)
        if weights is not None:
            load = load * np.asarray(weights, dtype=np.float64)
        if not (load > 0).any():
            raise InputError(f"no {self.unit} has a value", where="mean")
        held = np.where(load > 0, given, 0.0) * load
        total = self.weights @ load
        total[total == 0] = np.nan
        return BootstrapResult(
            names=(name,),
            estimates=np.array([held.sum() / load.sum()]),
            draws=((self.weights @ held) / total)[None],
            unit=self.unit,
            n=int(np.count_nonzero(load)),
            level=self.level,
        )


def derived(name: str, function: Callable[..., Any], *results: BootstrapResult) -> BootstrapResult:
    """A statistic made of others, resample by resample.

    Parameters
    ----------
    name
        Its name.
    function
        Of as many arrays as there are results, element by element.
    *results
        One statistic each, over the same resamples.

    Returns
    -------
    BootstrapResult
        Its estimate and draws; ``n`` is the smallest among the results.

    Raises
    ------
    InputError
        If the results come from different resamples.

    Examples
    --------
    >>> resamples = GroupResamples.draw(4, draws=100, seed=1, task="example")
    >>> first, second = resamples.mean([1, 2, 3, 4]), resamples.mean([0, 1, 2, 3])
    >>> gain = derived("gain", np.subtract, first, second)
    >>> round(gain.interval().low, 6), round(gain.interval().high, 6)
    (1.0, 1.0)
    """
    first = results[0]
    if any((r.draws.shape, r.unit) != (first.draws.shape, first.unit) for r in results):
        raise InputError("results of different resamples", where=name, expected="the same draws")
    with np.errstate(divide="ignore", invalid="ignore"):
        return BootstrapResult(
            names=(name,),
            estimates=np.asarray(function(*(r.estimates for r in results)), dtype=np.float64),
            draws=np.asarray(function(*(r.draws for r in results)), dtype=np.float64),
            unit=first.unit,
            n=min(r.n for r in results),
            level=first.level,
        )
