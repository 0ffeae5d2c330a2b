"""From cells and their replacing values to effects: gene by gene, in groups, or shared out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cellglass.concepts.units import Readout, Units
from cellglass.errors import InputError
from cellglass.models.swap_space import Edit, SwapSpace
from cellglass.seeds import generator

from .settings import AttributionSettings
from .sources import distinct_values

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Falls:
    """How read-outs of a cell fall when genes are replaced.

    Attributes
    ----------
    fall
        By read-out: of the cell minus of the edited cell, swaps x units.
    switched
        Whether the gate of a unit changed, swaps x units.
    at
        Swap of each feature, sources x features; -1 where none was run.
    n_passes, n_gradients
        What it took.
    """

    fall: dict[str, Floats]
    switched: NDArray[np.bool_]
    at: Rows
    n_passes: int = 0
    n_gradients: int = 0


@dataclass(frozen=True, eq=False)
class Base:
    """A cell that is edited, as some units read it.

    Attributes
    ----------
    cell
        Row of the space.
    which
        Units that are read.
    readout
        Of the cell, 1 x units.
    """

    cell: int
    which: Rows
    readout: Readout

    @classmethod
    def of(cls, space: SwapSpace, units: Units, cell: int, which: Rows) -> Base:
        """Read units of a cell."""
        return cls(cell, which, units.read(space.embed(np.array([cell])), which))


def read_edits(
    space: SwapSpace, units: Units, base: Base, edits: Sequence[Edit], settings: AttributionSettings
) -> tuple[dict[str, Floats], NDArray[np.bool_]]:
    """Run edits of a cell in batches and read units.

    Returns
    -------
    fall, switched
        See `Falls`.
    """
    shape = (len(edits), base.which.size)
    fall: dict[str, Floats] = {name: np.empty(shape) for name in settings.read_outs}
    switched: NDArray[np.bool_] = np.empty(shape, dtype=bool)
    active = base.readout.gated > 0
    for start in range(0, len(edits), settings.batch):
        part = slice(start, start + settings.batch)
        readout = units.read(space.embed_edits(edits[part]), base.which)
        for name, kept in fall.items():
            here = getattr(base.readout, name).astype(np.float64)
            kept[part] = here - getattr(readout, name)
        switched[part] = (readout.gated > 0) != active
    return fall, switched


def one_gene(
    space: SwapSpace,
    units: Units,
    base: Base,
    values: Floats,
    differs: NDArray[np.bool_],
    wanted: NDArray[np.bool_],
    settings: AttributionSettings,
) -> Falls:
    """Replace one gene at a time; each (gene, value) is run once, whoever asks for it.

    Parameters
    ----------
    values, differs, wanted
        Replacing values, where they are new, and where they are asked for, sources x genes.
    """
    genes, new, at = distinct_values(values, differs)
    needed = np.zeros(genes.size, dtype=bool)
    needed[at[wanted]] = True
    # whoever differs by a swap that is run for another source gets it for nothing
    at = np.where((at >= 0) & needed[at], (np.cumsum(needed) - 1)[at], -1) if genes.size else at
    genes, new = genes[needed], new[needed]
    edits = [Edit(base.cell, genes[i : i + 1], new[i : i + 1]) for i in range(genes.size)]
    fall, switched = read_edits(space, units, base, edits, settings)
    return Falls(fall, switched, at, n_passes=genes.size)


def gene_groups(
    space: SwapSpace,
    units: Units,
    base: Base,
    values: Floats,
    wanted: NDArray[np.bool_],
    settings: AttributionSettings,
) -> Falls:
    """Replace all genes of a group at once; groups in which nothing differs are not run."""
    columns = group_columns(space.genes, settings)
    edits: list[Edit] = []
    at = np.full((len(values), len(columns)), -1, dtype=np.int64)
    for source, (row, mask) in enumerate(zip(values, wanted, strict=True)):
        for g, members in enumerate(columns):
            inside = members[mask[members]]
            if inside.size:
                at[source, g] = len(edits)
                edits.append(Edit(base.cell, inside, row[inside]))
    fall, switched = read_edits(space, units, base, edits, settings)
    return Falls(fall, switched, at, n_passes=len(edits))


def group_columns(genes: Sequence[str], settings: AttributionSettings) -> list[Rows]:
    """Columns of each group's genes; genes that the space lacks are left out."""
    place = {gene: i for i, gene in enumerate(genes)}
    found = [np.array(sorted(place[g] for g in set(names) if g in place), dtype=np.int64)
             for _, names in settings.groups]  # fmt: skip
    if not any(f.size for f in found):
        raise InputError(
            f"none of {len(settings.groups)} groups holds a gene of the cells",
            where="groups",
            expected="genes by the names that the space has",
        )
    return found


