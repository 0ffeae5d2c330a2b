"""What edges map onto: co-expression, or the reference network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellglass.errors import InputError
from cellglass.regulation.networks.pairwise import pairwise_part
from cellglass.regulation.networks.recovery import Pairs
from cellglass.stats import BootstrapResult

from .rank_statistics import PairUnits, RankStatistics, rank_statistics

Floats = NDArray[np.float64]

ABSOLUTE, SIGNED, REFERENCE = "co-expression", "signed co-expression", "reference"


@dataclass(frozen=True, eq=False)
class Mapped:
    """Agreement of scores with co-expression and with a network.

    Attributes
    ----------
    ranks
        Spearman correlations with both kinds of co-expression and with the reference, and the
        partial one with the reference, |Spearman| of expression held fixed.
    r2
        R2 of the least-squares line, by what the edge is regressed on.
    pairwise
        Spearman correlation of the pairwise parts of edge and |Spearman|: without what single
        genes say of either.
    names
        Scores, in the order of every result.
    """

    ranks: RankStatistics
    r2: dict[str, BootstrapResult]
    pairwise: BootstrapResult
    names: tuple[str, ...]


def map_scores(
    scores: Mapping[str, NDArray[np.floating]],
    coexpression: NDArray[np.floating],
    pairs: Pairs,
    *,
    draws: int,
    seed: int,
    task: str,
) -> Mapped:
    """Compare scores with co-expression in the same cells and with a network.

    Parameters
    ----------
    scores
        By name, regulators x genes.
    coexpression
        Spearman correlation with its sign, regulators x genes.
    pairs
        Universe and network.
    draws, seed, task
        Of the bootstrap over regulators.

    Returns
    -------
    Mapped
        Specification 1, A21: Spearman and R2, per score.
    """
    mask, truth = pairs.mask, pairs.labels[pairs.mask]
    units = PairUnits(pairs.groups.astype(np.int64), None, len(pairs.regulators), "regulator")
    flat = {name: np.asarray(s, dtype=np.float64)[mask] for name, s in scores.items()}
    signed = np.asarray(coexpression, dtype=np.float64)
    given = {ABSOLUTE: np.abs(signed)[mask], SIGNED: signed[mask]}
    settings = {"draws": draws, "seed": seed}
    ranks = rank_statistics(
        flat, {REFERENCE: truth}, units, given=given, task=f"{task}/ranks", **settings
    )
    own = pairwise_part(np.abs(signed), mask)[mask]
    parts = {name: pairwise_part(s, mask)[mask] for name, s in scores.items()}
    pairwise = rank_statistics(
        parts, {REFERENCE: truth}, units, given={ABSOLUTE: own}, task=f"{task}/ranks", **settings
    ).with_given[ABSOLUTE]
    times = np.stack(list(units.resamples(draws, seed, f"{task}/ranks")))
    r2 = {
        name: r2_by_unit(flat, against, units, times)
        for name, against in {**given, REFERENCE: truth.astype(np.float64)}.items()
    }
    return Mapped(ranks, r2, pairwise, tuple(scores))


def r2_by_unit(
    scores: Mapping[str, Floats], against: ArrayLike, units: PairUnits, times: Floats
) -> BootstrapResult:
    """R2 of the least-squares line of each score on one variable, with resampled units.

    Parameters
    ----------
    scores
        By name, each of shape (pairs,).
    against
        The variable, shape (pairs,).
    units
        Unit of each pair.
    times
        How often each unit is drawn, resamples x units.

    Returns
    -------
    BootstrapResult
        In float64, from centred sums by unit: in float32 the published port's fits were not
        least squares (specification 2.8).

    Raises
    ------
    InputError
        If pairs belong to two units: sums by unit do not resample those.

    Examples
    --------
    >>> units = PairUnits(np.array([0, 0, 1, 1]), None, 2, "regulator")
    >>> x = np.array([0.0, 1.0, 2.0, 3.0])
    >>> r2_by_unit({"s": 2 * x + 1}, x, units, np.ones((1, 2))).estimates.round(6).tolist()
    [1.0]
    """
    if units.second is not None:
        raise InputError("pairs of two genes each", where="R2", expected="one unit a pair")
    y = np.asarray(against, dtype=np.float64)
    y = y - y.mean()

    def by_unit(values: Floats) -> Floats:
        held: Floats = np.bincount(units.first, weights=values, minlength=units.n).astype(float)
        return held

    everything = np.vstack([np.ones(units.n), times])
    n, sy, syy = (everything @ by_unit(v) for v in (np.ones_like(y), y, y * y))
    found = []
    for values in scores.values():
        x = np.asarray(values, dtype=np.float64)
        x = x - x.mean()
        sx, sxx, sxy = (everything @ by_unit(v) for v in (x, x * x, x * y))
        with np.errstate(divide="ignore", invalid="ignore"):
            scale = (sxx - sx**2 / n) * (syy - sy**2 / n)
            found.append(np.where(scale > 0, (sxy - sx * sy / n) ** 2 / scale, np.nan))
    table = np.stack(found)
    return BootstrapResult(tuple(scores), table[:, 0], table[:, 1:], units.name, units.n, 0.95)
