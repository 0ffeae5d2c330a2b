"""Strata that mean nothing: permuted labels, uniform random labels; and genes permuted."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cellglass.errors import InputError, nearest
from cellglass.seeds import generator

StrataNull = Literal["permuted", "uniform"]
NULLS = {
    "permuted": "strata permuted over cells, sizes kept",
    "uniform": "each cell in any stratum with equal odds",
    "genes": "targets of the reference permuted: only how regulators differ is left",
}


def null_strata(
    strata: NDArray[np.int64],
    how: StrataNull,
    draws: int,
    *,
    seed: int,
    task: str,
    within: NDArray[np.integer] | None = None,
    n_strata: int | None = None,
) -> NDArray[np.int64]:
    """Draw assignments of units to strata that mean nothing.

    Parameters
    ----------
    strata
        Stratum of each unit (a cell or a micro-group of cells); negative ones stay as they are.
    how
        ``"permuted"`` keeps the number of units of each stratum, ``"uniform"`` draws each
        unit's stratum anew.
    draws
        Number of assignments.
    seed, task
        Root seed and name of the streams.
    within
        Units are permuted only among those of the same part, such as a half of the cells.
    n_strata
        Strata of uniform labels; as many as there are when None.

    Returns
    -------
    numpy.ndarray
        int64, draws x units.

    Raises
    ------
    InputError
        If there is no such null, or no draw.

    Notes
    -----
    Specification 2.16. A draw's stream depends on its number only, so that all scores of an
    analysis see the same draws.

    Examples
    --------
    >>> null_strata(np.array([0, 0, 1, -1]), "permuted", 1, seed=1, task="x").sum()
    np.int64(0)
    """
    if how not in ("permuted", "uniform"):
        raise InputError(f"no null '{how}'", where="strata", fix=nearest(how, NULLS))
    if draws < 1:
        raise InputError(f"{draws} draws", where="null of strata", expected="at least 1")
    inside = np.flatnonzero(strata >= 0)
    n = int(strata.max()) + 1 if n_strata is None else n_strata
    parts = np.zeros(len(strata), np.int64) if within is None else np.asarray(within)
    groups = [inside[parts[inside] == p] for p in np.unique(parts[inside])]
    out = np.tile(strata, (draws, 1))
    for draw in range(draws):
        rng = generator(seed, f"{task}/{how}/{draw}")
        for units in groups:
            if how == "permuted":
                out[draw, units] = rng.permutation(strata[units])
            else:
                out[draw, units] = rng.integers(n, size=len(units))
    return out


def share_moved(strata: NDArray[np.int64], draws: NDArray[np.int64]) -> float:
    """Mean share of units whose stratum a draw changed: a null that moves nothing tests nothing.

    Examples
    --------
    >>> share_moved(np.array([0, 1]), np.array([[1, 0], [0, 1]]))
    0.5
    """
    inside = strata >= 0
    return float((draws[:, inside] != strata[inside]).mean())
