"""A lock between processes, so that two fetches of one file do not meet."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cellglass.errors import DownloadError

POLL_SECONDS = 0.05


@contextmanager
def file_lock(path: Path, *, timeout: float = 600.0) -> Iterator[None]:
    """Hold an exclusive lock on a file.

    Parameters
    ----------
    path
        Created if missing, never removed. The system frees the lock when the process ends, even
        by a crash.
    timeout
        Seconds to wait.

    Yields
    ------
    None

    Raises
    ------
    DownloadError
        If another process holds the lock longer than `timeout`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + timeout
    with path.open("a+b") as file:
        while not _acquire(file.fileno()):
            if time.monotonic() > deadline:
                raise DownloadError(
                    f"another process has been fetching for {timeout:g} seconds",
                    where=str(path),
                    fix="wait for it, or end it and try again",
                )
            time.sleep(POLL_SECONDS)
        try:
            yield
        finally:
            _release(file.fileno())


if sys.platform == "win32":
    import msvcrt

    def _acquire(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _release(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _acquire(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _release(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)
