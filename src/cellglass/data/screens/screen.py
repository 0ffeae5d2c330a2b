"""A perturbation screen: which cells are controls, which gene was perturbed in which cells."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cellglass.data.count_sources import Counts, CountSource
from cellglass.data.screens.labels import PerturbationLabel
from cellglass.data.screens.metadata import Modality
from cellglass.errors import InputError, nearest
from cellglass.seeds import generator

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class ScreenReport:
    """What a screen holds, and how that was found out.

    Attributes
    ----------
    perturbation
        Column of obs with the perturbations.
    controls
        Labels of controls.
    n_cells, n_controls, n_unassigned, n_left_out
        Cells of the file, controls, cells without a guide, cells that `where` leaves out.
    n_single, n_double, n_multiple
        Distinct perturbations of one, two and more genes.
    unmeasured
        Perturbed genes that are not among the measured ones.
    modality_from
        The words that state the modality, or who stated it.
    scale
        Count scale, and where counts come from.
    notes
        What a reader should know.
    """

    perturbation: str
    controls: tuple[str, ...]
    n_cells: int
    n_controls: int
    n_unassigned: int
    n_left_out: int
    n_single: int
    n_double: int
    n_multiple: int
    unmeasured: tuple[str, ...]
    modality_from: str
    scale: str
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready dictionary of all fields."""
        out = asdict(self)
        for name in ("controls", "unmeasured", "notes"):
            out[name] = list(out[name])
        return out


@dataclass(frozen=True, eq=False)
class Screen:
    """A perturbation screen, read lazily.

    Attributes
    ----------
    name
        What the report calls it.
    source
        Counts of all cells of the file.
    genes
        Symbols of the measured genes, in the order of the columns.
    label
        Place of each cell's label among `labels`, shape (n_cells,); -1 for cells not in use:
        without a label, left out, or without any count.
    labels
        Distinct labels of cells in use.
    control
        Which cells are controls, shape (n_cells,).
    replicate
        Column of obs with replicates; empty where there is none.
    modality
        None where neither the file nor the user states it.
    cell_line
        As the metadata or the user say; empty where neither does.
    report
        What was found.

    Examples
    --------
    See `open_screen`.
    """

    name: str
    source: CountSource = field(repr=False)
    genes: tuple[str, ...] = field(repr=False)
    label: NDArray[np.int64] = field(repr=False)
    labels: tuple[PerturbationLabel, ...] = field(repr=False)
    control: NDArray[np.bool_] = field(repr=False)
    replicate: str
    modality: Modality | None
    cell_line: str
    report: ScreenReport = field(repr=False)

    def control_order(self, seed: int) -> NDArray[np.int64]:
        """Indices of all control cells in a random order, so that smaller draws are nested.

        Parameters
        ----------
        seed
            Root seed of the order.
        """
        rng = generator(seed, f"screen/{self.name}/controls")
        return rng.permutation(np.flatnonzero(self.control))

    def controls(self, n: int | None, seed: int) -> NDArray[np.int64]:
        """Indices of control cells, sorted.

        Parameters
        ----------
        n
            Cells drawn without replacement; all where there are fewer, or None.
        seed
            Root seed of the draw.
        """
        return np.sort(self.control_order(seed)[:n])

    def cells_of(self, text: str) -> NDArray[np.int64]:
        """Indices of the cells with one label, sorted."""
        texts = [entry.text for entry in self.labels]
        if text not in texts:
            raise InputError(
                f"there is no perturbation '{text}'", where=self.name, fix=nearest(text, texts)
            )
        return np.flatnonzero(self.label == texts.index(text))

    def read(self, cells: NDArray[np.int64]) -> Counts:
        """Counts of some cells, given by sorted indices; every value is checked."""
        return self.source.read(cells)

    @property
    def perturbed(self) -> list[PerturbationLabel]:
        """Labels of perturbations, those of one gene first, then by name."""
        found = [entry for entry in self.labels if entry.genes]
        return sorted(found, key=lambda p: (len(p.genes), p.text))

    def table(self) -> pd.DataFrame:
        """One row a perturbation: its genes, cells, and whether its genes are measured."""
        sizes = np.bincount(self.label[self.label >= 0], minlength=len(self.labels))
        size = {entry.text: int(n) for entry, n in zip(self.labels, sizes, strict=True)}
        measured = set(self.genes)
        import pandas as pd

        return pd.DataFrame(
            [
                {
                    "perturbation": entry.text,
                    "genes": "+".join(entry.genes),
                    "kind": entry.kind,
                    "n_cells": size[entry.text],
                    "measured": set(entry.genes) <= measured,
                }
                for entry in self.perturbed
            ],
            columns=["perturbation", "genes", "kind", "n_cells", "measured"],
        )
