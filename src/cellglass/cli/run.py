"""`cellglass run`, `estimate` and `report`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .console import progress, say, show_summary

if TYPE_CHECKING:
    from cellglass.runs.study import Study


def run(
    study: Annotated[Path, typer.Argument(help="study.yaml (cellglass init writes one).")],
    out: Annotated[
        Path | None, typer.Option(help="Run folder; the study's name beside the file if not given.")
    ] = None,
    executor: Annotated[str | None, typer.Option(help="inline, local or dask-local.")] = None,
    workers: Annotated[int | None, typer.Option(help="Processes; all cores if not given.")] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(help="Only this analysis, chapter or unit, such as A36; may be repeated."),
    ] = None,
) -> None:
    """Run a study: cells and a checkpoint to verdicts and one report.html.

    An interrupted run goes on with the same command; tables come out the same. What a run with
    --only has computed is used again by a run of the whole, whose report it replaces.
    """
    from cellglass.runs.study import load_study, parse_study

    loaded = load_study(study)
    given = {"executor": executor, "workers": workers}
    resources = loaded.resources.model_dump() | {k: v for k, v in given.items() if v is not None}
    changed: dict[str, Any] = {"resources": resources}
    if only:
        changed["analyses"] = list(only)
    loaded = parse_study(loaded.model_dump() | changed, where="cellglass run")
    folder = out or study.parent / "runs" / loaded.study
    again = bool(only) and (folder / "results" / "index.json").is_file()
    execute(loaded, folder)
    if again:
        typer.echo(
            f"The folder now shows {', '.join(only or [])} alone. cellglass run {study} brings the "
            "whole back: what was computed is kept."
        )


def execute(study: Study, out: Path) -> None:
    """Run a study, write its report, print the verdicts and the report's path."""
    from cellglass.report import write_report
    from cellglass.runs.pipeline import run_study

    with progress() as follow:
        summary = run_study(study, out, progress=follow, announce=say)
    say("Writing the report")
    path = write_report(summary.folder)
    show_summary(summary)
    typer.echo(f"\nReport: {path.resolve()}")


def estimate(
    study: Annotated[Path | None, typer.Argument(help="study.yaml.")] = None,
    cells: Annotated[
        Path | None, typer.Option(help="An .h5ad file, instead of a study.yaml.")
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="Checkpoint folder or name, with --cells.")
    ] = None,
) -> None:
    """Say memory, time and disk before a run, from a measured sample of the cells."""
    from cellglass.errors import StudyError
    from cellglass.models.forecast import estimate_study
    from cellglass.runs.study import load_study, parse_study

    if study is not None:
        loaded = load_study(study)
    elif cells is not None and model is not None:
        loaded = parse_study(
            {"study": "estimate", "cells": {"path": str(cells)}, "models": [model]},
            where="cellglass estimate",
        )
    else:
        raise StudyError(
            "nothing to estimate", fix="give a study.yaml, or --cells FILE and --model NAME_OR_PATH"
        )
    typer.echo(str(estimate_study(loaded)))


def report(
    folder: Annotated[Path, typer.Argument(help="Run folder.")],
    out: Annotated[Path | None, typer.Option(help="Where to write it.")] = None,
) -> None:
    """Write the report of a finished run again."""
    from cellglass.report import write_report

    typer.echo(f"Report: {write_report(folder, out).resolve()}")
