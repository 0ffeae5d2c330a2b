"""`cellglass reproduce`: published tables, and ours beside them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cellglass.seeds import DEFAULT_SEED

from .console import progress, say
from .reproduce_text import show_papers, show_reproduction, show_table, show_tables

if TYPE_CHECKING:
    from cellglass.runs.study import Study

LIST = "list"
Many = list[str] | None


def reproduce(
    paper: Annotated[
        str, typer.Argument(help="A paper (edges, concepts, geometry), or: list [PAPER].")
    ],
    listed: Annotated[
        str | None, typer.Argument(metavar="[PAPER]", help="After list: only this paper.")
    ] = None,
    table: Annotated[
        Many, typer.Option(help="Only this table, or the numbers of a unit (A36); may be repeated.")
    ] = None,
    model: Annotated[Many, typer.Option(help="Checkpoint folder or name; may be repeated.")] = None,
    edges: Annotated[
        Many, typer.Option(help="Table of source, target, score; may be repeated.")
    ] = None,
    cells: Annotated[
        str | None, typer.Option(help=".h5ad file; the first screen's controls if not given.")
    ] = None,
    strata: Annotated[str | None, typer.Option(help="Column of obs with cell types.")] = None,
    donor: Annotated[str | None, typer.Option(help="Column of obs with donors.")] = None,
    screen: Annotated[
        Many, typer.Option(help="Perturbation screen, .h5ad; may be repeated.")
    ] = None,
    network: Annotated[
        Many, typer.Option(help="Catalogue name or source-target table; may be repeated.")
    ] = None,
    gene_sets: Annotated[
        Many, typer.Option(help="Catalogue name or GMT file; may be repeated.")
    ] = None,
    study: Annotated[
        Path | None, typer.Option(help="study.yaml with the inputs, in place of the options.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="Seed of everything random; that of the study.", min=0)
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder of run and comparison; reproduce-PAPER if not given."),
    ] = None,
    executor: Annotated[str | None, typer.Option(help="inline, local or dask-local.")] = None,
    workers: Annotated[int | None, typer.Option(help="Processes; all cores if not given.")] = None,
    csv: Annotated[bool, typer.Option("--csv", help="With list: all rows as CSV.")] = False,
) -> None:
    """Show published tables as data, or compute them with what is at hand, ours beside theirs.

    A difference is a result and no error. What is missing says NOT RUN, and where to get it.
    """
    from cellglass.errors import StudyError
    from cellglass.reproduce import study_of

    if paper == LIST:
        return _list(listed, table or [], csv)
    if listed is not None:
        raise StudyError(
            f"'{listed}' after '{paper}'",
            expected="one paper",
            fix=f"cellglass reproduce {paper} --table TABLE, or cellglass reproduce list {paper}",
        )
    lists = {
        "models": model, "edges": edges, "screens": screen, "networks": network,
        "gene_sets": gene_sets,
    }  # fmt: skip
    inputs: dict[str, Any] = {k: v for k, v in lists.items() if v}
    inputs |= {k: v for k, v in {"cells": cells, "strata": strata, "donor": donor}.items() if v}
    if study is not None and inputs:
        raise StudyError(
            f"a study, and {', '.join(inputs)}",
            expected="a study.yaml, or options that name the inputs",
            fix="put them into the study.yaml, or leave --study out",
        )
    options = {"executor": executor, "workers": workers}
    resources = {k: v for k, v in options.items() if v is not None}
    sections: dict[str, Any] = {} if seed is None else {"seed": seed}
    at_hand = (
        study_of(f"reproduce-{paper}", **inputs, **sections, resources=resources)
        if study is None
        else _read(study, resources, sections)
    )
    drawn = at_hand.seed if at_hand is not None else DEFAULT_SEED if seed is None else seed
    return _compare(paper, table or [], at_hand, drawn, out)


def _read(path: Path, resources: dict[str, Any], sections: dict[str, int]) -> Study:
    """A study of the user's, without planted controls and untrained copies."""
    from cellglass.runs.study import load_study, parse_study

    loaded = load_study(path)
    changed = {
        "resources": loaded.resources.model_dump() | resources,
        "edges": loaded.edges.model_dump() | {"untrained": False},
        "controls": [],
        **sections,
    }
    return parse_study(loaded.model_dump() | changed, where=str(path))


def _compare(
    name: str, tables: list[str], study: Study | None, seed: int, out: Path | None
) -> None:
    from cellglass.report import write_report
    from cellglass.reproduce import find_paper, find_tables
    from cellglass.reproduce import reproduce as run
    from cellglass.reproduce.at_hand import refuse_missing
    from cellglass.reproduce.writing import RUN, claim_folder, write_comparison
    from cellglass.runs.study import resolve_paths

    paper = find_paper(name)
    find_tables(paper, tables)  # a wrong name is told before anything is run or written
    if study is not None:
        study = resolve_paths(study, Path.cwd())
        refuse_missing(study)  # before the folder is made
    folder = claim_folder(out or Path(f"reproduce-{paper.id}"))
    with progress() as follow:
        found = run(
            paper, study, tables=tables, out=folder / RUN, seed=seed, progress=follow, announce=say
        )
    paths = write_comparison(found, folder)
    show_reproduction(found)
    if found.summary is not None:
        say("Writing the report")
        typer.echo(f"\nReport of the run: {write_report(found.summary.folder).resolve()}")
    typer.echo(f"{'' if found.summary else chr(10)}Comparison: {paths['html'].resolve()}")
    typer.echo("  the same as .md, .csv and .parquet")


def _list(name: str | None, tables: list[str], csv: bool) -> None:
    from cellglass.reproduce import find_paper, find_tables
    from cellglass.reproduce.registry import find_in_all

    if name is None:
        chosen = find_in_all(tables)
    else:
        paper = find_paper(name)
        chosen = [(paper, find_tables(paper, tables))]
    if csv:
        from cellglass.reproduce.rows import rows_table

        typer.echo(rows_table(chosen).to_csv(index=False))
    elif tables:
        for paper, found in chosen:
            for table in found:
                show_table(paper, table)
    elif name is None:
        show_papers([paper for paper, _ in chosen])
    else:
        show_tables(chosen[0][0])
