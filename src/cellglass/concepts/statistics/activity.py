"""How often, how strongly and how sparsely each unit is active."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numba import njit
from numpy.typing import ArrayLike
from scipy import sparse, special

from cellglass.concepts.statistics.inputs import (
    Activations,
    Table,
    as_columns,
    as_label_column,
    as_names,
    sort_columns,
)
from cellglass.errors import InputError
from cellglass.stats.wilson import wilson

DONORS_FOR_INFERENCE = 6
CONDITIONAL = "conditional on the donors"


def unit_activity(
    activations: Activations,
    names: Sequence[str] | None = None,
    *,
    donors: ArrayLike | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Frequency, size and sparsity of every unit over cells.

    Parameters
    ----------
    activations
        Cells x units, not negative.
    names
        One a unit.
    donors
        Donor of each cell. From `DONORS_FOR_INFERENCE` on the interval of the frequency is one
        over donors; with fewer, or none given, it is one over cells, conditional on them.
    level
        Of the interval.

    Returns
    -------
    pandas.DataFrame
        One row a unit: ``unit``, ``n_cells``, ``n_active``, ``dead`` (never active),
        ``frequency`` with ``frequency_low`` and ``frequency_high``, ``inference_unit``, ``n``,
        ``note``, ``mean_active`` (mean activation where active; nan if dead), ``mean``, ``max``,
        ``gini`` and ``hoyer`` (0: the same in all cells, towards 1: in one cell; nan if dead),
        ``strongest_share`` (share of all cells in which no unit is more active; the first one
        where several are equal).

    Raises
    ------
    InputError
        If activations cannot be used, or there is not one donor a cell.

    Notes
    -----
    Hoyer: (sqrt(n) - l1 / l2) / (sqrt(n) - 1) (Hoyer, Journal of Machine Learning Research
    2004). Over donors the interval of a frequency is that of a ratio estimator: donors'
    residuals a_d - f n_d, quantiles of Student's t.

    Examples
    --------
    >>> table = unit_activity(np.array([[0.0, 1.0], [2.0, 1.0], [0.0, 1.0], [0.0, 3.0]]))
    >>> table[["n_active", "frequency", "mean_active", "strongest_share"]].values.tolist()
    [[1.0, 0.25, 2.0, 0.25], [4.0, 1.0, 1.5, 0.75]]
    """
    columns = as_columns(activations)
    n, n_units = columns.shape
    active = np.diff(columns.indptr).astype(np.int64)
    _, ordered = sort_columns(columns.indptr, columns.indices, columns.data)
    total, top, gini, hoyer = _sparsity(columns.indptr, ordered, n)
    low, high, inference, used, note = _frequency_interval(columns, donors, level)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean_active = np.where(active > 0, total / active, np.nan)
    return pd.DataFrame(
        {
            "unit": as_names(names, n_units),
            "n_cells": n,
            "n_active": active,
            "dead": active == 0,
            "frequency": active / n,
            "frequency_low": low,
            "frequency_high": high,
            "inference_unit": inference,
            "n": used,
            "note": note,
            "mean_active": mean_active,
            "mean": total / n,
            "max": top,
            "gini": gini,
            "hoyer": hoyer,
            "strongest_share": strongest(columns) / n,
        }
    )


def strongest(activations: Activations) -> Table:
    """In how many cells each unit is the strongest; the first one where several are equal.

    Parameters
    ----------
    activations
        Cells x units, not negative. Cells without an active unit count for none.

    Returns
    -------
    numpy.ndarray
        Shape (units,).

    Examples
    --------
    >>> strongest(np.array([[0.0, 1.0], [2.0, 1.0], [0.0, 0.0]])).tolist()
    [1, 1]
    """
    rows = as_columns(activations).tocsr()
    return _strongest(rows.indptr, rows.indices, rows.data, rows.shape[1])


def l0_distribution(activations: Activations) -> pd.DataFrame:
    """How many units are active in a cell.

    Parameters
    ----------
    activations
        Cells x units, not negative.

    Returns
    -------
    pandas.DataFrame
        One row for each number of active units that occurs: ``l0``, ``n_cells``, ``share``,
        ``cumulative`` (share of cells with at most so many).

    Examples
    --------
    >>> l0_distribution(np.array([[0.0, 1.0], [2.0, 1.0]])).share.tolist()
    [0.5, 0.5]
    """
    columns = as_columns(activations)
    l0 = np.bincount(columns.indices, minlength=columns.shape[0])
    number, cells = np.unique(l0, return_counts=True)
    share = cells / cells.sum()
    return pd.DataFrame(
        {"l0": number, "n_cells": cells, "share": share, "cumulative": np.cumsum(share)}
    )


def _frequency_interval(
    columns: sparse.csc_matrix, donors: ArrayLike | None, level: float
) -> tuple[Table, Table, str, int, str]:
    """Ends of the interval of the frequency, its unit, how many, and what to know about it."""
    n = columns.shape[0]
    active = np.diff(columns.indptr).astype(np.float64)
    if donors is not None:
        column = as_label_column(donors, n, "donors", least=1)
        if len(column.given) < n:
            raise InputError(f"{n - len(column.given)} of {n} cells have no donor",
                             where="donors", fix="drop these cells")  # fmt: skip
        n_donors = len(column.labels)
        if n_donors >= DONORS_FOR_INFERENCE:
            binary = columns.copy()
            binary.data = np.ones_like(binary.data)
            by_donor = np.asarray((binary.T @ column.one_hot()).todense())
            residual = by_donor - (active / n)[:, None] * column.sizes()
            spread = (residual**2).sum(1) * n_donors / (n_donors - 1)
            half = float(special.stdtrit(n_donors - 1, (1 + level) / 2)) * np.sqrt(spread) / n
            low, high = np.clip(active / n - half, 0, 1), np.clip(active / n + half, 0, 1)
            return low, high, "donor", n_donors, ""
    low, high = wilson(active, np.full(active.size, n), level)
    return low, high, "cell", n, CONDITIONAL


@njit(cache=True)
def _sparsity(indptr, ordered, n):  # type: ignore[no-untyped-def]
    """Sum, maximum, Gini and Hoyer of columns whose values are in ascending order."""
    n_units = indptr.size - 1
    total, top = np.zeros(n_units), np.zeros(n_units)
    gini, hoyer = np.full(n_units, np.nan), np.full(n_units, np.nan)
    for j in range(n_units):
        a, b = indptr[j], indptr[j + 1]
        if a == b:
            continue
        weighted, square = 0.0, 0.0
        for i in range(a, b):
            value = ordered[i]
            total[j] += value
            square += value * value
            # silent cells take the first ranks
            weighted += (n - (b - a) + i - a + 1) * value
        top[j] = ordered[b - 1]
        gini[j] = 2 * weighted / (n * total[j]) - (n + 1) / n
        if n > 1:
            root = np.sqrt(n)
            hoyer[j] = (root - total[j] / np.sqrt(square)) / (root - 1)
    return total, top, gini, hoyer


@njit(cache=True)
def _strongest(indptr, columns, values, n_units):  # type: ignore[no-untyped-def]
    """Cells in which each unit is the strongest."""
    out = np.zeros(n_units, dtype=np.int64)
    for i in range(indptr.size - 1):
        best, at = 0.0, -1
        for k in range(indptr[i], indptr[i + 1]):
            if values[k] > best:
                best, at = values[k], columns[k]
        if at >= 0:
            out[at] += 1
    return out
