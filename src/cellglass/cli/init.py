"""`cellglass init`: a commented study.yaml for some cells and a model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .console import say
from .init_screens import FoundScreen, find_screen

if TYPE_CHECKING:
    from anndata import AnnData

STRATA_NAMES = ("cell_type", "celltype", "cell_type_broad", "bulk_labels", "louvain", "leiden")
DONOR_NAMES = ("donor", "donor_id", "individual", "patient", "subject", "sample")
BATCH_NAMES = ("batch", "lane", "library", "technology", "chemistry", "assay", "run")


def init(
    cells: Annotated[
        Path | None, typer.Option(help="The .h5ad file; the controls of the screen if not given.")
    ] = None,
    model: Annotated[
        list[str] | None, typer.Option(help="Checkpoint folder or name; may be repeated.")
    ] = None,
    table: Annotated[
        list[Path] | None, typer.Option(help="Edge table of another method; may be repeated.")
    ] = None,
    network: Annotated[
        list[str] | None, typer.Option(help="Catalogue name or table; may be repeated.")
    ] = None,
    screen: Annotated[
        list[Path] | None, typer.Option(help="Perturbation screen; may be repeated.")
    ] = None,
    gene_sets: Annotated[
        list[str] | None, typer.Option(help="Catalogue name or .gmt file; may be repeated.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Where to write.")] = Path("study.yaml"),
    overwrite: Annotated[bool, typer.Option(help="Replace the file if it is there.")] = False,
) -> None:
    """Write a commented study.yaml; columns of the cells are suggested, models are checked."""
    from cellglass.errors import StudyError
    from cellglass.models.families import MINI_MODELS, family_of, resolve
    from cellglass.runs.folder import write_atomically
    from cellglass.runs.template import study_template

    if out.exists() and not overwrite:
        raise StudyError(
            "the file is there already", where=str(out), fix="choose another --out, or --overwrite"
        )
    models, screens = model or [], [s.resolve() for s in screen or []]
    if not (models or table):
        raise StudyError("no --model and no --table", fix="name at least one of them")
    for path in models:
        family_of(resolve(path))
    found = [find_screen(s) for s in screens]
    adata, told, about, lines = _cells(cells, found)
    columns = [str(c) for c in adata.obs.columns]
    text = study_template(
        name=out.resolve().parent.name if out.stem == "study" else out.stem,
        cells=told,
        models=[m if m in MINI_MODELS else str(resolve(m).resolve()) for m in models],
        tables=[str(t.resolve()) for t in table or []],
        networks=[_absolute(n) for n in network or ["trrust"]],
        gene_sets=[_absolute(g) for g in gene_sets or []],
        screens=[s.entry for s in found],
        columns=columns,
        strata=_first(adata, [c for c in columns if c != lines], STRATA_NAMES),
        donor=_first(adata, columns, DONOR_NAMES),
        batch=_first(adata, columns, BATCH_NAMES),
        about=about,
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(out, text)
    todo = [f"{s.path.name}: {line}" for s in found for line in s.todo]
    for line in todo:
        say(f"To complete in {out}, screen {line}")
    then = "First complete it as told above, then" if todo else "Next"
    typer.echo(f"Wrote {out}. {then}: cellglass estimate {out}; cellglass run {out}")


def _cells(cells: Path | None, screens: list[FoundScreen]) -> tuple[AnnData, str, str, str]:
    """Cells that are used, how study.yaml names them, how many they are, their column of lines."""
    from cellglass._words import plural
    from cellglass.data import open_cells
    from cellglass.errors import StudyError
    from cellglass.runs.sections import ScreenConfig
    from cellglass.runs.study import SCREEN

    if cells is not None:
        adata = open_cells(cells)
        return adata, str(cells.resolve()), f"{adata.n_obs:,} {plural('cell', adata.n_obs)}", ""
    first = next((s for s in screens if not s.is_table), None)
    if first is None:
        raise StudyError(
            "no cells are named", fix="give --cells FILE, or --screen FILE with control cells"
        )
    adata = open_cells(first.path)
    about = f"{adata.n_obs:,} {plural('cell', adata.n_obs)} in the file"
    if first.controls is not None:
        about = f"{int(first.controls.sum()):,} control cells of {about}{first.pooled}"
        adata = adata[first.controls]
    return adata, f"{SCREEN}{ScreenConfig(path=str(first.path)).label}", about, first.line_column


def _absolute(given: str) -> str:
    """Absolute path of a file; names stay as they are.

    Paths in study.yaml refer to its folder, those of a command to the working directory.
    """
    path = Path(given).expanduser()
    return str(path.resolve()) if path.is_file() else given


def _first(adata: AnnData, columns: list[str], wanted: tuple[str, ...]) -> str | None:
    """First wanted column with two levels or more."""
    by_lower = {c.lower(): c for c in columns}
    for name in wanted:
        column = by_lower.get(name)
        if column is not None and adata.obs[column].nunique() > 1:
            return column
    return None
