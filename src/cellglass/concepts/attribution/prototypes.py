"""Prototypes: the active cells in which a unit's genes are looked for."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellglass.seeds import generator

from .settings import AttributionSettings

Rows = NDArray[np.int64]


def cell_priorities(n_cells: int, seed: int) -> Rows:
    """Give every cell its place in one order, drawn once and used by all units.

    Permanent random numbers: each unit's draw is fair, and the draws of units that are active in
    the same cells overlap as much as they can, so that one pass serves many units.

    Examples
    --------
    >>> sorted(cell_priorities(4, 1).tolist())
    [0, 1, 2, 3]
    """
    return generator(seed, "attribution/prototypes").permutation(n_cells)


def choose_prototypes(
    activation: ArrayLike, priority: Rows, settings: AttributionSettings, donors: Rows | None = None
) -> Rows:
    """Choose prototypes of one unit.

    Parameters
    ----------
    activation
        Gated activation, shape (cells,).
    priority
        Of `cell_priorities`, shape (cells,).
    settings
        Of them `prototypes`, `n_prototypes`, `n_strata`, `balance_donors` and
        `min_activation`.
    donors
        Code of each cell's donor.

    Returns
    -------
    numpy.ndarray
        Rows of the chosen cells, ascending; empty where the unit is never active.

    Examples
    --------
    >>> few = AttributionSettings(n_prototypes=2, prototypes="top")
    >>> choose_prototypes([0.0, 3.0, 1.0, 2.0], np.arange(4), few).tolist()
    [1, 3]
    """
    value = np.asarray(activation)
    active = np.flatnonzero(value > 0)
    if active.size:
        active = active[value[active] >= settings.min_activation * np.median(value[active])]
    n = settings.n_prototypes
    if settings.prototypes == "all" or active.size <= n:
        return active
    by_activation = active[np.lexsort((active, -value[active]))]
    if settings.prototypes == "top":
        return np.sort(by_activation[:n])
    if settings.prototypes == "random":
        return np.sort(active[np.argsort(priority[active])][:n])
    strata = np.array_split(by_activation, min(settings.n_strata, n))
    # equal shares; what does not divide goes to the strongest strata
    quota = n // len(strata) + (np.arange(len(strata)) < n % len(strata))
    balanced = donors if settings.balance_donors else None
    taken = [_take(s, priority, q, balanced) for s, q in zip(strata, quota, strict=True)]
    return np.sort(np.concatenate(taken))


def _take(cells: Rows, priority: Rows, n: int, donors: Rows | None) -> Rows:
    """Take `n` cells by priority; donors take turns where they are known."""
    ordered = cells[np.argsort(priority[cells])]
    if donors is None:
        return ordered[:n]
    turn = np.zeros(ordered.size, dtype=np.int64)
    for donor in np.unique(donors[ordered]):
        own = donors[ordered] == donor
        turn[own] = np.arange(own.sum())
    return ordered[np.argsort(turn, kind="stable")][:n]
