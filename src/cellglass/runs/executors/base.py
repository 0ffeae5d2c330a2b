"""What an executor is: something that takes calls and gives futures."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Protocol

from cellglass.runs.tasks import TaskCall, TaskReport


class Executor(Protocol):
    """Runs task calls somewhere.

    Tasks share nothing but the folders named in the call, so that an executor may run them in
    this process, in others, or on other machines that see the same folders.
    """

    name: str
    workers: int

    def submit(self, call: TaskCall) -> Future[TaskReport]:
        """Start a call."""

    def close(self, *, now: bool = False) -> None:
        """Wait for what runs, or give it up."""
