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
    store = embed_cells(
        loaded, cells, kept, obs_columns=[LABEL, DONOR, BATCH, *study.columns], seed=context.seed,
        **options,
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
    """The study's cells with the columns label, donor and batch, empty where there is none."""
    cells = with_columns(study)
    labels = study.labels
    cells.obs[LABEL] = "" if labels is None else np.where(labels == UNLABELLED, "", labels)
    blocks = np.array(study.blocks, dtype=str)
    cells.obs[DONOR] = blocks[study.block] if study.unit == "donor" else NO_DONOR
    cells.obs[BATCH] = study.columns.get(batch or "", "")
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
