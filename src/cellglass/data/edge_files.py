"""Edge tables in files: Parquet with everything, TSV or CSV with scores and counts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cellglass.data.columns import SCORE_COLUMNS, SOURCE_COLUMNS, TARGET_COLUMNS, choose_column
from cellglass.data.edge_blocks import EdgeBlocks, uncountable
from cellglass.data.edges import EdgeTable
from cellglass.data.tables import read_table
from cellglass.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

METADATA = b"cellglass"
SEPARATORS = {".tsv": "\t", ".txt": "\t", ".csv": ","}


def table_of(
    frame: pd.DataFrame,
    source: str | None = None,
    target: str | None = None,
    score: str | None = None,
    provenance: Mapping[str, Any] | None = None,
) -> EdgeTable:
    """Build an edge table from a long table.

    Parameters
    ----------
    frame
        One row an edge.
    source, target, score
        Columns; found by their usual names if None. A column ``count`` says how many cells hold
        both genes: a pair with 0 is not judged.
    provenance
        Where the scores come from.

    Returns
    -------
    EdgeTable
        Names are strings, sorted; pairs without a row get nan and are not evaluable.

    Raises
    ------
    InputError
        If there is no row, a column is missing or not numeric, a name is empty, a score is
        infinite, a count is no number of cells, or a pair occurs twice with different scores.
    """
    import pandas as pd

    _require_rows(frame)
    source = choose_column(frame, source, SOURCE_COLUMNS, "source")
    target = choose_column(frame, target, TARGET_COLUMNS, "target")
    score = choose_column(frame, score, SCORE_COLUMNS, "score")
    data = pd.DataFrame(
        {
            "source": frame[source].astype(str).to_numpy(),
            "target": frame[target].astype(str).to_numpy(),
            "score": _numbers(frame, score),
        }
    )
    if "count" in frame.columns:
        data["count"] = _counts(frame)
    empty = (data["source"] == "") | (data["target"] == "")
    if empty.any():
        raise InputError(
            f"{int(empty.sum()):,} rows have no source or no target; the first is row "
            f"{int(np.flatnonzero(empty)[0]) + 1}",
            where=f"columns {source}, {target}",
            fix="leave those rows out",
        )
    data = data.drop_duplicates()
    twice = data.duplicated(["source", "target"], keep=False)
    if twice.any():
        first = data[twice].iloc[0]
        raise InputError(
            f"{int(twice.sum()):,} rows give a pair different scores; the first is "
            f"{first['source']} -> {first['target']}",
            where=f"columns {source}, {target}",
            expected="one score a pair",
            fix="average or choose before building the table",
        )
    sources, rows = np.unique(data["source"].to_numpy(dtype=str), return_inverse=True)
    targets, columns = np.unique(data["target"].to_numpy(dtype=str), return_inverse=True)
    scores = np.full((len(sources), len(targets)), np.nan)
    scores[rows, columns] = data["score"]
    counts = None
    if "count" in data:
        counts = np.zeros(scores.shape, dtype=np.int64)
        counts[rows, columns] = data["count"]
    return EdgeTable(
        scores,
        tuple(sources.tolist()),
        tuple(targets.tolist()),
        counts,
        provenance=dict(provenance or {}),
    )


def _require_rows(frame: pd.DataFrame) -> None:
    if frame.empty:
        raise InputError(
            f"the table has no rows, only columns ({', '.join(map(str, frame.columns))})",
            where="edge table",
            expected="one row a pair of genes: source, target, score",
            fix="check how the file was written",
        )


def _counts(frame: pd.DataFrame) -> np.ndarray:
    """The column ``count``, which must hold numbers of cells."""
    counts = _numbers(frame, "count")
    bad = uncountable(counts)
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise InputError(
            f"{int(bad.sum()):,} counts are no numbers of cells; the first is "
            f"'{frame['count'].iloc[row]}' in row {row + 1}",
            where="column count",
            expected="how many cells hold both genes: 0, 1, 2, ...",
            fix="correct the column, or leave it out: all pairs with a score are judged then",
        )
    return counts


def _numbers(frame: pd.DataFrame, column: str) -> np.ndarray:
    import pandas as pd

    text = frame[column]
    if text.dtype == object:
        text = text.where(text != "", "nan")
    numbers = pd.to_numeric(text, errors="coerce")
    bad = numbers.isna() & ~text.astype(str).str.lower().isin(["nan", "na", "none"])
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise InputError(
            f"{int(bad.sum()):,} values are no numbers; the first is '{text.iloc[row]}' "
            f"in row {row + 1}",
            where=f"column {column}",
            expected="numbers",
            fix="name the column of scores: score, or correct the file",
        )
    if text.dtype == object:  # pandas' own parser is off by a last bit now and then
        return text.where(numbers.notna(), "nan").to_numpy(dtype=object).astype(np.float64)
    return numbers.to_numpy(dtype=np.float64)


def write_edges(table: EdgeTable, path: Path) -> Path:
    """Write an edge table; equal tables give equal bytes.

    Parameters
    ----------
    table
        The table.
    path
        ``.parquet`` keeps everything (order of names, counts, blocks, provenance); ``.tsv`` and
        ``.csv`` keep source, target, score (shortest text that reads back exactly) and count.

    Returns
    -------
    pathlib.Path
        `path`.

    Raises
    ------
    InputError
        If the ending is another.
    """
    path = Path(path)
    if path.suffix == ".parquet":
        _write_parquet(table, path)
    elif path.suffix in SEPARATORS:
        frame = table.to_frame()
        text = frame.to_csv(sep=SEPARATORS[path.suffix], index=False, lineterminator="\n")
        path.write_bytes(text.encode())
    else:
        raise _unknown_ending(path)
    return path


def read_edges(path: Path) -> EdgeTable:
    """Read an edge table written by `write_edges`, or any long table of edges.

    Parameters
    ----------
    path
        Parquet, TSV or CSV, compressed or not.

    Returns
    -------
    EdgeTable

    Raises
    ------
    InputError
        If the file is missing or damaged or lacks the columns.
    """
    import pyarrow.parquet as pq

    path = Path(path)
    if path.suffix == ".parquet" and path.is_file():
        try:
            stored = (pq.read_schema(path).metadata or {}).get(METADATA)
        except (OSError, ValueError) as error:
            raise InputError(f"the Parquet file is damaged: {error}", where=str(path)) from error
        if stored is not None:
            return _read_parquet(path, json.loads(stored))
    return table_of(read_table(path))


def _unknown_ending(path: Path) -> InputError:
    return InputError(
        f"the ending '{path.suffix}' is unknown",
        where=str(path),
        expected="'.parquet', '.tsv' or '.csv'",
    )


def _write_parquet(table: EdgeTable, path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    n_sources, n_targets = table.shape
    columns: dict[str, Any] = {
        "source": _repeated(table.sources, np.repeat(np.arange(n_sources), n_targets)),
        "target": _repeated(table.targets, np.tile(np.arange(n_targets), n_sources)),
        "score": pa.array(table.scores.ravel()),
    }
    if table.counts is not None:
        columns["count"] = pa.array(np.ascontiguousarray(table.counts).ravel())
    header: dict[str, Any] = {
        "sources": list(table.sources),
        "targets": list(table.targets),
        "provenance": dict(table.provenance),
        "min_count": table.min_count,
        "blocks": None,
    }
    if table.blocks is not None:
        header["blocks"] = {"names": list(table.blocks.names), "unit": table.blocks.unit}
        for i in range(len(table.blocks.names)):
            columns[f"sum {i}"] = pa.array(np.ascontiguousarray(table.blocks.sums[i]).ravel())
            columns[f"count {i}"] = pa.array(np.ascontiguousarray(table.blocks.counts[i]).ravel())
    text = json.dumps(header, sort_keys=True, ensure_ascii=False, default=_plain)
    arrow = pa.table(columns).replace_schema_metadata({METADATA: text.encode()})
    pq.write_table(arrow, path, compression="zstd")


def _plain(value: Any) -> Any:
    """Turn NumPy numbers in the provenance into Python's."""
    if isinstance(value, np.generic):
        return value.item()
    raise InputError(
        f"provenance holds a {type(value).__name__}", expected="text, numbers, lists, mappings"
    )


def _repeated(names: tuple[str, ...], codes: np.ndarray) -> Any:
    import pyarrow as pa

    return pa.DictionaryArray.from_arrays(
        pa.array(codes, pa.int32()), pa.array(list(names), pa.string())
    )


def _read_parquet(path: Path, header: Mapping[str, Any]) -> EdgeTable:
    import pyarrow.parquet as pq

    arrow = pq.read_table(path)
    shape = (len(header["sources"]), len(header["targets"]))

    def matrix(name: str) -> np.ndarray:
        return np.asarray(arrow[name].to_numpy()).reshape(shape)

    blocks = None
    if header["blocks"] is not None:
        names = tuple(header["blocks"]["names"])
        sums = np.stack([matrix(f"sum {i}") for i in range(len(names))])
        counts = np.stack([matrix(f"count {i}") for i in range(len(names))])
        blocks = EdgeBlocks(sums, counts, names, header["blocks"]["unit"])
    return EdgeTable(
        matrix("score"),
        tuple(header["sources"]),
        tuple(header["targets"]),
        matrix("count") if "count" in arrow.column_names else None,
        blocks,
        dict(header["provenance"]),
        int(header["min_count"]),
    )
