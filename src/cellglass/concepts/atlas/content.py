"""What is put into an atlas, checked before anything is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from cellglass.errors import InputError

from .schema import TABLES


@dataclass
class AtlasContent:
    """Everything an atlas holds.

    Parameters
    ----------
    model
        Name of the model.
    tables
        By the names of `TABLES`; those that are missing are written empty.
    activations
        Not negative, units x cells.
    directions
        Unit rows in the transformed space, units x width.
    mean, scale
        Of the transform from embeddings to that space.
    scores
        Attribution scores, units x genes; nan where a gene was not tested for a unit.
    meta
        Anything JSON: model, data, settings, checks, hashes.
    dictionary
        Folder of the dictionary behind the concepts, which is copied.
    """

    model: str
    tables: Mapping[str, pd.DataFrame]
    activations: sparse.csr_matrix
    directions: NDArray[np.float32]
    mean: NDArray[np.float32]
    scale: float
    scores: NDArray[np.float32]
    meta: dict[str, Any] = field(default_factory=dict)
    dictionary: Path | None = None

    def checked(self) -> AtlasContent:
        """Return the content with empty tables in place of missing ones.

        Raises
        ------
        InputError
            If a table lacks a column, is unknown, or arrays and tables do not fit together.
        """
        unknown = sorted(set(self.tables) - set(TABLES))
        if unknown:
            raise InputError(
                f"no table is called '{unknown[0]}'", where="atlas",
                expected=", ".join(TABLES),
            )  # fmt: skip
        tables = {name: self._table(name) for name in TABLES}
        n_units, n_cells, n_genes = (len(tables[n]) for n in ("units", "cells", "genes"))
        for what, shape, expected in (
            ("activations", self.activations.shape, (n_units, n_cells)),
            ("directions", self.directions.shape, (n_units, self.mean.size)),
            ("scores", self.scores.shape, (n_units, n_genes)),
        ):
            if tuple(shape) != expected:
                raise InputError(
                    f"{what} have shape {tuple(shape)}", where="atlas",
                    expected=f"{expected}, as the tables of units, cells and genes say",
                )  # fmt: skip
        if (self.activations.data < 0).any() or not np.isfinite(self.activations.data).all():
            raise InputError(
                "activations are negative or not finite", where="atlas",
                expected="numbers of at least 0; a dense unit becomes two tails",
            )  # fmt: skip
        self._check_names(tables)
        return AtlasContent(
            self.model, tables, self.activations, self.directions, self.mean, self.scale,
            self.scores, self.meta, self.dictionary,
        )  # fmt: skip

    def _table(self, name: str) -> pd.DataFrame:
        schema = TABLES[name]
        table = self.tables.get(name)
        if table is None:
            if schema.required:
                raise InputError(f"there is no table of {name}", where="atlas")
            return pd.DataFrame({c: [] for c in schema.columns})
        missing = [c for c in schema.columns if c not in table.columns]
        if missing:
            raise InputError(
                f"the table {name} has no column {', '.join(map(repr, missing))}", where="atlas",
                expected=", ".join(schema.columns),
            )  # fmt: skip
        return table.reset_index(drop=True)

    def _check_names(self, tables: Mapping[str, pd.DataFrame]) -> None:
        units = tables["units"]
        if units["unit"].tolist() != list(range(len(units))):
            raise InputError("units are not numbered from 0", where="atlas, units")
        for name, column in (("units", "name"), ("cells", "cell"), ("genes", "gene")):
            twice = tables[name][column][tables[name][column].duplicated()]
            if len(twice):
                raise InputError(
                    f"'{twice.iloc[0]}' stands twice", where=f"atlas, {name}",
                    expected="unique names",
                )  # fmt: skip
        known = {"unit": set(units["unit"]), "gene": set(tables["genes"]["gene"]),
                 "cell": set(tables["cells"]["cell"])}  # fmt: skip
        for name, table in tables.items():
            for column, values in known.items():
                if column in table and len(table):
                    astray = set(table[column]) - values
                    if astray:
                        raise InputError(
                            f"{column} {min(astray)!r} of the table {name} is in no other table",
                            where="atlas",
                        )
