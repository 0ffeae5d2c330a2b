"""Tiny tasks in a module that worker processes can import, and engines to run them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from cellglass.runs.engine import Engine
from cellglass.runs.executors import Executor, InlineExecutor
from cellglass.runs.tasks import Task

MODULE = '''
import errno, os, time
from pathlib import Path

from cellglass.errors import InputError, NotApplicableError
from cellglass.seeds import generator


def number(context, *, value):
    """Leave a number and note, outside of the store, that this ran."""
    (context.output / "number.txt").write_text(str(value))
    _note(context)


def add(context, *, names, log=None):
    total = sum(int((context.input(n) / "number.txt").read_text()) for n in names)
    (context.output / "number.txt").write_text(str(total))
    _note(context)


def random_bytes(context):
    (context.output / "bytes").write_bytes(generator(context.seed, context.name).bytes(64))


def half_then(context, *, how):
    (context.output / "half.txt").write_text("half")
    if how == "wrong input":
        raise InputError("the input is wrong", where="here")
    if how == "not applicable":
        raise NotApplicableError("nothing is active", where="here", fix="train longer")
    if how == "bug":
        raise ZeroDivisionError("1 / 0")
    if how == "interrupt":
        raise KeyboardInterrupt
    if how == "no space":
        raise OSError(errno.ENOSPC, "No space left on device")
    if how == "quota":
        raise OSError(errno.EDQUOT, "Disk quota exceeded")
    if how == "short write":
        raise OSError("1000000 requested and 131056 written")
    if how == "full device":
        link = context.output / "full.txt"
        link.symlink_to("/dev/full")
        link.write_text("x" * 100_000)
    if how == "missing file":
        Path("/nowhere/at/all").read_text()
    if how == "memory":
        raise MemoryError
    if how == "exit":
        os._exit(7)


def exit_once(context, *, flag):
    if not os.path.exists(flag):
        Path(flag).write_text("")
        os._exit(7)
    (context.output / "number.txt").write_text("1")


def warn(context):
    import logging

    logging.getLogger("cellglass.stats").warning("a null did not move")
    (context.output / "x.txt").write_text("x")


def threads(context):
    import torch
    (context.output / "threads.txt").write_text(str(torch.get_num_threads()))


def _note(context):
    log = os.environ.get("CELLGLASS_TEST_LOG")
    if log:
        with open(log, "a") as file:
            file.write(context.name + "\\n")
'''


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """Names of the tasks that ran, in order; calling it empties the list."""
    path = tmp_path / "log.txt"
    monkeypatch.setenv("CELLGLASS_TEST_LOG", str(path))

    def read() -> list[str]:
        names = path.read_text().split() if path.exists() else []
        path.unlink(missing_ok=True)
        return names

    return read


@pytest.fixture
def functions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Name of a module with task functions, on the path of this process and of workers."""
    folder = tmp_path / "modules"
    folder.mkdir()
    name = f"tiny_tasks_{tmp_path.name}".replace("-", "_")
    (folder / f"{name}.py").write_text(MODULE)
    monkeypatch.syspath_prepend(str(folder))
    return name


@pytest.fixture
def number(functions: str) -> Callable[..., Task]:
    """Make a task that leaves a number."""

    def make(name: str, value: int = 1) -> Task:
        return Task(name, f"{functions}:number", {"value": value})

    return make


@pytest.fixture
def add(functions: str) -> Callable[..., Task]:
    """Make a task that adds the numbers of others."""

    def make(name: str, *inputs: str) -> Task:
        return Task(name, f"{functions}:add", {"names": list(inputs)}, inputs)

    return make


@pytest.fixture
def failing(functions: str) -> Callable[..., Task]:
    """Make a task that writes half of its result and fails."""

    def make(how: str, name: str = "failing", inputs: tuple[str, ...] = ()) -> Task:
        return Task(name, f"{functions}:half_then", {"how": how}, inputs)

    return make


@pytest.fixture
def engine(tmp_path: Path) -> Callable[..., Engine]:
    """Make an engine on a store in the temporary folder."""

    def make(*tasks: Task, seed: int = 1, executor: Executor | None = None) -> Engine:
        made = Engine(tmp_path / "store", executor or InlineExecutor(), seed)
        made.add(tasks)
        return made

    return make
