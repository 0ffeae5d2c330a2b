"""Progress that a person can follow: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import shutil
import sys
import textwrap
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from cellglass.runs.engine import Progress
    from cellglass.runs.pipeline import RunSummary
    from cellglass.runs.tasks import TaskReport
    from cellglass.stats import Verdict

DECIDED = {"PASS": "green", "FAIL": "red", "INCONCLUSIVE": "yellow"}
NAMED = 4  # endpoints of one reason that are named; the report names all
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


def wrapped(text: str, first: str = "", rest: str | None = None) -> None:
    """Print a sentence, wrapped to the width of a terminal; in one line elsewhere.

    Parameters
    ----------
    text
        The sentence.
    first, rest
        What the first and the other lines begin with; the same where `rest` is None.
    """
    later = first if rest is None else rest
    if not sys.stdout.isatty():
        typer.echo(first + text)
        return
    width = max(40, min(shutil.get_terminal_size().columns, 100))
    typer.echo(textwrap.fill(
        text, width, initial_indent=first, subsequent_indent=later, break_on_hyphens=False,
        break_long_words=False,
    ))  # fmt: skip


def show_summary(summary: RunSummary) -> None:
    """Print a run: verdicts by subject, whether planted controls behaved, what was not tested."""
    from cellglass.report.source import CONTROLS, behaved, chapter_of

    own = [r for r in summary.results if chapter_of(r.analysis) != CONTROLS]
    by_subject: dict[str, list[Verdict]] = {}
    for result in own:
        name = result.label.get("model") or result.label.get("edges") or ""
        by_subject.setdefault(name, []).extend(result.verdicts)
    several = len([n for n in by_subject if n]) > 1
    for name, verdicts in by_subject.items():
        decided = [v for v in verdicts if str(v.state) in DECIDED]
        if several and decided:
            typer.secho(f"\n{name or 'The whole study'}", bold=True)
        show_verdicts(decided)
    controls = [r for r in summary.results if chapter_of(r.analysis) == CONTROLS]
    if controls:
        wrong = [" ".join(r.label.values()) for r in controls if not behaved(r)]
        typer.echo("")
        if wrong:
            typer.secho(f"Planted controls NOT as planted: {', '.join(wrong)}. Trust no verdict of "
                        "this run until that is understood.", fg="red", bold=True)  # fmt: skip
        else:
            typer.echo(f"Planted controls: {len(controls)} of {len(controls)} as planted.")
    rest = [v for r in own for v in r.verdicts if str(v.state) not in DECIDED]
    rest += [v for name, _, v in summary.skipped if chapter_of(name) != CONTROLS]
    if rest:
        typer.echo("")
        show_verdicts(rest)


def show_verdicts(verdicts: Sequence[Verdict]) -> None:
    """Print verdicts: what was decided, then what was not tested, each reason and remedy once."""
    untested: dict[tuple[str, str], list[Verdict]] = {}
    for verdict in verdicts:
        state = str(verdict.state)
        if state in DECIDED:
            label = typer.style(f"{state:15s}", fg=DECIDED[state], bold=True)
            typer.echo(f"{label} {verdict.sentence}")
        else:
            why = "; ".join(verdict.reasons) or verdict.sentence
            untested.setdefault((state, why.rstrip(".")), []).append(verdict)
    known: set[str] = set()
    for (state, why), same in untested.items():
        label = typer.style(f"{state:15s}", fg="bright_black", bold=True)
        typer.echo(f"{label} {_told([v.endpoint for v in same])}: {why}.")
        changes = dict.fromkeys(w for v in same for w in v.would_change)
        for change in changes:
            if change not in known:
                told = change if change.startswith("run: ") else f"would change it: {change}"
                typer.echo(f"{'':15s} {told}")
        if changes and known.issuperset(changes):
            typer.echo(f"{'':15s} (what to do: see above)")
        known.update(changes)


def _told(endpoints: Sequence[str]) -> str:
    """Endpoints that share a reason; those that occur several times with their number."""
    counted = Counter(endpoints)
    told = [name if n == 1 else f"{name} ({n} times)" for name, n in counted.items()]
    if len(told) > NAMED:
        told[NAMED:] = [f"and {len(told) - NAMED} more"]
    return ", ".join(told)
