"""`cellglass regulation`: any edge table against a network, or through every analysis of edges."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cellglass.seeds import DEFAULT_SEED

from .console import show_verdicts
from .run import execute

app = typer.Typer(help="Study regulation, without a model.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Study regulation, without a model."""


@app.command()
def score(
    edges: Annotated[
        Path, typer.Argument(help="Table of source, target, score (TSV, CSV, Parquet).")
    ],
    cells: Annotated[Path, typer.Option(help="The .h5ad that the scores were computed from.")],
    network: Annotated[str, typer.Option(help="Catalogue name or source-target table.")],
    out: Annotated[Path | None, typer.Option(help="Folder for tables and report.html.")] = None,
    min_targets: Annotated[int, typer.Option(help="Targets that a regulator needs.", min=1)] = 3,
    seed: Annotated[int, typer.Option(help="Seed of everything random.", min=0)] = 42,
) -> None:
    """Judge gene-gene scores: verdict, nulls, increment, and the quality-control checklist."""
    from cellglass.data import EdgeTable, load_network, open_cells
    from cellglass.errors import located
    from cellglass.regulation import score_edges

    with located(edges):
        table = EdgeTable.read(edges)
    with located(network):
        reference = load_network(network)
    adata = open_cells(cells)
    with located(cells):
        result = score_edges(
            table,
            adata,
            reference,
            name=edges.name.split(".")[0],
            min_targets=min_targets,
            seed=seed,
        )
    show_verdicts(result.verdicts)
    for note in result.notes:
        typer.echo(note)
    typer.secho("\nChecklist", bold=True)
    for check in result.checks:
        detail = f": {check.detail}" if check.detail else ""
        typer.echo(f"  {check.state:8s} {check.code:3s} {check.what}{detail}")
    if out is not None:
        from cellglass.report import write_result_report

        typer.echo(f"\nReport: {write_result_report(result, out).resolve()}")


@app.command()
def evaluate(
    edges: Annotated[
        list[Path], typer.Argument(help="Tables of source, target, score (TSV, CSV, Parquet).")
    ],
    cells: Annotated[
        Path | None,
        typer.Option(help="The .h5ad behind the scores; the screen's controls if not given."),
    ] = None,
    screen: Annotated[
        list[Path] | None, typer.Option(help="Perturbation screen; may be repeated.")
    ] = None,
    network: Annotated[
        list[str] | None, typer.Option(help="Catalogue name or table; may be repeated.")
    ] = None,
    gene_sets: Annotated[
        list[str] | None, typer.Option(help="Catalogue name or .gmt file; may be repeated.")
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(help="Only this analysis or unit, such as A36; may be repeated."),
    ] = None,
    strata: Annotated[str | None, typer.Option(help="Column of obs with cell types.")] = None,
    out: Annotated[Path, typer.Option(help="Run folder.")] = Path("runs/edges"),
    seed: Annotated[int, typer.Option(help="Seed of everything random.", min=0)] = DEFAULT_SEED,
) -> None:
    """Judge edge tables by networks and screens, with every analysis that needs no model.

    What else can be said about screens, such as modality or cell line, is said in a study.yaml:
    cellglass init --table EDGES --screen FILE writes one.
    """
    from cellglass.data.screens import is_fold_changes
    from cellglass.errors import StudyError
    from cellglass.runs.sections import ScreenConfig
    from cellglass.runs.study import SCREEN, parse_study, resolve_paths

    screens = [str(s) for s in screen or []]
    of_cells = [s for s in screens if not is_fold_changes(s)]
    if cells is None and not of_cells:
        raise StudyError(
            "no cells are named", fix="give --cells FILE, or --screen FILE with control cells"
        )
    if not (screens or network or gene_sets):
        raise StudyError(
            "nothing to judge the edges by", fix="give --network, --screen or --gene-sets"
        )
    own = str(cells) if cells else f"{SCREEN}{ScreenConfig(path=of_cells[0]).label}"
    study = parse_study(
        {
            "study": out.resolve().name,
            "cells": {"path": own, "strata": strata},
            "tables": [str(e) for e in edges],
            "screens": screens,
            "networks": network or [],
            "gene_sets": gene_sets or [],
            "analyses": list(only) if only else ["regulation"],
            "controls": [],
            "seed": seed,
        },
        where="cellglass regulation evaluate",
    )
    execute(resolve_paths(study, Path.cwd()), out)
