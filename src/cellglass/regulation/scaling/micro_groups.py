"""Edges of some of the cells, from the captured micro-groups: no second pass through the model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellglass.errors import InputError
from cellglass.models.attention_edges import AttentionEdges
from cellglass.regulation.study_edges import StudyEdges

PUBLISHED = (25, 50, 100, 150, 200, 300, 500, 750, 1000)
"""Numbers of cells of the published ladder (specification 2.15)."""


@dataclass(frozen=True)
class Rung:
    """A number of cells, as near to the wanted one as whole groups allow.

    Parameters
    ----------
    wanted
        Cells asked for.
    n_groups
        Groups from the start of the order.
    n_cells
        Cells in them.
    """

    wanted: int
    n_groups: int
    n_cells: int


@dataclass(frozen=True, eq=False)
class SubsetEdges:
    """Attention over some cells.

    Parameters
    ----------
    scores
        Layers x regulators x genes, float64; 0 where no cell holds both genes.
    counts
        Regulators x genes: cells that hold both.
    """

    scores: NDArray[np.float64]
    counts: NDArray[np.int64]


def group_cells(held: StudyEdges) -> list[NDArray[np.int64]]:
    """Positions, among the cells behind the edges, of the cells of each captured micro-group.

    Parameters
    ----------
    held
        Edges of a model.

    Returns
    -------
    list of numpy.ndarray
        One array a group, in the order of the groups; empty where no cell of it has tokens.
    """
    group = held.study.group[held.cells]
    return [np.flatnonzero(group == g) for g in range(len(held.attention.group_stratum))]


def nested_order(
    sizes: NDArray[np.int64], strata: NDArray[np.int64], rng: np.random.Generator
) -> NDArray[np.int64]:
    """Put groups into an order of which every beginning holds the strata in proportion.

    Parameters
    ----------
    sizes
        Cells of each group, shape (groups,).
    strata
        Stratum of each group; all alike where there are none.
    rng
        Draws the order within strata.

    Returns
    -------
    numpy.ndarray
        The groups that hold cells. Subsets taken from its beginning are nested.

    Notes
    -----
    Groups of a stratum come in random order and stand at the middle of the share of the
    stratum's cells that they hold, so that strata are dealt out evenly; the order among equal
    places is random.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> order = nested_order(np.full(8, 25), np.repeat([0, 1], 4), rng)
    >>> int(np.repeat([0, 1], 4)[order[:4]].sum())
    2
    """
    place = np.full(len(sizes), np.inf)
    for stratum in np.unique(strata):
        members = rng.permutation(np.flatnonzero((strata == stratum) & (sizes > 0)))
        held = sizes[members].astype(np.float64)
        if len(members):
            place[members] = (np.cumsum(held) - held / 2) / held.sum()
    order = np.lexsort((rng.random(len(sizes)), place))
    return order[np.isfinite(place[order])]


def rungs(
    order: NDArray[np.int64], sizes: NDArray[np.int64], wanted: Sequence[int] = PUBLISHED
) -> list[Rung]:
    """Numbers of cells that beginnings of an order can give.

    Parameters
    ----------
    order, sizes
        See `nested_order`.
    wanted
        Numbers of cells asked for. Those that the cells do not reach are left out; all cells
        are the last rung.

    Returns
    -------
    list of Rung
        Of rising size, each beginning once.

    Raises
    ------
    InputError
        If there are no groups.

    Examples
    --------
    >>> [(r.wanted, r.n_cells) for r in rungs(np.arange(3), np.array([25, 20, 25]), (25, 50, 900))]
    [(25, 25), (50, 45), (70, 70)]
    """
    if not len(order):
        raise InputError("no group of cells", where="ladder of cells")
    reached = np.cumsum(sizes[order])
    total = int(reached[-1])
    found: dict[int, Rung] = {}
    for n in [*sorted(k for k in wanted if k < total), total]:
        at = int(np.argmin(np.abs(reached - n)))
        found[at + 1] = Rung(n, at + 1, int(reached[at]))
    return [found[n] for n in sorted(found)]


def nested_edges(
    edges: AttentionEdges,
    order: NDArray[np.int64],
    steps: Sequence[int],
    rows: NDArray[np.int64],
) -> Iterator[SubsetEdges]:
    """Attention over growing beginnings of an order of groups; each group is read once.

    Parameters
    ----------
    edges
        Captured sums.
    order
        Groups.
    steps
        How many groups each subset takes, rising.
    rows
        Rows that are wanted.

    Yields
    ------
    SubsetEdges
        One a step; equal to a capture of those cells alone.
    """
    shape = (len(rows), len(edges.targets))
    sums = np.zeros((len(edges.layers), *shape))
    counts = np.zeros(shape, dtype=np.int64)
    done = 0
    for step in steps:
        for group in order[done:step]:
            sums += edges.sums[group][:, rows]
            counts += edges.counts[group][rows]
        done = step
        yield SubsetEdges(sums / np.maximum(counts, 1), counts.copy())
