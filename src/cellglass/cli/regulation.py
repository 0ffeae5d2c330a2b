"""`cellglass regulation score`: any edge table against a reference network."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .console import show_verdicts

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
    min_targets: Annotated[int, typer.Option(help="Targets that a regulator needs.")] = 3,
    seed: Annotated[int, typer.Option(help="Seed of everything random.")] = 42,
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
