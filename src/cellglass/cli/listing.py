"""`cellglass list` and `cellglass schema`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .console import wrapped

if TYPE_CHECKING:
    from cellglass.runs.registry import Analysis, Instance
    from cellglass.runs.study import Study

CHAPTER_OF_UNITS = "regulation"


def list_analyses(
    chapter: Annotated[
        str | None,
        typer.Argument(help="Only this chapter: model, regulation, concepts, geometry, controls."),
    ] = None,
    study: Annotated[
        Path | None, typer.Option(help="A study.yaml: say what would run in it, and what not.")
    ] = None,
) -> None:
    """List all analyses: question, inputs needed, units, reference and state."""
    from cellglass.errors import StudyError, nearest
    from cellglass.runs.registry import analyses
    from cellglass.runs.study import load_study

    known = analyses()
    chapters = sorted({a.chapter for a in known.values()})
    if chapter is not None and chapter not in chapters:
        raise StudyError(f"no chapter '{chapter}'", fix=nearest(chapter, chapters))
    loaded = None if study is None else load_study(study)
    for analysis in known.values():
        if chapter in (None, analysis.chapter):
            _show(analysis, loaded)
    if chapter in (None, CHAPTER_OF_UNITS):
        _show_later()
    if loaded is None:
        typer.echo("\nWhat would run in a study: cellglass list --study study.yaml")


def _show(analysis: Analysis, study: Study | None) -> None:
    units = f" ({', '.join(analysis.units)})" if analysis.units else ""
    typer.secho(f"{analysis.name}{units}", bold=True)
    wrapped(analysis.question, "  ")
    wrapped(f"needs: {analysis.needs}", "  ", "    ")
    wrapped(f"reference: {analysis.reference}", "  ", "    ")
    for state in ["available"] if study is None else _states(analysis, study):
        wrapped(f"state: {state}", "  ", "    ")


def _states(analysis: Analysis, study: Study) -> list[str]:
    """What an analysis would do in a study, equal reasons told once."""
    from cellglass.runs.registry import Plan, chosen_analyses

    if analysis.name not in {a.name for a in chosen_analyses(study)}:
        return ["not chosen by the study"]
    told: dict[str, list[str]] = {}
    for instance in analysis.plan(Plan(study)):
        told.setdefault(_state(instance), []).append(", ".join(instance.label.values()))
    if not told:
        return ["nothing to run in this study"]
    return [f"{what} ({'; '.join(filter(None, on))})" if any(on) else what
            for what, on in told.items()]  # fmt: skip


def _state(instance: Instance) -> str:
    if instance.unmet is None:
        return "runs"
    unmet = instance.unmet
    if not unmet.applicable:
        return f"NOT APPLICABLE: {unmet.reason}"
    return f"NOT RUN: {unmet.reason}; {unmet.command}"


def _show_later() -> None:
    """Units of the published evaluation that no analysis of this version runs."""
    from cellglass.regulation.units import units

    later: dict[str, list[str]] = {}
    for unit in units():
        if not unit.available:
            later.setdefault(unit.later, []).append(f"{unit.id} {unit.title}")
    typer.secho("\nUnits that this version does not run", bold=True)
    for why, names in later.items():
        wrapped(f"{why}: {', '.join(names)}", "  ", "    ")


def schema() -> None:
    """Print the JSON Schema of study.yaml, for editors."""
    from cellglass.runs.study import json_schema

    typer.echo(json.dumps(json_schema(), indent=2))
