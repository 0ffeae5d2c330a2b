"""Parquet files that are equal, byte for byte, for equal content."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cellglass.errors import InputError
from cellglass.stats.finding import canonical_json

if TYPE_CHECKING:
    import pandas as pd

_KEY = b"cellglass"


def write_parquet(frame: pd.DataFrame, path: Path, metadata: Mapping[str, Any]) -> None:
    """Write a table with metadata; the file appears whole or not at all.

    Parameters
    ----------
    frame
        Columns of numbers, booleans or strings; the index is dropped.
    path
        The file to write.
    metadata
        JSON types.

    Notes
    -----
    Equal content gives equal bytes with one version of pyarrow: nothing about time, machine
    or pandas is stored.
    """
    import pyarrow as pa
    from pyarrow import parquet

    table = pa.Table.from_pandas(frame, preserve_index=False)
    table = table.replace_schema_metadata({_KEY: canonical_json(dict(metadata)).encode()})
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        parquet.write_table(
            table, partial, compression="zstd", version="2.6", data_page_version="1.0"
        )
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def read_parquet(path: Path) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Read what `write_parquet` wrote.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    frame, metadata
        The table and its metadata.

    Raises
    ------
    InputError
        If the file is missing, is no Parquet file, or was not written by cellglass.
    """
    import pyarrow as pa
    from pyarrow import parquet

    try:
        table = parquet.read_table(path)
    except (OSError, pa.ArrowInvalid) as error:
        raise InputError(f"cannot read the table: {error}", where=str(path)) from error
    stored = (table.schema.metadata or {}).get(_KEY)
    if stored is None:
        raise InputError("not a table of cellglass", where=str(path))
    return table.to_pandas(), json.loads(stored)
