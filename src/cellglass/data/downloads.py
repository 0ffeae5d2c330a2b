"""Fetching references: pinned by hash, placed at once, from the publisher, a mirror or a file."""

from __future__ import annotations

import shlex
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cellglass.data.arrival import Arrival
from cellglass.data.cache import (
    FileRecord,
    cached,
    file_problem,
    folder_of,
    read_record,
    resource_of,
    write_record,
)
from cellglass.data.catalogue import CATALOGUE, Resource, ResourceFile
from cellglass.data.locks import file_lock
from cellglass.errors import DownloadError

TIMEOUT_SECONDS = 30


class NotFetched(DownloadError):
    """A reference of the catalogue that is not in the cache."""


@dataclass(frozen=True)
class FetchedResource:
    """A resource in the cache.

    Parameters
    ----------
    name, title, version, licence, citation
        As in the catalogue.
    paths
        Its files, the main one first.
    sha256
        Hash of each file.
    trust
        Why each hash was believed, see `FileRecord`.
    from_cache
        True if nothing was fetched.
    """

    name: str
    title: str
    version: str
    paths: tuple[Path, ...]
    sha256: tuple[str, ...]
    trust: tuple[str, ...]
    licence: str
    citation: str
    from_cache: bool

    @property
    def path(self) -> Path:
        """The main file."""
        return self.paths[0]

    @property
    def notes(self) -> tuple[str, ...]:
        """How far each file is trusted, as sentences."""
        pairs = zip(self.paths, self.trust, strict=True)
        return tuple(f"{path.name}: {TRUST_TEXT[trust]}" for path, trust in pairs)

    def describe(self) -> str:
        """Lines for people: files, hashes and how far they are trusted, licence, citation."""
        how = "in the cache" if self.from_cache else "fetched"
        lines = [f"{self.name} ({self.version}) {how}: {self.paths[0].parent}"]
        for path, digest, trust in zip(self.paths, self.sha256, self.trust, strict=True):
            lines.append(f"  {path.name}  sha256 {digest}  ({TRUST_TEXT[trust]})")
        return "\n".join([*lines, f"  licence: {self.licence}", f"  cite: {self.citation}"])


TRUST_TEXT = {
    "pinned": "as pinned in the catalogue",
    "known copy": "equal to a copy known to be good",
    "first use": "no hash is published: recorded now, verified from now on; pin it with --sha256",
    "user": "as given with --sha256",
    "accepted": "differs from what was known, accepted with --accept-new-hash",
}


@dataclass(frozen=True)
class ResourceStatus:
    """One line of `list_resources`.

    Parameters
    ----------
    resource
        Entry of the catalogue.
    path
        Main file in the cache, or None.
    """

    resource: Resource
    path: Path | None

    @property
    def name(self) -> str:
        """Name in the catalogue."""
        return self.resource.name

    @property
    def title(self) -> str:
        """What it is."""
        return self.resource.title

    @property
    def licence(self) -> str:
        """Licence, as its publisher states it."""
        return self.resource.licence

    @property
    def cached(self) -> bool:
        """Whether all its files are in the cache."""
        return self.path is not None


def list_resources(*, cache: str | Path | None = None) -> list[ResourceStatus]:
    """All entries of the catalogue, and whether they are in the cache.

    Parameters
    ----------
    cache
        Folder of the cache.

    Returns
    -------
    list of ResourceStatus

    Examples
    --------
    >>> import tempfile
    >>> [s.resource.name for s in list_resources(cache=tempfile.mkdtemp())][:2]
    ['trrust', 'collectri']
    """
    return [ResourceStatus(r, cached(r.name, cache=cache)) for r in CATALOGUE.values()]


def fetch(
    name: str,
    *,
    source: str | Path | None = None,
    cache: str | Path | None = None,
    sha256: str | None = None,
    accept_new_hash: bool = False,
    progress: bool = True,
) -> FetchedResource:
    """Bring a reference into the cache.

    Parameters
    ----------
    name
        Name in the catalogue.
    source
        Where to take it from instead of its publisher: a file, a folder that holds the files under
        the names of the catalogue, the address of a file, or the address of a folder (ending in
        ``/``).
    cache
        Folder of the cache; ``CELLGLASS_CACHE`` or the user's cache folder by default.
    sha256
        Hash that the main file must have; replaces the one of the catalogue.
    accept_new_hash
        Take a file that differs from the known copy or from what was fetched before. It does not
        override a pinned hash: only `sha256` does.
    progress
        Print a progress bar (on a terminal) and, at the end, files, hashes, licence and citation.

    Returns
    -------
    FetchedResource
        From the cache, without any connection, if all files are there unaltered and no `source`
        is given.

    Raises
    ------
    DownloadError
        If there is no connection, the address does not answer, the body is cut short, or a hash
        does not agree; the cache is left as it was.

    Examples
    --------
    >>> fetch("trust")
    Traceback (most recent call last):
    ...
    cellglass.errors.DownloadError: 'trust' is not in the catalogue
      where: name
      what to do: did you mean 'trrust'?
    """
    resource = resource_of(name)
    folder = folder_of(name, cache)
    with file_lock(folder.parent / f".{name}.lock"):
        record = read_record(folder)
        ready = source is None and _all_good(resource, folder, record, sha256)
        if not ready:
            record = _fetch_files(
                resource, folder, record, source, sha256, accept_new_hash, progress
            )
    names = [f.filename for f in resource.files]
    found = FetchedResource(
        name,
        resource.title,
        resource.version,
        tuple(folder / n for n in names),
        tuple(record[n].sha256 for n in names),
        tuple(record[n].trust for n in names),
        resource.licence,
        resource.citation,
        ready,
    )
    if progress:
        print(found.describe(), file=sys.stderr)
    return found


