"""Executors on this machine: this process, or a pool of processes."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from concurrent.futures import Future, ProcessPoolExecutor

from cellglass.runs.tasks import TaskCall, TaskReport, execute

TERMINATION_SECONDS = 10.0


class InlineExecutor:
    """Runs each call in this process, one after the other."""

    name = "inline"
    workers = 1

    def submit(self, call: TaskCall) -> Future[TaskReport]:
        """Run the call and return its finished future."""
        future: Future[TaskReport] = Future()
        try:
            future.set_result(execute(call))
        except Exception as error:  # noqa: BLE001 - a future carries whatever was raised
            future.set_exception(error)
        return future

    def close(self, *, now: bool = False) -> None:
        """Do nothing: no call outlives `submit`."""


class PoolExecutor:
    """Runs calls in a pool of fresh processes.

    Parameters
    ----------
    workers
        Number of processes; the number of cores when None.
    """

    name = "local"

    def __init__(self, workers: int | None = None) -> None:
        self.workers = workers or available_cores()
        self._pool = ProcessPoolExecutor(
            self.workers,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_start_worker,
            initargs=(os.getpid(),),
        )

    def submit(self, call: TaskCall) -> Future[TaskReport]:
        """Send the call to a process."""
        return self._pool.submit(execute, call)

    def close(self, *, now: bool = False) -> None:
        """Shut the pool down; `now` ends its processes at once."""
        processes = list((self._pool._processes or {}).values()) if now else []
        self._pool.shutdown(wait=not now, cancel_futures=True)
        for process in processes:
            process.terminate()
        for process in processes:
            process.join(TERMINATION_SECONDS)


def available_cores() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _start_worker(parent: int) -> None:
    """Leave Ctrl-C to the coordinating process, and do not outlive it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
