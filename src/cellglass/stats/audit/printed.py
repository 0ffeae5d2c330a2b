"""Numbers that a table prints beside its statistic, and the formula that gives them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from .evidence import Evidence, Values
from .formulas import Formula, effect_formulas, p_formulas
from .numbers import as_numbers

AGREEING = 0.9  # share of rows that a formula must give to explain a column
CLOSE = 1e-9  # difference that the last bits of a computation may make
FULL = 8  # significant digits from which a column counts as printed in full
_DIGITS = re.compile(r"[+-]?(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?")
_P_WORDS = frozenset(("p", "pval", "pvalue", "pv", "pvals", "pvalues"))
_NOT_P = frozenset(("adj", "adjusted", "fdr", "bh", "bonferroni", "holm", "by", "q", "corrected"))
_ADJUSTED = frozenset(
    ("padj", "qval", "qvalue", "q", "fdr", "bh", "bonferroni", "holm", "adj", "adjusted", "fwer",
     "corrected", "sidak", "storey")
)  # fmt: skip
_EFFECT_WORDS = frozenset(
    ("gap", "margin", "null", "q95", "p95", "z", "zscore", "excess", "perm", "draws", "nulls")
)
_HINTS = {
    "p_min": frozenset(("min", "best", "smallest", "lowest")),
    "p_max": frozenset(("max", "worst", "largest", "strict")),
    "pooled": frozenset(("pool", "pooled", "all")),
    "fisher_rows": frozenset(("fisher", "combined", "meta")),
    "fisher_families": frozenset(("fisher", "combined", "meta")),
    "normal": frozenset(("normal", "z", "gauss", "gaussian")),
}


@dataclass(frozen=True)
class Printed:
    """A printed column, and what explains it.

    Attributes
    ----------
    column
        Its name.
    is_p
        Whether it holds p values.
    n
        Rows that could be compared.
    formula
        The formula that gives most of them; None where none gives any.
    n_agree
        Rows that it gives, to the digits printed.
    largest
        Largest difference between the formula and what is printed.
    zeros
        Printed p values of exactly 0.
    """

    column: str
    is_p: bool
    n: int
    formula: Formula | None
    n_agree: int
    largest: float
    zeros: int

    @property
    def explained(self) -> bool:
        """Whether the formula gives nearly all rows."""
        return self.n > 0 and self.n_agree >= AGREEING * self.n

    @property
    def kind(self) -> str:
        """Kind of the formula; empty where nothing explains the column."""
        return self.formula.kind if self.formula is not None and self.explained else ""

    @property
    def sentence(self) -> str:
        """What was found, in words."""
        if self.n == 0:
            return f"'{self.column}' has no number in a row that could be tested."
        if self.formula is None or self.n_agree == 0:
            return f"'{self.column}' is given by none of the formulas that were tried."
        if self.n_agree == self.n:
            return f"'{self.column}' is this in all {self.n} rows: {self.formula.label}."
        where = f"in {self.n_agree} of {self.n} rows"
        if self.explained:
            return f"'{self.column}' is this {where}: {self.formula.label}."
        return (
            f"'{self.column}' is not explained. The formula that comes nearest gives it {where}: "
            f"{self.formula.label}."
        )


def words_of(column: str) -> frozenset[str]:
    """Split a column name into words.

    Examples
    --------
    >>> sorted(words_of("fisher_pValue.best"))
    ['best', 'fisher', 'fisherp', 'p', 'pvalue', 'value', 'valuebest']
    """
    apart = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", column).lower()
    words = [w for w in re.split(r"[^a-z0-9]+", apart) if w]
    return frozenset(words) | {a + b for a, b in pairwise(words)}


def is_adjusted(column: str) -> bool:
    """Whether a column is named like p values that were adjusted for many tests.

    Examples
    --------
    >>> is_adjusted("p_fdr_bh"), is_adjusted("q_value"), is_adjusted("p_best")
    (True, True, False)
    """
    return bool(_ADJUSTED & words_of(column))


def is_raw_p(column: str) -> bool:
    """Whether a column is named like raw p values.

    Examples
    --------
    >>> is_raw_p("p_best"), is_raw_p("p_value_adj"), is_raw_p("prevalence")
    (True, False, False)
    """
    words = words_of(column)
    return bool(_P_WORDS & words) and not _NOT_P & words


def compare_printed(evidence: Evidence, value: str) -> list[Printed]:
    """Hold printed p values, gaps and margins against what the draws give.

    Parameters
    ----------
    evidence
        Observed values and their draws.
    value
        The column of the statistic itself, which is not compared.

    Returns
    -------
    list of Printed
        One a column that is named like p values, or like a gap, a margin or a summary of nulls,
        and for the latter only where a formula gives nearly all of it or a word says what it is.
    """
    others = [c for c in evidence.table.columns if c != value and c not in evidence.columns.by]
    found: list[Printed] = []
    formulas: dict[bool, list[Formula]] = {}
    for column in map(str, others):
        is_p = is_raw_p(column)
        if not is_p and (is_adjusted(column) or not _EFFECT_WORDS & words_of(column)):
            continue
        numbers = as_numbers(evidence.table[column], column, need=False).values
        if not np.isfinite(numbers).any():
            continue
        if is_p and not ((numbers >= 0) & (numbers <= 1))[np.isfinite(numbers)].all():
            continue
        if is_p not in formulas:
            formulas[is_p] = (p_formulas if is_p else effect_formulas)(evidence)
        result = _best(evidence, column, numbers, formulas[is_p], is_p)
        if is_p or result.explained or {"gap", "margin"} & words_of(column):
            found.append(result)
    return found


def tolerance_of(cells: pd.Series, values: Values) -> Values:
    """Difference that rounding may explain, from the digits that a column prints.

    Parameters
    ----------
    cells
        As they stand in the table.
    values
        The same as numbers.

    Returns
    -------
    numpy.ndarray
        Half a unit of the last decimal, or of the last significant digit, that the column prints
        anywhere, whichever is more; next to nothing where it prints eight digits or more.

    Examples
    --------
    >>> tolerance_of(pd.Series(["0.05", "0.125"]), np.array([0.05, 0.125])).round(9).tolist()
    [0.0005, 0.0005]
    """
    size = np.abs(np.where(np.isfinite(values), values, 0.0))
    least = CLOSE * np.maximum(1.0, size)
    if pd.api.types.is_numeric_dtype(cells.dtype):
        return least
    shown = [m for m in (_DIGITS.fullmatch(str(c).strip()) for c in cells) if m]
    significant = max((len((m[1] + m[2]).lstrip("0")) for m in shown), default=0)
    if significant >= FULL:
        return least
    decimals = max((len(m[2]) - int(m[3] or 0) for m in shown), default=0)
    with np.errstate(divide="ignore"):
        first = np.floor(np.log10(size, where=size > 0, out=np.full(size.size, -np.inf)))
    by_digits = 0.5 * 10.0 ** (first + 1 - significant)
    return np.maximum(np.maximum(0.5 * 10.0**-decimals, by_digits) * (1 + 1e-9), least)


def _best(
    evidence: Evidence, column: str, numbers: Values, formulas: Sequence[Formula], is_p: bool
) -> Printed:
    given = np.isfinite(numbers) & evidence.testable
    n = int(given.sum())
    zeros = int((numbers[given] == 0).sum()) if is_p else 0
    if n == 0:
        return Printed(column, is_p, 0, None, 0, float("nan"), zeros)
    tolerance = tolerance_of(evidence.table[column], numbers)[given]
    words = words_of(column)
    best: tuple[tuple[int, int, bool, int], Formula, float] | None = None
    for place, formula in enumerate(formulas):
        apart = np.abs(formula.values[given] - numbers[given])
        agree = int((apart <= tolerance).sum())
        exact = int((apart <= CLOSE).sum())
        # Of equal ones the one that the name of the column speaks of, then the soundest.
        rank = (agree, exact, _hinted(formula, words, column), -place)
        if best is None or rank > best[0]:
            finite = apart[np.isfinite(apart)]
            best = (rank, formula, float(finite.max()) if finite.size else float("nan"))
    if best is None:
        return Printed(column, is_p, n, None, 0, float("nan"), zeros)
    return Printed(column, is_p, n, best[1], best[0][0], best[2], zeros)


def _hinted(formula: Formula, words: frozenset[str], column: str) -> bool:
    if formula.family:
        flat = re.sub(r"[^a-z0-9]+", "", column.lower())
        name = re.sub(r"[^a-z0-9]+", "", formula.family.lower())
        return bool(name) and name in flat
    return bool(_HINTS.get(formula.kind, frozenset()) & words)


def printed_table(found: Sequence[Printed]) -> pd.DataFrame:
    """One row a printed column: what explains it, and how well."""
    return pd.DataFrame({
        "column": [f.column for f in found],
        "what": ["p" if f.is_p else "effect" for f in found],
        "n": [f.n for f in found],
        "n_agree": [f.n_agree for f in found],
        "explained": [f.explained for f in found],
        "formula": [f.formula.label if f.formula and f.n_agree else "" for f in found],
        "largest_difference": [f.largest for f in found],
        "told": [f.sentence for f in found],
    })  # fmt: skip
