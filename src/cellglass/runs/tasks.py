"""Tasks: named pieces of work that read folders and write one folder.

A task knows nothing of processes or machines: it names an importable function, plain parameters
and the tasks whose results it reads. Its result appears by one rename, so that there is never
half of one.
"""

from __future__ import annotations

import errno
import importlib
import json
import logging
import os
import re
import resource
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cellglass.errors import CellglassError, NotApplicableError, ResourceError

from .keys import code_version, digest

DONE = "task.json"
NOT_APPLICABLE = "not_applicable.txt"
"""Reason that stands in place of a result whose task did not apply."""
# What pools of processes and Dask raise when a worker was killed, mostly for want of memory.
WORKER_LOST = ("BrokenProcessPool", "CancelledError", "CommClosedError", "KilledWorker")


@dataclass(frozen=True)
class Task:
    """One piece of work.

    Parameters
    ----------
    name
        Unique in a run, for example ``"capture/mini-scgpt/shard-003"``; seeds derive from it.
    function
        ``"package.module:function"``, called as ``function(context, **params)``.
    params
        Plain values (JSON); what the result depends on.
    inputs
        Names of the tasks whose results are read.
    weight
        Share of the work, for the progress bar.

    Examples
    --------
    >>> Task("double", "my.module:double", {"x": 2}).name
    'double'
    """

    name: str
    function: str
    params: Mapping[str, Any] = field(default_factory=dict)
    inputs: tuple[str, ...] = ()
    weight: float = 1.0

    def key(self, input_keys: Mapping[str, str], seed: int) -> str:
        """Content key: equal keys mean equal results."""
        return digest(
            {
                "name": self.name,
                "function": self.function,
                "params": dict(self.params),
                "inputs": {n: input_keys[n] for n in self.inputs},
                "seed": seed,
                "code": code_version(),
            }
        )


@dataclass(frozen=True)
class TaskCall:
    """A task with the folders it reads and writes; what executors send to workers."""

    task: Task
    key: str
    seed: int
    inputs: Mapping[str, str]
    output: str
    threads: int


@dataclass(frozen=True)
class TaskContext:
    """What a task's function gets.

    Parameters
    ----------
    name, seed
        Of the task; the seed is the run's, streams derive from it and the name.
    output
        Empty folder to write to.
    inputs
        Folder of each input task, by name.
    kept
        Folder for checkpoints: what is written there outlives an interruption of the task, and is
        removed when its result is in place. It is made by whoever writes to it.
    """

    name: str
    seed: int
    output: Path
    inputs: Mapping[str, Path]
    kept: Path | None = None

    def input(self, name: str) -> Path:
        """Folder of an input task's result."""
        return self.inputs[name]


@dataclass(frozen=True)
class TaskReport:
    """How a task went."""

    name: str
    key: str
    seconds: float
    peak_memory: int
    worker: int


def result_folder(store: Path, name: str, key: str) -> Path:
    """Where the result of a task stands in a store."""
    return store / name.replace("/", "__") / key[:16]


def is_done(folder: Path) -> bool:
    """Whether a result is complete."""
    return (folder / DONE).is_file()


