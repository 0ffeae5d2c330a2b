"""The plan of an attribution: which genes of which cells are exchanged with which others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellglass.concepts.units import Readout, Units
from cellglass.errors import InputError
from cellglass.models.swap_space import SwapSpace

from .counterfactuals import UNKNOWN, choose_counterfactuals, distance_space, inactive_cells
from .prototypes import cell_priorities, choose_prototypes
from .settings import AttributionSettings
from .sources import Sources, distinct_swaps

Rows = NDArray[np.int64]
_BLOCK = 4096


@dataclass(frozen=True, eq=False)
class Pairs:
    """Pairs of cells, sorted by unit and prototype; every array has the shape (pairs,).

    Attributes
    ----------
    unit
        Place of the unit in `AttributionPlan.which`.
    prototype, counterfactual
        Rows of the space; the counterfactual is -1 where values come from no one cell.
    insert
        Genes go from the prototype into the counterfactual.
    draw
        Number of the counterfactual among those of its prototype.
    scale
        What effects are divided by.
    level
        Activation at which the unit's gate opens, as seen in the prototype: 0 for a threshold
        that is subtracted, the strongest rival for Top-K.
    """

    unit: Rows
    prototype: Rows
    counterfactual: Rows
    insert: NDArray[np.bool_]
    draw: Rows
    scale: NDArray[np.float64]
    level: NDArray[np.float64]

    def __len__(self) -> int:
        return self.unit.size

    @property
    def base(self) -> Rows:
        """The cell that is edited."""
        return np.where(self.insert, self.counterfactual, self.prototype)

    @property
    def source(self) -> Rows:
        """The cell that values come from; -1 where they come from no one cell."""
        return np.where(self.insert, self.prototype, self.counterfactual)

    def rows(self, chosen: ArrayLike) -> Pairs:
        """Some of the pairs."""
        at = np.asarray(chosen)
        return Pairs(self.unit[at], self.prototype[at], self.counterfactual[at], self.insert[at],
                     self.draw[at], self.scale[at], self.level[at])  # fmt: skip


@dataclass(frozen=True, eq=False)
class AttributionPlan:
    """All that `attribute_shard` needs beside space and units; cheap to make and to send.

    Attributes
    ----------
    settings
        With `screen` resolved to ``"all"`` or ``"gradient"``, `screen_steps` and
        `exhaustive_below` to numbers.
    which
        Units that are attributed, as indexes of the `Units`.
    pairs
        See `Pairs`.
    sources
        Where values come from.
    donors
        Code of each cell of the space, or None.
    donor_names
        Names of the codes.
    skipped
        Units that cannot be attributed, and why.
    matched_share
        Share of each unit's prototypes whose counterfactuals match as asked, shape (units,).
    n_exhaustive
        Passes that running every swap takes, each (cell, gene, value) once.
    n_uncached
        The same without the cache: units x prototypes x counterfactuals x differing genes.
    """

    settings: AttributionSettings
    which: Rows
    pairs: Pairs
    sources: Sources
    donors: Rows | None
    donor_names: tuple[str, ...]
    skipped: dict[str, str]
    matched_share: NDArray[np.float64]
    n_exhaustive: int
    n_uncached: int

    def shards(self, n: int) -> list[Rows]:
        """Split the cells that are edited into at most `n` parts of about equal size."""
        return [part for part in np.array_split(np.unique(self.pairs.base), n) if part.size]


def plan_attribution(
    space: SwapSpace,
    units: Units,
    settings: AttributionSettings,
    *,
    cells: ArrayLike | None = None,
    which: ArrayLike | None = None,
    labels: Sequence[str] | None = None,
    donors: Sequence[str] | None = None,
) -> AttributionPlan:
    """Choose prototypes and counterfactuals, and count the passes they take.

    Parameters
    ----------
    space, units, settings
        See `attribute`.
    cells
        Rows of the space that may be chosen; all where None.
    which
        Indexes of the units; all where None.
    labels, donors
        Of every cell of the space; a label ``""`` is unknown.

    Returns
    -------
    AttributionPlan

    Raises
    ------
    InputError
        If no unit can be attributed, or labels or donors are not one a cell.

    Examples
    --------
    >>> import cellglass as cg
    >>> counts = np.random.default_rng(0).poisson(2.0, size=(200, 3))
    >>> space = cg.concepts.NetworkSpace(counts, cg.concepts.linear_network([[1, 1, 0]]))
    >>> same = cg.concepts.Transform(np.zeros(1, np.float32), 1.0)
    >>> units = cg.concepts.LinearUnits("component", ("sum",), [[1]], [2.5], same)
    >>> plan = plan_attribution(space, units, AttributionSettings(n_prototypes=20))
    >>> len(plan.pairs), plan.settings.screen, plan.n_exhaustive <= plan.n_uncached
    (100, 'all', True)
    """
    group = _Cells.of(space, units, settings, cells, which, labels, donors)
    kept: list[int] = []
    parts: list[Pairs] = []
    pools: list[Rows] = []
    shares: list[float] = []
    skipped: dict[str, str] = {}
    for place, unit in enumerate(group.which):
        gated = group.readout.gated[:, place].astype(np.float64)
        chosen = choose_prototypes(gated, group.priority, settings, group.donors)
        silent = np.flatnonzero(inactive_cells(gated, group.readout.pre[:, place], settings))
        if not chosen.size or not silent.size:
            skipped[units.names[unit]] = (
                "is active in none of the cells"
                if not chosen.size
                else f"has no inactive cell to compare with (rule {settings.inactive!r})"
            )
            continue
        found, matched = choose_counterfactuals(
            distance_space(group.points, units.directions[unit], settings), chosen, silent,
            settings, labels=group.labels, donors=group.donors, task=units.names[unit],
        )  # fmt: skip
        scale = {"raw": np.ones(chosen.size), "max": np.full(chosen.size, gated.max())}.get(
            settings.normalisation, gated[chosen]
        )
        level = gated[chosen] - group.readout.margin[chosen, place]
        others = [group.rows[f] for f in found]
        parts.append(pairs_of(len(kept), group.rows[chosen], others, scale, level, settings))
        kept.append(int(unit))
        pools.append(group.rows[silent])
        shares.append(float(matched.mean()))
    if not kept:
        reasons = "; ".join(f"{name} {why}" for name, why in list(skipped.items())[:3])
        raise InputError(
            f"none of {len(group.which)} units can be attributed: {reasons}",
            where="attribution",
            fix="choose units that are active in some cells, or give more cells",
        )
    sources = Sources(
        settings.perturbation, settings.seed, tuple(pools), group.rows, group.all_labels
    )
    donor_codes = (group.all_donors, group.donor_names)
    return finish_plan(space, settings, np.array(kept), joined_pairs(parts), sources,
                       donor_codes, skipped, np.array(shares))  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Cells:
    """The cells that may be chosen, with all that choosing needs."""

    rows: Rows
    which: Rows
    points: NDArray[np.float64]
    readout: Readout
    priority: Rows
    all_labels: Rows | None
    all_donors: Rows | None
    donor_names: tuple[str, ...]

    @classmethod
    def of(
        cls,
        space: SwapSpace,
        units: Units,
        settings: AttributionSettings,
        cells: ArrayLike | None,
        which: ArrayLike | None,
        labels: Sequence[str] | None,
        donors: Sequence[str] | None,
    ) -> _Cells:
        all_labels, _ = _codes(labels, space, "labels")
        if all_labels is not None:
            all_labels = np.where(np.asarray(labels, dtype=str) == "", UNKNOWN, all_labels)
        all_donors, donor_names = _codes(donors, space, "donors")
        n = int(space.values.shape[0])
        rows = np.arange(n) if cells is None else np.unique(np.asarray(cells, dtype=np.int64))
        if not rows.size or rows[0] < 0 or rows[-1] >= n:
            raise InputError(f"cells {rows[:3].tolist()} to {rows[-3:].tolist()}", where="cells",
                             expected=f"some of rows 0 to {n - 1}")  # fmt: skip
        index = np.arange(len(units)) if which is None else np.asarray(which, dtype=np.int64)
        embedding, readout = read_cells(space, units, rows, index)
        points = np.asarray(units.transform(embedding), dtype=np.float64)
        priority = cell_priorities(rows.size, settings.seed)
        return cls(rows, index, points, readout, priority, all_labels, all_donors, donor_names)

    @property
    def labels(self) -> Rows | None:
        return None if self.all_labels is None else self.all_labels[self.rows]

    @property
    def donors(self) -> Rows | None:
        return None if self.all_donors is None else self.all_donors[self.rows]


def finish_plan(
    space: SwapSpace,
    settings: AttributionSettings,
    which: Rows,
    pairs: Pairs,
    sources: Sources,
    donors: tuple[Rows | None, tuple[str, ...]],
    skipped: dict[str, str],
    matched_share: NDArray[np.float64],
) -> AttributionPlan:
    """Count passes, and decide whether they are few enough to run all of them."""
    if settings.screen_steps is None:
        settings = replace(settings, screen_steps=space.screen_steps)
    if settings.exhaustive_below is None:
        settings = replace(settings, exhaustive_below=space.exhaustive_below)
    n_exhaustive, n_uncached = distinct_swaps(space, pairs, sources)
    can_screen = settings.perturbation == "swap" and settings.estimator == "one gene"
    if settings.screen == "auto":
        many = can_screen and n_exhaustive > (settings.exhaustive_below or 0)
        settings = replace(settings, screen="gradient" if many else "all")
    return AttributionPlan(
        settings, which, pairs, sources, *donors, skipped, matched_share, n_exhaustive, n_uncached
    )


def read_cells(
    space: SwapSpace, units: Units, rows: Rows, which: ArrayLike
) -> tuple[NDArray[np.float32], Readout]:
    """Embed some cells and read some units of them, in blocks."""
    parts = [space.embed(rows[i : i + _BLOCK]) for i in range(0, rows.size, _BLOCK)]
    reads = [units.read(part, which) for part in parts]
    return np.concatenate(parts), Readout(
        *(np.concatenate([getattr(r, name) for r in reads]) for name in ("gated", "pre", "margin"))
    )


def _codes(
    names: Sequence[str] | None, space: SwapSpace, where: str
) -> tuple[Rows | None, tuple[str, ...]]:
    if names is None:
        return None, ()
    given = np.asarray(names, dtype=str)
    if given.shape != (space.values.shape[0],):
        raise InputError(f"{given.size} {where}", where=where,
                         expected=f"one for each of {space.values.shape[0]} cells")  # fmt: skip
    found, codes = np.unique(given, return_inverse=True)
    return codes.astype(np.int64), tuple(str(f) for f in found)


def pairs_of(
    unit: int,
    prototypes: Rows,
    counterfactuals: list[Rows],
    scale: NDArray[np.float64],
    level: NDArray[np.float64],
    settings: AttributionSettings,
) -> Pairs:
    """Pairs of one unit's prototypes with their counterfactuals, each direction asked for."""
    if settings.perturbation == "shuffle":
        counterfactuals = [np.full(settings.n_counterfactuals, -1)] * prototypes.size
    elif settings.perturbation != "swap":
        counterfactuals = [np.array([-1])] * prototypes.size
    flags = {"remove": [False], "insert": [True], "both": [False, True]}[settings.direction]
    n_each = np.array([c.size for c in counterfactuals])
    place = np.repeat(np.arange(prototypes.size), n_each * len(flags))
    other = np.concatenate([np.tile(c, len(flags)) for c in counterfactuals])
    draw = np.concatenate([np.tile(np.arange(n), len(flags)) for n in n_each])
    insert = np.concatenate([np.repeat(flags, n) for n in n_each])
    return Pairs(np.full(place.size, unit), prototypes[place], other.astype(np.int64),
                 insert.astype(bool), draw, scale[place], level[place])  # fmt: skip


def joined_pairs(parts: Sequence[Pairs]) -> Pairs:
    """Pairs of several units, in the order given."""
    names = ("unit", "prototype", "counterfactual", "insert", "draw", "scale", "level")
    return Pairs(*(np.concatenate([getattr(p, n) for p in parts]) for n in names))
