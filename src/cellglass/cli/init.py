"""`cellglass init`: a commented study.yaml for some cells and a model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

STRATA_NAMES = ("cell_type", "celltype", "cell_type_broad", "bulk_labels", "louvain", "leiden")
DONOR_NAMES = ("donor", "donor_id", "individual", "patient", "subject", "sample")
BATCH_NAMES = ("batch", "lane", "library", "technology", "chemistry", "assay", "run")


def init(
    cells: Annotated[Path, typer.Option(help="The .h5ad file.")],
    model: Annotated[list[str], typer.Option(help="Checkpoint folder or name; may be repeated.")],
    network: Annotated[
        list[str] | None, typer.Option(help="Catalogue name or table; may be repeated.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Where to write.")] = Path("study.yaml"),
    overwrite: Annotated[bool, typer.Option(help="Replace the file if it is there.")] = False,
) -> None:
    """Write a commented study.yaml; columns of the cells are suggested, models are checked."""
    from cellglass.data import open_cells
    from cellglass.errors import StudyError
    from cellglass.models.families import MINI_MODELS, family_of, resolve
    from cellglass.runs.folder import write_atomically
    from cellglass.runs.template import study_template

    if out.exists() and not overwrite:
        raise StudyError(
            "the file is there already", where=str(out), fix="choose another --out, or --overwrite"
        )
    adata = open_cells(cells)
    for path in model:
        family_of(resolve(path))
    columns = [str(c) for c in adata.obs.columns]
    text = study_template(
        name=out.resolve().parent.name if out.stem == "study" else out.stem,
        cells=cells.resolve(),
        models=[m if m in MINI_MODELS else str(resolve(m).resolve()) for m in model],
        networks=[_absolute(n) for n in network or ["trrust"]],
        columns=columns,
        strata=_first(adata, columns, STRATA_NAMES),
        donor=_first(adata, columns, DONOR_NAMES),
        batch=_first(adata, columns, BATCH_NAMES),
        n_cells=adata.n_obs,
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(out, text)
    typer.echo(f"Wrote {out}. Next: cellglass estimate {out}; cellglass run {out}")


def _absolute(given: str) -> str:
    """Absolute path of a file; names stay as they are.

    Paths in study.yaml refer to its folder, those of a command to the working directory.
    """
    path = Path(given).expanduser()
    return str(path.resolve()) if path.is_file() else given


def _first(adata: object, columns: list[str], wanted: tuple[str, ...]) -> str | None:
    """First wanted column with two levels or more."""
    by_lower = {c.lower(): c for c in columns}
    for name in wanted:
        column = by_lower.get(name)
        if column is not None and adata.obs[column].nunique() > 1:  # type: ignore[attr-defined]
            return column
    return None
