"""Kinds of unit on one measure: means with intervals, and concepts against the best other kind."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from cellglass.errors import InputError
from cellglass.seeds import DEFAULT_SEED, generator
from cellglass.stats import Interval, bootstrap_mean

CANDIDATE = "concept"
MIN_UNITS = 5


@dataclass(frozen=True, eq=False)
class KindComparison:
    """One measure over kinds of unit.

    Attributes
    ----------
    measure
        Its name.
    table
        One row a kind: ``kind``, ``measure``, ``estimate`` (mean over units), ``low``, ``high``,
        ``n``, ``null`` (mean where kinds are shuffled over units).
    best_other
        The kind with the highest mean beside the candidate.
    difference
        Candidate minus that kind.
    interval95, interval90
        Of the difference: bootstrap over units of both kinds.
    p
        Share of shuffles in which the candidate's lead over the best other kind is as large.
    draws
        Shuffles.
    """

    measure: str
    table: pd.DataFrame
    best_other: str
    difference: float
    interval95: Interval
    interval90: Interval
    p: float
    draws: int


def compare_kinds(
    values: ArrayLike,
    kinds: ArrayLike,
    *,
    measure: str,
    draws: int = 999,
    bootstrap: int = 1000,
    seed: int = DEFAULT_SEED,
) -> KindComparison:
    """Compare concepts with every other kind of unit on one measure.

    Parameters
    ----------
    values
        One value a unit, higher is better; nan is left out.
    kinds
        Kind of each unit; ``"concept"`` is the candidate.
    measure
        Name of the measure.
    draws, bootstrap
        Shuffles of kinds over units, and resamples of units.
    seed
        Root seed.

    Returns
    -------
    KindComparison
        The candidate is held against the *best* other kind, and so it is in each shuffle: a linear
        basis that does as well is never hidden behind weaker ones.

    Raises
    ------
    InputError
        If there are fewer than five concepts, or no other kind with five units.

    Notes
    -----
    Section 4 of the specification, last paragraph: a claim that dictionaries beat neurons is not
    accepted without a linear baseline.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> values = np.concatenate([rng.normal(1, 0.1, 20), rng.normal(0, 0.1, 40)])
    >>> found = compare_kinds(values, ["concept"] * 20 + ["neuron"] * 40, measure="x")
    >>> found.best_other, round(found.difference, 1), found.p < 0.05
    ('neuron', 1.0, True)
    """
    x, kind = np.asarray(values, dtype=np.float64), np.asarray(kinds, dtype=str)
    known = np.isfinite(x)
    x, kind = x[known], kind[known]
    order = [k for k in dict.fromkeys(kind.tolist()) if (kind == k).sum() >= MIN_UNITS]
    if CANDIDATE not in order or len(order) < 2:
        counts = ", ".join(f"{(kind == k).sum()} of kind {k}" for k in dict.fromkeys(kind.tolist()))
        raise InputError(
            f"units with a value: {counts or 'none'}",
            where=f"comparison on {measure}",
            expected=f"at least {MIN_UNITS} concepts and {MIN_UNITS} units of another kind",
        )
    codes = np.array([order.index(k) if k in order else -1 for k in kind])
    x, codes = x[codes >= 0], codes[codes >= 0]
    means = _means(x, codes, len(order))
    candidate = order.index(CANDIDATE)
    others = [i for i in range(len(order)) if i != candidate]
    best = max(others, key=lambda i: means[i])
    shuffled = np.array(
        [
            _means(x, generator(seed, f"compare/{measure}/{d}").permutation(codes), len(order))
            for d in range(draws)
        ]
    )
    leads = shuffled[:, candidate] - shuffled[:, others].max(1)
    lead = float(means[candidate] - means[best])
    p = (1 + int((leads >= lead - 1e-12).sum())) / (1 + draws)
    resampled = {i: _resampled(x[codes == i], bootstrap, seed, measure, order[i])
                 for i in range(len(order))}  # fmt: skip
    table = _table(order, measure, x, codes, shuffled.mean(0), bootstrap, seed)
    gap = resampled[candidate] - resampled[best]
    n = int((codes == candidate).sum())
    return KindComparison(
        measure, table, order[best], lead, _interval(gap, 0.95, n), _interval(gap, 0.90, n), p,
        draws,
    )  # fmt: skip


def _means(x: NDArray[np.float64], codes: NDArray[np.int64], n: int) -> NDArray[np.float64]:
    return np.bincount(codes, weights=x, minlength=n) / np.bincount(codes, minlength=n)


def _resampled(
    x: NDArray[np.float64], draws: int, seed: int, measure: str, kind: str
) -> NDArray[np.float64]:
    rng = generator(seed, f"compare/{measure}/bootstrap/{kind}")
    return x[rng.integers(x.size, size=(draws, x.size))].mean(1)


def _interval(drawn: NDArray[np.float64], level: float, n: int) -> Interval:
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high), level, "percentile bootstrap", "concept", n)


def _table(
    order: list[str],
    measure: str,
    x: NDArray[np.float64],
    codes: NDArray[np.int64],
    null: NDArray[np.float64],
    bootstrap: int,
    seed: int,
) -> pd.DataFrame:
    rows = []
    for i, kind in enumerate(order):
        own = x[codes == i]
        interval = bootstrap_mean(
            own, unit="unit", draws=bootstrap, seed=seed, task=f"compare/{measure}/{kind}"
        ).interval()
        rows.append(
            {"kind": kind, "measure": measure, "estimate": float(own.mean()), "low": interval.low,
             "high": interval.high, "n": own.size, "null": float(null[i])}
        )  # fmt: skip
    return pd.DataFrame(rows)
