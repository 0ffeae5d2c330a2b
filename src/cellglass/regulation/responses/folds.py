"""A screen of which only fold changes are published: effects without cells, tests or controls."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cellglass.data.screens import FoldChanges
from cellglass.stats.differential import Matrix
from cellglass.stats.parquet import write_parquet

META = "folds.json"
KINDS = {1: "single", 2: "double", 3: "multiple"}


@dataclass(frozen=True, eq=False)
class MeasuredFolds:
    """Fold changes in the place of `Measured`; responses are called by effect alone.

    Attributes
    ----------
    name, genes, table, modality, cell_line, report
        As of `Measured`.
    values
        Natural logarithm of fold changes, perturbations x genes; nan where not measured.
    """

    name: str
    genes: tuple[str, ...] = field(repr=False)
    table: pd.DataFrame = field(repr=False)
    values: Matrix = field(repr=False)
    modality: str
    cell_line: str
    report: dict[str, Any] = field(repr=False)

    @property
    def tests(self) -> bool:
        """Whether differences come with a test."""
        return False

    @property
    def used(self) -> pd.DataFrame:
        """All perturbations."""
        return self.table

    @classmethod
    def of(cls, folds: FoldChanges, *, modality: str, cell_line: str) -> MeasuredFolds:
        """Take a table of fold changes for a screen.

        Perturbations stand as those of cells do, single ones first and then by name, so that
        nothing depends on the order of the columns.
        """
        named = list(zip(folds.perturbations, folds.targets, strict=True))
        order = sorted(range(len(named)), key=lambda i: (len(named[i][1]), named[i][0]))
        measured = set(folds.genes)
        targets = [named[i][1] for i in order]
        table = pd.DataFrame(
            {
                "perturbation": [named[i][0] for i in order],
                "genes": ["+".join(t) for t in targets],
                "kind": [KINDS[min(len(t), 3)] for t in targets],
                "n_cells": 0,
                "measured": [set(t) <= measured for t in targets],
                "used": True,
            }
        )
        report = {
            "perturbation": "columns of the table",
            "controls": [],
            "n_controls": 0,
            "n_single": int((table["kind"] == "single").sum()),
            "n_double": int((table["kind"] == "double").sum()),
            "modality_from": "stated by the user" if modality else "not stated",
            "scale": "natural logarithm of fold changes, from a table",
            "notes": [*folds.notes, FOLDS],
        }
        return cls(folds.name, folds.genes, table, folds.values[order], modality, cell_line, report)

    def write(self, folder: Path) -> None:
        """Write values and the rest."""
        np.save(folder / "values.npy", self.values)
        write_parquet(self.table, folder / "perturbations.parquet", {})
        meta = {k: getattr(self, k) for k in ("name", "genes", "modality", "cell_line", "report")}
        (folder / META).write_text(json.dumps(meta))

    @classmethod
    def read(cls, folder: Path) -> MeasuredFolds:
        """Read what `write` wrote."""
        meta = json.loads((folder / META).read_text())
        return cls(
            meta["name"],
            tuple(meta["genes"]),
            pd.read_parquet(folder / "perturbations.parquet"),
            np.load(folder / "values.npy"),
            meta["modality"],
            meta["cell_line"],
            meta["report"],
        )


FOLDS = (
    "Only fold changes are at hand: responses are called by effect, without a test, and edges come "
    "from other cells than the screen's controls."
)
