"""Cells of a study as concepts see them: embedded once, with what labels each cell."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from cellglass.concepts.embeddings.embed_cells import embed_cells
from cellglass.concepts.embeddings.store import EmbeddingStore
from cellglass.concepts.statistics.shuffled_expression import shuffled_expression
from cellglass.errors import InputError
from cellglass.models.capture import with_tokens
from cellglass.models.datasets import CELLS, UNLABELLED, StudyCells, read_cells
from cellglass.models.embedding_capture import with_columns
from cellglass.models.inputs import open_model
from cellglass.runs.tasks import TaskContext

from .names import CELLS_FILE, STORE, Variant

if TYPE_CHECKING:
    from anndata import AnnData

    from cellglass.models.cell_model import CellModel
    from cellglass.models.swap_space import SwapSpace

LABEL, DONOR, BATCH = "label", "donor", "batch"
NO_DONOR = ""
NAMED_BY = {LABEL: "strata", DONOR: "donor", BATCH: "batch"}


def embed(
    context: TaskContext,
    *,
    model: Mapping[str, Any],
    variant: Variant,
    options: Mapping[str, Any],
    batch: str | None,
    device: str,
    dtype: str,
) -> None:
    """Embed all cells that hold a gene of the model; leave a store and the cells' positions.

    Parameters
    ----------
    context
        Reads the cells of the study.
    model
        Of `cellglass.models.inputs.model_params`.
    variant
        See `Variant`.
    options
        Layer, pooling and normalisation of the embedding.
    batch
        Column of batches.
    device, dtype
        Of the forward pass.
    """
    study = read_cells(context.input(CELLS))
    loaded = opened(model, variant, context.seed, device, dtype)
    keep = with_tokens(loaded, study)
    cells = labelled_cells(study, batch)[keep].copy()
    if variant == "shuffled":
        cells = shuffled_expression(cells, seed=context.seed)
    kept = (context.kept or context.output) / STORE
    columns = list(dict.fromkeys([LABEL, DONOR, BATCH, *study.columns]))
    store = embed_cells(
        loaded, cells, kept, obs_columns=columns, seed=context.seed, **options
    )  # fmt: skip
    if store.folder.parent != context.output:
        shutil.move(store.folder, context.output / STORE)
    np.save(context.output / CELLS_FILE, np.flatnonzero(keep))


def opened(
    model: Mapping[str, Any],
    variant: Variant,
    seed: int,
    device: str = "cpu",
    dtype: str = "float32",
) -> CellModel:
    """Load a model, or its untrained copy."""
    loaded = open_model(model, device, dtype)
    return loaded.untrained(seed) if variant == "untrained" else loaded


def labelled_cells(study: StudyCells, batch: str | None) -> AnnData:
    """The study's cells with the columns label, donor and batch, empty where there is none.

    Parameters
    ----------
    study
        Cells of the study.
    batch
        Column of batches; where None, a column of that name that the model reads stands for it.

    Raises
    ------
    InputError
        If a column that is kept has one of the three names and says something else.
    """
    cells = with_columns(study)
    labels = study.labels
    blocks = np.array(study.blocks, dtype=str)
    told = {
        LABEL: "" if labels is None else np.where(labels == UNLABELLED, "", labels),
        DONOR: blocks[study.block] if study.unit == "donor" else NO_DONOR,
        BATCH: study.columns.get(batch or BATCH, ""),
    }
    for name, values in told.items():
        # what a model reads as a covariate must not be written over
        kept = study.columns.get(name, values)
        if not np.array_equal(
            np.broadcast_to(kept, cells.n_obs), np.broadcast_to(values, cells.n_obs)
        ):
            raise InputError(
                f"the column '{name}' is kept, but it is not what the study calls {name}",
                where="columns of the cells",
                expected=f"'{name}' to be the column of cells.{NAMED_BY[name]}",
                fix=f"say cells.{NAMED_BY[name]}: {name}, or rename the column",
            )
        cells.obs[name] = values
    return cells


def donor_column(obs: pd.DataFrame) -> str | None:
    """Column of donors, where there are some."""
    return DONOR if (obs[DONOR] != NO_DONOR).any() else None


def label_column(obs: pd.DataFrame) -> str | None:
    """Column of labels, where there are at least two."""
    return LABEL if obs.loc[obs[LABEL] != "", LABEL].nunique() > 1 else None


def read_store(folder: Path) -> EmbeddingStore:
    """The store that `embed` left."""
    return EmbeddingStore.open(folder / STORE)


def cells_of(study_folder: Path, embedded: Path) -> AnnData:
    """The embedded cells with their counts, in the order of the store."""
    study = read_cells(study_folder)
    return with_columns(study)[np.load(embedded / CELLS_FILE)].copy()


def space_of(cells: AnnData, model: CellModel, options: Mapping[str, Any], seed: int) -> SwapSpace:
    """Cells as points between which genes can be exchanged.

    Parameters
    ----------
    cells
        Of `cells_of`.
    model
        The model, or its untrained copy.
    options
        As given to `embed`.
    seed
        The root seed, of which the embedding's draws came.
    """
    given = {k: v for k, v in options.items() if v is not None and v is not False}
    return model.swap_space(cells, seed=seed, **given)
