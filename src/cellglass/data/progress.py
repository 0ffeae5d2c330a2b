"""A progress bar in the form in which pooch wants one."""

from __future__ import annotations

from typing import Any


class DownloadBar:
    """Bytes received of one file, shown on standard error.

    Parameters
    ----------
    name
        The file.

    Notes
    -----
    pooch sets `total`, then calls `update` for each piece, `reset` at the end and `close`.
    """

    def __init__(self, name: str) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

        columns: tuple[Any, ...] = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
        self._progress = Progress(*columns, console=Console(stderr=True))
        self._task = self._progress.add_task(name, total=None)
        self._progress.start()

    @property
    def total(self) -> float | None:
        """Bytes expected."""
        return self._progress.tasks[0].total

    @total.setter
    def total(self, value: float) -> None:
        self._progress.update(self._task, total=value)

    def update(self, n: int) -> None:
        """Add `n` bytes."""
        self._progress.update(self._task, advance=n)

    def reset(self) -> None:
        """Start again from 0 bytes."""
        self._progress.update(self._task, completed=0)

    def close(self) -> None:
        """Remove the bar."""
        self._progress.stop()
