"""Best F1 of every unit for every label: threshold from some cells, F1 on others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numba import njit
from numpy.typing import ArrayLike
from scipy import sparse

from cellglass.concepts.statistics.activity import CONDITIONAL
from cellglass.concepts.statistics.inputs import (
    Activations,
    as_columns,
    as_label_column,
    as_names,
    sort_columns,
)
from cellglass.errors import InputError
from cellglass.seeds import DEFAULT_SEED, generator
from cellglass.stats.arguments import Bools, as_labels
from cellglass.stats.folds import group_folds
from cellglass.stats.wilson import wilson


def validation_cells(
    n: int, *, donors: ArrayLike | None = None, seed: int = DEFAULT_SEED, task: str = "best F1"
) -> Bools:
    """Choose half of the donors for validation; half of the cells where there is one donor.

    Parameters
    ----------
    n
        Number of cells.
    donors
        Donor of each cell.
    seed, task
        Root seed of the run and name of the task.

    Returns
    -------
    numpy.ndarray
        True at validation cells, shape (n,).

    Examples
    --------
    >>> int(validation_cells(10).sum())
    5
    """
    if _several(donors, n):
        codes = as_label_column(np.asarray(donors), n, "donors").codes
        return np.asarray(group_folds(codes, 2, seed, task) == 0)
    chosen = np.zeros(n, dtype=np.bool_)
    chosen[generator(seed, task).permutation(n)[: n // 2]] = True
    return chosen


def best_f1(
    activations: Activations,
    labels: ArrayLike,
    names: Sequence[str] | None = None,
    *,
    validation: ArrayLike | None = None,
    donors: ArrayLike | None = None,
    level: float = 0.95,
    seed: int = DEFAULT_SEED,
) -> pd.DataFrame:
    """F1 of "activation at or above a threshold" for every label, on cells not used to choose.

    Parameters
    ----------
    activations
        Cells x units, not negative.
    labels
        Label of each cell; cells without one are left out.
    names
        One a unit.
    validation
        True at cells on which thresholds are chosen; by `validation_cells` where None.
    donors
        Donor of each cell: the split is by donor where there are two or more.
    level
        Of the interval.
    seed
        Root seed of the split.

    Returns
    -------
    pandas.DataFrame
        One row a unit and label: ``unit``, ``label``, ``threshold`` (halfway between the last
        value that is called active and the next lower one; nan where no validation cell with
        the label is active), ``f1_validation``, ``f1`` with ``f1_low`` and ``f1_high``,
        ``precision``, ``recall`` (all three on test cells), ``n_test``, ``n_test_label``,
        ``split`` ("donor", "cell" or "given"), ``note``.

    Raises
    ------
    InputError
        If arrays cannot be used, or one side of the split is empty.

    Notes
    -----
    F1 = 2 J / (1 + J) with J the Jaccard index; the interval is Wilson's of J as a proportion of
    the cells that are predicted or true. It takes cells as replicates.

    Examples
    --------
    >>> z = np.array([[1.0], [0.0], [2.0], [0.0]])
    >>> best_f1(z, list("abab"), validation=[True, True, False, False]).f1.tolist()
    [1.0, 0.0]
    """
    columns = as_columns(activations)
    n, n_units = columns.shape
    column = as_label_column(labels, n)
    if validation is None:
        chosen = validation_cells(n, donors=donors, seed=seed)
        split = "donor" if _several(donors, n) else "cell"
    else:
        chosen, split = as_labels(validation, (n,), "validation"), "given"
    inner = np.flatnonzero(chosen & (column.codes >= 0))
    outer = np.flatnonzero(~chosen & (column.codes >= 0))
    if not inner.size or not outer.size:
        raise InputError(f"{inner.size} validation and {outer.size} test cells have a label",
                         where="best F1", expected="cells on both sides")  # fmt: skip
    n_labels = len(column.labels)
    rows = columns.tocsr()
    threshold, f1_inner = _chosen(as_columns(rows[inner]), column.codes[inner], n_labels)
    held = as_columns(rows[outer])
    true = np.bincount(column.codes[outer], minlength=n_labels)
    hits, called = _counts(held.indptr, held.indices, held.data, column.codes[outer], threshold)
    union = called + true - hits
    low, high = wilson(hits, union, level)
    with np.errstate(invalid="ignore", divide="ignore"):
        f1 = np.where(true > 0, 2 * hits / (called + true), np.nan)
        precision, recall = hits / called, hits / true
    each = np.tile(np.arange(n_labels), n_units)
    return pd.DataFrame(
        {
            "unit": np.repeat(np.asarray(as_names(names, n_units), dtype=object), n_labels),
            "label": np.asarray(column.labels, dtype=object)[each],
            "threshold": threshold.ravel(),
            "f1_validation": f1_inner.ravel(),
            "f1": f1.ravel(),
            "f1_low": np.where(true > 0, 2 * low / (1 + low), np.nan).ravel(),
            "f1_high": np.where(true > 0, 2 * high / (1 + high), np.nan).ravel(),
            "precision": precision.ravel(),
            "recall": recall.ravel(),
            "n_test": outer.size,
            "n_test_label": true[each],
            "split": split,
            "note": CONDITIONAL,
        }
    )


def _several(donors: ArrayLike | None, n: int) -> bool:
    return donors is not None and len(as_label_column(donors, n, "donors", least=1).labels) > 1


def _chosen(
    columns: sparse.csc_matrix, codes: np.ndarray, n_labels: int
) -> tuple[np.ndarray, np.ndarray]:
    """Threshold of the best F1 and that F1, units x labels."""
    rows, values = sort_columns(columns.indptr, columns.indices, columns.data)
    sizes = np.bincount(codes, minlength=n_labels)
    return _best_thresholds(columns.indptr, rows, values, codes, sizes)


@njit(cache=True)
def _best_thresholds(indptr, rows, values, codes, sizes):  # type: ignore[no-untyped-def]
    """The highest threshold among those of the best F1."""
    n_units, n_labels = indptr.size - 1, sizes.size
    threshold = np.full((n_units, n_labels), np.nan)
    best = np.zeros((n_units, n_labels))
    hits = np.zeros(n_labels, dtype=np.int64)
    for j in range(n_units):
        hits[:] = 0
        first, end = indptr[j], indptr[j + 1]
        last = end
        while end > first:
            begin = end - 1
            while begin > first and values[begin - 1] == values[end - 1]:
                begin -= 1
            for i in range(begin, end):
                hits[codes[rows[i]]] += 1
            below = values[begin - 1] if begin > first else 0.0
            for label in range(n_labels):
                f1 = 2.0 * hits[label] / (last - begin + sizes[label])
                if f1 > best[j, label]:
                    best[j, label] = f1
                    threshold[j, label] = (values[begin] + below) / 2
            end = begin
    return threshold, best


@njit(cache=True)
def _counts(indptr, rows, values, codes, threshold):  # type: ignore[no-untyped-def]
    """True positives and calls at given thresholds, units x labels."""
    n_units, n_labels = threshold.shape
    hits = np.zeros((n_units, n_labels), dtype=np.int64)
    called = np.zeros((n_units, n_labels), dtype=np.int64)
    for j in range(n_units):
        for i in range(indptr[j], indptr[j + 1]):
            for label in range(n_labels):
                if values[i] >= threshold[j, label]:
                    called[j, label] += 1
                    hits[j, label] += codes[rows[i]] == label
    return hits, called
