"""Embeddings are written shard by shard; what is finished is kept, checked and not made again."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cellglass.errors import InputError
from cellglass.stats.parquet import read_parquet, write_parquet

from .store import META, OBS, PLAN, SCHEMA, VERSION, EmbeddingStore, check_shard, file_hash

if TYPE_CHECKING:
    import pandas as pd

PARTS = "parts"


class StoreWriter:
    """Writes an `EmbeddingStore`; `meta.json` comes last, so that no half store can be opened.

    Parameters
    ----------
    folder
        Made if it does not exist.
    settings
        What all shards have in common (JSON types). A folder begun with others is refused.
    n_shards
        How many will be written.
    overwrite
        Delete a store that stands there.

    Raises
    ------
    InputError
        If the folder holds a store made with other settings, or anything else.

    Examples
    --------
    >>> import tempfile
    >>> import pandas as pd
    >>> writer = StoreWriter(Path(tempfile.mkdtemp()), {"model": "m", "level": "cell"}, n_shards=1)
    >>> writer.write(0, np.ones((1, 2), np.float32), pd.DataFrame({"cell": ["a"]}), "hash")
    >>> writer.finish().array.shape
    (1, 2)
    """

    def __init__(
        self, folder: Path, settings: Mapping[str, Any], n_shards: int, *, overwrite: bool = False
    ) -> None:
        self.folder, self.n_shards = Path(folder), n_shards
        # as JSON gives it back, so that a plan read from disk compares equal
        self.settings: dict[str, Any] = json.loads(
            json.dumps({"schema": SCHEMA, "schema_version": VERSION, **settings})
        )
        self._begin(overwrite)

    def _begin(self, overwrite: bool) -> None:
        plan = self.folder / PLAN
        wanted = {**self.settings, "n_shards": self.n_shards}
        held = _json(plan)
        if held is None and self.folder.exists() and _content(self.folder):
            raise InputError(
                "the folder holds something else",
                where=str(self.folder),
                expected="a new folder, or embeddings of cellglass",
                fix="name another folder",
            )
        if held is not None and held != wanted:
            if not overwrite:
                raise InputError(
                    f"the folder holds embeddings made with other settings: {_told(held, wanted)}",
                    where=str(self.folder),
                    fix="name another folder, or pass overwrite=True",
                )
            shutil.rmtree(self.folder)
        elif held is not None and overwrite:
            shutil.rmtree(self.folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        _write_json(plan, wanted)
        (self.folder / PARTS).mkdir(exist_ok=True)

    def done(self, shard: int, source: str) -> bool:
        """Whether a shard is finished and whole.

        Parameters
        ----------
        shard
            Its number.
        source
            Hash of the cells it is made of.

        Raises
        ------
        InputError
            If it was made of other cells, or the file was changed since.
        """
        record = _json(self._record(shard))
        if record is None:
            return False
        if record["source"] != source:
            raise InputError(
                f"shard {shard} in this folder was made of other cells",
                where=str(self.folder),
                fix="name another folder, or pass overwrite=True",
            )
        check_shard(self.folder / record["file"], record, record["width"], content=True)
        return True

    def write(
        self, shard: int, embedding: NDArray[np.floating], obs: pd.DataFrame, source: str
    ) -> None:
        """Write one shard: rows x width, and what each row is.

        Raises
        ------
        InputError
            If values are not finite; nothing is written then.
        """
        array = np.ascontiguousarray(embedding, dtype=np.float32)
        bad = ~np.isfinite(array).all(axis=1)
        if bad.any():
            first = obs["cell"].iloc[int(np.flatnonzero(bad)[0])]
            raise InputError(
                f"{int(bad.sum()):,} of {len(array):,} embeddings are not finite, the first is "
                f"that of cell {first}",
                where=f"shard {shard} of {self.folder}",
                fix="drop these cells, or run the model in float32",
            )
        name = f"embedding-{shard:05d}.npy"
        partial = self.folder / f".{name}.{os.getpid()}.partial"
        try:
            with partial.open("wb") as file:
                np.save(file, array, allow_pickle=False)
            record = {
                "file": name, "rows": len(array), "width": array.shape[1],
                "sha256": file_hash(partial), "source": source,
            }  # fmt: skip
            os.replace(partial, self.folder / name)
        finally:
            partial.unlink(missing_ok=True)
        write_parquet(obs, self._obs(shard), {})
        # the record says that the shard is finished: it is written last
        _write_json(self._record(shard), record)

    def finish(self) -> EmbeddingStore:
        """Join what the rows are, describe the whole, and open it.

        Raises
        ------
        InputError
            If a shard is missing, or shards have different widths.
        """
        records = [_json(self._record(i)) for i in range(self.n_shards)]
        missing = [i for i, r in enumerate(records) if r is None]
        if missing or not records:
            raise InputError(
                f"{len(missing)} of {self.n_shards} shards are missing", where=str(self.folder)
            )
        shards = [r for r in records if r is not None]
        widths = {int(r["width"]) for r in shards}
        if len(widths) > 1:
            raise InputError(f"shards of widths {sorted(widths)}", where=str(self.folder))
        self._join_obs()
        meta = {
            **self.settings,
            "n_rows": sum(int(r["rows"]) for r in shards),
            "width": widths.pop(),
            "shards": shards,
        }
        if _json(self.folder / META) != meta:
            _write_json(self.folder / META, meta)
        return EmbeddingStore.open(self.folder)

    def _join_obs(self) -> None:
        """One table of the parts, a part in memory at a time."""
        import pyarrow as pa
        from pyarrow import parquet

        first, metadata = read_parquet(self._obs(0))
        del metadata
        if self.n_shards == 1:
            write_parquet(first, self.folder / OBS, {})
            return
        schema = parquet.read_schema(self._obs(0))
        schemas = [parquet.read_schema(self._obs(i)) for i in range(self.n_shards)]
        # a column that is empty in one part has the type "null" there
        schema = pa.unify_schemas(schemas, promote_options="permissive").with_metadata(
            schema.metadata
        )
        partial = self.folder / f".{OBS}.{os.getpid()}.partial"
        try:
            with parquet.ParquetWriter(
                partial, schema, compression="zstd", version="2.6", data_page_version="1.0"
            ) as out:
                for i in range(self.n_shards):
                    out.write_table(parquet.read_table(self._obs(i)).cast(schema))
            os.replace(partial, self.folder / OBS)
        finally:
            partial.unlink(missing_ok=True)

    def _record(self, shard: int) -> Path:
        return self.folder / PARTS / f"{shard:05d}.json"

    def _obs(self, shard: int) -> Path:
        return self.folder / PARTS / f"{shard:05d}.parquet"


def _content(folder: Path) -> list[Path]:
    """What a folder holds, but for what a killed process left half."""
    return [p for p in folder.iterdir() if not p.name.endswith(".partial")]


def _json(path: Path) -> dict[str, Any] | None:
    return json.loads(path.read_text()) if path.is_file() else None


def _write_json(path: Path, value: Mapping[str, Any]) -> None:
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        partial.write_text(json.dumps(value, indent=1, sort_keys=True))
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def _told(held: Mapping[str, Any], wanted: Mapping[str, Any]) -> str:
    """Which settings differ, as a phrase."""
    names = [n for n in sorted({*held, *wanted}) if held.get(n) != wanted.get(n)]
    return ", ".join(f"{n} {held.get(n)!r} instead of {wanted.get(n)!r}" for n in names[:4])
