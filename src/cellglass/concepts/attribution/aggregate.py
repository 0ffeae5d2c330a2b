"""From effects in pairs of cells to one score a unit and gene."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from cellglass.seeds import generator
from cellglass.stats.bootstrap import expanded_tail

from .effects import RANDOM, TOP, Effects
from .plan import AttributionPlan
from .settings import AttributionSettings

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]
_ENOUGH = 30


@dataclass(frozen=True, eq=False)
class Calibration:
    """How the screen relates to truth, judged on the random share alone.

    Attributes
    ----------
    guess
        See `predicted`, by read-out, shape (entries,).
    slope
        Of the exact effect on the guess among entries that only chance chose, by read-out,
        shape (units,): what stands in for an effect that was not run. Over all units where a
        unit has fewer than 30 of them.
    agreement
        Spearman correlation of guess and exact effect over the random share, the top's part of
        it included, by read-out, shape (units,); nan below 30 entries.
    n
        Entries of the random share, shape (units,).
    """

    guess: dict[str, NDArray[np.float32]]
    slope: dict[str, Floats]
    agreement: dict[str, Floats]
    n: Rows


def calibrate(effects: Effects, plan: AttributionPlan) -> Calibration | None:
    """Compare screen and exact effects on the random share; None without screen."""
    if plan.settings.screen != "gradient":
        return None
    unit = plan.pairs.unit[effects.pair_of_entry()]
    n_units = plan.which.size
    drawn = (effects.run & RANDOM) > 0
    guesses = {name: predicted(effects, plan, name) for name in effects.values}
    slopes: dict[str, Floats] = {}
    agreements: dict[str, Floats] = {}
    for name, exact in effects.values.items():
        held = drawn & np.isfinite(exact) & np.isfinite(effects.screen)
        rest = held & ((effects.run & TOP) == 0)
        screen = guesses[name]
        pooled = _slope(screen[rest], exact[rest])
        slopes[name], agreements[name] = np.full(n_units, pooled), np.full(n_units, np.nan)
        for u in range(n_units):
            own, mine = held & (unit == u), rest & (unit == u)
            if mine.sum() >= _ENOUGH:
                slopes[name][u] = _slope(screen[mine], exact[mine])
            if own.sum() >= _ENOUGH:
                agreements[name][u] = spearman(screen[own], exact[own])
    kept = {name: guess.astype(np.float32) for name, guess in guesses.items()}
    return Calibration(kept, slopes, agreements, np.bincount(unit[drawn], minlength=n_units))


def predicted(effects: Effects, plan: AttributionPlan, read_out: str) -> Floats:
    """What the gradient says of a read-out, shape (entries,).

    The gradient is that of the margin where that is the main score, else of the pre-activation.
    Where the gate would close, or stays closed, the gated activation changes no further, which
    needs no gradient to know.
    """
    screen = effects.screen.astype(np.float64)
    if read_out != "gated":
        return screen
    row = effects.pair_of_entry()
    margin, level = effects.margin[row], effects.level[row]
    sign = np.where(plan.pairs.insert[row], -1.0, 1.0)
    after = margin - sign * screen
    before = np.where(margin > 0, level + margin, 0.0)
    return sign * (before - np.where(after > 0, np.maximum(level + after, 0.0), 0.0))


def spearman(a: NDArray, b: NDArray) -> float:
    """Spearman correlation; nan where one side does not vary."""
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return float("nan")
    return float(stats.spearmanr(a, b).statistic)


def _slope(screen: NDArray, exact: NDArray) -> float:
    """Least squares through the origin; a screen that points the wrong way counts for nothing."""
    square = float(np.square(screen, dtype=np.float64).sum())
    product = float(np.multiply(screen, exact, dtype=np.float64).sum())
    return max(product / square, 0.0) if square > 0 else 0.0


@dataclass(frozen=True, eq=False)
class UnitEffects:
    """Effects of one unit, averaged over counterfactuals.

    Attributes
    ----------
    prototypes
        Rows of the space, shape (prototypes,).
    values
        By read-out, prototypes x genes; 0 where the gene agrees in all pairs.
    differed, exact
        Whether the gene differed in a pair, and in how large a share of those pairs it was run,
        prototypes x genes.
    switched
        Share of pairs run in which the gate changed, prototypes x genes.
    """

    prototypes: Rows
    values: dict[str, Floats]
    differed: NDArray[np.bool_]
    exact: NDArray[np.float32]
    switched: NDArray[np.float32]


def unit_effects(
    effects: Effects,
    plan: AttributionPlan,
    place: int,
    n_genes: int,
    calibration: Calibration | None,
    chosen: NDArray[np.bool_] | None = None,
) -> UnitEffects:
    """Effects of the unit at a place of the plan, as prototypes x genes.

    Parameters
    ----------
    chosen
        Pairs of the plan that count; all where None.
    """
    pairs = plan.pairs
    mine = pairs.unit == place
    if plan.settings.normalisation == "full swap":
        mine &= np.isfinite(effects.full[plan.settings.main])
    mine = np.flatnonzero(mine if chosen is None else mine & chosen)
    prototypes, row = np.unique(pairs.prototype[mine], return_inverse=True)
    n_pairs = np.bincount(row, minlength=prototypes.size)
    length = np.diff(effects.start)[mine]
    at = np.repeat(effects.start[mine] - np.cumsum(length) + length, length) + np.arange(
        length.sum()
    )
    cell = np.repeat(row, length) * n_genes + effects.gene[at]
    shape = (prototypes.size, n_genes)

    def total(weights: NDArray) -> Floats:
        counted = np.bincount(cell, weights, minlength=shape[0] * n_genes)
        return counted.reshape(shape).astype(np.float64)

    was_run = effects.run[at] > 0
    values = {}
    for name, exact in effects.values.items():
        value = exact[at].astype(np.float64)
        if calibration is not None:
            slope = calibration.slope[name][place]
            guess = (
                slope * calibration.guess[name][at]
                if plan.settings.unverified == "calibrated"
                else 0.0
            )
            value = np.where(was_run, value, guess)
        values[name] = total(np.nan_to_num(value)) / n_pairs[:, None]
    count, run = total(np.ones(at.size)), total(was_run)
    return UnitEffects(
        prototypes,
        values,
        count > 0,
        (run / np.maximum(count, 1)).astype(np.float32),
        (total(effects.switched[at]) / np.maximum(run, 1)).astype(np.float32),
    )


def score(values: Floats, settings: AttributionSettings, weights: Floats | None = None) -> Floats:
    """Aggregate prototypes x genes over prototypes.

    Parameters
    ----------
    values
        Prototypes x genes.
    settings
        Of them `aggregation`, `trim` and `cutoff`.
    weights
        How often each prototype counts, shape (prototypes,); once where None.

    Examples
    --------
    >>> values = np.array([[0.0], [0.1], [0.5]])
    >>> score(values, AttributionSettings(aggregation="median")).tolist()
    [0.1]
    """
    if settings.aggregation in ("mean", "share above cutoff"):
        what = values > settings.cutoff if settings.aggregation != "mean" else values
        if weights is None:
            return what.mean(0)
        return weights @ what / weights.sum()
    rows = values if weights is None else np.repeat(values, weights.astype(np.int64), axis=0)
    if settings.aggregation == "median":
        return np.median(rows, axis=0)
    return stats.trim_mean(rows, settings.trim, axis=0)


def score_interval(
    values: Floats, groups: Rows, settings: AttributionSettings, task: str
) -> tuple[Floats, Floats]:
    """Bootstrap a score over groups of prototypes: donors, or the prototypes themselves.

    Parameters
    ----------
    values
        Prototypes x genes.
    groups
        Group of each prototype, shape (prototypes,).

    Returns
    -------
    low, high : numpy.ndarray
        Expanded percentile interval of each gene; nan with fewer than 2 groups.
    """
    _, code = np.unique(groups, return_inverse=True)
    n = int(code.max(initial=-1)) + 1
    if n < 2:
        return np.full(values.shape[1], np.nan), np.full(values.shape[1], np.nan)
    rng = generator(settings.seed, f"attribution/bootstrap/{task}")
    weights = rng.multinomial(n, np.full(n, 1 / n), size=settings.draws)[:, code].astype(float)
    if settings.aggregation in ("mean", "share above cutoff"):
        what = (values > settings.cutoff if settings.aggregation != "mean" else values).astype(
            float
        )
        drawn = (weights @ what) / weights.sum(1, keepdims=True)
    else:
        drawn = np.stack([score(values, settings, w) for w in weights])
    tail = expanded_tail(n, settings.level)
    low, high = np.quantile(drawn, [tail, 1 - tail], axis=0)
    return low, high
