"""Finding one of our numbers in the result of an analysis, as a published row says where."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from cellglass._words import listed
from cellglass.runs.result import AnalysisResult
from cellglass.stats import bootstrap_mean

from .conditions import matching_rows, said
from .published import Select

FINDINGS = "findings"
DRAWS = 1000
_ENDS: dict[str, Callable[[NDArray[np.float64]], np.floating]] = {
    "median": np.median, "min": np.min, "max": np.max,
}  # fmt: skip


@dataclass(frozen=True)
class Ours:
    """Our value of a published number.

    Parameters
    ----------
    value
        The value; nan where the analysis has none.
    low, high
        95 % interval; nan where it has none.
    n
        Units of inference behind it, where they are told.
    told
        What a reader must know of it: what stands in for what was asked for, or, where there is
        no value, why.
    label
        What distinguishes the result: the model and the network, say.

    Examples
    --------
    >>> Ours(0.7, 0.65, 0.75).found
    True
    """

    value: float = math.nan
    low: float = math.nan
    high: float = math.nan
    n: int | None = None
    told: str = ""
    label: Mapping[str, str] = field(default_factory=dict)

    @property
    def subject(self) -> str:
        """The label in words; empty where nothing is distinguished."""
        return listed(list(self.label.values()))

    @property
    def found(self) -> bool:
        """Whether there is a value."""
        return math.isfinite(self.value)


def find_number(result: AnalysisResult, select: Select, *, seed: int) -> Ours:
    """Find the number that a selector describes.

    Parameters
    ----------
    result
        Of the analysis that the row names.
    select
        The selector.
    seed
        Root seed, for the interval of a mean over rows.

    Returns
    -------
    Ours
        Without a value, and saying why, where the result holds none, or where several rows fit
        and the selector does not say what becomes of them.

    Examples
    --------
    >>> table = pd.DataFrame({"score": ["layer 0", "layer 1"], "auroc": [0.6, 0.7]})
    >>> result = AnalysisResult("x", {"model": "mini"}, tables={"scores": table})
    >>> find_number(result, Select("scores", ({"score": "layer 1"},), column="auroc"), seed=1).value
    0.7
    """
    label = dict(result.label)
    table = findings_table(result) if select.table == FINDINGS else result.tables.get(select.table)
    if table is None or table.empty:
        return Ours(told=_reason(result), label=label)
    where = f"the table '{select.table}' of {result.analysis}"
    columns = (select.column, select.minus, select.over, select.low, select.high, select.n,
               select.sd, select.over_sd, select.along)  # fmt: skip
    for column in filter(None, columns):
        if column not in table:
            return Ours(told=f"{where} has no '{column}' here", label=label)
    for place, conditions in enumerate(select.where):
        rows, depth = matching_rows(table, conditions)
        if select.less:
            others, _ = matching_rows(table, {**conditions, **select.less})
            if any(part[select.along].duplicated().any() for part in (rows, others)):
                told = (
                    f"several rows of {where} have one {select.along}: the selector must say more"
                )
                return Ours(told=told, label=label)
            rows = _less(rows, others, select)
        if len(rows):
            task = "/".join([result.analysis, *label.values()])
            told = depth or (_instead(select.where[0], conditions) if place else "")
            return _number(rows, select, task, told, label, where, seed)
    first = select.where[0]
    wanted = said(first) + (
        f" and one with {said({**first, **select.less})}" if select.less else ""
    )
    return Ours(told=f"{where} has no row with {wanted}", label=label)


def _less(rows: pd.DataFrame, others: pd.DataFrame, select: Select) -> pd.DataFrame:
    """Rows that have a counterpart, with its value taken from theirs."""
    both = rows.merge(
        others[[select.along, select.column]], on=select.along, suffixes=("", " less")
    )
    return both.assign(**{select.column: both[select.column] - both[f"{select.column} less"]})


def findings_table(result: AnalysisResult) -> pd.DataFrame:
    """Findings of a result as a table: tags, statistic, estimate, interval, n, p, baseline.

    Parameters
    ----------
    result
        The result.

    Returns
    -------
    pandas.DataFrame
        One row a finding; columns of tags that it lacks are empty.
    """
    rows = []
    for finding in result.findings:
        interval, increment = finding.interval, finding.increment or (None,) * 3
        rows.append(
            {
                **finding.tags,
                "statistic": finding.statistic, "estimate": finding.estimate,
                "low": interval.low if interval else None,
                "high": interval.high if interval else None,
                "n": finding.n, "p": finding.p, "kind": finding.kind,
                "baseline": finding.baseline[0] if finding.baseline else None,
                "baseline_value": finding.baseline[1] if finding.baseline else None,
                "increment": increment[0], "increment_low": increment[1],
                "increment_high": increment[2],
                "null_mean": finding.null.mean if finding.null else None,
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def _instead(first: Mapping[str, Any], used: Mapping[str, Any]) -> str:
    """Tell what stands in for what was asked for."""
    asked = said({k: v for k, v in first.items() if used.get(k) != v})
    got = said({k: v for k, v in used.items() if first.get(k) != v}) or "what there is"
    return f"there is no {asked} here: {got} stands in for it"


def _number(
    rows: pd.DataFrame,
    select: Select,
    task: str,
    told: str,
    label: Mapping[str, str],
    where: str,
    seed: int,
) -> Ours:
    values = rows[select.column].to_numpy(dtype=np.float64)
    if select.minus:
        values = values - rows[select.minus].to_numpy(dtype=np.float64)
    if select.over:
        values = values / rows[select.over].to_numpy(dtype=np.float64)
    values = values * select.scale
    if select.reduce:
        return _reduced(values, select, task, told, label, seed)
    if len(rows) > 1:
        told = (
            f"{len(rows)} rows of {where} fit {said(select.where[0])}: the selector must say more"
        )
        return Ours(told=told, label=label)
    row = rows.iloc[0]
    low, high = (
        float(row[c]) * select.scale if c and pd.notna(row[c]) else math.nan
        for c in (select.low, select.high)
    )
    n = int(row[select.n]) if select.n and pd.notna(row[select.n]) else None
    if select.sd and n and n > 1:
        low, high = _student(float(values[0]), row, select, n)
    why = told if math.isfinite(values[0]) else f"{where} leaves it empty"
    return Ours(float(values[0]), low, high, n, why, label)


def _student(value: float, row: pd.Series, select: Select, n: int) -> tuple[float, float]:
    """Interval of a mean, or of a ratio of two means, over n units."""
    spread = float(row[select.sd]) * select.scale
    if select.over:
        # Relative errors add up as if the means were independent: the interval errs on the wide
        # side where they rise and fall together.
        relative = math.hypot(
            float(row[select.sd]) / float(row[select.column]),
            float(row[select.over_sd]) / float(row[select.over]) if select.over_sd else 0.0,
        )
        spread = abs(value) * relative
    reach = float(special.stdtrit(n - 1, 0.975)) * spread / math.sqrt(n)
    return value - reach, value + reach


def _reduced(
    values: NDArray[np.float64],
    select: Select,
    task: str,
    told: str,
    label: Mapping[str, str],
    seed: int,
) -> Ours:
    known = values[np.isfinite(values)]
    n = len(known)
    if n == 0:
        return Ours(told="none of the rows has a value", label=label)
    low = high = math.nan
    if select.reduce in ("mean", "average"):
        value = float(known.mean())
        if n > 1 and select.reduce == "mean":
            drawn = bootstrap_mean(known, unit="row", draws=DRAWS, seed=seed, task=task)
            low, high = drawn.interval().low, drawn.interval().high
    elif select.reduce in ("count", "share"):
        over = known if select.above is None else known[known > select.above]
        over = over if select.below is None else over[over < select.below]
        value = float(len(over)) if select.reduce == "count" else len(over) / n
    elif select.reduce in ("d", "sd"):
        spread = float(known.std(ddof=1)) if n > 1 else math.nan
        value = spread if select.reduce == "sd" else _ratio(float(known.mean()), spread)
    else:
        value = float(_ENDS[select.reduce](known))
    counted = n if select.reduce in ("mean", "sd", "d") else None
    return Ours(value, low, high, counted, told, label)


def _ratio(value: float, spread: float) -> float:
    return value / spread if spread > 0 else math.nan


def _reason(result: AnalysisResult) -> str:
    """Why a result lacks a table: what it said itself."""
    said = [r for v in result.verdicts for r in v.reasons] + result.notes
    return said[0] if said else f"{result.analysis} has no such table here"
