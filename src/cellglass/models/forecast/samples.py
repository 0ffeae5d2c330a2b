"""A few cells of each data set of a study, and how much there is of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cellglass.data import Prepared, open_cells, pbmc68k_reduced, prepare
from cellglass.data.screens import is_fold_changes, read_fold_changes
from cellglass.errors import located
from cellglass.models.datasets import CELLS
from cellglass.models.inputs import EMBEDDED
from cellglass.models.screens import (
    controls_of,
    dataset_of,
    fold_change_rows,
    perturbed_genes,
    screen_params,
)
from cellglass.runs.study import SCREEN

if TYPE_CHECKING:
    from anndata import AnnData

    from cellglass.runs.sections import ScreenConfig
    from cellglass.runs.study import Study

SAMPLE_CELLS = 64
BYTES_READ = 24.0  # a stored value, while counts are found and checked, measured
BYTES_STORED = 12.0  # a stored value, in the run folder


@dataclass(frozen=True)
class Sample:
    """A data set, known by a few of its cells.

    Attributes
    ----------
    dataset
        Name of the data set.
    cells
        At most 64 cells that would be used, counted.
    n_cells
        Cells that would be used.
    forced
        Genes that will be rows of the edges: those perturbed in a screen.
    held_bytes
        Memory to read the used cells once.
    stored_bytes
        Of the used cells in the run folder.
    """

    dataset: str
    cells: AnnData
    n_cells: int
    forced: tuple[str, ...]
    held_bytes: float
    stored_bytes: float


@dataclass(frozen=True)
class ScreenSize:
    """How much there is to measure in a screen.

    Attributes
    ----------
    n_cells
        Cells in use, controls included; 0 for a table of fold changes.
    n_perturbations
        Distinct perturbations.
    n_genes
        Measured genes.
    """

    n_cells: int
    n_perturbations: int
    n_genes: int


def sample_study(study: Study) -> tuple[dict[str, Sample], dict[str, ScreenSize]]:
    """Sample the study's cells and the controls of its screens.

    Parameters
    ----------
    study
        The study.

    Returns
    -------
    dict of str to Sample, dict of str to ScreenSize
        By data set, the study's own cells first; by name of the screen.

    Raises
    ------
    CellglassError
        What the run itself would raise of these files.
    """
    samples: dict[str, Sample] = {}
    sizes: dict[str, ScreenSize] = {}
    own = study.cells.path
    if not own.startswith(SCREEN):
        samples[CELLS] = _cells(study)
    for screen in study.screens:
        if is_fold_changes(screen.path):
            table = read_fold_changes(screen.path)
            sizes[screen.label] = ScreenSize(0, len(table.targets), len(table.genes))
            continue
        dataset = dataset_of(study, screen)
        samples[dataset], sizes[screen.label] = _controls(study, screen, dataset)
    return samples, sizes


def _cells(study: Study) -> Sample:
    path = study.cells.path
    adata = pbmc68k_reduced() if path == EMBEDDED else open_cells(path)
    n_used = min(adata.n_obs, study.cells.max_cells or adata.n_obs)
    with located(path):
        chosen = prepare(adata, layer=study.cells.layer, max_cells=SAMPLE_CELLS, seed=study.seed)
        cells = _counted(adata, chosen)
    values = _values(cells)
    return Sample(
        CELLS, cells, n_used, tuple(fold_change_rows(study)),
        BYTES_READ * values * n_used, BYTES_STORED * values * n_used,
    )  # fmt: skip


def _controls(study: Study, screen: ScreenConfig, dataset: str) -> tuple[Sample, ScreenSize]:
    """The controls of a screen, whose edges are judged, and the size of the screen."""
    adata, found, controls = controls_of(screen_params(study, screen), study.seed)
    with located(screen.path):
        chosen = prepare(
            adata, layer=screen.layer, n_counts=screen.totals, within=controls,
            max_cells=SAMPLE_CELLS, seed=study.seed,
        )  # fmt: skip
        cells = _counted(adata, chosen)
    in_use = int((found.label >= 0).sum())
    kinds = [entry.kind for entry in found.labels]
    size = ScreenSize(in_use, len(kinds) - kinds.count("control"), len(found.genes))
    values = _values(cells)
    forced = perturbed_genes(found)
    if dataset == CELLS:  # these are judged by the tables of fold changes too
        forced = list(dict.fromkeys((*forced, *fold_change_rows(study))))
    return Sample(
        dataset, cells, len(controls), tuple(forced),
        BYTES_READ * values * in_use, BYTES_STORED * values * len(controls),
    ), size  # fmt: skip


def _counted(adata: AnnData, chosen: Prepared) -> AnnData:
    from anndata import AnnData

    counts = chosen.counts()
    obs = adata.obs.iloc[chosen.cells].copy()
    obs["n_counts"] = counts.n_counts
    return AnnData(counts.matrix, obs=obs, var=counts.var)


def _values(cells: AnnData) -> float:
    """Stored values of a cell, mean."""
    return float(np.asarray((cells.X != 0).sum())) / cells.n_obs
