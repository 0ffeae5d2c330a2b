"""Progress that a person can follow: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from cellglass.runs.engine import Progress
    from cellglass.runs.tasks import TaskReport
    from cellglass.stats import Verdict

EVERY = 5.0  # seconds between lines where there is no terminal


@contextmanager
def progress() -> Iterator[Progress]:
    """Progress of tasks, as a callable for the engine."""
    if sys.stderr.isatty():
        with _bar() as follow:
            yield follow
    else:
        yield _Lines()


class _Lines:
    """A line every few seconds and at the end of each stage."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def __call__(self, name: str, report: TaskReport | None, done: int, total: int) -> None:
        now = time.monotonic()
        if report is None or (done < total and now - self._last < EVERY):
            return
        self._last = now
        typer.echo(f"  {done}/{total} steps done (last: {name})", err=True)


@contextmanager
def _bar() -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("  {task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
    )  # fmt: skip
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting")

        def follow(name: str, report: TaskReport | None, done: int, total: int) -> None:
            if report is not None:
                bar.update(task, completed=done, total=total, description=name[:40].ljust(40))

        yield follow


def say(text: str) -> None:
    """Print a sentence on its own line."""
    typer.echo(text, err=True)


def show_verdicts(verdicts: Sequence[Verdict]) -> None:
    """Print verdicts: state, sentence, and what would run what was not run."""
    colours = {"PASS": "green", "FAIL": "red", "INCONCLUSIVE": "yellow"}
    for verdict in verdicts:
        state = str(verdict.state)
        label = typer.style(f"{state:15s}", fg=colours.get(state, "bright_black"), bold=True)
        typer.echo(f"{label} {verdict.sentence}")
        if state == "NOT RUN":
            for change in verdict.would_change:
                typer.echo(f"{'':15s} {change}")
