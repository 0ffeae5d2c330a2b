"""What features add to baselines about pairs, judged on genes held out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit

from cellglass.errors import InputError
from cellglass.geometry.guards.selection import SelectionRecord
from cellglass.geometry.pair_values import pair_values
from cellglass.geometry.pairs import Pairs
from cellglass.geometry.splits import SplitKind, pair_splits
from cellglass.seeds import DEFAULT_SEED
from cellglass.stats.arguments import Bools
from cellglass.stats.bootstrap import cluster_bootstrap_auroc
from cellglass.stats.design import Matrix, as_columns, standardised, van_der_waerden
from cellglass.stats.increment import AgainstMargin, over_chance
from cellglass.stats.interval import Interval
from cellglass.stats.logistic import (
    fit_logistic,
    held_out_predictor,
    linear_predictor,
    score_test,
)

Trained = Callable[[Pairs, Bools], ArrayLike]
"""A baseline made anew in each fold from its training pairs, such as `trained_degrees`."""


@dataclass(frozen=True, eq=False)
class PairIncrement(AgainstMargin):
    """What features add, on held-out genes, to a model of baselines.

    Attributes
    ----------
    split
        ``"source"``, ``"target"`` or ``"both"``: which genes are held out.
    base_auroc, full_auroc
        Pooled held-out AUROC of the baselines, and with the features; mean over repeats.
    delta
        full - max(base, 0.5): the gain over the better of the baselines and chance.
    interval, interval90
        95 % and 90 % intervals of `delta`: bootstrap over regulators of the pooled held-out
        predictions, fitted models held fixed.
    features
        Names of the features.
    selected
        Feature chosen in each split, where one was to be chosen; empty else.
    n_pairs, n_positives, n_regulators
        Size of the problem.
    n_splits, repeats
        Splits a repeat, and random partitions over which the result is averaged.
    margin
        Against which the increment is read.
    base_scores, full_scores
        Held-out log odds, shape (repeats, pairs), in the order of `Pairs.index`.
    """

    split: SplitKind
    base_auroc: float
    full_auroc: float
    delta: float
    interval: Interval
    interval90: Interval
    features: tuple[str, ...]
    n_pairs: int
    n_positives: int
    n_regulators: int
    n_splits: int
    repeats: int
    margin: float
    base_scores: NDArray[np.float64]
    full_scores: NDArray[np.float64]
    selected: tuple[str, ...] = ()


def held_out_log_odds(
    pairs: Pairs,
    columns: ArrayLike | Trained,
    split: SplitKind,
    *,
    n_folds: int = 5,
    seed: int = DEFAULT_SEED,
    task: str = "pair model",
    record: SelectionRecord | None = None,
) -> NDArray[np.float64]:
    """Log odds of every pair under models that saw none of its held-out genes.

    Parameters
    ----------
    pairs
        The pairs.
    columns
        One row a pair in the order of `Pairs.index`, or a function of pairs and training mask
        that makes them in each fold.
    split
        Which genes are held out.
    n_folds
        See `cellglass.geometry.splits.pair_splits`.
    seed, task
        Root seed, and name of the task.
    record
        Told which pairs each model was fitted to and evaluated on.

    Returns
    -------
    numpy.ndarray
        float64, shape (pairs,).

    Raises
    ------
    InputError
        If shapes differ, a value is not finite, or no such split exists.

    Notes
    -----
    Logistic regression with a weak ridge penalty (C = 1) of columns standardised with the
    training pairs.

    Examples
    --------
    >>> labels = np.eye(4, 5, dtype=bool)
    >>> pairs = Pairs(tuple("abcd"), tuple("vwxyz"), labels, np.ones((4, 5), bool), "n")
    >>> score = np.where(labels, 1.0, 0.0).ravel()
    >>> odds = held_out_log_odds(pairs, score, "source", n_folds=2)
    >>> bool(odds[pairs.positive].min() > odds[~pairs.positive].max())
    True
    """
    made = columns if callable(columns) else None
    given = None if callable(columns) else _rows(columns, pairs)
    odds = np.full(pairs.positive.size, np.nan)
    for one in pair_splits(pairs, split, n_folds, seed=seed, task=task):
        design = _rows(made(pairs, one.train), pairs) if made is not None else given
        assert design is not None  # one of both was given
        odds[one.test] = held_out_predictor(design, pairs.positive, one.train, one.test)
        if record is not None:
            record.selected(one.train, fold=one.fold)
            record.evaluated(one.test, fold=one.fold)
    return odds


def pair_increment(
    pairs: Pairs,
    features: Mapping[str, ArrayLike],
    baselines: Mapping[str, ArrayLike | Trained],
    split: SplitKind,
    *,
    n_folds: int = 5,
    repeats: int = 1,
    choose: bool = False,
    margin: float = 0.01,
    bootstrap: int = 1000,
    seed: int = DEFAULT_SEED,
    task: str = "pair increment",
) -> PairIncrement:
    """Held-out gain of features over a logistic model of baselines.

    Parameters
    ----------
    pairs
        The pairs.
    features
        Name to values, sources x targets or in the order of `Pairs.index`.
    baselines
        Name to values, to several columns (pairs, q), or to a function of pairs and training
        mask, such as `cellglass.geometry.pair_baselines.trained_degrees`; what uses labels must
        be such a function.
    split
        Which genes are held out: ``"source"``, ``"target"`` or ``"both"``.
    n_folds
        Folds; see `cellglass.geometry.splits.pair_splits`.
    repeats
        Random partitions, over which AUROC and resamples are averaged.
    choose
        Whether only one feature enters, chosen in each split from its training pairs alone by the
        largest absolute `cellglass.stats.logistic.score_test` on top of the baselines; all of
        them where not.
    margin
        Smallest gain that matters, in AUROC.
    bootstrap
        Resamples of regulators.
    seed, task
        Root seed, and name of the task.

    Returns
    -------
    PairIncrement
        With 95 % and 90 % intervals by regulator.

    Raises
    ------
    InputError
        If shapes differ, a value is not finite, a column is named twice, none is given, or no
        such split exists.

    Notes
    -----
    As `cellglass.stats.increment`, with three splits in place of one and all features in one
    model in place of the best: specification 3.3 and 4.2 (logistic_l2, inner fit, disjoint
    genes). Features enter as normal scores of their ranks, which use no labels. Baselines that
    say nothing pull a held-out AUROC below 0.5, and noise would bring it back: nothing counts as
    a gain that does not pass chance.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> labels = rng.random((20, 50)) < 0.2
    >>> pairs = Pairs(
    ...     tuple(f"r{i}" for i in range(20)), tuple(f"t{i}" for i in range(50)), labels,
    ...     np.ones((20, 50), bool), "n",
    ... )
    >>> found = pair_increment(
    ...     pairs, {"distance": labels + rng.normal(size=(20, 50))},
    ...     {"noise": rng.normal(size=(20, 50))}, "both", n_folds=3,
    ... )
    >>> found.adds
    True
    """
    if not features or not baselines or set(features) & set(baselines) or repeats < 1:
        raise InputError(
            f"features {sorted(features)}, baselines {sorted(baselines)}, {repeats} repeats",
            where="pair increment",
            expected="at least one of each, under different names, and one repeat",
        )
    added = np.column_stack(
        [van_der_waerden(pair_values(v, pairs, name)) for name, v in features.items()]
    )
    base, full = np.empty((2, repeats, pairs.positive.size))
    splits = pair_splits(pairs, split, n_folds, repeats=repeats, seed=seed, task=task)
    selected = []
    for one in splits:
        parts = pairs.positive, one.train, one.test
        known = _baseline_columns(baselines, pairs, one.train)
        base[one.repeat, one.test] = held_out_predictor(known, *parts)
        more = added
        if choose:
            best = _strongest(known, added, pairs.positive, one.train)
            selected.append(list(features)[best])
            more = added[:, [best]]
        full[one.repeat, one.test] = held_out_predictor(np.hstack([known, more]), *parts)
    resampled = cluster_bootstrap_auroc(
        [*base, *full], pairs.positive, pairs.index[0], draws=bootstrap, seed=seed,
        task=f"{task}/bootstrap",
    )  # fmt: skip
    gain = over_chance(resampled, repeats)
    areas = resampled.estimates.reshape(2, repeats).mean(1)
    return PairIncrement(
        split=split,
        base_auroc=float(areas[0]),
        full_auroc=float(areas[1]),
        delta=float(gain.estimates[0]),
        interval=gain.interval(level=0.95),
        interval90=gain.interval(level=0.90),
        features=tuple(features),
        n_pairs=pairs.positive.size,
        n_positives=int(pairs.positive.sum()),
        n_regulators=np.unique(pairs.index[0]).size,
        n_splits=sum(one.repeat == 0 for one in splits),
        repeats=repeats,
        margin=margin,
        base_scores=base,
        full_scores=full,
        selected=tuple(selected),
    )


def _rows(columns: ArrayLike, pairs: Pairs) -> Matrix:
    matrix = as_columns(columns, "columns")
    if len(matrix) != pairs.positive.size:
        raise InputError(
            f"{len(matrix)} rows for {pairs.positive.size} pairs", where="columns",
            expected="one row a judged pair",
        )  # fmt: skip
    return matrix


def _baseline_columns(
    baselines: Mapping[str, ArrayLike | Trained], pairs: Pairs, train: Bools
) -> Matrix:
    parts = []
    for name, given in baselines.items():
        values = np.asarray(given(pairs, train) if callable(given) else given, dtype=np.float64)
        if values.ndim == 2 and values.shape != pairs.mask.shape:
            parts.append(_rows(values, pairs))
        else:
            parts.append(pair_values(values, pairs, name)[:, None])
    return np.hstack(parts)


def _strongest(known: Matrix, candidates: Matrix, positive: Bools, train: Bools) -> int:
    """Number of the candidate that adds most to a model of training pairs."""
    design = standardised(known, train)[train]
    truth = positive[train]
    fitted = expit(linear_predictor(fit_logistic(design, truth), design))
    columns = np.column_stack([np.ones(len(design)), design])
    return int(np.argmax(np.abs(score_test(columns, fitted, truth, candidates[train]))))
