"""`cellglass data fetch|list|screens|check`: reference data from their public homes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cellglass._words import plural

from .console import wrapped

app = typer.Typer(
    help="Reference networks and gene sets: fetch, list, check.", no_args_is_help=True
)


@app.command()
def fetch(
    names: Annotated[list[str], typer.Argument(help="Catalogue names; see cellglass data list.")],
    source: Annotated[
        str | None, typer.Option(help="A file you have, or the URL of a mirror.")
    ] = None,
    sha256: Annotated[str | None, typer.Option(help="Hash that the file must have.")] = None,
    accept_new_hash: Annotated[
        bool, typer.Option(help="Take a file that differs from the known copy.")
    ] = False,
) -> None:
    """Fetch references, check their hash, keep them in the cache, show their licence."""
    from cellglass.data import fetch as fetch_resource

    for name in names:
        found = fetch_resource(
            name,
            source=source,
            sha256=sha256,
            accept_new_hash=accept_new_hash,
            progress=False,
        )
        typer.echo(found.describe())


@app.command("list")
def list_all() -> None:
    """List the catalogue: what it is, licence, whether it is at hand."""
    from cellglass.data import list_resources

    for status in list_resources():
        held = status.resource
        state = f"at hand: {status.path}" if status.path else "not fetched"
        typer.secho(f"{held.name} ({state})", bold=True)
        typer.echo(f"  {held.title}\n  licence: {held.licence}")


@app.command()
def screens() -> None:
    """List public perturbation screens: what they are, their accession, what to know before use."""
    from cellglass.data.screens.accessions import PUBLIC_SCREENS

    for screen in PUBLIC_SCREENS.values():
        typer.secho(f"{screen.name} ({screen.modality}, {screen.cell_line})", bold=True)
        wrapped(f"{screen.study}, doi:{screen.doi}", "  ", "    ")
        wrapped(f"file: {screen.where}", "  ", "    ")
        if screen.note:
            wrapped(screen.note, "  ", "    ")
    typer.echo("\nThen: cellglass init --screen FILE --model NAME_OR_PATH")


@app.command()
def check(
    cells: Annotated[
        Path | None, typer.Argument(help="An .h5ad to check; the cache if not given.")
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="Also map genes to this model's vocabulary.")
    ] = None,
    donor: Annotated[str | None, typer.Option(help="Column of obs with donors.")] = None,
    strata: Annotated[str | None, typer.Option(help="Column of obs with cell types.")] = None,
) -> None:
    """Check an .h5ad (scale, genes, columns), or the files of the cache."""
    if cells is None:
        _check_cache()
    else:
        _check_cells(cells, model, donor, strata)


def _check_cache() -> None:
    from cellglass.data import check_cache
    from cellglass.errors import DownloadError

    problems = check_cache()
    for problem in problems:
        typer.echo(f"{problem.name}: {problem.path.name} is {problem.what}")
    if problems:
        raise DownloadError(
            f"{len(problems)} {plural('file', len(problems))} of the cache damaged",
            fix="fetch them again",
        )
    typer.echo("The cache is sound.")


def _check_cells(cells: Path, model: str | None, donor: str | None, strata: str | None) -> None:
    from cellglass.data import open_cells, prepare
    from cellglass.errors import located

    vocabulary, aliases = None, None
    if model is not None:
        from cellglass.models import load_model

        loaded = load_model(model)
        vocabulary = loaded.vocabulary
        aliases = getattr(getattr(loaded, "tokenizer", None), "aliases", None)
    with located(cells):
        found = prepare(
            open_cells(cells),
            donor=donor,
            strata=strata,
            vocabulary=None if vocabulary is None else vocabulary.ids,
            kind="symbol" if vocabulary is None else vocabulary.kind,
            symbols=None if vocabulary is None else vocabulary.symbols,
            aliases=aliases,
        ).report
    typer.echo(f"{found.n_cells:,} cells of {found.n_cells_in_data:,}, {found.n_genes:,} genes")
    typer.echo(f"counts: {found.counts_from}; {found.scale}")
    typer.echo(f"gene names: {found.identifiers}; {found.n_empty_genes:,} genes without counts")
    if found.mapping is not None:
        mapping = found.mapping
        typer.echo(
            f"in the vocabulary: {mapping['mapped']:,} of {mapping['n_genes']:,} genes, "
            f"{mapping['share_of_counts_kept']:.1%} of counts"
        )
    for note in found.notes:
        typer.echo(f"  {note}")
