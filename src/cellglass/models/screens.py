"""Control cells of a screen as a data set: edges come from what responses are held against."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cellglass.data import open_cells, prepare
from cellglass.data.screens import Screen, is_fold_changes, open_screen, read_fold_changes
from cellglass.errors import InputError, located
from cellglass.runs.keys import file_digest
from cellglass.runs.pipeline import INPUTS
from cellglass.runs.sections import ScreenConfig
from cellglass.runs.study import SCREEN, Study
from cellglass.runs.tasks import Task, TaskContext

from .datasets import CELLS, write_cells

if TYPE_CHECKING:
    from anndata import AnnData


def screen_params(study: Study, screen: ScreenConfig) -> dict[str, Any]:
    """What a task needs to open a screen; the hash of its file makes part of the key."""
    return {
        **screen.model_dump(),
        "name": screen.label,
        "n_controls": study.responses.n_controls,
        "sha256": file_digest(screen.path),
    }


def opened(params: Mapping[str, Any], adata: AnnData | None = None) -> Screen:
    """Open the screen of `screen_params`."""
    with located(params["path"]):
        return open_screen(
            params["path"] if adata is None else adata,
            **{k: v for k, v in params.items() if k not in ("path", "n_controls", "sha256")},
        )


def controls_of(params: Mapping[str, Any], seed: int) -> tuple[AnnData, Screen, NDArray[np.int64]]:
    """The file, the screen in it, and the indices of the control cells that are used.

    Raises
    ------
    InputError
        If it is a table of fold changes, or for what `cellglass.data.open_screen` refuses.
    """
    if is_fold_changes(params["path"]):
        raise InputError(
            "a table of fold changes has no cells", where=params["path"],
            expected="a screen with cells (.h5ad) in cells.path",
            fix="give the cells whose edges are to be judged: cells: {path: FILE.h5ad}",
        )  # fmt: skip
    adata = open_cells(params["path"])
    screen = opened(params, adata)
    return adata, screen, screen.controls(params["n_controls"], seed)


def dataset_of(study: Study, screen: ScreenConfig) -> str:
    """Name of the data set whose cells' edges are judged by a screen: its controls.

    It is the study's own cells where those are the controls of that screen, and where the screen
    is a table of fold changes, which has no cells.
    """
    own = study.cells.path == f"{SCREEN}{screen.label}" or is_fold_changes(screen.path)
    return CELLS if own else f"screen/{screen.label}"


def fold_change_rows(study: Study) -> list[str]:
    """Genes perturbed in the screens that are tables of fold changes: rows of the cells' edges."""
    found: dict[str, None] = {}
    for screen in study.screens:
        if is_fold_changes(screen.path):
            table = read_fold_changes(screen.path)
            found |= dict.fromkeys(g for genes in table.targets for g in genes)
    return list(found)


def screen_task(study: Study, screen: ScreenConfig) -> Task:
    """Task that writes the controls of a screen as a data set."""
    return Task(
        f"screen/{screen.label}",
        "cellglass.models.screens:prepare_controls",
        {"screen": screen_params(study, screen), "edges": study.edges.model_dump()},
    )


def prepare_controls(
    context: TaskContext, *, screen: Mapping[str, Any], edges: Mapping[str, Any]
) -> None:
    """Write the control cells of a screen; perturbed genes will be rows of the edges."""
    adata, found, controls = controls_of(screen, context.seed)
    donor = found.replicate or None
    with located(screen["path"]):
        chosen = prepare(
            adata, donor=donor, layer=screen["layer"], n_counts=screen["totals"], within=controls,
            seed=context.seed,
        )  # fmt: skip
        write_cells(
            context.output, adata, chosen, donor=donor, edges=edges, seed=context.seed,
            rows=perturbed_genes(found),
        )  # fmt: skip
    (context.output / INPUTS).write_text(json.dumps({screen["path"]: screen["sha256"]}))


def perturbed_genes(screen: Screen) -> list[str]:
    """Genes that some cells of a screen were perturbed in."""
    return list(dict.fromkeys(g for entry in screen.perturbed for g in entry.genes))
