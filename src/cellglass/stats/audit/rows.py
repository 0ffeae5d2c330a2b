"""The table of rows, of rows and families, and of families."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cellglass.errors import InputError
from cellglass.stats.combined_p import cauchy_combination
from cellglass.stats.multiplicity import bh, by, holm

from .evidence import Evidence, Values

TESTED = "tested"
"""State of a row that could be tested; otherwise the state is the reason why not."""

OWN = (
    "observed", "strict_margin", "null_gap", "hardest_family", "p_max", "p_min", "p_pooled",
    "p_cauchy", "attainable_p", "attainable", "n_draws", "n_families", "bh", "holm",
    "benjamini_yekutieli", "state",
)  # fmt: skip


def rows_table(evidence: Evidence) -> tuple[pd.DataFrame, dict[str, str]]:
    """Everything that is known of each observed row.

    Parameters
    ----------
    evidence
        Observed values and their draws.

    Returns
    -------
    table, suffixes
        One row an observed row, in the order of the observed table; and what stands for each
        family in the names of its columns (``p_<suffix>``, ``q95_<suffix>``, ...).

    Raises
    ------
    InputError
        If a key column is named like a computed one.
    """
    suffixes = _suffixes(evidence.families)
    adjusted = np.where(evidence.testable, evidence.p_max, np.nan)
    columns: dict[str, object] = {
        "observed": evidence.observed,
        "strict_margin": evidence.strict,
        "null_gap": evidence.gap,
        "hardest_family": hardest(evidence),
        "p_max": evidence.p_max,
        "p_min": evidence.p_min,
        "p_pooled": evidence.p_pooled,
        "p_cauchy": cauchy_rows(evidence.p),
        "attainable_p": evidence.attainable_row,
        "attainable": evidence.passes(evidence.attainable_row),
        "n_draws": evidence.pool.n.astype(np.int64),
        "n_families": (evidence.cells.n > 0).sum(axis=1),
        "bh": bh(adjusted),
        "holm": holm(adjusted),
        "benjamini_yekutieli": by(adjusted),
        "state": states(evidence),
    }
    for i, family in enumerate(evidence.families):
        name = suffixes[family]
        columns[f"p_{name}"] = evidence.p[:, i]
        columns[f"q95_{name}"] = evidence.cells.quantile[:, i]
        columns[f"margin_{name}"] = evidence.margins[:, i]
        columns[f"n_draws_{name}"] = evidence.cells.n[:, i].astype(np.int64)
    clash = [str(c) for c in evidence.keys.columns if c in columns]
    if clash:
        raise InputError(
            f"the key column '{clash[0]}' is named like a column of the audit", where="by",
            expected=f"none of {', '.join(OWN)}", fix="rename it in both tables",
        )  # fmt: skip
    return pd.concat([evidence.keys, pd.DataFrame(columns)], axis=1), suffixes


def hardest(evidence: Evidence) -> list[str]:
    """Family over which each row has its smallest margin; empty where it has none."""
    filled = np.where(np.isnan(evidence.margins), np.inf, evidence.margins)
    place = filled.argmin(axis=1)
    return [
        "" if np.isnan(margin) else evidence.families[family]
        for family, margin in zip(place, evidence.strict, strict=True)
    ]


def states(evidence: Evidence) -> list[str]:
    """``"tested"``, or why a row could not be tested."""
    reading, told = evidence.reading, []
    for i in range(evidence.n_rows):
        if reading.unreadable[i]:
            told.append("not testable: the observed value is no number")
        elif reading.missing[i]:
            told.append("not testable: there is no observed value")
        elif not np.isfinite(evidence.observed[i]):
            told.append("not testable: the observed value is infinite")
        elif evidence.pool.n[i] > 0:
            told.append(TESTED)
        elif evidence.missing[i].sum() > 0:
            told.append("not testable: all its draws are missing")
        else:
            told.append("not testable: there are no draws")
    return told


def families_table(evidence: Evidence) -> pd.DataFrame:
    """One row for each observed row and null family: draws, p, quantile, moments, margin."""
    n_rows, n = evidence.n_rows, len(evidence.families)
    repeated = evidence.keys.loc[evidence.keys.index.repeat(n)].reset_index(drop=True)
    cells = evidence.cells
    held = np.isfinite(evidence.observed)[:, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        z = (evidence.observed[:, None] - cells.mean) / cells.sd
    table = pd.DataFrame({
        "null_kind": list(evidence.families) * n_rows,
        "observed": np.repeat(evidence.observed, n),
        "n_draws": cells.n.ravel().astype(np.int64),
        "n_missing": evidence.missing.ravel().astype(np.int64),
        "n_at_least": np.where(held, cells.at_least, np.nan).ravel(),
        "p": evidence.p.ravel(),
        "attainable_p": evidence.attainable.ravel(),
        "q95": cells.quantile.ravel(),
        "margin": evidence.margins.ravel(),
        "mean": cells.mean.ravel(),
        "sd": cells.sd.ravel(),
        "z": np.where(np.isfinite(z), z, np.nan).ravel(),
        "min": cells.low.ravel(),
        "max": cells.high.ravel(),
    })  # fmt: skip
    clash = [c for c in table.columns if c in repeated.columns]
    return pd.concat([repeated, table.rename(columns={c: f"audit_{c}" for c in clash})], axis=1)


def family_summary(evidence: Evidence) -> pd.DataFrame:
    """One row a null family: draws, margin, what share of the observed effect it keeps.

    Parameters
    ----------
    evidence
        Observed values and their draws.

    Returns
    -------
    pandas.DataFrame
        ``share_kept`` is the sum over rows of the family's mean, divided by that of the observed
        values: what is left once the family has shuffled what it shuffles.
    """
    found = []
    for i, family in enumerate(evidence.families):
        held = evidence.testable & (evidence.cells.n[:, i] > 0)
        n = evidence.cells.n[held, i]
        observed, mean = evidence.observed[held], evidence.cells.mean[held, i]
        some = held.any()
        found.append({
            "null_kind": family,
            "n_rows": int(held.sum()),
            "rows_without": int((evidence.testable & ~held).sum()),
            "draws_median": float(np.median(n)) if some else np.nan,
            "draws_min": int(n.min()) if some else 0,
            "draws_max": int(n.max()) if some else 0,
            "n_missing": int(evidence.missing[:, i].sum()),
            "attainable_p": float(1.0 / (n.min() + 1.0)) if some else np.nan,
            "mean_observed": _mean(observed),
            "mean_null": _mean(mean),
            "share_kept": _share(observed, mean),
            "mean_margin": _mean(evidence.margins[held, i]),
            "rows_above": int((evidence.margins[held, i] > 0).sum()),
            "rows_significant": int(evidence.passes(evidence.p[held, i]).sum()),
            "rows_hardest": sum(h == family for h in hardest(evidence)),
        })  # fmt: skip
    return pd.DataFrame(found)


def cauchy_rows(p: Values) -> Values:
    """Cauchy combination over the families of each row; nan where there is none."""
    out = np.full(len(p), np.nan)
    for i, values in enumerate(p):
        given = values[~np.isnan(values)]
        if given.size:
            out[i] = cauchy_combination(given)
    return out


def _suffixes(families: tuple[str, ...]) -> dict[str, str]:
    """Names of families as parts of column names: as they are, unless that name is taken."""
    taken = {c.removeprefix("p_") for c in OWN if c.startswith("p_")}
    return {f: f"family_{f}" if f in taken else f for f in families}


def _mean(values: Values) -> float:
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if finite.size else float("nan")


def _share(observed: Values, mean: Values) -> float:
    both = np.isfinite(observed) & np.isfinite(mean)
    whole = float(observed[both].sum())
    return float(mean[both].sum() / whole) if whole != 0 else float("nan")
