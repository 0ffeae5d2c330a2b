"""Splits in which what belongs together stays together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import ArrayLike

from cellglass.errors import InputError
from cellglass.seeds import generator
from cellglass.stats.arguments import Bools, Ints, as_codes


def group_folds(
    groups: ArrayLike, n_folds: int, seed: int, task: str, *, weights: ArrayLike | None = None
) -> Ints:
    """Assign rows to folds so that no group is split and folds weigh alike.

    Parameters
    ----------
    groups
        Group of each row, shape (n,).
    n_folds
        Number of folds, at least 2.
    seed, task
        Root seed of the run and name of the task: they decide among groups that weigh the same.
    weights
        What to balance before size, for example 1 at positives, shape (n,), not negative.

    Returns
    -------
    numpy.ndarray
        Fold of each row, int64, shape (n,). No fold is empty.

    Raises
    ------
    InputError
        If there are fewer groups than folds, or shapes differ.

    Notes
    -----
    Heaviest group first, each to the fold that is lightest so far in weight, then in size.

    Examples
    --------
    >>> group_folds(["a", "a", "b", "c"], 2, 1, "example").size
    4
    """
    array = np.asarray(groups)
    codes, names = as_codes(array, array.size)
    if not 2 <= n_folds <= names.size:
        raise InputError(
            f"{n_folds} folds of {names.size} groups",
            where="group folds",
            expected="at least 2 folds, and as many groups as folds",
        )
    load = np.zeros(array.size) if weights is None else np.asarray(weights, dtype=np.float64)
    if load.shape != (array.size,) or not (np.isfinite(load) & (load >= 0)).all():
        raise InputError("weights must be one number a row, not negative", where="weights")
    rng = generator(seed, task)
    weight = np.bincount(codes, weights=load, minlength=names.size)
    size = np.bincount(codes, minlength=names.size)
    order = np.lexsort((rng.random(names.size), -size, -weight))
    fold_weight, fold_size = np.zeros(n_folds), np.zeros(n_folds)
    fold_of_group = np.empty(names.size, dtype=np.int64)
    turn = rng.permutation(n_folds)
    for group in order:
        fold = int(np.lexsort((turn, fold_size, fold_weight))[0])
        fold_of_group[group] = fold
        fold_weight[fold] += weight[group]
        fold_size[fold] += size[group]
    return fold_of_group[codes]


def two_way_blocks(
    rows: ArrayLike, columns: ArrayLike, n_folds: int, seed: int, task: str = "two-way blocks"
) -> Iterator[tuple[Bools, Bools]]:
    """Yield splits in which test pairs share neither end with training pairs.

    Parameters
    ----------
    rows, columns
        Row group and column group of each pair, for example perturbation and target, shape (n,).
    n_folds
        Folds of either axis, at least 2; n_folds squared splits.
    seed, task
        Root seed of the run and name of the task.

    Yields
    ------
    train, test : numpy.ndarray
        Booleans, shape (n,). A pair is in `test` of exactly one split. Pairs that share one
        end with the test block are in neither.

    Raises
    ------
    InputError
        If an axis has fewer groups than folds, or shapes differ.

    Notes
    -----
    Hashing pairs into groups holds out neither axis (specification 2.7).

    Examples
    --------
    >>> rows, columns = np.divmod(np.arange(16), 4)
    >>> [int(test.sum()) for train, test in two_way_blocks(rows, columns, 2, 1)]
    [4, 4, 4, 4]
    """
    if np.asarray(rows).shape != np.asarray(columns).shape:
        raise InputError("rows and columns of different shapes", where="two-way blocks")
    of_row = group_folds(rows, n_folds, seed, f"{task}/rows")
    of_column = group_folds(columns, n_folds, seed, f"{task}/columns")
    for a in range(n_folds):
        for b in range(n_folds):
            test = (of_row == a) & (of_column == b)
            train = (of_row != a) & (of_column != b)
            yield train, test


def assert_disjoint(train: ArrayLike, test: ArrayLike, *, by: Mapping[str, ArrayLike]) -> None:
    """Refuse a split in which training and test rows share a unit.

    Parameters
    ----------
    train, test
        Booleans over rows, or indices of rows.
    by
        The unit of each row, for each kind of unit that must not be shared.

    Raises
    ------
    InputError
        If they share one; it names the kind and the unit.

    Examples
    --------
    >>> assert_disjoint([0, 1], [2], by={"regulator": ["GATA1", "GATA1", "SPI1"]})
    """
    for kind, of_row in by.items():
        units = np.asarray(of_row)
        shared = np.intersect1d(units[np.asarray(train)], units[np.asarray(test)])
        if shared.size:
            raise InputError(
                f"{kind} {shared[0]} is in training and in test"
                + (f", and {shared.size - 1} more" if shared.size > 1 else ""),
                where="split",
                expected=f"no {kind} on both sides",
                fix=f"split by {kind} with group_folds or two_way_blocks",
            )
