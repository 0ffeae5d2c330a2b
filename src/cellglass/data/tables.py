"""Text tables of gene names: every cell a string, compression and separator found out."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cellglass.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

PARQUET = b"PAR1"


def read_bytes(path: Path) -> bytes:
    """Content of a file, decompressed by what it is rather than by its name.

    Parameters
    ----------
    path
        Plain, gzip, bzip2, xz, or a zip archive of one file.

    Returns
    -------
    bytes

    Raises
    ------
    InputError
        If the file is missing, a folder, truncated, or a zip archive of several files.
    """
    path = Path(path)
    if path.is_dir():
        raise InputError(
            "this is a folder", where=str(path), expected="a file", fix="name the file in it"
        )
    if not path.is_file():
        raise InputError("the file does not exist", where=str(path))
    raw = path.read_bytes()
    try:
        if raw[:2] == b"\x1f\x8b":
            return gzip.decompress(raw)
        if raw[:3] == b"BZh":
            return bz2.decompress(raw)
        if raw[:6] == b"\xfd7zXZ\x00":
            return lzma.decompress(raw)
        if raw[:4] == b"PK\x03\x04":
            return _only_member(raw, path)
    except (OSError, EOFError, zipfile.BadZipFile, lzma.LZMAError, ValueError) as error:
        raise InputError(
            f"the file is truncated or damaged: {error}",
            where=str(path),
            fix="copy or download it again",
        ) from error
    return raw


def _only_member(raw: bytes, path: Path) -> bytes:
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        names = [n for n in archive.namelist() if not n.endswith("/")]
        if len(names) != 1:
            raise InputError(
                f"the archive holds {len(names)} files: {', '.join(names[:5])}",
                where=str(path),
                expected="one file",
                fix="unpack it and give the file you mean",
            )
        return archive.read(names[0])


def read_text(path: Path) -> str:
    """Text of a file, see `read_bytes`; UTF-8."""
    try:
        return read_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"the file is not UTF-8 text: {error}", where=str(path), expected="a text table"
        ) from error


def read_table(
    path: Path, *, header: bool = True, names: Sequence[str] | None = None
) -> pd.DataFrame:
    r"""Read a table with every cell as a string; "NA" and "NAN" are gene names like others.

    Parameters
    ----------
    path
        TSV, CSV, semicolon- or space-separated text (compressed or not), or Parquet.
    header
        Whether the first line names the columns.
    names
        Column names where there is no header.

    Returns
    -------
    pandas.DataFrame
        Columns of ``str``; missing cells are empty strings.

    Raises
    ------
    InputError
        If the file is missing, damaged, empty, or has no table.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "t.csv"
    >>> _ = path.write_text("gene,n\nNA,1\n")
    >>> read_table(path)["gene"].tolist()
    ['NA']
    """
    import pandas as pd

    path = Path(path)
    raw = read_bytes(path)
    if raw[:4] == PARQUET:
        return _from_parquet(raw, path)
    if not _is_text(raw):
        raise InputError("the file is not UTF-8 text", where=str(path), expected="a text table")
    text = raw.decode("utf-8-sig")
    if not text.strip():
        raise InputError(
            "the file is empty", where=str(path), expected="a table", fix="write it again"
        )
    try:
        frame = pd.read_csv(
            io.StringIO(text),
            sep=_separator(text),
            header=0 if header else None,
            names=None if header or names is None else list(names),
            dtype=str,
            keep_default_na=False,
            na_filter=False,
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError) as error:
        raise InputError(
            f"this is no table: {str(error).splitlines()[0]}", where=str(path)
        ) from error
    frame.columns = [str(c).strip().lstrip("#") for c in frame.columns]
    return frame


def _from_parquet(raw: bytes, path: Path) -> pd.DataFrame:
    import pandas as pd
    import pyarrow

    try:
        frame = pd.read_parquet(io.BytesIO(raw))
    except (pyarrow.ArrowException, OSError) as error:
        raise InputError(f"the Parquet file is damaged: {error}", where=str(path)) from error
    return frame.astype(object).where(frame.notna(), "").astype(str)


def _is_text(raw: bytes) -> bool:
    try:
        raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    return b"\x00" not in raw[:4096]


def _separator(text: str) -> str:
    """Return the separator that occurs most regularly in the first lines."""
    head = text[:20000].split("\n")
    lines = [line for line in head[: max(1, min(20, len(head) - 1))] if line.strip()]
    for separator in ("\t", ",", ";", " "):
        found = {line.count(separator) for line in lines}
        if min(found) > 0 and (separator != " " or len(found) == 1):
            return separator
    return "\t"


def find_column(frame: pd.DataFrame, candidates: Sequence[str]) -> str | None:
    """First column whose name is among the candidates, whatever the case.

    Parameters
    ----------
    frame
        The table.
    candidates
        Lower-case names, the best first.

    Returns
    -------
    str or None
    """
    by_name = {str(c).strip().lower(): str(c) for c in frame.columns}
    return next((by_name[c] for c in candidates if c in by_name), None)
