"""What the statistics take: activations as sparse columns, names of units, a label a cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numba import njit
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from cellglass.errors import InputError
from cellglass.stats.arguments import Ints

Activations: TypeAlias = sparse.spmatrix | sparse.sparray | NDArray[np.floating[Any]]
Table = NDArray[np.float64]


def as_columns(activations: Activations) -> sparse.csc_matrix:
    """Activations as sparse columns, one a unit, without stored zeros.

    Parameters
    ----------
    activations
        Cells x units, finite and not negative; sparse or dense. Not changed.

    Returns
    -------
    scipy.sparse.csc_matrix
        Rows of each column in order, float64.

    Raises
    ------
    InputError
        If there is no cell or unit, or a value is negative or not finite.

    Examples
    --------
    >>> as_columns(np.array([[0.0, 2.0], [1.0, 0.0]])).nnz
    2
    """
    columns = sparse.csc_matrix(activations, dtype=np.float64, copy=True)
    columns.sum_duplicates()
    if 0 in columns.shape:
        raise InputError(f"activations of shape {columns.shape}", where="activations",
                         expected="at least one cell and one unit")  # fmt: skip
    bad = int(np.count_nonzero(~(columns.data >= 0) | np.isinf(columns.data)))
    if bad:
        raise InputError(
            f"{bad:,} activations are negative or not finite",
            where="activations",
            expected="0 where a unit is silent, positive where it is active",
            fix="give each tail of a signed unit as a unit of its own",
        )
    columns.eliminate_zeros()
    columns.sort_indices()
    return columns


def as_names(names: Sequence[str] | None, n: int, word: str = "unit") -> list[str]:
    """Names of units; ``"unit 0"``, ... where None.

    Parameters
    ----------
    names
        One a unit, unique.
    n
        Number of units.
    word
        What to call a unit without a name.

    Returns
    -------
    list of str

    Raises
    ------
    InputError
        If their number differs, or two are the same.

    Examples
    --------
    >>> as_names(None, 2)
    ['unit 0', 'unit 1']
    """
    if names is None:
        return [f"{word} {i}" for i in range(n)]
    given = [str(name) for name in names]
    if len(given) != n or len(set(given)) != n:
        raise InputError(f"{len(given)} names, {len(set(given))} of them different, for {n} units",
                         where="names", expected="one name a unit, all different")  # fmt: skip
    return given


@dataclass(frozen=True, eq=False)
class LabelColumn:
    """A label a cell.

    Attributes
    ----------
    codes
        Number of each cell's label, -1 where it has none, shape (cells,).
    labels
        The labels, sorted.
    """

    codes: Ints
    labels: list[str]

    @property
    def given(self) -> Ints:
        """Cells that have a label."""
        return np.flatnonzero(self.codes >= 0)

    def sizes(self) -> Ints:
        """Cells of each label."""
        return np.bincount(self.codes[self.codes >= 0], minlength=len(self.labels))

    def one_hot(self) -> sparse.csr_matrix:
        """Cells x labels, 1 at the label of each cell."""
        cells = self.given
        ones = np.ones(cells.size)
        shape = (self.codes.size, len(self.labels))
        return sparse.csr_matrix((ones, (cells, self.codes[cells])), shape=shape)


def as_label_column(
    values: ArrayLike | pd.Series, n: int, where: str = "labels", *, least: int = 2
) -> LabelColumn:
    """Read a column of labels; missing values are cells without a label.

    Parameters
    ----------
    values
        One a cell: strings, categories or integers; None, NaN and ``""`` stand for no label.
    n
        Number of cells.
    where
        Name of the column, for the error.
    least
        How many labels are needed.

    Returns
    -------
    LabelColumn

    Raises
    ------
    InputError
        If there is not one value a cell, or there are fewer labels than needed.

    Examples
    --------
    >>> as_label_column(["b", None, "a"], 3).codes.tolist()
    [1, -1, 0]
    """
    series = pd.Series(np.asarray(values, dtype=object).reshape(-1))
    if len(series) != n:
        raise InputError(f"{len(series)} labels of {n} cells", where=where,
                         expected="one label a cell")  # fmt: skip
    given = (series.notna() & (series.astype(str) != "")).to_numpy()
    labels, codes = np.unique(series[given].astype(str).to_numpy(dtype=str), return_inverse=True)
    if len(labels) < least:
        raise InputError(
            f"{len(labels)} label" + ("s" if len(labels) != 1 else ""),
            where=where,
            expected=f"at least {least}",
            fix="choose a column that tells cells apart",
        )
    out = np.full(n, -1, dtype=np.int64)
    out[given] = codes.reshape(-1)
    return LabelColumn(out, [str(label) for label in labels])


@njit(cache=True)
def sort_columns(indptr, rows, values):  # type: ignore[no-untyped-def]
    """Rows and values of every column with values in ascending order."""
    out_rows, out_values = np.empty_like(rows), np.empty_like(values)
    for j in range(indptr.size - 1):
        a, b = indptr[j], indptr[j + 1]
        order = np.argsort(values[a:b], kind="mergesort")
        for i in range(b - a):
            out_rows[a + i] = rows[a + order[i]]
            out_values[a + i] = values[a + order[i]]
    return out_rows, out_values
