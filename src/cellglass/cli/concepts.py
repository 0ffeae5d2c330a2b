"""`cellglass concepts`: train dictionaries, attribute, enrich, compare, atlas - step by step."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cellglass.seeds import DEFAULT_SEED

from .run import execute

if TYPE_CHECKING:
    from cellglass.runs.study import Study

app = typer.Typer(
    help="Concepts of an embedding: train dictionaries, attribute genes, enrich, compare, atlas.",
    no_args_is_help=True,
)
STEPS = {
    "train": (
        "concepts.dictionary",
        "concepts.description",
        "concepts.information",
        "concepts.scores",
    ),
    "attribute": ("concepts.attribution",),
    "enrich": ("concepts.enrichment",),
    "compare": ("concepts.comparison", "concepts.interventions"),
    "atlas": ("concepts.atlas",),
}
"""Analyses that each command adds to those of the commands before it."""
MAX_CELLS = 2000

Folder = Annotated[Path, typer.Argument(help="Run folder that cellglass concepts train made.")]
OnlyEstimate = Annotated[
    bool, typer.Option("--estimate", help="Say time, memory and disk, and run nothing.")
]
Workers = Annotated[int | None, typer.Option(help="Processes; all cores if not given.")]


def analyses_until(step: str) -> list[str]:
    """Analyses of a command and of all before it."""
    names = list(STEPS)
    return [a for n in names[: names.index(step) + 1] for a in STEPS[n]]


@app.command()
def train(
    study: Annotated[
        Path | None, typer.Argument(help="study.yaml; its section concepts is used.")
    ] = None,
    cells: Annotated[
        Path | None, typer.Option(help="An .h5ad file, instead of a study.yaml.")
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option(help="Checkpoint folder or name, with --cells; may be repeated."),
    ] = None,
    strata: Annotated[str | None, typer.Option(help="Column of obs with cell types.")] = None,
    donor: Annotated[str | None, typer.Option(help="Column of obs with donors.")] = None,
    batch: Annotated[str | None, typer.Option(help="Column of obs with batches.")] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(help="Further column that concepts may be tied to; may be repeated."),
    ] = None,
    size: Annotated[int | None, typer.Option(help="Concepts; by the width if not given.")] = None,
    k: Annotated[int | None, typer.Option(help="Concepts active in a cell.")] = None,
    kind: Annotated[
        str | None,
        typer.Option(help="topk, batchtopk, matryoshka, jumprelu or l1.", show_default="topk"),
    ] = None,
    seeds: Annotated[
        int | None,
        typer.Option(help="Dictionaries from different starts.", min=1, show_default="5"),
    ] = None,
    max_cells: Annotated[
        int | None, typer.Option(help="Cells at most.", min=50, show_default="2000 with --cells")
    ] = None,
    out: Annotated[Path, typer.Option(help="Run folder.")] = Path("runs/concepts"),
    seed: Annotated[
        int | None,
        typer.Option(help="Seed of everything random.", min=0, show_default=str(DEFAULT_SEED)),
    ] = None,
    workers: Workers = None,
    estimate: OnlyEstimate = False,
) -> None:
    """Embed cells, train dictionaries of several seeds, describe every concept.

    Options given beside a study.yaml replace what it says. The other steps go on in the same folder
    and need no options again.
    """
    from cellglass.errors import StudyError
    from cellglass.runs.study import load_study, parse_study, resolve_paths

    if study is not None and (cells is not None or model):
        raise StudyError(
            "both a study.yaml and --cells or --model were given", where="cellglass concepts train",
            fix="give a study.yaml, or --cells FILE and --model NAME_OR_PATH",
        )  # fmt: skip
    if study is not None:
        content = load_study(study).model_dump()
    elif cells is not None and model:
        content = {"study": out.resolve().name, "models": list(model),
                   "cells": {"path": str(cells), "max_cells": MAX_CELLS}}  # fmt: skip
    else:
        raise StudyError(
            "nothing to train on", fix="give a study.yaml, or --cells FILE and --model NAME_OR_PATH"
        )
    changed: dict[str, dict[str, Any]] = {
        "cells": {"strata": strata, "donor": donor, "batch": batch, "max_cells": max_cells},
        "concepts": {"columns": column or None},
        "resources": {"workers": workers},
    }
    for section, values in changed.items():
        content[section] = _changed(content.get(section), values)
    dictionary = {"size": size, "k": k, "kind": kind, "seeds": seeds}
    concepts = content["concepts"]
    concepts["dictionary"] = _changed(concepts.get("dictionary"), dictionary)
    content |= {} if seed is None else {"seed": seed}
    parsed = parse_study(content, where="cellglass concepts train")
    if study is None:
        parsed = resolve_paths(parsed, Path.cwd())
    _go("train", parsed, out, estimate)


@app.command()
def attribute(
    folder: Folder,
    prototypes: Annotated[
        int | None, typer.Option(help="Cells with a unit from which genes go.", min=2)
    ] = None,
    counterfactuals: Annotated[
        int | None, typer.Option(help="Nearest cells without it, for each.", min=1)
    ] = None,
    concepts: Annotated[int | None, typer.Option(help="Concepts attributed.", min=1)] = None,
    screen: Annotated[str | None, typer.Option(help="auto, gradient or all.")] = None,
    workers: Workers = None,
    estimate: OnlyEstimate = False,
) -> None:
    """Find the genes that drive each unit, by exchanging genes between cells."""
    changed = {
        "attribution": {"prototypes": prototypes, "counterfactuals": counterfactuals,
                        "screen": screen},
        "units": {"concepts": concepts},
    }  # fmt: skip
    _continue("attribute", folder, changed, workers, estimate)


@app.command()
def enrich(
    folder: Folder,
    gene_sets: Annotated[
        list[str] | None,
        typer.Option(help="Catalogue name or GMT file; may be repeated."),
    ] = None,
    fdr: Annotated[float | None, typer.Option(help="Over all units and terms.")] = None,
    workers: Workers = None,
    estimate: OnlyEstimate = False,
) -> None:
    """Say what the genes of each unit mean, beside random gene lists alike."""
    _check_files(gene_sets or [])
    changed: dict[str, Any] = {"enrichment": {"fdr": fdr}}
    _continue("enrich", folder, changed, workers, estimate, gene_sets=gene_sets)


@app.command()
def compare(folder: Folder, workers: Workers = None, estimate: OnlyEstimate = False) -> None:
    """Hold concepts against neurons, rotated neurons, components and random directions."""
    _continue("compare", folder, {}, workers, estimate)


@app.command()
def atlas(
    folder: Folder,
    table: Annotated[
        Path | None, typer.Option(help="Also write the table of concepts (.tsv) of each model.")
    ] = None,
    workers: Workers = None,
    estimate: OnlyEstimate = False,
) -> None:
    """Write an atlas a model: FOLDER/atlas/MODEL, for the report, the app and your own code."""
    from cellglass.concepts import ConceptAtlas, write_concept_table

    _continue("atlas", folder, {}, workers, estimate)
    if estimate:
        return
    for place in sorted((folder / "atlas").glob("*/atlas.json")):
        opened = ConceptAtlas.open(place.parent)
        typer.echo(f"Atlas: {place.parent.resolve()}")
        if table is not None:
            name = f"{table.stem}-{opened.model}{table.suffix}"
            typer.echo(f"Table: {write_concept_table(opened, table.with_name(name)).resolve()}")


def _continue(
    step: str,
    folder: Path,
    changed: dict[str, Any],
    workers: int | None,
    estimate: bool,
    *,
    gene_sets: list[str] | None = None,
) -> None:
    """Go on in a folder with the study that stands there, some options changed."""
    from cellglass.errors import StudyError
    from cellglass.runs.pipeline import STUDY
    from cellglass.runs.study import load_study, parse_study, resolve_paths

    begin = "begin with cellglass concepts train"
    if not (folder / STUDY).is_file():
        raise StudyError("there is no run", where=str(folder), fix=begin)
    content = load_study(folder / STUDY).model_dump()
    concepts = content["concepts"]
    if concepts is None:
        raise StudyError(
            "the study of this run has no section concepts", where=str(folder / STUDY),
            fix=f"{begin} --out ANOTHER_FOLDER",
        )  # fmt: skip
    if gene_sets:
        content["gene_sets"] = list(gene_sets)
    content["resources"] = _changed(content["resources"], {"workers": workers})
    for section, values in changed.items():
        concepts[section] = _changed(concepts.get(section), values)
    parsed = parse_study(content, where=f"cellglass concepts {step}")
    _go(step, resolve_paths(parsed, Path.cwd()), folder, estimate)


def _changed(section: dict[str, Any] | None, values: dict[str, Any]) -> dict[str, Any]:
    """A section of a study with the values that were given."""
    return {**(section or {}), **{k: v for k, v in values.items() if v is not None}}


def _check_files(sources: list[str]) -> None:
    """Refuse gene sets that are neither of the catalogue nor a file."""
    from cellglass.data import CATALOGUE
    from cellglass.errors import InputError, nearest

    for source in sources:
        if source not in CATALOGUE and not Path(source).is_file():
            raise InputError(
                f"there is no file '{source}'", where="--gene-sets",
                expected="a GMT file, or a name of the catalogue (cellglass data list)",
                fix=nearest(source, CATALOGUE),
            )  # fmt: skip


def _go(step: str, study: Study, out: Path, estimate: bool) -> None:
    """Run, or forecast, the analyses of a step and of all before it."""
    from cellglass.runs.study import parse_study

    content = study.model_dump() | {"analyses": analyses_until(step), "controls": []}
    chosen = parse_study(content, where=f"cellglass concepts {step}")
    if estimate:
        from cellglass.models.forecast import estimate_study

        typer.echo(str(estimate_study(chosen)))
        return
    execute(chosen, out)
