"""Trends of a profile with depth, and profiles against one another."""

from __future__ import annotations

from itertools import permutations
from math import factorial

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellglass.seeds import generator
from cellglass.stats import BootstrapResult

from .profiles import Profiles

Floats = NDArray[np.float64]

FEWEST_LAYERS = 5
"""With four layers the smallest two-sided p of a rank correlation is 1/12."""
EXACT_LAYERS = 8
DRAWS = 9999


def rank_correlation(first: ArrayLike, second: ArrayLike) -> Floats:
    """Spearman correlation along the first axis; columns of the second are draws.

    Parameters
    ----------
    first
        Shape (layers,).
    second
        Shape (layers,) or (layers, draws).

    Returns
    -------
    numpy.ndarray
        One value a draw; nan where one side does not vary.

    Examples
    --------
    >>> rank_correlation([0, 1, 2], np.array([[1.0, 3.0], [2.0, 2.0], [5.0, 1.0]])).tolist()
    [1.0, -1.0]
    """
    from scipy.stats import rankdata

    x = rankdata(np.asarray(first, dtype=float))
    y = rankdata(np.asarray(second, dtype=float).reshape(len(x), -1), axis=0)
    dx, dy = x - x.mean(), y - y.mean(0)
    scale = np.sqrt((dx @ dx) * (dy * dy).sum(0))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(scale > 0, dx @ dy / scale, np.nan))


def trend_p(first: ArrayLike, second: ArrayLike, seed: int, task: str) -> tuple[float, str]:
    """Two-sided p of a rank correlation over layers, by permuting them.

    Parameters
    ----------
    first, second
        One value a layer.
    seed, task
        Root seed and name of the task, where permutations are drawn.

    Returns
    -------
    float, str
        p, and whether all permutations were looked at (up to 8 layers) or 9,999 drawn.

    Notes
    -----
    Layers are no sample: neighbours share a residual stream. The p is the published one; the
    interval over genes says how well the trend is known.

    Examples
    --------
    >>> trend_p([0, 1, 2, 3, 4], [0.1, 0.2, 0.3, 0.4, 0.5], 1, "example")
    (0.016666666666666666, 'exact, 120 permutations')
    """
    a, b = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    observed = abs(float(rank_correlation(a, b)[0]))
    n = len(a)
    if np.isnan(observed):
        return np.nan, "undefined"
    if n <= EXACT_LAYERS:
        orders = np.array(list(permutations(range(n))))
        found = np.abs(rank_correlation(a, b[orders].T))
        return float(np.mean(found >= observed - 1e-12)), f"exact, {factorial(n):,} permutations"
    rng = generator(seed, task)
    drawn = np.stack([b[rng.permutation(n)] for _ in range(DRAWS)], axis=1)
    hits = int((np.abs(rank_correlation(a, drawn)) >= observed - 1e-12).sum())
    return (hits + 1) / (DRAWS + 1), f"{DRAWS:,} permutations"


def depth_trend(profiles: Profiles, reference: str, *, untrained: bool = False) -> BootstrapResult:
    """Spearman correlation of AUROC with the layer's index, with its resamples.

    Parameters
    ----------
    profiles, reference
        Statistics by layer, and which reference.
    untrained
        Of the untrained copy.
    """
    estimate, draws = profiles.drawn(reference, untrained=untrained)
    layers = profiles.layers[profiles.places(untrained=untrained)]
    result = profiles.statistics.auroc[reference]
    return BootstrapResult(
        (f"depth trend, {reference}",), rank_correlation(layers, estimate),
        rank_correlation(layers, draws)[None], result.unit, result.n, result.level,
    )  # fmt: skip


def peak_share(profiles: Profiles, reference: str) -> tuple[int, float]:
    """The layer with the largest AUROC, and the share of resamples in which it is the largest.

    Parameters
    ----------
    profiles, reference
        Statistics by layer, and which reference.
    """
    estimate, draws = profiles.drawn(reference)
    layers = profiles.layers[profiles.places()]
    best = int(np.argmax(estimate))
    kept = draws[:, np.isfinite(draws).all(0)]
    share = float(np.mean(np.argmax(kept, axis=0) == best)) if kept.size else np.nan
    return int(layers[best]), share