def _all_good(
    resource: Resource, folder: Path, record: dict[str, FileRecord], sha256: str | None
) -> bool:
    main = resource.files[0].filename
    for file in resource.files:
        entry = record.get(file.filename)
        if entry is None or file_problem(folder / file.filename, entry):
            return False
    return sha256 is None or record[main].sha256 == sha256.lower()


def _fetch_files(
    resource: Resource,
    folder: Path,
    record: dict[str, FileRecord],
    source: str | Path | None,
    sha256: str | None,
    accept_new_hash: bool,
    progress: bool,
) -> dict[str, FileRecord]:
    """Bring all files beside the cache, check them, then move them in."""
    command = _again(resource, source)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{resource.name}-") as staging:
        fresh: dict[str, FileRecord] = {}
        for i, file in enumerate(resource.files):
            path = Path(staging) / file.filename
            origin = _bring(resource, file, source, path, progress)
            wanted = sha256.lower() if sha256 is not None and i == 0 else None
            old = record.get(file.filename)
            arrival = Arrival(file, path, origin, command, is_main=i == 0)
            trust = arrival.trust(wanted, old, accept_new=accept_new_hash)
            fresh[file.filename] = FileRecord(arrival.digest, path.stat().st_size, origin, trust)
        folder.mkdir(parents=True, exist_ok=True)
        for file in resource.files:
            (Path(staging) / file.filename).replace(folder / file.filename)
        write_record(folder, fresh)
    return fresh


def _bring(
    resource: Resource,
    file: ResourceFile,
    source: str | Path | None,
    target: Path,
    progress: bool,
) -> str:
    """Copy or download one file to `target`; say where it came from."""
    text = file.url if source is None else str(source)
    if text.startswith(("http://", "https://")):
        folder = text.endswith("/") or urlsplit(text).path == ""
        one = len(resource.files) == 1 and not folder
        url = text if source is None or one else f"{text.rstrip('/')}/{file.filename}"
        _download(resource, url, target, progress)
        return url
    path = Path(text)
    if path.is_dir():
        path = path / file.filename
    elif len(resource.files) > 1:
        raise DownloadError(
            f"{resource.name} consists of {len(resource.files)} files, but one was given",
            where=text,
            expected=f"a folder with {', '.join(f.filename for f in resource.files)}",
        )
    if not path.is_file():
        raise DownloadError(
            "the file does not exist",
            where=str(path),
            expected="a file, a folder that holds it, or an address (https://...)",
        )
    shutil.copyfile(path, target)
    return str(path.resolve())


def _download(resource: Resource, url: str, target: Path, progress: bool) -> None:
    import pooch
    import requests

    bar: Any = _bar(target.name) if progress and sys.stderr.isatty() else False
    answers: list[Any] = []  # pooch does not close an answer that breaks off

    def keep(answer: Any, *_: Any, **__: Any) -> None:
        answers.append(answer)

    downloader = pooch.HTTPDownloader(
        progressbar=bar, timeout=TIMEOUT_SECONDS, hooks={"response": keep}
    )
    try:
        downloader(url, str(target), None)
    except (requests.RequestException, OSError) as error:
        raise DownloadError(
            f"{_why(error)}: {url}",
            where=f"fetching {resource.name}",
            expected="a complete answer from that address",
            fix=f"try again later; or from a mirror: cellglass data fetch {resource.name} "
            f"--source https://MIRROR/{target.name}; or download it elsewhere and run: cellglass "
            f"data fetch {resource.name} --source PATH",
        ) from error
    finally:
        for answer in answers:
            answer.close()


def _why(error: Exception) -> str:
    """Plain words for what the connection did."""
    import requests

    if isinstance(error, requests.HTTPError):
        status = getattr(error.response, "status_code", "an error")
        return f"the server answered {status}"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "the answer was cut short"
    if isinstance(error, requests.Timeout):
        return f"no answer within {TIMEOUT_SECONDS} seconds"
    if isinstance(error, requests.ConnectionError):
        return "no connection (is this machine offline?)"
    return f"the download failed ({type(error).__name__}: {str(error)[:120]})"


def _bar(name: str) -> Any:
    from cellglass.data.progress import DownloadBar

    return DownloadBar(name)


def _again(resource: Resource, source: str | Path | None) -> str:
    """The command that was given, to which an option can be added."""
    origin = "" if source is None else f" --source {shlex.quote(str(source))}"
    return f"cellglass data fetch {resource.name}{origin}"
