"""`cellglass models list|check|convert|train-scvi`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    help="Models: list families, check a checkpoint, convert it, train scVI.", no_args_is_help=True
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
    from cellglass.models.contract import TransformerModel
    from cellglass.testing import check_cell_model, check_model

    loaded = load_model(model, family=family)
    typer.echo(repr(loaded))
    unused = loaded.provenance.get("weights_not_used", [])
    if unused:
        typer.echo(f"  {len(unused)} weights are not used, the first is {unused[0]}")
    adata = pbmc68k_reduced() if cells is None else open_cells(cells)
    few = adata[:8].to_memory() if adata.isbacked else adata[:8]
    if isinstance(loaded, TransformerModel):
        lines = check_model(loaded, few)
    else:
        lines = check_cell_model(loaded, few)
    for line in lines:
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


@app.command("train-scvi")
def train_scvi_model(
    cells: Annotated[Path, typer.Argument(help="Cells with counts (h5ad).")],
    out: Annotated[Path, typer.Option(help="New folder.")],
    batch: Annotated[str | None, typer.Option(help="Column of obs with batches.")] = None,
    layer: Annotated[str | None, typer.Option(help="Layer of the counts.")] = None,
    genes: Annotated[
        int | None, typer.Option(help="Train on so many variable genes; all when left out.")
    ] = None,
    n_latent: Annotated[int, typer.Option(help="Latent dimensions.")] = 10,
    epochs: Annotated[
        int | None, typer.Option(help="Passes over the cells; 400 up to 20,000 cells, then fewer.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of weights and order.")] = 42,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
) -> None:
    """Train an scVI model on some cells and save it as scvi-tools does."""
    from rich.console import Console
    from rich.progress import Progress

    from cellglass.data import open_cells, pbmc68k_reduced
    from cellglass.models.inputs import EMBEDDED
    from cellglass.models.scvi import train_scvi

    adata = pbmc68k_reduced() if str(cells) == EMBEDDED else open_cells(cells)
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("epochs", total=epochs)
        model = train_scvi(
            adata, out, batch=batch, layer=layer, n_genes=genes, n_latent=n_latent,
            max_epochs=epochs, seed=seed, device=device,
            progress=lambda done, of: bar.update(task, completed=done, total=of),
        )  # fmt: skip
    typer.echo(f"{model!r}")
    typer.echo(f"Wrote {out}; its folder can stand among the models of study.yaml")
