"""`cellglass list` and `cellglass schema`."""

from __future__ import annotations

import json
from typing import Annotated

import typer


def list_analyses(
    chapter: Annotated[
        str | None, typer.Argument(help="Only this chapter: model, regulation, controls.")
    ] = None,
) -> None:
    """List all analyses with question, needs and reference."""
    from cellglass.errors import StudyError, nearest
    from cellglass.runs.registry import analyses

    known = analyses()
    chapters = sorted({a.chapter for a in known.values()})
    if chapter is not None and chapter not in chapters:
        raise StudyError(f"no chapter '{chapter}'", fix=nearest(chapter, chapters))
    for analysis in known.values():
        if chapter in (None, analysis.chapter):
            typer.secho(analysis.name, bold=True)
            typer.echo(f"  {analysis.question}")
            typer.echo(f"  needs: {analysis.needs}")
            typer.echo(f"  reference: {analysis.reference}")


def schema() -> None:
    """Print the JSON Schema of study.yaml, for editors."""
    from cellglass.runs.study import json_schema

    typer.echo(json.dumps(json_schema(), indent=2))
