"""`cellglass models list|check|convert`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    help="Models: list families, check a checkpoint, convert it.", no_args_is_help=True
)


@app.command("list")
def list_all() -> None:
    """List the shipped models and the families that checkpoints may be of."""
    from cellglass.models.families import MINI_MODELS, families, load_model

    for name in MINI_MODELS:
        typer.secho(name, bold=True)
        typer.echo(f"  {load_model(name)!r}")
    for family in families().values():
        typer.secho(f"family {family.name}", bold=True)
        typer.echo(f"  a folder with {family.layout}")


@app.command()
def check(
    model: Annotated[str, typer.Argument(help="Checkpoint folder or name.")],
    cells: Annotated[Path | None, typer.Option(help="Cells to try it on.")] = None,
    family: Annotated[str | None, typer.Option(help="Family, if it should not be told.")] = None,
) -> None:
    """Load a checkpoint and test that taps, interventions and padding behave."""
    from cellglass.data import open_cells, pbmc68k_reduced
    from cellglass.models import load_model
    from cellglass.testing import check_model

    loaded = load_model(model, family=family)
    typer.echo(repr(loaded))
    unused = loaded.provenance.get("weights_not_used", [])
    if unused:
        typer.echo(f"  {len(unused)} weights are not used, the first is {unused[0]}")
    adata = pbmc68k_reduced() if cells is None else open_cells(cells)
    for line in check_model(loaded, adata[:8].to_memory() if adata.isbacked else adata[:8]):
        typer.echo(f"  {line}")


@app.command()
def convert(
    model: Annotated[Path, typer.Argument(help="Checkpoint folder.")],
    out: Annotated[Path, typer.Option(help="New folder.")],
    dtype: Annotated[str, typer.Option(help="float32, float16 or bfloat16.")] = "float32",
) -> None:
    """Write a checkpoint's weights as safetensors, in the same published layout."""
    from cellglass.models.convert import convert_checkpoint

    typer.echo(f"Wrote {convert_checkpoint(model, out, dtype)}")
