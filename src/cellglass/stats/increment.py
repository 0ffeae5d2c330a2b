"""Does a score add to what gene-level statistics know? Cross-fitted, regulators held out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellglass._words import plural
from cellglass.errors import InputError
from cellglass.stats.arguments import Bools, Ints, as_codes, as_labels, as_scores
from cellglass.stats.bootstrap import BootstrapResult, cluster_bootstrap_auroc
from cellglass.stats.design import Matrix, as_columns, standardised, van_der_waerden
from cellglass.stats.folds import assert_disjoint, group_folds
from cellglass.stats.interval import Interval
from cellglass.stats.logistic import fit_logistic, linear_predictor, score_test
from cellglass.stats.precision import auprc
from cellglass.stats.residual import residual_r2

__all__ = ["Increment", "increment", "residual_r2"]

CHANCE = 0.5
_BLOCK = 16


class AgainstMargin:
    """Part of an increment: what its intervals say against the smallest gain that matters."""

    interval: Interval
    interval90: Interval
    margin: float

    @property
    def adds(self) -> bool:
        """Whether the lower end of the 95 % interval lies above the margin."""
        return self.interval.low > self.margin

    @property
    def adds_nothing(self) -> bool:
        """Whether the upper end of the 90 % interval lies below the margin."""
        return self.interval90.high < self.margin


@dataclass(frozen=True, eq=False)
class Increment(AgainstMargin):
    """What a score adds, out of sample, to a model of gene-level statistics.

    Attributes
    ----------
    base_auroc, full_auroc
        Pooled held-out AUROC without and with the score.
    delta
        full - max(base, 0.5): the gain over the better of the gene-level model and chance.
    interval, interval90
        95 % and 90 % intervals of `delta`: cluster bootstrap over regulators of the pooled
        held-out predictions, fitted models held fixed, the better of base and chance taken in
        each resample. They do not contain the variation that refitting on other regulators
        would add.
    auprc_base, auprc_full
        Held-out average precision.
    selected
        Score chosen in each fold, from the regulators of the other folds.
    selection_counts
        How often each score was chosen.
    n_pairs, n_positives, n_groups
        Size of the problem: pairs, positives, regulators.
    n_folds
        Folds used; fewer than asked for where fewer regulators have positives.
    margin
        Margin against which the increment is read.
    score_test_z
        Rao score test of each score on top of the gene-level model, in each fold's training
        data, shape (folds, scores). It takes pairs for independent, so it ranks scores and is
        no evidence.
    names
        Names of the scores.
    """

    base_auroc: float
    full_auroc: float
    delta: float
    interval: Interval
    interval90: Interval
    auprc_base: float
    auprc_full: float
    selected: tuple[str, ...]
    selection_counts: Mapping[str, int]
    n_pairs: int
    n_positives: int
    n_groups: int
    n_folds: int
    margin: float
    score_test_z: Matrix = field(repr=False)
    names: tuple[str, ...] = ()


def increment(
    features: ArrayLike,
    scores: ArrayLike,
    labels: ArrayLike,
    groups: ArrayLike,
    *,
    n_folds: int = 5,
    margin: float = 0.01,
    bootstrap: int = 1000,
    seed: int,
    task: str,
    names: Sequence[str] | None = None,
    unit: str = "regulator",
) -> Increment:
    """Held-out gain of a score over a logistic model of gene-level statistics.

    Parameters
    ----------
    features
        Gene-level covariates of each pair, shape (n,) or (n, q).
    scores
        Candidate scores of each pair, shape (n,) or (n, k). With several, one is chosen in
        each fold from the training regulators alone.
    labels
        True at reference edges, shape (n,).
    groups
        Regulator of each pair, shape (n,).
    n_folds
        Folds over regulators; reduced to the number of regulators with positives.
    margin
        Smallest gain that matters, in AUROC.
    bootstrap
        Resamples of regulators.
    seed, task
        Root seed of the run and name of the task.
    names
        Names of the scores; their numbers where None.
    unit
        What a group is.

    Returns
    -------
    Increment
        Held-out AUROC and AUPRC without and with the score, their difference with intervals,
        and which score was chosen in each fold.

    Raises
    ------
    InputError
        If shapes differ, a value is not finite, or fewer than 2 regulators have positives.

    Notes
    -----
    Specification 2.7. For each fold, a logistic regression (scikit-learn, newton-cholesky,
    C = 1, float64) of gene-level covariates, and one with the chosen score added, are fitted
    on the other regulators and predict the held-out ones; predictions are pooled. Covariates
    are standardised with the training rows. Scores enter as normal scores of their ranks over
    all pairs, which use no labels; they are stored in float32, and every product is taken in
    float64. The choice is by the largest absolute `score_test`.

    Covariates that say nothing pull a held-out AUROC below 0.5: the prediction of a fold errs
    away from what the other folds were fitted to. Noise added to such a model brings it back
    towards 0.5 and would look like a gain of some 0.01, so that nothing counts as a gain
    that does not pass chance.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> score = rng.normal(size=2000)
    >>> labels = rng.random(2000) < 1 / (1 + np.exp(2 - score))
    >>> found = increment(
    ...     rng.normal(size=(2000, 2)), score, labels, np.arange(2000) // 50, seed=1, task="example"
    ... )
    >>> found.adds
    True
    """
    covariates, candidates, truth, codes, score_names = _inputs(
        features, scores, labels, groups, names
    )
    with_positives = np.unique(codes[truth]).size
    if with_positives < 2 or truth.all():
        raise InputError(
            f"{int(truth.sum())} positives of {truth.size} pairs in {with_positives} "
            f"{plural(unit, with_positives)}",
            where="increment",
            expected=f"positives of at least 2 {plural(unit, 2)}, and negatives",
            fix="use a reference network with more edges in the gene set",
        )
    base, full, z, best = _cross_fit(
        covariates, candidates, truth, codes, min(n_folds, with_positives), seed, task, unit
    )
    chosen = tuple(score_names[k] for k in best)
    resampled = cluster_bootstrap_auroc(
        [base, full], truth, codes, draws=bootstrap, seed=seed, task=f"{task}/bootstrap", unit=unit
    )
    gain = over_chance(resampled)
    return Increment(
        base_auroc=float(resampled.estimates[0]),
        full_auroc=float(resampled.estimates[1]),
        delta=float(gain.estimates[0]),
        interval=gain.interval(level=0.95),
        interval90=gain.interval(level=0.90),
        auprc_base=auprc(base, truth),
        auprc_full=auprc(full, truth),
        selected=chosen,
        selection_counts=dict(Counter(chosen).most_common()),
        n_pairs=truth.size,
        n_positives=int(truth.sum()),
        n_groups=int(codes.max()) + 1,
        n_folds=len(chosen),
        margin=margin,
        score_test_z=z,
        names=score_names,
    )


def over_chance(resampled: BootstrapResult, repeats: int = 1) -> BootstrapResult:
    """Gain of one AUROC over the better of another and chance, resample by resample.

    Parameters
    ----------
    resampled
        AUROC of the base in each repeat, then with the score in each.
    repeats
        Cross-fits over which the gain is averaged.

    Returns
    -------
    BootstrapResult
        Of the gain.

    Examples
    --------
    >>> areas = np.array([0.4, 0.6, 0.7, 0.7])
    >>> held = BootstrapResult(tuple("abcd"), areas, areas[:, None], "gene", 9, 0.95)
    >>> over_chance(held, 2).estimates.round(3).tolist()  # mean of 0.7 - 0.5 and 0.7 - 0.6
    [0.15]
    """

    def gain(areas: Matrix) -> Matrix:
        base, full = areas[:repeats], areas[repeats:]
        return np.asarray((full - np.maximum(base, CHANCE)).mean(0, keepdims=True))

    return replace(
        resampled,
        names=("gain",),
        estimates=gain(resampled.estimates),
        draws=gain(resampled.draws),
    )


def _cross_fit(
    covariates: Matrix,
    candidates: NDArray[np.float32],
    truth: Bools,
    codes: Ints,
    n_folds: int,
    seed: int,
    task: str,
    unit: str,
) -> tuple[Matrix, Matrix, Matrix, list[int]]:
    """Held-out log odds without and with a score, z by fold and score, the choice by fold."""
    folds = group_folds(codes, n_folds, seed, f"{task}/folds", weights=truth)
    base, full = np.empty(truth.size), np.empty(truth.size)
    z = np.empty((n_folds, candidates.shape[1]))
    chosen = []
    for fold in range(n_folds):
        test = folds == fold
        assert_disjoint(~test, test, by={unit: codes})
        base[test], full[test], z[fold], best = _one_fold(covariates, candidates, truth, test)
        chosen.append(best)
    return base, full, z, chosen


def _one_fold(
    covariates: Matrix, candidates: NDArray[np.float32], truth: Bools, test: Bools
) -> tuple[Matrix, Matrix, Matrix, int]:
    """Held-out log odds without and with the chosen score, z in training, and the choice."""
    train = ~test
    design = standardised(covariates, train)
    model = fit_logistic(design[train], truth[train])
    base = linear_predictor(model, design[test])
    z = _score_tests(model, design[train], truth[train], candidates, train)
    best = int(np.argmax(np.abs(z)))
    extended = np.column_stack([design, candidates[:, best].astype(np.float64)])
    model = fit_logistic(extended[train], truth[train])
    return base, linear_predictor(model, extended[test]), z, best


def _score_tests(
    model: Matrix, design: Matrix, truth: Bools, candidates: NDArray[np.float32], train: Bools
) -> Matrix:
    """Score tests in blocks of columns, so that only a block is held in float64."""
    from scipy import special

    fitted = special.expit(linear_predictor(model, design))
    columns = np.column_stack([np.ones(truth.size), design])
    parts = []
    for first in range(0, candidates.shape[1], _BLOCK):
        block = candidates[train, first : first + _BLOCK].astype(np.float64)
        parts.append(score_test(columns, fitted, truth, block))
    return np.concatenate(parts)


def _inputs(
    features: ArrayLike,
    scores: ArrayLike,
    labels: ArrayLike,
    groups: ArrayLike,
    names: Sequence[str] | None,
) -> tuple[Matrix, NDArray[np.float32], Bools, Ints, tuple[str, ...]]:
    covariates = as_columns(features, "features")
    given = np.asarray(scores)
    given = given[:, None] if given.ndim == 1 else given
    if given.ndim != 2 or given.shape[0] != covariates.shape[0] or given.shape[1] == 0:
        raise InputError(
            f"scores of shape {given.shape} for {covariates.shape[0]} pairs", where="scores"
        )
    truth = as_labels(labels, (covariates.shape[0],))
    codes, _ = as_codes(groups, truth.size)
    score_names = tuple(map(str, range(given.shape[1]))) if names is None else tuple(names)
    if len(score_names) != given.shape[1]:
        raise InputError(f"{len(score_names)} names for {given.shape[1]} scores", where="names")
    candidates = np.empty(given.shape, dtype=np.float32)
    for k, name in enumerate(score_names):
        candidates[:, k] = van_der_waerden(as_scores(given[:, k], f"score {name}"))
    return covariates, candidates, truth, codes, score_names
