"""Candidate formulas for a number that a table prints beside its statistic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cellglass.stats.combined_p import P_FLOOR, fisher_of_logs

from .evidence import Evidence, Values, over_families
from .groups import codes_of, groupings

MOST_FAMILIES = 40  # whose own formulas are tried


@dataclass(frozen=True)
class Formula:
    """A way to compute a printed number.

    Attributes
    ----------
    label
        In words.
    kind
        ``"p_max"``, ``"p_min"``, ``"pooled"``, ``"family"``, ``"normal"``, ``"fisher"``, ... ;
        says what is wrong with it, if anything.
    family
        The null family, where it is of one.
    plus_one
        Whether the observed value counts among the draws.
    values
        The number of each row; nan where there is none.
    """

    label: str
    kind: str
    family: str
    plus_one: bool
    values: Values


def p_formulas(evidence: Evidence) -> list[Formula]:
    """Ways in which a p may have been computed, the soundest first.

    Parameters
    ----------
    evidence
        Observed values and their draws.

    Returns
    -------
    list of Formula
    """
    found: list[Formula] = []
    for tail, counts in _tails(evidence).items():
        cells, pool = counts
        told = "" if tail == evidence.direction else f", {_TAILS[tail]}"
        for plus in (True, False):
            found += _of_tail(evidence, cells, pool, told, plus)
    found += _normal(evidence)
    found += _fisher(evidence)
    # The soundest first: of formulas that explain a column equally well the first is named.
    return sorted(found, key=lambda f: (_SOUNDNESS[f.kind], not f.plus_one, "," in f.label))


def effect_formulas(evidence: Evidence) -> list[Formula]:
    """Ways in which a gap, margin, null mean or z may have been computed.

    Parameters
    ----------
    evidence
        Observed values and their draws.

    Returns
    -------
    list of Formula
    """
    pool, cells, observed = evidence.pool, evidence.cells, evidence.observed
    with np.errstate(invalid="ignore", divide="ignore"):
        flat = pool.sd * np.sqrt((pool.n - 1) / pool.n)
        named = {
            "observed less the 95 % quantile of all draws (null gap)": evidence.gap,
            "observed less the largest 95 % quantile of a family (strict margin)": evidence.strict,
            "observed less the mean of all draws": observed - pool.mean,
            "observed less the largest draw": observed - pool.high,
            "95 % quantile of all draws": pool.quantile,
            "largest 95 % quantile of a family": over_families(np.fmax, cells.quantile),
            "mean of all draws": pool.mean,
            "standard deviation of all draws": pool.sd,
            "standard deviation of all draws, with n": flat,
            "z against all draws": (observed - pool.mean) / pool.sd,
            "z against all draws, standard deviation with n": (observed - pool.mean) / flat,
            "number of draws": pool.n,
        }
        found = [Formula(label, "effect", "", False, v) for label, v in named.items()]
        for i, family in enumerate(evidence.families[:MOST_FAMILIES]):
            mean, sd = cells.mean[:, i], cells.sd[:, i]
            of = f"'{family}'"
            for label, values in {
                f"margin over {of}": evidence.margins[:, i],
                f"95 % quantile of {of}": cells.quantile[:, i],
                f"mean of {of}": mean,
                f"observed less the mean of {of}": observed - mean,
                f"standard deviation of {of}": sd,
                f"z against {of}": (observed - mean) / sd,
                f"number of draws of {of}": cells.n[:, i],
            }.items():
                found.append(Formula(label, "effect", family, False, values))
    return found


_TAILS = {
    "greater": "upper tail", "less": "lower tail", "two-sided": "absolute values",
    "doubled": "twice the smaller tail", "strictly": "draws equal to the observed value left out",
}  # fmt: skip
_SOUNDNESS = {
    "p_max": 0, "family": 1, "pooled": 2, "p_min": 3, "normal": 4, "fisher_families": 5,
    "fisher_rows": 6,
}  # fmt: skip
_TINY = 1e-300


def _tails(evidence: Evidence) -> dict[str, tuple[Values, Values]]:
    """Draws beyond the observed value, by how a tail may be read: of cells, and of the pool."""
    found: dict[str, tuple[Values, Values]] = {}
    for name in (evidence.direction, "greater", "less", "two-sided", "doubled", "strictly"):
        both = []
        for s in (evidence.cells, evidence.pool):
            own = {"greater": s.at_least, "less": s.at_most, "two-sided": s.extreme}
            equal = s.equal_size if evidence.direction == "two-sided" else s.equal
            own["strictly"] = own[evidence.direction] - equal
            own["doubled"] = np.minimum(s.at_least, s.at_most)
            both.append(own[name])
        found[name] = (both[0], both[1])
    return found


def _of_tail(
    evidence: Evidence, cells: Values, pool: Values, told: str, plus: bool
) -> list[Formula]:
    add = 1.0 if plus else 0.0
    how = "(1 + exceeding) / (1 + draws)" if plus else "exceeding / draws"
    factor = 2.0 if "twice" in told else 1.0

    def p(count: Values, n: Values) -> Values:
        with np.errstate(invalid="ignore", divide="ignore"):
            share = np.minimum(1.0, factor * (count + add) / (n + add))
        return np.where(n > 0, share, np.nan)

    held = evidence.testable[:, None]
    each = np.where(held, p(cells, evidence.cells.n), np.nan)
    pooled = np.where(evidence.testable, p(pool, evidence.pool.n), np.nan)
    found = [Formula(f"p of all draws together, {how}{told}", "pooled", "", plus, pooled)]
    if len(evidence.families) > 1:
        for label, kind, rule in (("largest", "p_max", np.fmax), ("smallest", "p_min", np.fmin)):
            values = over_families(rule, each)
            label = f"{label} p over null families, {how}{told}"
            found.append(Formula(label, kind, "", plus, values))
    for i, family in enumerate(evidence.families[:MOST_FAMILIES]):
        label = f"p against '{family}', {how}{told}"
        found.append(Formula(label, "family", family, plus, each[:, i]))
    return found


def _normal(evidence: Evidence) -> list[Formula]:
    """Return p from a normal distribution with mean and standard deviation of the draws."""
    from scipy.stats import norm

    found = []
    sets = [("", evidence.pool.mean, evidence.pool.sd)]
    sets += [(f, evidence.cells.mean[:, i], evidence.cells.sd[:, i])
             for i, f in enumerate(evidence.families[:MOST_FAMILIES])]  # fmt: skip
    for family, mean, sd in sets:
        with np.errstate(invalid="ignore", divide="ignore"):
            z = (evidence.observed - mean) / sd
        of = f"the draws of '{family}'" if family else "all draws"
        for tail, values in (("upper tail", norm.sf(z)), ("two-sided", 2 * norm.sf(np.abs(z)))):
            label = f"normal approximation to {of}, {tail}"
            found.append(Formula(label, "normal", family, False, values))
    return found


def _fisher(evidence: Evidence) -> list[Formula]:
    """Fisher's rule over the families of a row, and over the rows of a group."""
    found = []
    logs = np.log(np.maximum(evidence.p, P_FLOOR))
    n = (~np.isnan(logs)).sum(axis=1)
    if len(evidence.families) > 1:
        values = np.where(n > 0, fisher_of_logs(np.nansum(logs, axis=1), np.maximum(n, 1)), np.nan)
        label = "Fisher's rule over the null families of a row"
        found.append(Formula(label, "fisher_families", "", True, values))
    sources: list[tuple[str, Values]] = [("smallest p over null families", evidence.p_min)]
    if len(evidence.families) > 1:
        sources += [("largest p over null families", evidence.p_max),
                    ("p of all draws together", evidence.p_pooled)]  # fmt: skip
    sources += [(f"p against '{f}'", evidence.p[:, i])
                for i, f in enumerate(evidence.families[:MOST_FAMILIES])]  # fmt: skip
    for columns in groupings(evidence):
        codes = codes_of(evidence, columns)
        over = f"the rows of each {' × '.join(columns)}" if columns else "all rows"
        for what, p in sources:
            label = f"Fisher's rule over {over}, of the {what}"
            found.append(Formula(label, "fisher_rows", "", True, _over_rows(p, codes)))
    return found


def _over_rows(p: Values, codes: Sequence[int] | np.ndarray) -> Values:
    given = ~np.isnan(p)
    codes = np.asarray(codes)
    size = int(codes.max()) + 1
    logs = np.log(np.maximum(np.where(given, p, 1.0), P_FLOOR))
    n = np.bincount(codes[given], minlength=size)
    combined = fisher_of_logs(np.bincount(codes, weights=logs, minlength=size), np.maximum(n, 1))
    return np.where(n[codes] > 1, combined[codes], np.nan)
