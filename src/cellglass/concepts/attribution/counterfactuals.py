"""Counterfactuals: close cells in which a unit is silent."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cellglass.seeds import generator

from .settings import AttributionSettings

Rows = NDArray[np.int64]
UNKNOWN = -1
"""Code of a cell without a label: it matches no other, and takes from all."""
_BLOCK, _MEDOID_CELLS = 512, 2000


def inactive_cells(
    gated: NDArray[np.floating], pre: NDArray[np.floating], settings: AttributionSettings
) -> NDArray[np.bool_]:
    """Tell in which cells a unit is silent.

    Parameters
    ----------
    gated, pre
        Activation and pre-activation, shape (cells,).
    settings
        Of them `inactive` and `inactive_quantile`.

    Examples
    --------
    >>> gated, pre = np.array([2.0, 3.0, 0.0, 0.0]), np.array([2.0, 3.0, 2.5, 0.0])
    >>> inactive_cells(gated, pre, AttributionSettings()).tolist()
    [False, False, False, True]
    """
    silent = gated <= 0
    if settings.inactive == "gated" or silent.all():
        return silent
    return silent & (pre < np.quantile(pre[~silent], settings.inactive_quantile))


def distance_space(
    transformed: NDArray[np.floating],
    direction: NDArray[np.floating],
    settings: AttributionSettings,
) -> NDArray[np.float64]:
    """Points between which plain Euclidean distance is the distance of `settings`.

    Parameters
    ----------
    transformed
        Cells x width.
    direction
        Unit vector of the unit, shape (width,); projected out for ``"residual"``.

    Examples
    --------
    >>> residual = AttributionSettings(distance="residual")
    >>> distance_space(np.eye(2), np.array([1.0, 0.0]), residual).tolist()
    [[0.0, 0.0], [0.0, 1.0]]
    """
    points = np.asarray(transformed, dtype=np.float64)
    if settings.distance == "residual":
        axis = np.asarray(direction, dtype=np.float64)
        return points - np.outer(points @ axis, axis) / (axis @ axis)
    if settings.distance == "cosine":
        # between unit vectors the squared distance is twice the cosine distance
        return points / np.maximum(np.linalg.norm(points, axis=1, keepdims=True), 1e-12)
    return points


def choose_counterfactuals(
    points: NDArray[np.float64],
    prototypes: Rows,
    candidates: Rows,
    settings: AttributionSettings,
    *,
    labels: Rows | None = None,
    donors: Rows | None = None,
    task: str = "",
) -> tuple[list[Rows], NDArray[np.bool_]]:
    """Choose counterfactuals of one unit's prototypes.

    Parameters
    ----------
    points
        Cells x width, of `distance_space`.
    prototypes, candidates
        Rows of the active and of the inactive cells.
    settings
        Of them `counterfactuals`, `n_counterfactuals`, `matching` and `min_matched`.
    labels, donors
        Codes of the cells, `UNKNOWN` where there is none.
    task
        Names the draws of ``"random"``.

    Returns
    -------
    chosen : list of numpy.ndarray
        Rows for each prototype, nearest first, fewer where there are too few candidates.
    matched : numpy.ndarray
        Whether candidates were restricted as `matching` asks, shape (prototypes,).

    Notes
    -----
    Exact search in blocks of prototypes; equal distances go to the lower row.

    Examples
    --------
    >>> points = np.array([[0.0], [1.0], [5.0]])
    >>> choose_counterfactuals(points, np.array([0]), np.array([1, 2]), AttributionSettings())[0]
    [array([1, 2])]
    """
    chosen: list[Rows] = [np.empty(0, np.int64)] * prototypes.size
    matched = np.zeros(prototypes.size, dtype=bool)
    for key, members in _by_match(prototypes, settings, labels, donors).items():
        pool = _matching(candidates, key, settings, labels, donors)
        matched[members] = pool is not None and settings.matching != "none"
        pool = candidates if pool is None else pool
        found = _search(points, prototypes[members], pool, settings, f"{task}/{key}")
        for member, rows in zip(members, found, strict=True):
            chosen[member] = rows
    return chosen, matched


def _by_match(
    prototypes: Rows, settings: AttributionSettings, labels: Rows | None, donors: Rows | None
) -> dict[int, Rows]:
    """Places of the prototypes that share one set of candidates, by label or donor."""
    codes = labels if settings.matching == "label" else donors
    if settings.matching == "none" or codes is None:
        return {UNKNOWN: np.arange(prototypes.size)}
    own = codes[prototypes]
    return {int(code): np.flatnonzero(own == code) for code in np.unique(own)}


def _matching(
    candidates: Rows,
    key: int,
    settings: AttributionSettings,
    labels: Rows | None,
    donors: Rows | None,
) -> Rows | None:
    """Candidates that match; None where there are too few, or nothing to match by."""
    codes = labels if settings.matching == "label" else donors
    if settings.matching == "none" or codes is None or key == UNKNOWN:
        return None
    same = codes[candidates] == key
    pool = candidates[~same if settings.matching == "different donor" else same]
    return pool if pool.size >= max(settings.min_matched, settings.n_counterfactuals) else None


def _search(
    points: NDArray[np.float64],
    prototypes: Rows,
    pool: Rows,
    settings: AttributionSettings,
    task: str,
) -> list[Rows]:
    m = min(settings.n_counterfactuals, pool.size)
    rng = generator(settings.seed, f"attribution/counterfactuals/{task}")
    if settings.counterfactuals == "random":
        return [rng.choice(pool, m, replace=False) for _ in prototypes]
    if settings.counterfactuals == "medoid":
        some = (
            pool if pool.size <= _MEDOID_CELLS else rng.choice(pool, _MEDOID_CELLS, replace=False)
        )
        squares = _squares(points[some], points[some])
        return [some[[int(np.argmin(np.sqrt(squares).sum(1)))]]] * prototypes.size
    sign = -1.0 if settings.counterfactuals == "farthest" else 1.0
    found: list[Rows] = []
    for start in range(0, prototypes.size, _BLOCK):
        squares = _squares(points[prototypes[start : start + _BLOCK]], points[pool])
        order = np.argsort(sign * squares, axis=1, kind="stable")[:, :m]
        found.extend(pool[order])
    return found


def _squares(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    squares = (a * a).sum(1)[:, None] + (b * b).sum(1)[None] - 2.0 * (a @ b.T)
    return np.maximum(squares, 0.0)
