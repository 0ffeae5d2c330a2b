"""Embeddings on disk: shards of rows, what each row is, and how it was made."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from cellglass.errors import InputError
from cellglass.stats.parquet import read_parquet

from .rows import ShardedRows

if TYPE_CHECKING:
    import pandas as pd

SCHEMA, VERSION = "cellglass embeddings", 1
META, OBS, PLAN = "meta.json", "obs.parquet", "plan.json"


@dataclass(frozen=True, eq=False)
class EmbeddingStore:
    """Embeddings of cells, or of gene tokens, that need not fit in memory.

    Attributes
    ----------
    folder
        Where they are: shards (``embedding-00000.npy``, float32), ``obs.parquet``, ``meta.json``.
    array
        The rows, read when asked for: see `ShardedRows`.
    meta
        How they were made: ``model``, ``model_hash``, ``level`` (``"cell"`` or ``"gene token"``),
        ``layer``, ``pooling``, ``normalised``, ``seed``, ``covariates``, ``n_rows``, ``width``,
        and the ``shards`` with their hashes.

    Examples
    --------
    >>> import tempfile
    >>> import cellglass as cg
    >>> model, cells = cg.load_model("mini-geneformer"), cg.data.pbmc68k_reduced()[:4]
    >>> store = cg.concepts.embed_cells(model, cells, tempfile.mkdtemp() + "/cells")
    >>> store.array.shape, store.array.rows([3, 1]).shape
    ((4, 128), (2, 128))
    >>> store.meta["level"], store.obs["cell"].tolist() == list(cells.obs_names)
    ('cell', True)
    """

    folder: Path
    array: ShardedRows
    meta: dict[str, Any]
    _index: np.ndarray | None = None

    @classmethod
    def open(cls, folder: str | Path, *, verify: bool = False) -> EmbeddingStore:
        """Open a complete store; nothing but its description is read.

        Parameters
        ----------
        folder
            What `embed_cells` or `embed_gene_tokens` wrote.
        verify
            Compare the hash of every shard as well, which reads all of them.

        Raises
        ------
        InputError
            If there is none, it is not complete, of another schema version, or damaged.
        """
        folder = Path(folder)
        meta = read_meta(folder)
        starts = [0]
        files = []
        for shard in meta["shards"]:
            path = folder / shard["file"]
            check_shard(path, shard, int(meta["width"]), content=verify)
            files.append(path)
            starts.append(starts[-1] + int(shard["rows"]))
        return cls(folder, ShardedRows(files, starts, int(meta["width"])), meta)

    @cached_property
    def obs(self) -> pd.DataFrame:
        """One row an embedding: ``cell``, the columns kept, and for tokens gene and position."""
        frame, _ = read_parquet(self.folder / OBS)
        if len(frame) != sum(int(s["rows"]) for s in self.meta["shards"]):
            raise InputError(
                f"{OBS} has {len(frame):,} rows, the shards {self.meta['n_rows']:,}",
                where=str(self.folder),
                fix="embed the cells again",
            )
        if self._index is None:
            return frame
        return frame.iloc[self._index].reset_index(drop=True)

    def __len__(self) -> int:
        return len(self.array)

    @property
    def width(self) -> int:
        """Columns of an embedding."""
        return self.array.shape[1]

    def subset(self, mask: ArrayLike) -> EmbeddingStore:
        """Show some rows only: booleans, one a row, or row numbers. Nothing is copied.

        Examples
        --------
        >>> store = EmbeddingStore.open("embeddings")  # doctest: +SKIP
        >>> store.subset(store.obs["donor"] == "D1")  # doctest: +SKIP
        """
        taken = self.array.taken(mask)
        return EmbeddingStore(self.folder, taken, self.meta, taken._index)

    def __repr__(self) -> str:
        m = self.meta
        return (
            f"EmbeddingStore({len(self):,} {m['level']} embeddings of width {self.width} "
            f"of {m['model']}, in {self.folder})"
        )


def read_meta(folder: Path) -> dict[str, Any]:
    """Description of a complete store, checked for its schema.

    Raises
    ------
    InputError
        See `EmbeddingStore.open`.
    """
    path = folder / META
    if not path.is_file():
        begun = (folder / PLAN).is_file()
        raise InputError(
            "the embeddings are not complete" if begun else "there are no embeddings",
            where=str(folder),
            expected=f"a folder with {META}, {OBS} and shards",
            fix="call embed_cells again with the same arguments: it continues"
            if begun
            else "make them with cellglass.concepts.embed_cells",
        )
    try:
        meta = json.loads(path.read_text())
        schema, version = meta["schema"], meta["schema_version"]
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            "not a description of embeddings", where=str(path), expected=f"schema '{SCHEMA}'"
        ) from error
    if (schema, version) != (SCHEMA, VERSION):
        raise InputError(
            f"'{schema}', version {version}",
            where=str(path),
            expected=f"'{SCHEMA}', version {VERSION}",
            fix="open them with the version of cellglass that made them, or embed again",
        )
    return meta


def check_shard(path: Path, record: dict[str, Any], width: int, *, content: bool) -> None:
    """Refuse a shard that is missing, of another shape or, if `content`, of another hash."""
    damage = ""
    if not path.is_file():
        damage = "is missing"
    else:
        try:
            shape = np.load(path, mmap_mode="r", allow_pickle=False).shape
        except (ValueError, OSError, EOFError):
            damage = "is no array, or was cut off"
        else:
            if shape != (record["rows"], width):
                damage = f"has shape {shape}, not {(record['rows'], width)}"
            elif content and file_hash(path) != record["sha256"]:
                damage = "was changed: its hash differs"
    if damage:
        raise InputError(
            f"{path.name} {damage}",
            where=str(path.parent),
            fix="delete the folder and embed the cells again",
        )


def file_hash(path: Path) -> str:
    """SHA-256 of a file, read in blocks."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
