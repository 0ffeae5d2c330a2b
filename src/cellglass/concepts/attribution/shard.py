"""The work of an attribution: some cells, all their swaps, every unit that is active in them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellglass.concepts.units import Units
from cellglass.errors import InputError
from cellglass.models.swap_space import Edit, SwapSpace
from cellglass.seeds import generator

from .effects import RANDOM, SHARED, TOP, Effects, stack_effects
from .estimators import (
    Base,
    Falls,
    gene_groups,
    one_gene,
    path_effects,
    permutation_shapley,
)
from .plan import AttributionPlan, Pairs
from .sources import base_groups

Rows = NDArray[np.int64]
Floats = NDArray[np.float64]
_LEAST_FULL = 0.01


def attribute_shard(
    space: SwapSpace, units: Units, plan: AttributionPlan, cells: ArrayLike | None = None
) -> Effects:
    """Run the swaps of some edited cells.

    Parameters
    ----------
    space, units
        Those of the plan.
    plan
        Of `plan_attribution`.
    cells
        Rows of the edited cells, one of ``plan.shards(n)``; all where None.

    Returns
    -------
    Effects
        Of the pairs that edit these cells. About 14 bytes an entry and 4 more a read-out, where
        an entry is a gene that differs in a pair; while it runs, swaps x units of one cell.

    Examples
    --------
    >>> import cellglass as cg
    >>> counts = np.random.default_rng(0).poisson(2.0, size=(200, 3))
    >>> space = cg.concepts.NetworkSpace(counts, cg.concepts.linear_network([[1, 1, 0]]))
    >>> same = cg.concepts.Transform(np.zeros(1, np.float32), 1.0)
    >>> units = cg.concepts.LinearUnits("component", ("sum",), [[1]], [2.5], same)
    >>> settings = cg.concepts.AttributionSettings(n_prototypes=20)
    >>> plan = cg.concepts.plan_attribution(space, units, settings)
    >>> parts = [attribute_shard(space, units, plan, part) for part in plan.shards(2)]
    >>> sum(len(part.pair) for part in parts) == len(plan.pairs)
    True
    """
    pairs = plan.pairs
    mine = np.arange(len(pairs)) if cells is None else np.flatnonzero(np.isin(pairs.base, cells))
    if not mine.size:
        raise InputError(
            "no pair of the plan edits these cells",
            where="attribute_shard",
            expected="cells of one of plan.shards(n)",
        )
    groups = base_groups(pairs.rows(mine))
    return stack_effects([_of_cell(space, units, plan, mine[group]) for group in groups])


@dataclass(frozen=True, eq=False)
class _CellWork:
    """One edited cell, with the pairs that edit it."""

    place: Rows  # of the pairs in the plan
    pairs: Pairs
    base: Base
    values: Floats  # replacing, sources x genes
    differs: NDArray[np.bool_]  # sources x genes
    source: Rows  # row of `values` of each pair
    column: Rows  # column of `base.which` of each pair
    sign: Floats  # of each pair: a fall counts when removing, a rise when inserting


def _of_cell(space: SwapSpace, units: Units, plan: AttributionPlan, place: Rows) -> Effects:
    pairs = plan.pairs.rows(place)
    cell = int(pairs.base[0])
    local, column = np.unique(pairs.unit, return_inverse=True)
    base = Base.of(space, units, cell, plan.which[local])
    values, source = plan.sources.rows(space, pairs)
    work = _CellWork(place, pairs, base, values, values != space.row(cell), source, column,
                     np.where(pairs.insert, -1.0, 1.0))  # fmt: skip
    full, full_error = _full_swaps(space, units, plan, work)
    scale = dict.fromkeys(full, pairs.scale)
    if plan.settings.normalisation == "full swap":
        # a pair in which nothing falls has no scale: its effects become nan and are left out
        scale = {n: np.where(v > _LEAST_FULL * pairs.scale, v, np.nan) for n, v in full.items()}
    screen = _screen(space, units, plan, work)
    run = _run_mask(space, plan, work, screen)
    falls = _falls(space, units, plan, work, run)
    return _gather(plan, work, screen, run, falls, scale, full, full_error)


def _full_swaps(
    space: SwapSpace, units: Units, plan: AttributionPlan, work: _CellWork
) -> tuple[dict[str, Floats], Floats]:
    """Exchange all genes: raw effects by read-out, and how far the cell is from its target."""
    settings, base = plan.settings, work.base
    edits = [
        Edit(base.cell, np.flatnonzero(m), v[m])
        for v, m in zip(work.values, work.differs, strict=True)
    ]
    embedded = np.concatenate(
        [space.embed_edits(edits[i : i + settings.batch])
         for i in range(0, len(edits), settings.batch)]
    )  # fmt: skip
    readout = units.read(embedded, base.which)
    full: dict[str, Floats] = {}
    for name in settings.read_outs:
        fall = getattr(base.readout, name).astype(np.float64) - getattr(readout, name)
        full[name] = work.sign * fall[work.source, work.column]
    error: Floats = np.full(len(work.pairs), np.nan)
    if settings.perturbation == "swap":
        target = space.embed(np.unique(work.pairs.source)).astype(np.float64)
        here = space.embed(np.array([base.cell])).astype(np.float64)
        way = np.maximum(np.linalg.norm(target - here, axis=1), np.finfo(np.float32).tiny)
        error = (np.linalg.norm(embedded - target, axis=1) / way)[work.source]
    return full, error


def _screen(
    space: SwapSpace, units: Units, plan: AttributionPlan, work: _CellWork
) -> list[Floats] | None:
    """Raw gradient effects of each pair, over all genes; None without screen.

    Of the margin where that is the main score: the slope of what the unit must exceed counts.
    """
    if plan.settings.screen != "gradient":
        return None
    read_out: Literal["pre", "margin"] = "margin" if plan.settings.main == "margin" else "pre"
    out: list[Floats] = [np.empty(0)] * len(work.pairs)
    cells = np.unique(work.pairs.source)
    for s, cell in enumerate(cells):
        pairs = np.flatnonzero(work.source == s)
        here = Base(work.base.cell, work.base.which[work.column[pairs]], work.base.readout)
        falls = path_effects(space, units, here, np.array([cell]), work.differs[s : s + 1],
                             steps=plan.settings.screen_steps or 0, read_out=read_out)  # fmt: skip
        genes = np.flatnonzero(work.differs[s])
        for i, pair in enumerate(pairs):
            row = np.zeros(len(space.genes))
            row[genes] = work.sign[pair] * falls.fall[read_out][:, i]
            out[pair] = row
    return out


def _run_mask(
    space: SwapSpace, plan: AttributionPlan, work: _CellWork, screen: list[Floats] | None
) -> NDArray[np.uint8]:
    """Why each gene of each pair is run (see `Effects.run`), pairs x genes."""
    settings = plan.settings
    differs = work.differs[work.source]
    if screen is None:
        return np.where(differs, TOP, np.uint8(0))
    run = np.zeros(differs.shape, dtype=np.uint8)
    for column in range(work.base.which.size):
        pairs = np.flatnonzero(work.column == column)
        some = differs[pairs].any(0)
        strength = np.mean([np.abs(screen[p]) for p in pairs], axis=0)
        order = np.argsort(np.where(some, -strength, np.inf), kind="stable")
        run[np.ix_(pairs, order[: math.ceil(settings.top_share * int(some.sum()))])] |= TOP
    # drawn by cell and gene, so that all units of the cell share the passes
    rng = generator(settings.seed, f"attribution/verify/{space.cell_names[work.base.cell]}")
    run[:, rng.random(len(space.genes)) < settings.random_share] |= RANDOM
    return np.where(differs, run, np.uint8(0))


def _falls(
    space: SwapSpace, units: Units, plan: AttributionPlan, work: _CellWork, run: NDArray[np.uint8]
) -> Falls:
    settings, base = plan.settings, work.base
    if settings.estimator in ("integrated gradients", "gradient"):
        steps = settings.steps if settings.estimator == "integrated gradients" else 0
        cells = np.unique(work.pairs.source)
        return path_effects(space, units, base, cells, work.differs, steps=steps)
    if settings.estimator == "groups":
        return gene_groups(space, units, base, work.values, work.differs, settings)
    if settings.estimator == "shapley":
        return permutation_shapley(space, units, base, work.values, work.differs, settings)
    wanted = np.zeros(work.differs.shape, dtype=bool)
    np.logical_or.at(wanted, work.source, run > 0)
    return one_gene(space, units, base, work.values, work.differs, wanted, settings)


def _gather(
    plan: AttributionPlan,
    work: _CellWork,
    screen: list[Floats] | None,
    run: NDArray[np.uint8],
    falls: Falls,
    scale: dict[str, Floats],
    full: dict[str, Floats],
    full_error: Floats,
) -> Effects:
    """Cut each pair's entries out of what was run for the cell."""
    names = plan.settings.read_outs
    grouped = plan.settings.estimator == "groups"
    # one more row for what was not run: places of -1 find it
    fall = {n: np.vstack([falls.fall[n], np.full(work.base.which.size, np.nan)]) for n in names}
    changed = np.vstack([falls.switched, np.zeros(work.base.which.size, dtype=bool)])
    genes, runs, screens, switched = [], [], [], []
    values: dict[str, list[Floats]] = {name: [] for name in names}
    for i, (source, column) in enumerate(zip(work.source, work.column, strict=True)):
        here = falls.at[source]
        gene = np.flatnonzero(here >= 0 if grouped else work.differs[source])
        at = here[gene]
        why = np.full(gene.size, TOP) if grouped else run[i, gene]
        genes.append(gene.astype(np.int32))
        runs.append(np.where((why == 0) & (at >= 0), SHARED, why))
        screens.append(np.full(gene.size, np.nan) if screen is None
                       else screen[i][gene] / scale[names[0]][i])  # fmt: skip
        switched.append(changed[at, column])
        for name in names:
            values[name].append(work.sign[i] * fall[name][at, column] / scale[name][i])
    start = np.concatenate([[0], np.cumsum([g.size for g in genes])]).astype(np.int64)
    return Effects(
        work.place,
        start,
        np.concatenate(genes),
        {name: np.concatenate(v).astype(np.float32) for name, v in values.items()},
        np.concatenate(screens).astype(np.float32),
        np.concatenate(runs),
        np.concatenate(switched),
        {name: full[name] / scale[name] for name in names},
        work.base.readout.margin[0, work.column].astype(np.float64) / scale[names[0]],
        work.pairs.level / scale[names[0]],
        full_error,
        falls.n_passes,
        falls.n_gradients + (0 if screen is None else _n_gradients(plan, work)),
    )


def _n_gradients(plan: AttributionPlan, work: _CellWork) -> int:
    return len(work.pairs) * max(plan.settings.screen_steps or 0, 1)