def execute(call: TaskCall) -> TaskReport:
    """Run a task and put its result in place by one rename.

    A task that raises `NotApplicableError` leaves the reason in place of a result, and so does
    every task that reads it.

    Raises
    ------
    CellglassError
        What the task raised, with its name.
    ResourceError
        If the disk is full; nothing is left behind.
    """
    target = Path(call.output)
    began = time.perf_counter()
    scratch: Path | None = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=".partial-", dir=target.parent))
        with _thread_limit(call.threads), _warnings_named(call.task.name):
            function = _resolve(call.task.function)
            inputs = {name: Path(folder) for name, folder in call.inputs.items()}
            kept = target.parent / f".kept-{target.name}"
            context = TaskContext(call.task.name, call.seed, scratch, inputs, kept)
            _run(function, context, call.task.params)
        (scratch / DONE).write_text(
            json.dumps({"task": call.task.name, "key": call.key}, sort_keys=True) + "\n"
        )
        _place(scratch, target)
        shutil.rmtree(kept, ignore_errors=True)
    except OSError as error:
        if disk_is_full(error):
            raise no_room(f"step {call.task.name}, writing to {target.parent}") from error
        raise
    finally:
        if scratch is not None:
            shutil.rmtree(scratch, ignore_errors=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    seconds = time.perf_counter() - began
    return TaskReport(call.task.name, call.key, seconds, peak, os.getpid())


def why_not_applicable(folder: Path) -> str:
    """Why a task did not apply to what it read; empty where it did.

    Parameters
    ----------
    folder
        Of its result.
    """
    told = folder / NOT_APPLICABLE
    return told.read_text() if told.is_file() else ""


def _run(function: Any, context: TaskContext, params: Mapping[str, Any]) -> None:
    """Run a task's function; where it, or what it reads, does not apply, leave the reason alone."""
    why = next(filter(None, map(why_not_applicable, context.inputs.values())), "")
    if not why:
        try:
            function(context, **params)
        except NotApplicableError as error:
            why = error.found
            shutil.rmtree(context.output)
            context.output.mkdir()
    if why:
        (context.output / NOT_APPLICABLE).write_text(why)


def _place(scratch: Path, target: Path) -> None:
    """Make a finished result durable and visible at once."""
    for path in sorted(p for p in scratch.rglob("*") if p.is_file()):
        with path.open("rb") as file:
            os.fsync(file.fileno())
    if is_done(target):  # another worker was first; equal keys mean equal results
        return
    if target.exists():
        shutil.rmtree(target)
    os.replace(scratch, target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _resolve(function: str) -> Any:
    module, _, name = function.partition(":")
    return getattr(importlib.import_module(module), name)


class _thread_limit:
    """Fix the threads of a task, because sums depend on how work is split among threads."""

    def __init__(self, threads: int) -> None:
        self.threads = threads

    def __enter__(self) -> None:
        import torch
        from threadpoolctl import threadpool_limits

        self._torch = torch.get_num_threads()  # before the limit: they may share one OpenMP
        self._pools = threadpool_limits(self.threads)
        torch.set_num_threads(self.threads)

    def __exit__(self, *_: object) -> None:
        import torch

        self._pools.restore_original_limits()
        torch.set_num_threads(self._torch)


@contextmanager
def _warnings_named(task: str) -> Iterator[None]:
    """Say of what warnings of a task are: a line of a worker says nothing of the others."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter(f"  {task}: %(message)s"))
    logger = logging.getLogger("cellglass")
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)


_SHORT_WRITE = r"\d+ requested and \d+ written|Not enough free space to write \d+ bytes"


def disk_is_full(error: BaseException) -> bool:
    """Whether an error says that the disk, the quota or the largest file allowed is full.

    NumPy reports a short write without an error number.
    """
    if not isinstance(error, OSError):
        return False
    if error.errno is None:
        return re.match(_SHORT_WRITE, str(error)) is not None
    return error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def no_room(where: str) -> ResourceError:
    """Error of a run whose disk is full."""
    return ResourceError(
        "the disk is full, or a quota is used up",
        where=where,
        expected="room for the results (cellglass estimate says how much)",
        fix="free some space and run the same command again: finished parts are kept",
    )


def describe_failure(task: str, error: BaseException) -> CellglassError:
    """Error of a run for an error of one of its tasks."""
    if isinstance(error, CellglassError):
        return error
    if isinstance(error, MemoryError) or type(error).__name__ in WORKER_LOST:
        return ResourceError(
            f"a worker process ended without a result ({type(error).__name__})",
            where=f"step '{task}' or one that ran beside it",
            expected="enough memory for every worker (cellglass estimate says how much)",
            fix="run the same command again, with fewer --workers if memory ran out: finished "
            "parts are kept",
        )
    return CellglassError(
        f"the step '{task}' failed: {type(error).__name__}: {error}",
        fix="run again with --debug for the traceback; if it stays, report it as a bug",
    )
