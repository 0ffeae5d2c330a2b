"""Cells of a table as numbers, with what cannot be one counted by its reason."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellglass.errors import InputError
from cellglass.stats.arguments import Bools

MISSING_WORDS = frozenset(("", "na", "n/a", "nan", "none", "null", "<na>", "-", "."))


@dataclass(frozen=True)
class Numbers:
    """A column of numbers.

    Attributes
    ----------
    values
        float64; nan where there is no number.
    missing
        Cells that are empty or say that there is nothing.
    unreadable
        Cells that hold something else than a number.
    """

    values: NDArray[np.float64]
    missing: Bools
    unreadable: Bools

    @property
    def finite(self) -> Bools:
        """Cells that hold a finite number."""
        return np.isfinite(self.values)

    @property
    def infinite(self) -> Bools:
        """Cells that hold an infinite number."""
        return np.isinf(self.values)


def as_numbers(column: pd.Series, where: str, *, need: bool = True) -> Numbers:
    """Read a column of numbers; text is read as exactly as Python reads it.

    Parameters
    ----------
    column
        Numbers, booleans or text.
    where
        Name of the column, for the error.
    need
        Whether a column without a single number is refused.

    Returns
    -------
    Numbers

    Raises
    ------
    InputError
        If a column that is not empty holds no number at all.

    Examples
    --------
    >>> found = as_numbers(pd.Series(["0.5", "", "inf", "< 0.01"]), "p")
    >>> found.values.tolist(), found.missing.tolist(), found.unreadable.tolist()
    ([0.5, nan, inf, nan], [False, True, False, False], [False, False, False, True])
    """
    if pd.api.types.is_numeric_dtype(column.dtype):
        values = column.to_numpy(dtype=np.float64, na_value=np.nan)
        missing = np.isnan(values)
        return Numbers(values, missing, np.zeros(values.size, dtype=np.bool_))
    cells = column.astype(object).to_numpy()
    values = _fast(cells)
    missing = np.isnan(values)
    unreadable = np.zeros(cells.size, dtype=np.bool_)
    for place in np.flatnonzero(missing):
        unreadable[place] = not _nothing(cells[place])
    missing &= ~unreadable
    if need and cells.size and not (~np.isnan(values)).any():
        first = next((str(cells[i]) for i in np.flatnonzero(unreadable)), "")
        raise InputError(
            "there is not one number in the column" + (f" (the first cell is {first!r})" if first
                                                       else ""),
            where=where, expected="numbers with a decimal point",
            fix="name the column that holds the statistic, or write decimal points for commas",
        )  # fmt: skip
    return Numbers(values, missing, unreadable)


def _fast(cells: NDArray[np.object_]) -> NDArray[np.float64]:
    """All at once where every cell is a number, one by one where not."""
    try:
        values = cells.astype(np.float64)
    except (TypeError, ValueError):
        return np.array([_number(cell) for cell in cells], dtype=np.float64)
    # Python takes 1_000 for a number; a table does not.
    for place in np.flatnonzero(np.abs(values) >= 10):
        if "_" in str(cells[place]):
            values[place] = np.nan
    return np.asarray(values)


def _number(cell: object) -> float:
    if _nothing(cell) or "_" in str(cell):
        return float("nan")
    try:
        return float(str(cell).replace("\N{MINUS SIGN}", "-"))
    except ValueError:
        return float("nan")


def is_number(text: str) -> bool:
    """Whether a text is a number, or says that there is none.

    Examples
    --------
    >>> is_number("1e-3"), is_number(""), is_number("lung")
    (True, True, False)
    """
    return _nothing(text) or not np.isnan(_number(text))


def _nothing(cell: object) -> bool:
    return cell is None or cell is pd.NA or str(cell).strip().lower() in MISSING_WORDS
