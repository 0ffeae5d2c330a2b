"""Training the dictionaries of a study: donors held out, several seeds in one pass."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
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
        Sizes that the study leaves open are chosen by the width, and lowered to half the number
        of cells. Of few cells an epoch is few steps: batches become smaller, so that an epoch has
        at least 16 steps, and epochs more, so that the optimiser takes as many steps as on
        `STEPS_AN_EPOCH` full batches; patience grows with them.
    """
    size, k = default_size_and_k(width)
    notes = []
    chosen = config.size or size
    if config.size is None:
        while chosen > max(n_cells // 2, 2):
            chosen //= 2
        if chosen < size:
            notes.append(
                f"{chosen:,} concepts instead of the {size:,} usual for this width, because there "
                f"are {n_cells:,} training cells."
            )
    batch = int(min(config.batch, max(32, n_cells // STEPS_AN_EPOCH)))
    steps = max(1, round(n_cells / batch))
    more = max(1, math.ceil(STEPS_AN_EPOCH / steps))
    # few steps an epoch also mean few steps in all: at least the usual number of an atlas
    more = max(more, math.ceil(3000 / (config.epochs * steps)))
    options: dict[str, Any] = {
        "kind": config.kind,
        "size": int(chosen),
        "k": None if config.kind == "l1" else int(config.k or min(k, max(chosen // 4, 1))),
        "epochs": config.epochs * more,
        "batch": batch,
        "patience": 5 * more,
    }
    return options | config.options, notes


def _fits(found: list[Dictionary], array: Any, part: NDArray[np.int8]) -> pd.DataFrame:
    """Fits of every seed, of the constant predictor and of PCA, on training and test cells."""
    train_cells = CellRows(array, np.flatnonzero(part == TRAIN))
    test_cells = CellRows(array, np.flatnonzero(part == TEST))
    known = survey(train_cells)
    k = found[0].k or max(1, round(dictionary_fit(found[0], test_cells).l0))
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
