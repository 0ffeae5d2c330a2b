"""What a screen measured: moments of every perturbation and of its controls, gene by gene."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from cellglass.data import log1p_cp10k
from cellglass.data.screens import Screen
from cellglass.errors import InputError
from cellglass.runs.sections import ResponsesConfig
from cellglass.stats.differential import (
    Matrix,
    Moments,
    RankedControls,
    group_moments,
    mann_whitney,
)
from cellglass.stats.parquet import write_parquet

GRID_CONTROLS = 10_000  # the largest number of the sensitivity grid
WEAK_CONTROLS = 500
CHUNK = 4096
SHOWN = 4
META = "measured.json"


@dataclass(frozen=True, eq=False)
class Measured:
    """A screen after one pass over its cells, on the scale of log1p counts per 10,000.

    Attributes
    ----------
    name
        Of the screen.
    genes
        Measured genes.
    table
        One row a perturbation, that is, a set of perturbed genes: perturbation, genes, kind,
        n_cells, measured (whether all its genes are), used (whether it has cells enough); used
        ones stand in the order of `moments`.
    moments
        Of the used perturbations.
    controls
        log1p counts per 10,000 of control cells in random order, so that the first n are a draw
        of n.
    n_controls
        Control cells that responses are held against.
    rank_p
        Mann-Whitney p against them, perturbations x genes; None unless that test was chosen.
    weak_p
        The same against `WEAK_CONTROLS` cells, for the published weak configuration.
    modality, cell_line
        Of the screen.
    report
        Report of the screen, as a dictionary.
    """

    name: str
    genes: tuple[str, ...] = field(repr=False)
    table: pd.DataFrame = field(repr=False)
    moments: Moments = field(repr=False)
    controls: sparse.csr_matrix = field(repr=False)
    n_controls: int
    rank_p: Matrix | None = field(repr=False)
    weak_p: Matrix = field(repr=False)
    modality: str
    cell_line: str
    report: dict[str, Any] = field(repr=False)

    @property
    def tests(self) -> bool:
        """Whether differences come with a test; those of fold changes do not."""
        return True

    @property
    def used(self) -> pd.DataFrame:
        """Perturbations with cells enough, in the order of `moments`."""
        return self.table[self.table["used"]].reset_index(drop=True)

    def control(self, n: int | None = None) -> Moments:
        """Moments of the first n control cells; of those in use where None.

        Parameters
        ----------
        n
            Cells; all there are where it is larger.
        """
        part = self.controls[: self.n_controls if n is None else n]
        return group_moments(part, np.zeros(part.shape[0], np.int64), 1)

    def write(self, folder: Path) -> None:
        """Write arrays that load memory-mapped, the table and the rest."""
        moments = self.moments
        arrays = {
            "n": moments.n,
            "mean": moments.mean,
            "variance": moments.variance,
            "detection": moments.detection,
            "weak_p": self.weak_p,
            **({} if self.rank_p is None else {"rank_p": self.rank_p}),
            **{f"controls_{k}": getattr(self.controls, k) for k in ("data", "indices", "indptr")},
        }
        for name, array in arrays.items():
            np.save(folder / f"{name}.npy", array)
        write_parquet(self.table, folder / "perturbations.parquet", {})
        meta = {
            "name": self.name,
            "genes": list(self.genes),
            "n_controls": self.n_controls,
            "modality": self.modality,
            "cell_line": self.cell_line,
            "report": self.report,
        }
        (folder / META).write_text(json.dumps(meta))

    @classmethod
    def read(cls, folder: Path) -> Measured:
        """Read what `write` wrote."""
        meta = json.loads((folder / META).read_text())

        def load(name: str) -> NDArray[Any]:
            return np.load(folder / f"{name}.npy", mmap_mode="r")

        parts = tuple(np.array(load(f"controls_{k}")) for k in ("data", "indices", "indptr"))
        controls = sparse.csr_matrix(parts, shape=(len(parts[2]) - 1, len(meta["genes"])))
        return cls(
            meta["name"],
            tuple(meta["genes"]),
            pd.read_parquet(folder / "perturbations.parquet"),
            Moments(*(load(k) for k in ("n", "mean", "variance", "detection"))),
            controls,
            meta["n_controls"],
            load("rank_p") if (folder / "rank_p.npy").is_file() else None,
            load("weak_p"),
            meta["modality"],
            meta["cell_line"],
            meta["report"],
        )


def measure(screen: Screen, settings: ResponsesConfig, seed: int) -> Measured:
    """Measure every perturbation of a screen that has cells enough.

    Parameters
    ----------
    screen
        The screen; cells are read chunk by chunk.
    settings
        Cells needed, controls drawn, test.
    seed
        Root seed of the draw of controls.

    Returns
    -------
    Measured

    Raises
    ------
    InputError
        If no perturbation has cells enough.

    Notes
    -----
    Cells of several guides of one gene, where a screen labels them apart, are taken together: the
    unit of inference is the perturbed gene, and two guides of it are no two units. Which controls
    are drawn depends on the seed and on the order of the cells, nothing else does.

    Examples
    --------
    >>> import cellglass as cg
    >>> planted = cg.controls.simulate_screen("pairs", seed=1)
    >>> screen = cg.data.open_screen(planted.screen, name="planted")
    >>> measure(screen, ResponsesConfig(), seed=1).moments.n.min() >= 30
    np.True_
    """
    order = screen.control_order(seed)
    n_controls = min(settings.n_controls or len(order), len(order))
    controls = _in_order(screen, order[: max(n_controls, GRID_CONTROLS)])
    table, labels = _by_genes(screen)
    table["used"] = table["n_cells"] >= settings.min_cells
    used = table[table["used"]]
    if used.empty:
        largest = table.loc[table["n_cells"].idxmax()]
        raise InputError(
            f"no perturbation of {screen.name} has {settings.min_cells} cells; the largest, "
            f"{largest['perturbation']}, has {largest['n_cells']}",
            where="responses.min_cells",
            fix="lower responses.min_cells, at the price of fewer responses found",
        )
    ranked = [RankedControls.of(controls[:WEAK_CONTROLS])]
    if settings.test == "mann-whitney":
        ranked.append(RankedControls.of(controls[:n_controls]))
    cells = [_cells_of(screen, labels[p]) for p in used["perturbation"]]
    moments, ps = _pass(screen, cells, ranked)
    report = screen.report.to_dict()
    pooled = [f"{p} ({len(t)} labels)" for p, t in labels.items() if len(t) > 1]
    if pooled:
        report["notes"] = [*report["notes"], _pooled(pooled)]
    return Measured(
        screen.name,
        screen.genes,
        table,
        moments,
        controls,
        n_controls,
        ps[1] if len(ps) > 1 else None,
        ps[0],
        screen.modality or "",
        screen.cell_line,
        report,
    )


def _by_genes(screen: Screen) -> tuple[pd.DataFrame, dict[str, list[str]]]:
    """One row a set of perturbed genes, and the labels behind each row."""
    table = screen.table()
    key = table["genes"].map(lambda g: "+".join(sorted(g.split("+"))))
    labels: dict[str, list[str]] = {}
    rows = []
    for _, part in table.groupby(key, sort=False):
        row = part.iloc[0].copy()
        if len(part) > 1:
            row["perturbation"] = row["genes"]
        row["n_cells"] = int(part["n_cells"].sum())
        labels[row["perturbation"]] = list(part["perturbation"])
        rows.append(row)
    found = pd.DataFrame(rows, columns=table.columns).reset_index(drop=True)
    return found.astype({"n_cells": "int64", "measured": bool}), labels


def _cells_of(screen: Screen, labels: list[str]) -> NDArray[np.int64]:
    return np.sort(np.concatenate([screen.cells_of(text) for text in labels]))


def _pooled(named: list[str]) -> str:
    shown = ", ".join(named[:SHOWN]) + (", ..." if len(named) > SHOWN else "")
    return f"cells of several labels of the same perturbed gene are taken together: {shown}"


def _pass(
    screen: Screen, cells: list[NDArray[np.int64]], ranked: list[RankedControls]
) -> tuple[Moments, list[Matrix]]:
    """Moments of all perturbations, and their Mann-Whitney p against each set of controls."""
    parts, ps = [], [np.empty((len(cells), len(screen.genes))) for _ in ranked]
    first = 0
    while first < len(cells):
        last, size = first, 0
        while last < len(cells) and (size == 0 or size + len(cells[last]) <= CHUNK):
            size += len(cells[last])
            last += 1
        ids = np.concatenate(cells[first:last])
        codes = np.repeat(np.arange(last - first), [len(c) for c in cells[first:last]])
        values = _in_order(screen, ids)
        parts.append(group_moments(values, codes, last - first))
        for k in range(last - first):
            for p, controls in zip(ps, ranked, strict=True):
                p[first + k] = mann_whitney(values[codes == k], controls)[1]
        first = last
    joined = [
        np.concatenate([getattr(m, k) for m in parts])
        for k in ("n", "mean", "variance", "detection")
    ]
    return Moments(*joined), ps


def _in_order(screen: Screen, cells: NDArray[np.int64]) -> sparse.csr_matrix:
    """log1p counts per 10,000 of some cells, in the order given."""
    order = np.argsort(cells)
    counts = screen.read(cells[order])
    values = log1p_cp10k(counts.matrix, counts.n_counts)
    back = np.empty_like(order)
    back[order] = np.arange(len(order))
    return values[back]
