"""The triangle-defect score of the published screen (H70) and the baseline it was held against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellglass.errors import InputError, nearest
from cellglass.geometry.pair_features import PairFeatures
from cellglass.stats.arguments import as_labels, as_scores
from cellglass.stats.auroc import auroc

Floats = NDArray[np.float64]
BASE_WEIGHTS: Mapping[str, float] = {"distance": -1.0, "support": 0.75, "margin": 0.35}
"""Of the baseline B0: z of the distance, of the support, of |S_st - S_ts|."""
TRIANGLE_WEIGHTS: Mapping[str, float] = {
    "m": -0.35, "a": -0.25, "c": 0.20, "span": -0.10, "disp": -0.10,
}  # fmt: skip
"""Of the triangle features that H70 adds."""
FLAT = 1e-8


@dataclass(frozen=True, eq=False)
class PublishedScore:
    """A score with fixed weights beside its baseline.

    Attributes
    ----------
    base, score
        One value a pair: B0 and H70.
    base_auroc, auroc, delta
        Of both, and their difference: the number that was published.
    support_auroc
        AUROC of the support by itself, which is no geometry.
    distance_auroc
        AUROC of the negative distance by itself.
    """

    base: Floats = field(repr=False)
    score: Floats = field(repr=False)
    base_auroc: float
    auroc: float
    delta: float
    support_auroc: float
    distance_auroc: float


def population_z(values: ArrayLike) -> Floats:
    """Z-score over the pairs at hand, 0 for all where they do not vary.

    Parameters
    ----------
    values
        One finite number a pair, shape (n,).

    Returns
    -------
    numpy.ndarray
        (x - mean) / sd with the sd of the population; zeros where it is below 1e-8, as
        published.

    Raises
    ------
    InputError
        If a value is not finite.

    Examples
    --------
    >>> population_z([1.0, 3.0]).tolist(), population_z([2.0, 2.0]).tolist()
    ([-1.0, 1.0], [0.0, 0.0])
    """
    given = as_scores(values, "pair feature").astype(np.float64)
    sd = float(given.std())
    return np.zeros(given.size) if sd < FLAT else (given - given.mean()) / sd


def published_h70(
    distance: ArrayLike,
    support: ArrayLike,
    reverse_support: ArrayLike,
    triangles: PairFeatures | Mapping[str, ArrayLike],
    labels: ArrayLike,
) -> PublishedScore:
    """Score pairs as H70 did: distance, prior support and triangle defect with fixed weights.

    Parameters
    ----------
    distance
        D of each pair, shape (n,).
    support, reverse_support
        S from regulator to gene, and back: `Support.pairs` of
        `cellglass.geometry.biology.directed_support`.
    triangles
        ``m``, ``a``, ``c``, ``span`` and ``disp``, as
        `cellglass.geometry.graphs.triangles.triangle_features` gives.
    labels
        True at pairs of the reference, shape (n,).

    Returns
    -------
    PublishedScore
        ``delta`` is what was published: +0.0264 over 36 rows.

    Raises
    ------
    InputError
        If shapes differ, a value is not finite, or a triangle feature is missing.

    Notes
    -----
    Specification 2.6: B0 = z(-D) + 0.75 z(S_st) + 0.35 z(|S_st - S_ts|); H70 = B0 - 0.35 z(m)
    - 0.25 z(a) + 0.20 z(c) - 0.10 z(span) - 0.10 z(disp). Nothing is fitted. The baseline's AUROC
    of about 0.84 is mostly the support (specification 0.2), whose provenance TRRUST labels share;
    with supports of zeros the same function gives the geometry alone.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> labels = rng.random(400) < 0.25
    >>> flat = {name: rng.normal(size=400) for name in TRIANGLE_WEIGHTS}
    >>> found = published_h70(rng.random(400), 0.4 * labels, np.zeros(400), flat, labels)
    >>> found.support_auroc, found.delta < 0
    (1.0, True)
    """
    far = as_scores(distance, "distance").astype(np.float64)
    truth = as_labels(labels, far.shape)
    forward, back = (_like(v, far, n) for v, n in ((support, "support"), (reverse_support, "back")))
    named = {"distance": far, "support": forward, "margin": np.abs(forward - back)}
    base = _sum(BASE_WEIGHTS, named)
    held = triangles.values if isinstance(triangles, PairFeatures) else triangles
    absent = [name for name in TRIANGLE_WEIGHTS if name not in held]
    if absent:
        raise InputError(
            f"no triangle feature {absent[0]}", where="H70", fix=nearest(absent[0], held),
            expected=", ".join(TRIANGLE_WEIGHTS),
        )  # fmt: skip
    score = base + _sum(
        TRIANGLE_WEIGHTS, {name: _like(held[name], far, name) for name in TRIANGLE_WEIGHTS}
    )
    areas = auroc(base, truth), auroc(score, truth)
    return PublishedScore(
        base, score, *areas, areas[1] - areas[0], auroc(forward, truth), auroc(-far, truth)
    )


def _sum(weights: Mapping[str, float], values: Mapping[str, Floats]) -> Floats:
    return np.asarray(sum(w * population_z(values[name]) for name, w in weights.items()))


def _like(values: ArrayLike, first: Floats, where: str) -> Floats:
    array = as_scores(values, where).astype(np.float64)
    if array.shape != first.shape:
        raise InputError(f"{array.size} values for {first.size} pairs", where=where)
    return array
