"""Reference networks as their publishers lay them out, brought to source, target, weight.

TRRUST v2 (raw: tf, target, mode, PubMed ids, no header), DoRothEA (tf, target, mor, confidence),
CollecTRI (tf, target, sign; or source, target, weight, resources, ...), OmniPath's TSV
(source_genesymbol, ...), STRING (gene_a, gene_b, score; or protein.links with protein.info), and
any table with columns of sources and targets.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cellglass.data.columns import (
    SOURCE_COLUMNS,
    TARGET_COLUMNS,
    WEIGHT_COLUMNS,
    choose_column,
)
from cellglass.data.tables import find_column, read_table, read_text
from cellglass.errors import NetworkError

if TYPE_CHECKING:
    import pandas as pd

MODES = frozenset({"Activation", "Repression", "Unknown"})
UNDIRECTED_COLUMNS = ("gene_a", "gene1", "node1", "protein1")
STRING_MIN_SCORE = 700
STRING_CHUNK = 1_000_000


@dataclass(frozen=True, eq=False)
class RawNetwork:
    """Rows of a network file.

    Parameters
    ----------
    frame
        Columns ``source``, ``target``, ``weight`` (nan where there is none or it is unknown) and
        evidence columns as strings.
    directed
        Whether the format is directed.
    layout
        Name of the format.
    notes
        What the reader decided.
    """

    frame: pd.DataFrame
    directed: bool
    layout: str
    notes: tuple[str, ...] = ()


def read_network_file(
    path: Path,
    *,
    source: str | None = None,
    target: str | None = None,
    weight: str | None = None,
    protein_info: Path | None = None,
    min_score: float | None = None,
) -> RawNetwork:
    """Read a network file, its format found out from its content.

    Parameters
    ----------
    path
        Text (any separator, compressed or not) or Parquet.
    source, target, weight
        Columns, where their names are unusual.
    protein_info
        STRING's ``protein.info`` file for ``protein.links``; looked for beside it by default.
    min_score
        STRING ``protein.links``: least combined score (of 1,000); 700 by default.

    Returns
    -------
    RawNetwork

    Raises
    ------
    NetworkError
        If no columns of sources and targets are found, or a file is missing.
    """
    if path.is_file() and _is_string_links(path):
        return _read_string_links(path, protein_info, min_score)
    frame = read_table(path)
    if source is None and target is None:
        if _is_trrust(frame):
            frame = read_table(path, header=False, names=("tf", "target", "mode", "pmid"))
            return RawNetwork(_trrust(frame), True, "TRRUST")
        if "source_genesymbol" in frame.columns and "target_genesymbol" in frame.columns:
            return RawNetwork(_omnipath(frame), True, "OmniPath")
    source_column = choose_column(frame, source, SOURCE_COLUMNS, "source")
    rest = frame.drop(columns=[source_column])
    target_column = choose_column(rest, target, TARGET_COLUMNS, "target")
    weight_column = weight or find_column(frame, WEIGHT_COLUMNS)
    out = frame.rename(columns={source_column: "source", target_column: "target"})
    out["weight"] = _weights(frame, weight_column, path)
    keep = [c for c in out.columns if c not in ("source", "target", "weight", weight_column)]
    undirected = source_column.lower() in UNDIRECTED_COLUMNS
    layout = _layout(frame, undirected)
    if undirected and weight_column is not None:
        keep = [weight_column, *keep]  # the score is evidence too, to restrict by
    return RawNetwork(out[["source", "target", "weight", *keep]], not undirected, layout)


def _layout(frame: pd.DataFrame, undirected: bool) -> str:
    names = {str(c).lower() for c in frame.columns}
    if {"tf", "target", "mor", "confidence"} <= names:
        return "DoRothEA"
    if {"tf", "target", "sign"} <= names or {"source", "target", "weight", "resources"} <= names:
        return "CollecTRI"
    return "STRING-like pairs" if undirected else "table"


def _weights(frame: pd.DataFrame, column: str | None, path: Path) -> np.ndarray:
    import pandas as pd

    if column is None:
        return np.ones(len(frame))
    if column not in frame.columns:
        raise NetworkError(f"there is no column '{column}'", where=str(path), expected="a weight")
    text = frame[column]
    numbers = pd.to_numeric(text, errors="coerce")
    bad = numbers.isna() & ~text.str.lower().isin(["", "nan", "na"])
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise NetworkError(
            f"{int(bad.sum()):,} weights are no numbers; the first is '{text.iloc[row]}'",
            where=f"{path}, column {column}",
            fix="name another column: weight='...'",
        )
    return numbers.to_numpy(dtype=np.float64)


def _is_trrust(frame: pd.DataFrame) -> bool:
    """Recognise a file without header: the line taken for one has a mode in its third field."""
    return frame.shape[1] == 4 and str(frame.columns[2]) in MODES


def _trrust(frame: pd.DataFrame) -> pd.DataFrame:
    signs = frame["mode"].map({"Activation": 1.0, "Repression": -1.0})
    return frame.rename(columns={"tf": "source"}).assign(weight=signs.astype(np.float64))[
        ["source", "target", "weight", "mode", "pmid"]
    ]


def _omnipath(frame: pd.DataFrame) -> pd.DataFrame:
    """Sign from the consensus, confidence from the best DoRothEA level."""
    out = frame[[c for c in frame.columns if c not in ("source", "target")]].rename(
        columns={"source_genesymbol": "source", "target_genesymbol": "target"}
    )
    up = _truth(frame, "consensus_stimulation", "is_stimulation")
    down = _truth(frame, "consensus_inhibition", "is_inhibition")
    out["weight"] = np.where(up & ~down, 1.0, np.where(down & ~up, -1.0, np.nan))
    if "dorothea_level" in frame.columns:
        out["confidence"] = [
            min(re.findall("[A-E]", v), default="") for v in frame["dorothea_level"]
        ]
    first = ["source", "target", "weight"]
    return out[[*first, *(c for c in out.columns if c not in first)]]


def _truth(frame: pd.DataFrame, *columns: str) -> np.ndarray:
    for column in columns:
        if column in frame.columns:
            return frame[column].str.lower().isin(["true", "1"]).to_numpy()
    return np.zeros(len(frame), dtype=bool)


def _is_gzip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == b"\x1f\x8b"


def _is_string_links(path: Path) -> bool:
    import gzip

    opener = gzip.open if _is_gzip(path) else open
    try:
        with opener(path, "rb") as file:
            return file.read(64).startswith(b"protein1 protein2 ")
    except (OSError, EOFError):
        return False  # the general reader names the damage


def _read_string_links(
    path: Path, protein_info: Path | None, min_score: float | None
) -> RawNetwork:
    """Read STRING's pairs of proteins chunk by chunk; the whole file needs gigabytes."""
    import pandas as pd

    least = STRING_MIN_SCORE if min_score is None else min_score
    symbols = _string_symbols(path, protein_info)
    parts: list[pd.DataFrame] = []
    try:
        chunks = pd.read_csv(
            path,
            sep=" ",
            compression="gzip" if _is_gzip(path) else None,
            dtype={"protein1": str, "protein2": str},
            chunksize=STRING_CHUNK,
            keep_default_na=False,
        )
        parts.extend(chunk[chunk["combined_score"] >= least] for chunk in chunks)
    except (OSError, EOFError, ValueError, KeyError) as error:
        raise NetworkError(
            f"the file is truncated or damaged: {error}", where=str(path), fix="fetch it again"
        ) from error
    rows = pd.concat(parts, ignore_index=True)
    frame = pd.DataFrame(
        {
            "source": rows["protein1"].map(symbols).fillna("").astype(object),
            "target": rows["protein2"].map(symbols).fillna("").astype(object),
            "weight": rows["combined_score"].to_numpy(dtype=np.float64),
            "combined_score": rows["combined_score"].astype(str),
        }
    )
    return RawNetwork(frame, False, "STRING", (f"combined score >= {least:g}",))


def _string_symbols(path: Path, protein_info: Path | None) -> Mapping[str, str]:
    info = protein_info
    if info is None:
        beside = path.with_name(path.name.replace("protein.links", "protein.info"))
        info = beside if beside != path and beside.is_file() else None
    if info is None or not info.is_file():
        raise NetworkError(
            "STRING's protein.links has protein ids, and the file that names them is missing",
            where=str(path),
            expected=f"{path.name.replace('protein.links', 'protein.info')} beside it",
            fix="download both (cellglass data fetch string), or pass protein_info=...",
        )
    lines = (line.split("\t") for line in read_text(info).split("\n")[1:] if line)
    return {fields[0]: fields[1] for fields in lines}
