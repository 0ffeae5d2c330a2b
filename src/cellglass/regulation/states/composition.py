"""Subsets of cells: more cells of the same composition, or as many cells of more states."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellglass.errors import InputError
from cellglass.seeds import DEFAULT_SEED, generator

SHARES = (0.0625, 0.125, 0.25, 0.5, 0.75)
"""Shares of the cells; never all of them, since repeats would be the same cells."""
MIN_CELLS = 50
MAX_DRIFT = 0.1
"""Share of the cells that may be of another state than in all cells: groups come whole."""
MAX_FIXED = 500
"""Cells at which the number of states is varied (specification 2.15)."""


@dataclass(frozen=True, eq=False)
class Subset:
    """Units drawn for one run.

    Attributes
    ----------
    design
        ``"cells"``: composition fixed; ``"states"``: number of cells fixed.
    n_cells, n_states
        Cells drawn, and states among them.
    step, repeat
        Place of the size among the sizes (number of states where those vary), and number of the
        repeat.
    units
        Positions of the units drawn: cells, or micro-groups of cells.
    """

    design: str
    n_cells: int
    n_states: int
    step: int
    repeat: int
    units: NDArray[np.int64]


def more_cells(
    strata: NDArray[np.integer],
    *,
    sizes: ArrayLike | None = None,
    repeats: int = 5,
    seed: int = DEFAULT_SEED,
    task: str = "composition/cells",
) -> list[Subset]:
    """Draw subsets of growing size in which each state keeps its share.

    Parameters
    ----------
    strata
        State of each unit; negative ones are never drawn.
    sizes
        Cells of each unit; 1 when None.
    repeats
        Subsets of each size.
    seed, task
        Root seed and name of the streams.

    Returns
    -------
    list of Subset
        Sizes of 1/16 to 3/4 of the cells, at least 50; every state is in every subset. Sizes at
        which the composition cannot be kept, because groups come whole, are left out.

    Raises
    ------
    InputError
        If there are too few cells for two sizes.

    Examples
    --------
    >>> subsets = more_cells(np.arange(400) % 4, repeats=2)
    >>> sorted({s.n_cells for s in subsets})
    [50, 100, 200, 300]
    """
    members, weights = _members(strata, sizes)
    held = np.array([weights[m].sum() for m in members])
    total = float(held.sum())
    found: list[Subset] = []
    for step, share in enumerate(SHARES):
        drawn = []
        for repeat in range(repeats):
            rng = generator(seed, f"{task}/{share}/{repeat}")
            # differences of rounded sums: whole cells that add up to the total
            wanted = np.diff(np.rint(np.cumsum(held * share)), prepend=0.0)
            parts = [_take(rng, m, weights, w) for m, w in zip(members, wanted, strict=True)]
            units = np.concatenate(parts) if parts else np.array([], dtype=np.int64)
            size = max(float(weights[units].sum()), 1.0)
            drift = sum(
                abs(weights[p].sum() / size - h / total) for p, h in zip(parts, held, strict=True)
            )
            if size >= MIN_CELLS and drift / 2 <= MAX_DRIFT:
                drawn.append(_subset("cells", units, weights, len(members), step, repeat))
        found += drawn if len(drawn) == repeats else []
    if len({s.n_cells for s in found}) < 2:
        raise InputError(
            f"{total:.0f} cells in strata",
            where="composition, number of cells",
            expected=f"enough for two sizes of {MIN_CELLS} cells or more that keep the composition",
        )
    return found


def more_states(
    strata: NDArray[np.integer],
    *,
    sizes: ArrayLike | None = None,
    n_cells: int = MAX_FIXED,
    repeats: int = 5,
    seed: int = DEFAULT_SEED,
    task: str = "composition/states",
) -> list[Subset]:
    """Draw subsets of one size with a growing number of states.

    Parameters
    ----------
    strata
        State of each unit; negative ones are never drawn.
    sizes
        Cells of each unit; 1 when None.
    n_cells
        Cells of each subset; fewer where two states do not have so many.
    repeats
        Subsets of each number of states; each draws its states anew.
    seed, task
        Root seed and name of the streams.

    Returns
    -------
    list of Subset
        Of one state to all; states share the cells alike, as far as they have them.

    Raises
    ------
    InputError
        If there are fewer than two states, or the second largest has fewer than 50 cells.

    Notes
    -----
    A subset of one state needs a state with all its cells, so that small states occur in larger
    mixtures only.

    Examples
    --------
    >>> subsets = more_states(np.arange(400) % 4, repeats=2)
    >>> [(s.n_states, s.n_cells) for s in subsets if s.repeat == 0]
    [(1, 100), (2, 100), (3, 100), (4, 100)]
    """
    members, weights = _members(strata, sizes)
    held = np.array([weights[m].sum() for m in members])
    size = min(float(n_cells), float(np.sort(held)[-min(2, len(held))]) if len(held) else 0.0)
    if len(members) < 2 or size < MIN_CELLS:
        raise InputError(
            f"{len(members)} states, the second largest with {size:.0f} cells",
            where="composition, number of states",
            expected=f"two states with {MIN_CELLS} cells or more",
        )
    found = []
    for n in range(1, len(members) + 1):
        for repeat in range(repeats):
            rng = generator(seed, f"{task}/{n}/{repeat}")
            first = rng.choice(np.flatnonzero(held >= size))
            others = rng.permutation(np.setdiff1d(np.arange(len(members)), [first]))[: n - 1]
            chosen = np.concatenate([[first], others]).astype(np.int64)
            shares = np.diff(np.rint(np.cumsum(_alike(held[chosen], size))), prepend=0.0)
            units = np.concatenate(
                [_take(rng, members[s], weights, c) for s, c in zip(chosen, shares, strict=True)]
            )
            found.append(_subset("states", units, weights, n, n, repeat))
    return found


def _members(
    strata: NDArray[np.integer], sizes: ArrayLike | None
) -> tuple[list[NDArray[np.int64]], NDArray[np.float64]]:
    """Units of each state, and cells of each unit."""
    weights = np.ones(len(strata)) if sizes is None else np.asarray(sizes, dtype=np.float64)
    return [np.flatnonzero(strata == s) for s in np.unique(strata[strata >= 0])], weights


def _take(
    rng: np.random.Generator,
    members: NDArray[np.int64],
    weights: NDArray[np.float64],
    cells: float,
) -> NDArray[np.int64]:
    """Units in random order whose cells come nearest to a number; at least one."""
    order = rng.permutation(members)
    held = np.cumsum(weights[order])
    return order[: int(np.abs(held - cells).argmin()) + 1]


def _alike(held: NDArray[np.float64], total: float) -> NDArray[np.float64]:
    """Equal shares of a total; what a state lacks is taken from the others."""
    shares = np.zeros(len(held))
    open_ = np.ones(len(held), dtype=np.bool_)
    while open_.any():
        level = (total - shares[~open_].sum()) / open_.sum()
        full = open_ & (held <= level)
        if not full.any():
            shares[open_] = level
            break
        shares[full] = held[full]
        open_ &= ~full
    return shares


def _subset(
    design: str,
    units: NDArray[np.int64],
    weights: NDArray[np.float64],
    n_states: int,
    step: int,
    repeat: int,
) -> Subset:
    units = np.sort(units)
    return Subset(design, int(weights[units].sum()), n_states, step, repeat, units)
