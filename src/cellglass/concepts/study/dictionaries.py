"""Training the dictionaries of a study: donors held out, several seeds in one pass."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellglass.concepts.dictionaries.dictionary import Dictionary
from cellglass.concepts.dictionaries.metrics import baseline_fits, dictionary_fit, survey
from cellglass.concepts.dictionaries.row_source import CellRows
from cellglass.concepts.dictionaries.settings import default_size_and_k
from cellglass.concepts.dictionaries.training import train
from cellglass.concepts.embeddings.splits import donor_split
from cellglass.runs.concepts_section import DictionaryConfig
from cellglass.runs.pipeline import SUMMARY
from cellglass.runs.tasks import TaskContext
from cellglass.stats.parquet import write_parquet

from .cells import donor_column, label_column, read_store
from .names import SPLIT, TEST, TRAIN, VALIDATION, seed_folder

STEPS_AN_EPOCH = 16
LEAST_BATCH = 32
CELLS_A_CONCEPT = 50
"""Cells in which a concept should fire on average: of fewer, little can be said of its genes."""
LEAST_STEPS = 3000
PATIENCE = 5
FITS = "fits.parquet"


def train_dictionaries(
    context: TaskContext,
    *,
    embedded: str,
    dictionary: Mapping[str, Any],
    seeds: int,
    test_share: float,
    device: str,
) -> None:
    """Train one dictionary a seed; leave them, the split, and their fits on held-out cells.

    Parameters
    ----------
    context
        Reads the task named `embedded`.
    embedded
        Task that embedded the cells.
    dictionary
        Section ``concepts.dictionary`` of the study.
    seeds
        How many of its seeds.
    test_share
        Share of donors (of cells where donors are fewer than six) held out.
    device
        ``"cpu"`` or ``"cuda"``.

    Notes
    -----
    Each dictionary's ``meta["embedding"]`` says which embedding it reads, so that an export can
    refuse one of normalised embeddings, and ``meta["model"]`` of which model.
    """
    config = DictionaryConfig(**dictionary)
    store = read_store(context.input(embedded))
    split = donor_split(
        store.obs, donor_column(store.obs), test=test_share, stratify=label_column(store.obs),
        seed=context.seed,
    )  # fmt: skip
    part = np.select([split.train, split.validation], [TRAIN, VALIDATION], TEST).astype(np.int8)
    rows = np.flatnonzero(part != TEST)
    settings, notes = training_options(config, int((part == TRAIN).sum()), store.width)
    kept = None if context.kept is None else context.kept / "training"
    found = train(
        CellRows(store.array, rows), validation=part[rows] == VALIDATION, seeds=range(seeds),
        device=device, checkpoint=kept, **settings,
    )  # fmt: skip
    read = {"embedding": store.meta, "model": store.meta["model"]}
    found = [replace(trained, meta={**trained.meta, **read}) for trained in found]
    for seed, trained in enumerate(found):
        trained.write(context.output / seed_folder(seed))
    np.save(context.output / SPLIT, part)
    write_parquet(_fits(found, store.array, part), context.output / FITS, {})
    (context.output / SUMMARY).write_text(
        json.dumps(
            {"unit": split.unit, "applicable": split.applicable, "split_note": split.note,
             "notes": notes, "n": np.bincount(part, minlength=3).tolist(), "settings": settings},
            indent=1,
        )
    )  # fmt: skip


def training_options(
    config: DictionaryConfig, n_cells: int, width: int
) -> tuple[dict[str, Any], list[str]]:
    """Options of `train` for so many cells, and what is to be told of them.

    Parameters
    ----------
    config
        Section ``concepts.dictionary``.
    n_cells, width
        Training cells, and width of the embedding.

    Returns
    -------
    dict, list of str
        The options, and sentences on what is not as the study, or the width, would have it:

        - A size that the study leaves open is that for the width, halved until a concept fires in
          `CELLS_A_CONCEPT` cells on average and there are two cells a concept; k left open is at
          most a quarter of the size.
        - Batches are so small that an epoch has at least `STEPS_AN_EPOCH` steps, but not below
          `LEAST_BATCH` cells.
        - Of few cells an epoch is few steps: there are as many epochs, and as much more patience,
          as give `LEAST_STEPS` steps.

        What ``dictionary.options`` names is taken as it is.

    Examples
    --------
    >>> options, notes = training_options(DictionaryConfig(), 400, 512)
    >>> options["size"], options["k"], options["batch"], options["epochs"]
    (128, 32, 32, 250)
    """
    size, k, notes = _sizes(config, n_cells, width)
    given = config.options
    batch = given.get("batch", min(config.batch, max(LEAST_BATCH, n_cells // STEPS_AN_EPOCH)))
    steps = max(1, math.ceil(n_cells / max(1, batch)))
    longer = 1 if "epochs" in given else max(1, math.ceil(LEAST_STEPS / (config.epochs * steps)))
    if longer > 1:
        notes.append(
            f"Training took up to {config.epochs * longer:,} epochs instead of {config.epochs:,}, "
            f"because an epoch of {n_cells:,} training cells is {steps:,} steps only."
        )
    options: dict[str, Any] = {
        "kind": config.kind,
        "size": size,
        "k": None if config.kind == "l1" else k,
        "epochs": config.epochs * longer,
        "batch": int(batch),
        "patience": PATIENCE * longer,
    }
    return options | given, notes


def _sizes(config: DictionaryConfig, n_cells: int, width: int) -> tuple[int, int, list[str]]:
    """Concepts, those active in a cell, and what is to be told of both."""
    usual, usual_k = default_size_and_k(width)
    notes = []
    size = int(config.options.get("size", config.size or usual))
    if config.size is None and "size" not in config.options:
        # k of n concepts fire in a cell, so a concept fires in n_cells * k / size cells on average
        most = max(n_cells * (config.k or usual_k) // CELLS_A_CONCEPT, 2)
        while size > min(most, max(n_cells // 2, 2)):
            size //= 2
        if size < usual:
            notes.append(
                f"The dictionary has {size:,} concepts instead of the {usual:,} usual for this "
                f"width, because there are {n_cells:,} training cells."
            )
    k = config.k or min(usual_k, max(size // 4, 1))
    if config.k is None and k < usual_k and "k" not in config.options and config.kind != "l1":
        notes.append(
            f"{k:,} concepts are active in a cell instead of the {usual_k:,} usual for this "
            f"width, because there are {size:,} concepts."
        )
    return size, int(k), notes


def _fits(found: list[Dictionary], array: Any, part: NDArray[np.int8]) -> pd.DataFrame:
    """Fits of every seed, of the constant predictor and of PCA, on training and test cells."""
    train_cells = CellRows(array, np.flatnonzero(part == TRAIN))
    test_cells = CellRows(array, np.flatnonzero(part == TEST))
    known = survey(train_cells)
    k = found[0].k or max(1, round(dictionary_fit(found[0], test_cells).l0))
    # all components reconstruct everything: more than the width there are none
    k = min(k, array.shape[1])
    rows = []
    for cells, where in ((train_cells, "training"), (test_cells, "test")):
        rows += [
            {"cells": where, "fit": f"dictionary, seed {seed}", **vars(dictionary_fit(d, cells))}
            for seed, d in enumerate(found)
        ]
        rows += [
            {"cells": where, "fit": name, **vars(fit)}
            for name, fit in baseline_fits(cells, known, [k]).items()
        ]
    return pd.DataFrame(rows)


def read_dictionaries(folder: Path) -> list[Dictionary]:
    """The dictionaries of a task, in the order of their seeds."""
    return [Dictionary.read(p) for p in sorted(folder.glob("seed-*"))]
