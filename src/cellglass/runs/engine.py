"""Runs a graph of tasks: what is done stays, what is missing is made, nothing is half made."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from dataclasses import dataclass, field
from pathlib import Path

from cellglass.errors import StudyError

from .executors import Executor
from .tasks import Task, TaskCall, TaskReport, describe_failure, is_done, result_folder

Progress = Callable[[str, TaskReport | None, int, int], None]


@dataclass
class Engine:
    """Executes tasks in a store.

    Parameters
    ----------
    store
        Folder of results, one a task and key.
    executor
        Where tasks run.
    seed
        Of the run.
    threads
        Threads of each task; part of what makes results byte-identical.
    progress
        Called as ``progress(name, report, done, total)``; report is None for results that were
        there already.
    """

    store: Path
    executor: Executor
    seed: int
    threads: int = 1
    progress: Progress | None = None
    reports: list[TaskReport] = field(default_factory=list)
    _tasks: dict[str, Task] = field(default_factory=dict)
    _keys: dict[str, str] = field(default_factory=dict)

    def add(self, tasks: Iterable[Task]) -> None:
        """Add tasks; the same name twice must mean the same task.

        Raises
        ------
        StudyError
            If two different tasks share a name.
        """
        for task in tasks:
            held = self._tasks.setdefault(task.name, task)
            if held != task:
                raise StudyError(f"two different tasks are called '{task.name}'")

    def folder(self, name: str) -> Path:
        """Where a task's result stands (or will)."""
        return result_folder(self.store, name, self._key(name))

    def run(self, wanted: Iterable[str]) -> dict[str, Path]:
        """Make the results of some tasks, and of what they need.

        Parameters
        ----------
        wanted
            Names of tasks.

        Returns
        -------
        dict of str to Path
            Result folder of each wanted task.

        Raises
        ------
        CellglassError
            The first failure; finished results stay.
        """
        wanted = list(wanted)
        todo = self._missing(wanted)
        running: dict[Future[TaskReport], str] = {}
        done_count, total = 0, len(todo)
        for name in wanted:
            if name not in todo and self.progress:
                self.progress(name, None, 0, total)
        try:
            while todo or running:
                for name in self._ready(todo, running.values()):
                    running[self._submit(name)] = name
                    todo.remove(name)
                finished, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in finished:
                    name = running.pop(future)
                    report = self._result(name, future)
                    done_count += 1
                    self.reports.append(report)
                    if self.progress:
                        self.progress(name, report, done_count, total)
        except BaseException:
            for future in running:
                future.cancel()
            raise
        return {name: self.folder(name) for name in wanted}

    def prune(self, part: str) -> None:
        """Remove the results of tasks with `part` in their name, once all that read them is done.

        Nothing is lost: a result that is there needs no inputs.
        """
        for name, task in self._tasks.items():
            readers = [t for t in self._tasks.values() if name in t.inputs]
            if part in task.name and readers and all(is_done(self.folder(t.name)) for t in readers):
                shutil.rmtree(self.folder(name), ignore_errors=True)

    def _submit(self, name: str) -> Future[TaskReport]:
        try:
            return self.executor.submit(self._call(name))
        except Exception as error:  # a pool that lost a worker takes no calls
            raise describe_failure(name, error) from error

    def _result(self, name: str, future: Future[TaskReport]) -> TaskReport:
        try:
            return future.result()
        except (Exception, CancelledError) as error:
            raise describe_failure(name, error) from error

    def _key(self, name: str, readers: tuple[str, ...] = ()) -> str:
        """Content key of a task; `readers` are the tasks that led here."""
        if name in readers:
            raise StudyError(
                "tasks read each other's results: " + " <- ".join([*readers, name]),
                where=f"task '{name}'",
                expected="inputs that do not lead back to the task",
            )
        if name not in self._keys:
            if name not in self._tasks:
                raise StudyError(f"no task is called '{name}'", where=" <- ".join(readers))
            task = self._tasks[name]
            inputs = {n: self._key(n, (*readers, name)) for n in task.inputs}
            self._keys[name] = task.key(inputs, self.seed)
        return self._keys[name]

    def _missing(self, wanted: Iterable[str]) -> list[str]:
        """Tasks to run, inputs before what reads them; done results need no inputs."""
        order: list[str] = []
        seen: set[str] = set()

        def visit(name: str) -> None:
            if name in seen:
                return
            seen.add(name)
            if is_done(self.folder(name)):
                return
            for needed in self._tasks[name].inputs:
                visit(needed)
            order.append(name)

        for name in wanted:
            visit(name)
        return order

    def _ready(self, todo: list[str], running: Iterable[str]) -> list[str]:
        """Tasks whose inputs are there, as many as there are free workers."""
        room = self.executor.workers - len(list(running))
        waiting = set(todo)
        ready = (n for n in todo if not waiting.intersection(self._tasks[n].inputs))
        out: list[str] = []
        for name in ready:
            if len(out) >= room:
                break
            if all(is_done(self.folder(i)) for i in self._tasks[name].inputs):
                out.append(name)
        return out

    def _call(self, name: str) -> TaskCall:
        task = self._tasks[name]
        inputs: Mapping[str, str] = {n: str(self.folder(n)) for n in task.inputs}
        return TaskCall(
            task, self._key(name), self.seed, inputs, str(self.folder(name)), self.threads
        )
