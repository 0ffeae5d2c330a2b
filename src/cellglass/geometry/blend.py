"""Sparse blends of pair descriptors: selected within folds, and as published on all rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellglass.errors import InputError
from cellglass.geometry.guards.guard import GuardResult
from cellglass.geometry.guards.selection import SelectionRecord
from cellglass.geometry.pair_values import pair_values
from cellglass.geometry.pairs import Pairs
from cellglass.geometry.splits import SplitKind, pair_splits
from cellglass.seeds import DEFAULT_SEED, generator, integer_seed
from cellglass.stats.arguments import Bools
from cellglass.stats.auroc import auroc
from cellglass.stats.design import Matrix, as_columns, standardised
from cellglass.stats.logistic import held_out_predictor

RESAMPLES, SHARE, FEWEST_ROWS = 12, 0.75, 100
FREQUENCY, AGREEMENT, LEAST_KEPT = 0.60, 0.70, 2
PENALTY = 0.20
"""C of the L1 models: smaller is sparser."""
PUBLISHED_FOLDS = 4
BASE = "base"


@dataclass(frozen=True, eq=False)
class Selection:
    """Descriptors that an L1 model keeps in most subsamples, with one sign.

    Attributes
    ----------
    kept
        Their names.
    frequency
        Share of subsamples in which each has a coefficient, by name.
    agreement
        Share of those in which the coefficient has its more frequent sign; nan if in none.
    """

    kept: tuple[str, ...]
    frequency: Mapping[str, float]
    agreement: Mapping[str, float]


@dataclass(frozen=True, eq=False)
class Blend:
    """What a sparse blend of descriptors adds to a base score.

    Attributes
    ----------
    base_auroc, full_auroc, delta
        AUROC of the base alone and of the blend, out of fold, and their difference.
    kept
        Descriptors in each fold.
    stability
        Mean Jaccard index of `kept` over pairs of folds; 1 where selection was made once.
    scores
        Out-of-fold log odds of the blend, shape (pairs,).
    guard
        G6: whether selection saw rows that were evaluated.
    """

    base_auroc: float
    full_auroc: float
    delta: float
    kept: tuple[tuple[str, ...], ...]
    stability: float
    scores: NDArray[np.float64] = field(repr=False)
    guard: GuardResult


def l1_log_odds(
    columns: Matrix, labels: Bools, penalty: float, seed: int, others: Matrix | None = None
) -> tuple[Matrix, Matrix]:
    """Fit an L1 logistic regression, and judge other rows.

    Parameters
    ----------
    columns
        Standardised columns, shape (n, q).
    labels
        True at positives, both classes present, shape (n,).
    penalty
        C of scikit-learn: smaller is sparser.
    seed
        Of the order in which liblinear visits columns.
    others
        Rows to judge, shape (m, q); `columns` where None.

    Returns
    -------
    slopes, log_odds : numpy.ndarray
        Shapes (q,) and (m,).

    Examples
    --------
    >>> x = np.array([[-1.0, 0.1], [-1.0, -0.1], [1.0, 0.1], [1.0, -0.1]])
    >>> slopes, odds = l1_log_odds(x, np.array([False, False, True, True]), 1.0, 0)
    >>> bool(slopes[0] > 0), float(slopes[1])
    (True, 0.0)
    """
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(
        l1_ratio=1.0, C=penalty, solver="liblinear", max_iter=500, random_state=seed
    ).fit(columns, labels)
    judged = columns if others is None else others
    return np.asarray(model.coef_[0]), np.asarray(model.decision_function(judged))


def stability_selection(
    columns: ArrayLike,
    labels: ArrayLike,
    names: Sequence[str],
    *,
    base: ArrayLike | None = None,
    resamples: int = RESAMPLES,
    penalty: float = PENALTY,
    seed: int = DEFAULT_SEED,
    task: str = "stability selection",
) -> Selection:
    """Keep the descriptors that L1 models of subsamples agree on.

    Parameters
    ----------
    columns
        Descriptors, shape (n, q).
    labels
        True at positives, shape (n,).
    names
        Of the descriptors.
    base
        A score that is in every model and not selected, shape (n,).
    resamples
        Subsamples of 75 % of the rows, at least 100, without replacement.
    penalty
        C of the L1 models.
    seed, task
        Root seed, and name of the task.

    Returns
    -------
    Selection
        Descriptors with a frequency of at least 0.6 and an agreement of at least 0.7; the two
        most frequent where there is none.

    Raises
    ------
    InputError
        If shapes differ, a value is not finite, or a class is missing.

    Notes
    -----
    Specification 2.13 (H91); stability selection is Meinshausen and Buehlmann, JRSS B 2010.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> labels = rng.random(400) < 0.3
    >>> columns = np.column_stack([labels + rng.normal(size=400), rng.normal(size=400)])
    >>> stability_selection(columns, labels, ["signal", "noise"], penalty=0.05).kept
    ('signal',)
    """
    table = as_columns(columns, "descriptors")
    truth = np.asarray(labels, dtype=bool)
    if (
        len(names) != table.shape[1]
        or truth.shape != (len(table),)
        or truth.all()
        or not truth.any()
    ):
        raise InputError(
            f"{len(table)} rows x {table.shape[1]} descriptors, {len(names)} names, "
            f"{int(truth.sum())} of {truth.size} labels",
            where="stability selection",
            expected="a name a descriptor, a label a row, both classes",
        )
    fixed = np.empty((len(table), 0)) if base is None else as_columns(base, "base")
    design = np.hstack([fixed, table])
    size = min(len(table), max(FEWEST_ROWS, round(SHARE * len(table))))
    rng = generator(seed, task)
    slopes = np.zeros((resamples, table.shape[1]))
    for i in range(resamples):
        rows = rng.permutation(len(table))[:size]
        if truth[rows].all() or not truth[rows].any():
            raise InputError(
                f"a subsample of {size} rows holds one class", where="stability selection",
                fix="use more pairs of the rarer class",
            )  # fmt: skip
        scaled = standardised(design[rows], np.ones(size, dtype=bool))
        found, _ = l1_log_odds(scaled, truth[rows], penalty, integer_seed(seed, f"{task}/{i}"))
        slopes[i] = found[fixed.shape[1] :]
    present = slopes != 0
    frequency = present.mean(0)
    positive = (slopes > 0).sum(0) / np.maximum(present.sum(0), 1)
    agreement = np.where(present.any(0), np.maximum(positive, 1 - positive), np.nan)
    keep = (frequency >= FREQUENCY) & (np.nan_to_num(agreement) >= AGREEMENT)
    if not keep.any():
        keep[np.argsort(-frequency, kind="stable")[:LEAST_KEPT]] = True
    return Selection(
        tuple(n for n, k in zip(names, keep, strict=True) if k),
        dict(zip(names, frequency.tolist(), strict=True)),
        dict(zip(names, agreement.tolist(), strict=True)),
    )


def sparse_blend(
    pairs: Pairs,
    base: ArrayLike,
    descriptors: Mapping[str, ArrayLike],
    split: SplitKind = "source",
    *,
    n_folds: int = 5,
    penalty: float = PENALTY,
    seed: int = DEFAULT_SEED,
    task: str = "sparse blend",
) -> Blend:
    """Blend descriptors with a base score, selected and fitted within training genes.

    Parameters
    ----------
    pairs
        The pairs.
    base
        The score that the blend starts from.
    descriptors
        Name to values, sources x targets or in the order of `Pairs.index`.
    split, n_folds
        Which genes are held out, see `cellglass.geometry.splits.pair_splits`.
    penalty
        C of the L1 models.
    seed, task
        Root seed, and name of the task.

    Returns
    -------
    Blend
        The base is refitted in each fold like the blend, without penalty.

    Raises
    ------
    InputError
        If there is no descriptor, a value is not finite, or no such split exists.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> labels = rng.random((20, 40)) < 0.25
    >>> pairs = Pairs(
    ...     tuple(f"r{i}" for i in range(20)), tuple(f"t{i}" for i in range(40)), labels,
    ...     np.ones((20, 40), bool), "n",
    ... )
    >>> noise = {f"d{i}": rng.normal(size=(20, 40)) for i in range(3)}
    >>> found = sparse_blend(pairs, rng.normal(size=(20, 40)), noise)
    >>> found.guard.state, len(found.kept)
    ('passed', 5)
    """
    start, table, names = _inputs(pairs, base, descriptors)
    truth = pairs.positive
    record = SelectionRecord()
    plain, blended = np.empty((2, truth.size))
    kept = []
    for one in pair_splits(pairs, split, n_folds, seed=seed, task=task):
        train = one.train
        chosen = stability_selection(
            table[train], truth[train], names, base=start[train], penalty=penalty, seed=seed,
            task=f"{task}/{one.fold}",
        )  # fmt: skip
        record.selected(train, fold=one.fold)
        record.evaluated(one.test, fold=one.fold)
        kept.append(chosen.kept)
        columns = np.hstack([start, table[:, [names.index(n) for n in chosen.kept]]])
        plain[one.test], blended[one.test] = _both(
            start,
            columns,
            truth,
            train,
            one.test,
            penalty,
            integer_seed(seed, f"{task}/{one.fold}"),
        )
    return _blend(plain, blended, truth, kept, record)


def published_blend(
    pairs: Pairs,
    base: ArrayLike,
    descriptors: Mapping[str, ArrayLike],
    *,
    penalty: float = PENALTY,
    seed: int = DEFAULT_SEED,
    task: str = "published blend",
) -> Blend:
    """Blend descriptors as H91 did: selected on all rows, cross-validated by pair afterwards.

    Parameters
    ----------
    pairs, base, descriptors, penalty, seed, task
        See `sparse_blend`.

    Returns
    -------
    Blend
        Its guard fails: the selection saw every row that is evaluated, and folds of pairs share
        their genes.

    Raises
    ------
    InputError
        As `sparse_blend`.

    Notes
    -----
    Specification 2.13, flag I: with descriptors that say nothing the published number is above
    chance, the more descriptors the more.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> labels = rng.random((20, 20)) < 0.25
    >>> pairs = Pairs(
    ...     tuple(f"r{i}" for i in range(20)), tuple(f"t{i}" for i in range(20)), labels,
    ...     np.ones((20, 20), bool), "n",
    ... )
    >>> noise = {f"d{i}": rng.normal(size=(20, 20)) for i in range(50)}
    >>> published_blend(pairs, rng.normal(size=(20, 20)), noise).guard.state
    'failed'
    """
    from sklearn.model_selection import StratifiedKFold

    start, table, names = _inputs(pairs, base, descriptors)
    truth = pairs.positive
    chosen = stability_selection(
        table, truth, names, base=start, penalty=penalty, seed=seed, task=task
    )
    record = SelectionRecord()
    record.selected(np.ones(truth.size, dtype=bool))
    columns = np.hstack([start, table[:, [names.index(n) for n in chosen.kept]]])
    state = integer_seed(seed, f"{task}/folds")
    folds = StratifiedKFold(PUBLISHED_FOLDS, shuffle=True, random_state=state)
    plain, blended = np.empty((2, truth.size))
    for fold, (_, test) in enumerate(folds.split(columns, truth)):
        held = np.zeros(truth.size, dtype=bool)
        held[test] = True
        record.evaluated(held, fold=fold)
        plain[held], blended[held] = _both(start, columns, truth, ~held, held, penalty, state)
    return _blend(plain, blended, truth, [chosen.kept], record)


def _inputs(
    pairs: Pairs, base: ArrayLike, descriptors: Mapping[str, ArrayLike]
) -> tuple[Matrix, Matrix, list[str]]:
    if not descriptors:
        raise InputError("no descriptors", where="sparse blend", expected="at least one")
    start = pair_values(base, pairs, BASE)[:, None]
    table = np.column_stack([pair_values(v, pairs, name) for name, v in descriptors.items()])
    return start, table, list(descriptors)


def _both(
    start: Matrix,
    columns: Matrix,
    truth: Bools,
    train: Bools,
    test: Bools,
    penalty: float,
    seed: int,
) -> tuple[Matrix, Matrix]:
    """Log odds of test rows under the base alone, without penalty, and under the blend."""
    plain = held_out_predictor(start, truth, train, test)
    scaled = standardised(columns, train)
    _, blended = l1_log_odds(scaled[train], truth[train], penalty, seed, scaled[test])
    return plain, blended


def _blend(
    plain: Matrix,
    blended: Matrix,
    truth: Bools,
    kept: list[tuple[str, ...]],
    record: SelectionRecord,
) -> Blend:
    base, full = auroc(plain, truth), auroc(blended, truth)
    jaccard = [
        len(set(a) & set(b)) / len(set(a) | set(b)) for i, a in enumerate(kept) for b in kept[:i]
    ]
    return Blend(
        base, full, full - base, tuple(kept), float(np.mean(jaccard)) if jaccard else 1.0,
        blended, record.result(),
    )  # fmt: skip