def permutation_shapley(
    space: SwapSpace,
    units: Units,
    base: Base,
    values: Floats,
    wanted: NDArray[np.bool_],
    settings: AttributionSettings,
) -> Falls:
    """Replace genes one after the other along random orders; share out what each step changes.

    Effects add up to that of the full swap in every order. `switched` tells whether a gene was
    the one that switched the gate in at least half of the orders.

    Notes
    -----
    Castro, Gomez and Tejada, Computers & Operations Research 2009.
    """
    at = np.full(values.shape, -1, dtype=np.int64)
    at[wanted] = np.arange(int(wanted.sum()))
    total = {name: np.zeros((int(wanted.sum()), base.which.size)) for name in settings.read_outs}
    switches = np.zeros((int(wanted.sum()), base.which.size))
    n_passes = 0
    for source, mask in enumerate(wanted):
        genes = np.flatnonzero(mask)
        for order in _orders(space.cell_names[base.cell], source, genes, settings):
            edits = [Edit(base.cell, order[:n], values[source, order[:n]])
                     for n in range(1, order.size + 1)]  # fmt: skip
            fall, changed = read_edits(space, units, base, edits, settings)
            n_passes += len(edits)
            for name, sums in total.items():
                sums[at[source, order]] += np.diff(fall[name], axis=0, prepend=0.0)
            steps = np.diff(changed.astype(np.int8), axis=0, prepend=np.int8(0))
            switches[at[source, order]] += steps != 0
    n = settings.n_orders
    return Falls({k: v / n for k, v in total.items()}, switches >= n / 2, at, n_passes)


def _orders(cell: str, source: int, genes: Rows, settings: AttributionSettings) -> Iterator[Rows]:
    """Random orders, every second one the reverse of the one before: errors cancel in part."""
    rng = generator(settings.seed, f"attribution/shapley/{cell}/{source}")
    order = genes
    for i in range(settings.n_orders):
        order = rng.permutation(genes) if i % 2 == 0 else order[::-1]
        yield order


def path_effects(
    space: SwapSpace,
    units: Units,
    base: Base,
    sources: Rows,
    wanted: NDArray[np.bool_],
    *,
    steps: int,
    read_out: Literal["pre", "margin"] = "pre",
) -> Falls:
    """Gradients of a smooth read-out along the way from each source to the cell.

    Parameters
    ----------
    sources
        Rows of the cells that values come from.
    wanted
        Where cell and source differ, sources x genes.
    steps
        Points of the path; 0 for the gradient at the cell itself.
    read_out
        What is read. A margin also moves with the rival that the unit must exceed.
    """
    read = units.margin if read_out == "margin" else units.pre
    at = np.full(wanted.shape, -1, dtype=np.int64)
    at[wanted] = np.arange(int(wanted.sum()))
    fall = np.zeros((int(wanted.sum()), base.which.size))
    for source, cell in enumerate(sources):
        effects = space.path_gradients(
            base.cell, int(cell), lambda h: read(h, base.which),
            steps=max(steps, 1), start_only=steps == 0,
        )  # fmt: skip
        genes = np.flatnonzero(wanted[source])
        fall[at[source, genes]] = effects[:, genes].T
    n_gradients = sources.size * max(steps, 1) * base.which.size
    return Falls({read_out: fall}, np.zeros(fall.shape, bool), at, n_gradients=n_gradients)
