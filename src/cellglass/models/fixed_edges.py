"""Scores of an edge table as a subject: what `AttentionEdges` is for a model, without cells."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cellglass.data.edges import EdgeTable
from cellglass.errors import InputError

META = "table.json"


@dataclass(frozen=True, eq=False)
class FixedEdges:
    """One score a pair, the same whatever the cells.

    Parameters
    ----------
    table
        The scores over row genes and all genes.
    name
        What the score is called; the only candidate.

    Examples
    --------
    >>> edges = FixedEdges(EdgeTable(np.array([[0.0, 0.5]]), ("A",), ("A", "B")), "genie3")
    >>> edges.candidate_names(), edges.layers
    (['genie3'], ())
    """

    table: EdgeTable
    name: str

    layers: tuple[int, ...] = ()
    n_heads: int = 0
    strata: tuple[str, ...] = ()

    @classmethod
    def of(cls, table: EdgeTable, name: str) -> FixedEdges:
        """Keep scores and names; a pair in too few cells by the table's own counts has no score."""
        scores = table.scores
        if table.counts is not None:
            scores = np.where(table.counts >= table.min_count, scores, np.nan)
        return cls(replace(table, scores=scores, blocks=None, counts=None, min_count=1), name)

    @property
    def sources(self) -> tuple[str, ...]:
        """Names of rows."""
        return self.table.sources

    @property
    def targets(self) -> tuple[str, ...]:
        """Names of columns."""
        return self.table.targets

    @property
    def evaluable(self) -> NDArray[np.bool_]:
        """Pairs of different genes with a score."""
        return self.table.evaluable

    def candidate_names(self, heads: bool = True) -> list[str]:
        """The name of the score."""
        return [self.name]

    def candidate(self, name: str) -> EdgeTable:
        """The table, by the name of the score.

        Raises
        ------
        InputError
            If there is no such score.
        """
        if name != self.name:
            raise InputError(f"there is no score '{name}'", expected=self.name)
        return self.table

    def candidates(self, heads: bool = True) -> dict[str, NDArray[np.float64]]:
        """The scores by name."""
        return {self.name: self.table.scores}

    def write(self, folder: Path) -> None:
        """Write scores and names."""
        np.save(folder / "scores.npy", self.table.scores)
        meta = {"sources": self.sources, "targets": self.targets, "name": self.name}
        (folder / META).write_text(json.dumps(meta))

    @classmethod
    def read(cls, folder: Path) -> FixedEdges:
        """Read what `write` wrote; scores stay memory-mapped until they are used."""
        meta = json.loads((folder / META).read_text())
        scores = np.load(folder / "scores.npy", mmap_mode="r")
        return cls(EdgeTable(scores, tuple(meta["sources"]), tuple(meta["targets"])), meta["name"])
