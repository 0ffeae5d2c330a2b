"""What each concept is like: how often it fires, in which cells, whether it is technical."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from cellglass.concepts.comparison.unit_measures import label_purity
from cellglass.concepts.dictionaries.dictionary import Dictionary
from cellglass.concepts.embeddings.store import EmbeddingStore
from cellglass.concepts.statistics.activity import DONORS_FOR_INFERENCE
from cellglass.concepts.statistics.stability import seed_stability
from cellglass.concepts.statistics.summary import describe_units
from cellglass.concepts.statistics.unit_columns import SEPARATOR
from cellglass.models.datasets import CELLS, read_cells
from cellglass.runs.result import AnalysisResult, FigureSpec
from cellglass.runs.tasks import TaskContext

from .cells import BATCH, DONOR, donor_column, label_column, read_store
from .dictionaries import read_dictionaries
from .names import CELLS_FILE

ANALYSIS = "concepts.description"
CELL_TYPE, LIBRARY = "cell type", "library size"


def describe(
    context: TaskContext,
    *,
    model: str,
    statistics: Mapping[str, Any],
    embedded: str,
    dictionaries: str,
    columns: list[str],
) -> None:
    """Describe all concepts of the first seed.

    Parameters
    ----------
    context
        Reads the study's cells and the two tasks named.
    model, statistics
        Name of the model, section ``statistics`` of the study.
    embedded, dictionaries
        Tasks that embedded the cells and trained the dictionaries.
    columns
        Further biological columns.
    """
    store = read_store(context.input(embedded))
    found = read_dictionaries(context.input(dictionaries))
    library = library_sizes(context, embedded)
    table = described(store, found, library, columns, context.seed)
    result = AnalysisResult(ANALYSIS, {"model": model})
    result.tables = {"concepts": table}
    result.captions = {"concepts": _caption(model, table, store, len(found))}
    if "purity" in table:
        result.figures = [
            FigureSpec("concepts", "unit_points", "concepts",
                       "Concepts by how often they fire and how pure the cell types are in which "
                       "they do.", size=(6.4, 4.4))
        ]  # fmt: skip
    result.notes = _notes(table, store)
    result.method = _method(model, table)
    result.write(context.output)


def described(
    store: EmbeddingStore,
    dictionaries: list[Dictionary],
    library: np.ndarray,
    columns: list[str],
    seed: int,
) -> pd.DataFrame:
    """The table of units of the first dictionary.

    Parameters
    ----------
    store
        Embedded cells.
    dictionaries
        One a seed.
    library
        Counts of each cell.
    columns
        Further biological columns of the store.
    seed
        Root seed.

    Returns
    -------
    pandas.DataFrame
        Columns of `describe_units`, ``name`` first, and ``purity`` (see `label_purity`) where
        cells have types. Cells without a type are left out of what regards types. ``technical``
        is False throughout where no label is there to hold technical columns against.
    """
    from scipy import sparse

    obs = store.obs
    first = dictionaries[0]
    active = sparse.vstack([first.encode(block) for block in store.array.blocks(4096)])
    names = [f"concept {i}" for i in range(first.n_concepts)]
    label = label_column(obs)
    labels = {c: obs[c].to_numpy() for c in columns if obs[c].nunique() > 1}
    if label is not None:
        labels = {CELL_TYPE: obs[label].to_numpy(), **labels}
    technical: dict[str, Any] = {LIBRARY: library}
    technical |= {c: obs[c].to_numpy() for c in (DONOR, BATCH) if obs[c].nunique() > 1}
    stability = None
    if len(dictionaries) > 1:
        alive = [alive_concepts(d, store) for d in dictionaries]
        agreement = seed_stability(
            [d.decoder[rows] for d, rows in zip(dictionaries, alive, strict=True)],
            [[names[i] for i in rows] for rows in alive], null_draws=0, seed=seed,
        )  # fmt: skip
        stability = agreement.units[agreement.units["seed"] == 0].drop(columns="seed")
    table = describe_units(
        active, first.decoder, names, labels=labels or None,
        donors=obs[DONOR].to_numpy() if donor_column(obs) else None,
        technical=technical if labels else None, stability=stability, seed=seed,
    )  # fmt: skip
    table = table.rename(columns={"unit": "name"})
    if "stability" not in table:
        table["stability"] = np.nan
    if "technical" not in table:
        table["technical"] = False
    entropy = f"{CELL_TYPE}{SEPARATOR}entropy"
    if entropy in table:
        table["purity"] = label_purity(table[entropy], labels[CELL_TYPE])
    return table


def alive_concepts(dictionary: Dictionary, store: EmbeddingStore) -> np.ndarray:
    """Numbers of the concepts that fire in some cell: dead directions match by chance only."""
    fired = np.zeros(dictionary.n_concepts, dtype=bool)
    for block in store.array.blocks(4096):
        fired[np.unique(dictionary.encode(block).indices)] = True
    return np.flatnonzero(fired)


def library_sizes(context: TaskContext, embedded: str) -> np.ndarray:
    """Counts of each embedded cell."""
    study = read_cells(context.input(CELLS))
    rows = np.load(context.input(embedded) / CELLS_FILE)
    return np.asarray(study.cells.obs["n_counts"].to_numpy(float)[rows])


def _caption(model: str, table: pd.DataFrame, store: EmbeddingStore, n_seeds: int) -> str:
    told = (
        f"All {len(table):,} concepts of the first seed over {store.array.shape[0]:,} cells of "
        f"{model}; one row a concept. Frequency is the share of cells with the concept"
    )
    if n_seeds > 1:
        told += (
            f"; stability the share of the other seeds ({n_seeds - 1}) in which it is found again "
            "(empty for concepts that never fire)"
        )
    if "purity" in table:
        told += (
            "; purity is 1 where all cells with the concept have one type, and 0 where their "
            "types are as mixed as those of all cells"
        )
    return told + "."


def _method(model: str, table: pd.DataFrame) -> str:
    """What was done with the labels at hand."""
    last = f"{SEPARATOR}auroc"
    of = [str(c).removesuffix(last) for c in table.columns if str(c).endswith(last)]
    told = f"Concepts of {model} were described by how often they fire"
    if of:
        told += f" and by AUROC, F1 and mutual information with {' and '.join(of)}"
    if "technical_share" in table:
        told += (
            "; a concept is called technical if whether it is active says more about donor, batch "
            "or library size, given the biology, than about the biology, given these"
        )
    return told + "."


def _notes(table: pd.DataFrame, store: EmbeddingStore) -> list[str]:
    dead = int(table["dead"].sum())
    notes = [f"{dead:,} of {len(table):,} concepts fire in none of the cells."]
    if "technical_share" in table:
        named = table[table["technical"]]
        by_column = named["technical_column"].value_counts()
        told = ", ".join(f"{n} by {c}" for c, n in by_column.items())
        notes.append(
            f"{len(named):,} of {len(table):,} concepts are technical: their activity says more "
            f"about donor, batch or library size than about biology{f' ({told})' if told else ''}. "
            "They are flagged, not dropped."
        )
    else:
        notes.append(
            "Whether concepts are technical was not tested: cells have no labels to hold donor, "
            "batch and library size against."
        )
    if donor_column(store.obs) is None:
        notes.append("Intervals are over cells: no donors were given.")
    elif store.obs[DONOR].nunique() < DONORS_FOR_INFERENCE:
        notes.append("Intervals are over cells: they are conditional on the donors.")
    return notes
