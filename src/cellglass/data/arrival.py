"""A file that was brought for the cache: why its content can be believed, or not."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from cellglass.data.cache import FileRecord, sha256_of
from cellglass.data.catalogue import ResourceFile
from cellglass.errors import DownloadError


@dataclass(frozen=True)
class Arrival:
    """A file as it came, beside the cache.

    Attributes
    ----------
    file
        What the catalogue knows of it.
    path
        Where it lies.
    origin
        Where it came from.
    command
        The command that was given, to which an option can be added.
    is_main
        Whether ``--sha256`` is about this file, the first of its resource.
    """

    file: ResourceFile
    path: Path
    origin: str
    command: str
    is_main: bool = True

    @cached_property
    def digest(self) -> str:
        """sha256 of the file."""
        return sha256_of(self.path)

    def trust(self, wanted: str | None, earlier: FileRecord | None, *, accept_new: bool) -> str:
        """Say why the hash of the file can be believed.

        Parameters
        ----------
        wanted
            The hash that the user asked for.
        earlier
            What was fetched before.
        accept_new
            Whether another content than before is accepted.

        Returns
        -------
        str
            ``"user"``, ``"pinned"``, ``"known copy"``, ``"first use"`` or ``"accepted"``.

        Raises
        ------
        DownloadError
            If the file is not what was pinned, known or fetched before.
        """
        digest = self.digest
        pinned = wanted or self.file.sha256
        if pinned is not None:
            if digest != pinned:
                raise self._not_pinned(digest, pinned)
            return "user" if wanted else "pinned"
        reference = self.file.known_sha256 or (earlier.sha256 if earlier else None)
        if reference is None:
            return "first use"
        if digest == reference:
            return "known copy" if self.file.known_sha256 else "first use"
        if accept_new:
            return "accepted"
        raise self._changed(digest, reference)

    def _changed(self, digest: str, reference: str) -> DownloadError:
        known = "the known copy" if self.file.known_sha256 else "what was fetched before"
        fix = f"if you trust it: {self.command} --accept-new-hash"
        if self.is_main:
            fix += f", or {self.command} --sha256 {digest}"
        return DownloadError(
            f"{self.file.filename} differs from {known}: sha256 {digest} instead of {reference} "
            f"({self.path.stat().st_size:,} bytes)",
            where=self.origin,
            fix=fix,
        )

    def _not_pinned(self, digest: str, pinned: str) -> DownloadError:
        size, own = self.path.stat().st_size, self.file.size
        short = f", {size:,} bytes instead of {own:,}" if own is not None and size != own else ""
        other = (
            f"; if it is another release that you mean to use: {self.command} --sha256 {digest}"
            if self.is_main
            else ""
        )
        return DownloadError(
            f"{self.file.filename} is not the file that was pinned: sha256 {digest}{short}",
            where=self.origin,
            expected=f"sha256 {pinned}",
            fix=f"fetch it again or from elsewhere{other}",
        )
