"""`ConceptAtlas`: reads the folder that holds everything about the units of one model."""

from __future__ import annotations

import json
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from cellglass.errors import InputError, nearest

from .schema import (
    ACTIVATIONS,
    ATLAS,
    DICTIONARY,
    DIRECTIONS,
    EXPERT_LABELS,
    MEAN,
    SCHEMA_VERSION,
    SCORES,
    TABLES,
)

if TYPE_CHECKING:
    from anndata import AnnData

    from cellglass.concepts.dictionaries.dictionary import Dictionary


class ConceptAtlas:
    """All units of one model, with what is known of each.

    Concepts, neurons, components, random directions and decoys have the same fields, so that an
    expert can compare them blind. Tables are read when they are asked for; arrays stay on disk.

    Parameters
    ----------
    folder
        Of the atlas; see `ConceptAtlas.open`.
    content
        Of its ``atlas.json``.

    Examples
    --------
    >>> import cellglass as cg
    >>> atlas = cg.concepts.ConceptAtlas.open("demo/atlas/mini-scgpt")  # doctest: +SKIP
    >>> atlas.attribution("concept 17").head()  # doctest: +SKIP
    """

    def __init__(self, folder: Path, content: dict[str, Any]) -> None:
        self.folder = folder
        self.model = str(content["model"])
        self.meta: dict[str, Any] = content["meta"]
        self.scale = float(content["scale"])
        self.sizes: dict[str, int] = content["sizes"]

    @classmethod
    def open(cls, folder: str | Path) -> ConceptAtlas:
        """Open an atlas.

        Raises
        ------
        InputError
            If there is none, a file is missing, or it was written in another version of the
            format.
        """
        path = Path(folder)
        described = path / ATLAS
        if not described.is_file():
            inside = sorted(p.parent.name for p in path.glob(f"*/{ATLAS}")) if path.is_dir() else []
            raise InputError(
                "there is no atlas", where=str(path),
                expected=f"a folder with {ATLAS}",
                fix=f"open {path / inside[0]}" if inside
                else "cellglass concepts atlas writes one",
            )  # fmt: skip
        try:
            content = json.loads(described.read_text())
            found = content["schema"]
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(f"{ATLAS} cannot be read ({error})", where=str(path)) from error
        if found != SCHEMA_VERSION:
            newer = isinstance(found, int) and found > SCHEMA_VERSION
            raise InputError(
                f"the atlas has schema version {found}", where=str(path),
                expected=f"version {SCHEMA_VERSION}, which this cellglass reads",
                fix="update cellglass" if newer
                else "write it again: cellglass concepts atlas",
            )  # fmt: skip
        files = [f"{name}.parquet" for name in TABLES] + [DIRECTIONS, MEAN, SCORES]
        files += [f"{ACTIVATIONS}/{part}.npy" for part in ("data", "indices", "indptr")]
        gone = [f for f in files if not (path / f).is_file()]
        if gone:
            raise InputError(
                f"{', '.join(gone[:3])} is missing", where=str(path),
                fix="copy the whole folder, or write the atlas again",
            )  # fmt: skip
        return cls(path, content)

    def table(self, name: str) -> pd.DataFrame:
        """Read a table; `cellglass.concepts.atlas.schema.TABLES` says what each column is."""
        if name not in TABLES:
            raise InputError(f"no table '{name}'", where=str(self.folder),
                             fix=nearest(name, TABLES))  # fmt: skip
        if name not in self._held:
            self._held[name] = pd.read_parquet(self.folder / f"{name}.parquet")
        return self._held[name]

    @cached_property
    def _held(self) -> dict[str, pd.DataFrame]:
        return {}

    @property
    def units(self) -> pd.DataFrame:
        """One row a unit: name, kind and every statistic."""
        return self.table("units")

    @property
    def cells(self) -> pd.DataFrame:
        """One row a cell."""
        return self.table("cells")

    @property
    def genes(self) -> pd.DataFrame:
        """One row a gene."""
        return self.table("genes")

    def number(self, unit: int | str) -> int:
        """Number of a unit that is given by number or name."""
        if isinstance(unit, str):
            hits = np.flatnonzero(self.units["name"].to_numpy() == unit)
            if not hits.size:
                raise InputError(f"no unit '{unit}'", where=str(self.folder),
                                 fix=nearest(unit, self.units["name"]))  # fmt: skip
            return int(hits[0])
        if not 0 <= int(unit) < len(self.units):
            raise InputError(f"no unit {unit}", where=str(self.folder),
                             expected=f"0 to {len(self.units) - 1}")  # fmt: skip
        return int(unit)

    @cached_property
    def activations(self) -> sparse.csr_matrix:
        """Activations, units x cells; memory-mapped."""
        data, indices, indptr = (
            np.load(self.folder / ACTIVATIONS / f"{part}.npy", mmap_mode="r")
            for part in ("data", "indices", "indptr")
        )
        shape = (self.sizes["units"], self.sizes["cells"])
        return sparse.csr_matrix((data, indices, indptr), shape=shape, copy=False)

    def activation(self, unit: int | str) -> NDArray[np.float32]:
        """Activation of a unit in each cell, shape (cells,)."""
        return np.asarray(self.activations[self.number(unit)].toarray()).ravel()

    @cached_property
    def scores(self) -> NDArray[np.float32]:
        """Attribution scores, units x genes, nan where not tested; memory-mapped."""
        return np.load(self.folder / SCORES, mmap_mode="r")

    @cached_property
    def directions(self) -> NDArray[np.float32]:
        """Unit vectors in the transformed space, units x width; memory-mapped."""
        return np.load(self.folder / DIRECTIONS, mmap_mode="r")

    @cached_property
    def mean(self) -> NDArray[np.float32]:
        """What the transform subtracts from embeddings, shape (width,)."""
        return np.asarray(np.load(self.folder / MEAN))

    @property
    def dictionary(self) -> Dictionary | None:
        """The dictionary behind the concepts, where the atlas holds it."""
        from cellglass.concepts.dictionaries.dictionary import Dictionary

        path = self.folder / DICTIONARY
        return Dictionary.read(path) if path.is_dir() else None

    def of(self, table: str, unit: int | str) -> pd.DataFrame:
        """Rows of a table that are about a unit."""
        found = self.table(table)
        rows = found[found["unit"] == self.number(unit)]
        return rows.drop(columns="unit").reset_index(drop=True)

    def attribution(self, unit: int | str) -> pd.DataFrame:
        """Genes of a unit, highest score first."""
        return self.of("attribution", unit).sort_values(
            ["score", "gene"], ascending=[False, True], ignore_index=True
        )

    def enrichment(self, unit: int | str) -> pd.DataFrame:
        """Terms of a unit, smallest q first."""
        return self.of("enrichment", unit).sort_values(["q", "p", "term"], ignore_index=True)

    def gene(self, gene: str) -> pd.DataFrame:
        """Units that a gene drives or works against: name, kind, score, interval, q.

        Raises
        ------
        InputError
            If the atlas does not know the gene.
        """
        if gene not in set(self.genes["gene"]):
            raise InputError(f"no gene '{gene}'", where=str(self.folder),
                             fix=nearest(gene, self.genes["gene"]))  # fmt: skip
        rows = self.table("attribution")
        rows = rows[rows["gene"] == gene].drop(columns="gene")
        named = self.units[["unit", "name", "kind"]].merge(rows, on="unit")
        order = named["score"].abs().sort_values(ascending=False, kind="stable").index
        return named.loc[order].reset_index(drop=True)

    @property
    def expert_labels(self) -> pd.DataFrame:
        """What experts said: unit, rater, label and ratings; empty where nobody did."""
        path = self.folder / EXPERT_LABELS
        if not path.is_file():
            return pd.DataFrame({"unit": [], "rater": [], "label": []})
        return pd.read_parquet(path)

    def to_anndata(self) -> AnnData:
        """Cells, genes and concepts as AnnData; see `cellglass.concepts.atlas.as_anndata`."""
        from .as_anndata import as_anndata

        return as_anndata(self)

    def concept_table(self) -> pd.DataFrame:
        """One row a concept, for people; see `cellglass.concepts.atlas.concept_table`."""
        from .concept_table import concept_table

        return concept_table(self)

    def __len__(self) -> int:
        return self.sizes["units"]

    def __repr__(self) -> str:
        kinds = self.units["kind"].value_counts(sort=False)
        told = ", ".join(f"{n} {kind}s" for kind, n in kinds.items())
        return (
            f"ConceptAtlas('{self.model}': {told}; {self.sizes['cells']:,} cells x "
            f"{self.sizes['genes']:,} genes)"
        )
