"""Rows brought together: by domain, by split, by both, and all of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from cellglass.stats.arguments import Bools, Ints
from cellglass.stats.combined_p import (
    P_FLOOR,
    cauchy_combination,
    fisher_of_logs,
    harmonic_mean_p,
    shared_permutation_test,
)

from .dependence import SharedDraws
from .evidence import Evidence
from .keys import as_label

ALL = "all rows"
MOST_COLUMNS = 5  # key columns whose groups are formed
DEEPEST = 3  # columns of one grouping
MOST_GROUPS = 500  # of one grouping; finer ones are left to the reader of rows.parquet
SEED_WORDS = frozenset((
    "seed", "seeds", "rep", "replicate", "repeat", "fold", "run", "perm", "permutation", "iter",
    "iteration", "bootstrap", "trial",
))  # fmt: skip


def is_seed(column: str) -> bool:
    """Whether a key column numbers repeats rather than what was studied.

    Examples
    --------
    >>> is_seed("seed_tag"), is_seed("domain"), is_seed("foldChange")
    (True, False, False)
    """
    return bool(SEED_WORDS & set(re.split(r"[^a-z0-9]+", column.lower())))


def groupings(evidence: Evidence) -> list[tuple[str, ...]]:
    """Choose the sets of key columns by which rows are brought together; the first is empty.

    Parameters
    ----------
    evidence
        Observed values and their draws.

    Returns
    -------
    list of tuple
        Single columns, pairs and triples of key columns that do not number repeats, and all of
        them together, as long as they have several values, put rows together and do not make
        more than 500 groups.
    """
    keys = evidence.keys
    held = [str(c) for c in keys.columns if not is_seed(str(c))]
    usable = [c for c in held if 1 < keys[c].nunique(dropna=False) < len(keys)][:MOST_COLUMNS]
    chosen: list[tuple[str, ...]] = [()]
    for depth in range(1, DEEPEST + 1):
        chosen += list(combinations(usable, depth))
    if tuple(usable) not in chosen:
        chosen.append(tuple(usable))
    most = min(MOST_GROUPS, evidence.n_rows - 1)
    return [c for c in chosen if not c or codes_of(evidence, c).max() < most]


def codes_of(evidence: Evidence, columns: Sequence[str]) -> Ints:
    """Number the group of each row."""
    if not columns:
        return np.zeros(evidence.n_rows, dtype=np.int64)
    return np.asarray(
        evidence.keys.groupby(list(columns), sort=True, dropna=False).ngroup(), dtype=np.int64
    )


def groups_table(evidence: Evidence, shared: Sequence[SharedDraws]) -> pd.DataFrame:
    """What is left of each group of rows.

    Parameters
    ----------
    evidence
        Observed values and their draws.
    shared
        Draws lined up by permutation.

    Returns
    -------
    pandas.DataFrame
        One row a group: means, shares of rows above 0, combinations of p over its rows that hold
        under dependence, and Fisher's of the smallest p, which does not.
    """
    found = [
        _group(evidence, shared, columns, codes == code)
        for columns in groupings(evidence)
        for codes in [codes_of(evidence, columns)]
        for code in range(int(codes.max()) + 1)
    ]
    return pd.DataFrame(found)


def _group(
    evidence: Evidence, shared: Sequence[SharedDraws], columns: Sequence[str], inside: Bools
) -> dict[str, object]:
    held = inside & evidence.testable
    first = int(np.flatnonzero(inside)[0])
    keys = evidence.keys
    label = " · ".join(as_label(keys[c].iloc[first]) or "(empty)" for c in columns)
    p = evidence.p_max[held]
    told: dict[str, object] = {
        "grouping": " × ".join(columns) or ALL,
        "group": label or ALL,
        "n_rows": int(inside.sum()),
        "n_tested": int(held.sum()),
        "mean_observed": _mean(evidence.observed[held]),
        "mean_null_gap": _mean(evidence.gap[held]),
        "mean_strict_margin": _mean(evidence.strict[held]),
        "rows_above_0": int((evidence.observed[held] > 0).sum()),
        "rows_gap_above_0": int((evidence.gap[held] > 0).sum()),
        "rows_strict_above_0": int((evidence.strict[held] > 0).sum()),
        "share_strict_above_0": _mean((evidence.strict[held] > 0).astype(float)),
        "rows_p_max_significant": int(evidence.passes(p).sum()),
        "share_p_max_significant": _mean(evidence.passes(p).astype(float)),
        "p_largest": float(p.max()) if p.size else np.nan,
        "p_cauchy": cauchy_combination(p) if p.size else np.nan,
        "p_harmonic": harmonic_mean_p(p) if p.size else np.nan,
        "p_shared_permutations": shared_p(evidence, shared, held),
        "fisher_of_p_min_not_valid": _fisher(evidence.p_min[held]),
    }
    # Key columns of the grouping; empty for those that it does not use.
    own = {
        (f"by_{c}" if c in told else str(c)): as_label(keys[c].iloc[first]) if c in columns else ""
        for c in keys.columns
    }
    return {**{c: told[c] for c in ("grouping", "group")}, **own, **told}


def groupings_table(groups: pd.DataFrame) -> pd.DataFrame:
    """In how many groups the mean is above 0, the published way to say that an effect holds.

    Parameters
    ----------
    groups
        The table of groups.

    Returns
    -------
    pandas.DataFrame
        One row a grouping.
    """
    by = groups.groupby("grouping", sort=False)
    columns = ("mean_observed", "mean_null_gap", "mean_strict_margin")
    above = {f"{c}_above_0": by[c].apply(lambda v: int((v > 0).sum())) for c in columns}
    return pd.DataFrame({"n_groups": by.size(), **above}).reset_index()


def shared_p(evidence: Evidence, shared: Sequence[SharedDraws], held: Bools) -> float:
    """Largest p over families of the mean over rows, on permutations that the rows share.

    Parameters
    ----------
    evidence
        Observed values and their draws.
    shared
        Draws lined up by permutation.
    held
        The rows to combine.

    Returns
    -------
    float
        nan where there is one row, or a family of these rows whose permutations are not shared.
    """
    rows = np.flatnonzero(held)
    needed = {f for i, f in enumerate(evidence.families) if (evidence.cells.n[rows, i] > 0).any()}
    by_family = {s.family: s for s in shared if s.correlated}
    if rows.size < 2 or not needed or not needed <= set(by_family):
        return float("nan")
    found = []
    for family in sorted(needed):
        lined = by_family[family]
        if not np.isin(rows, lined.rows).all():
            return float("nan")
        values = lined.values[np.searchsorted(lined.rows, rows)]
        found.append(
            shared_permutation_test(evidence.observed[rows], values, direction=evidence.direction).p
        )
    return max(found)


def _fisher(p: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> float:
    if p.size < 2:
        return float("nan")
    return float(fisher_of_logs(np.log(np.maximum(p, P_FLOOR)).sum(), p.size))


def _mean(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> float:
    return float(values.mean()) if values.size else float("nan")
