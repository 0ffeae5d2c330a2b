"""The cache of fetched references: where files lie, what they were, whether they still are."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from cellglass.data.catalogue import CATALOGUE, Resource
from cellglass.errors import DownloadError, nearest

RECORD = "record.json"


@dataclass(frozen=True)
class FileRecord:
    """What was fetched.

    Parameters
    ----------
    sha256
        Hash of the file.
    size
        Bytes.
    source
        Address or path it came from.
    trust
        Why the hash was believed: ``"pinned"``, ``"known copy"``, ``"first use"``, ``"user"`` or
        ``"accepted"``.
    """

    sha256: str
    size: int
    source: str
    trust: str


@dataclass(frozen=True)
class CacheProblem:
    """A file of the cache that is not what was fetched.

    Parameters
    ----------
    name
        Resource.
    path
        The file.
    what
        ``"missing"``, ``"truncated: ..."`` or ``"altered: ..."``.
    """

    name: str
    path: Path
    what: str


def cache_root(cache: str | Path | None = None) -> Path:
    """Folder of the cache: the argument, else ``CELLGLASS_CACHE``, else the user's cache folder."""
    if cache is not None:
        return Path(cache)
    from_environment = os.environ.get("CELLGLASS_CACHE")
    if from_environment:
        return Path(from_environment)
    import platformdirs

    return Path(platformdirs.user_cache_dir("cellglass"))


def resource_of(name: str) -> Resource:
    """Entry of the catalogue; DownloadError with the nearest names if there is none."""
    if name not in CATALOGUE:
        raise DownloadError(
            f"'{name}' is not in the catalogue", where="name", fix=nearest(name, CATALOGUE)
        )
    return CATALOGUE[name]


def folder_of(name: str, cache: str | Path | None = None) -> Path:
    """Folder of a resource in the cache, whether or not it exists."""
    return cache_root(cache) / "references" / name


def sha256_of(path: Path) -> str:
    """Hash of a file, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_record(folder: Path) -> dict[str, FileRecord]:
    """Read what was fetched into a folder, by file name; empty if nothing was."""
    path = folder / RECORD
    if not path.is_file():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return {name: FileRecord(**entry) for name, entry in content.items()}
    except (ValueError, TypeError, AttributeError) as error:
        raise DownloadError(
            f"the record of the cache cannot be read: {error}",
            where=str(path),
            fix=f"delete {folder} and fetch again",
        ) from error


def write_record(folder: Path, record: Mapping[str, FileRecord]) -> None:
    """Replace the record of a folder at once."""
    text = json.dumps({k: asdict(v) for k, v in sorted(record.items())}, indent=1)
    temporary = folder / f"{RECORD}.{os.getpid()}.tmp"
    temporary.write_text(text + "\n", encoding="utf-8")
    temporary.replace(folder / RECORD)


def file_problem(path: Path, record: FileRecord) -> str:
    """Say what is wrong with a cached file; empty if nothing is."""
    if not path.is_file():
        return "missing"
    size = path.stat().st_size
    if size < record.size:
        return f"truncated: {size:,} of {record.size:,} bytes"
    if sha256_of(path) != record.sha256:
        return "altered: its sha256 is not the one recorded"
    return ""


def cached(name: str, *, cache: str | Path | None = None) -> Path | None:
    """Path of the main file of a resource, if all its files are in the cache.

    Parameters
    ----------
    name
        Name in the catalogue.
    cache
        Folder of the cache.

    Returns
    -------
    pathlib.Path or None
        Files are not hashed here; `check_cache` does.

    Raises
    ------
    DownloadError
        If the name is not in the catalogue.

    Examples
    --------
    >>> import cellglass as cg
    >>> cg.data.cached("trrust", cache="nowhere") is None
    True
    """
    resource = resource_of(name)
    folder = folder_of(name, cache)
    record = read_record(folder)
    names = [f.filename for f in resource.files]
    if all(n in record and (folder / n).is_file() for n in names):
        return folder / names[0]
    return None


def check_cache(*, cache: str | Path | None = None) -> list[CacheProblem]:
    """Hash every file of the cache.

    Parameters
    ----------
    cache
        Folder of the cache.

    Returns
    -------
    list of CacheProblem
        Missing, truncated and altered files; empty if all is well.

    Examples
    --------
    >>> import cellglass as cg
    >>> cg.data.check_cache(cache="nowhere")
    []
    """
    problems = []
    for name in CATALOGUE:
        folder = folder_of(name, cache)
        for filename, record in read_record(folder).items():
            what = file_problem(folder / filename, record)
            if what:
                problems.append(CacheProblem(name, folder / filename, what))
    return problems
