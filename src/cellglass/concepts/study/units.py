"""Choosing the units of a study: concepts, and as many of each kind to hold them against."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from cellglass.concepts.dictionaries.dictionary_units import DictionaryUnits
from cellglass.concepts.joined_units import JoinedUnits
from cellglass.concepts.statistics.baselines import neurons, random_units, rotated_neurons
from cellglass.concepts.statistics.component_baselines import components
from cellglass.concepts.unit_files import write_units
from cellglass.concepts.units import Units
from cellglass.errors import NotApplicableError
from cellglass.runs.concepts_section import UnitsConfig
from cellglass.runs.pipeline import SUMMARY
from cellglass.runs.tasks import TaskContext
from cellglass.seeds import generator
from cellglass.stats.parquet import write_parquet

from .cells import read_store
from .dictionaries import read_dictionaries
from .names import SPLIT, TEST, TRAIN

MIN_CELLS = 10
"""A unit must be active in so many training cells to be attributed; as many prototypes are needed
for a gene to count in enrichment."""
BLOCK = 4096
UNITS_TABLE, ACTIVATIONS = "units.parquet", "activations.npz"


def choose_units(
    context: TaskContext, *, embedded: str, dictionaries: str, units: Mapping[str, Any]
) -> None:
    """Choose units on training cells; leave them, a table of them, and all activations.

    Thresholds of the other kinds are set on training cells, so that they are active as often as
    the chosen concepts are.

    Parameters
    ----------
    context
        Reads the two tasks named.
    embedded, dictionaries
        Tasks that embedded the cells and trained the dictionaries.
    units
        Section ``concepts.units`` of the study.
    """
    config = UnitsConfig(**units)
    store = read_store(context.input(embedded))
    folder = context.input(dictionaries)
    part = np.load(folder / SPLIT)
    training = store.array.rows(np.flatnonzero(part == TRAIN))
    concepts = DictionaryUnits(read_dictionaries(folder)[0])
    chosen, notes = choose_concepts(concepts, training, config.concepts)
    rates = _counted(concepts, training)[0][chosen] / len(training)
    parts: list[tuple[Units, Any]] = [(concepts, chosen)]
    for build, n in _baselines(config, training, concepts, rates, context.seed):
        baseline = build()
        keep = np.sort(_drawn(len(baseline.units), n, context.seed, baseline.units.names[0]))
        parts.append((baseline.units, keep))
        notes.append(f"Units of kind {baseline.units.kind}: {baseline.note}.")
    joined = JoinedUnits(parts)
    active = sparse.vstack(
        [sparse.csr_matrix(joined.activations(block)) for block in store.array.blocks(BLOCK)],
        format="csr",
    )
    write_units(joined, context.output / "units")
    write_parquet(_table(joined), context.output / UNITS_TABLE, {})
    sparse.save_npz(context.output / ACTIVATIONS, active, compressed=False)
    (context.output / SUMMARY).write_text(
        json.dumps({"notes": notes, "n_test": int((part == TEST).sum())})
    )


def choose_concepts(
    concepts: Units, training: NDArray[np.floating], n: int
) -> tuple[NDArray[np.int64], list[str]]:
    """Concepts that carry most of the reconstruction, of those active in enough cells.

    Parameters
    ----------
    concepts
        All concepts of a dictionary.
    training
        Embeddings of training cells.
    n
        How many at most.

    Returns
    -------
    numpy.ndarray, list of str
        Their numbers, ascending, and what is to be told. A concept carries the sum of its squared
        activations, since decoder rows have length 1; those active in all cells are left out: they
        have no cell without them to be compared with.

    Raises
    ------
    NotApplicableError
        If no concept is active in enough cells and silent in others.
    """
    cells, carried = _counted(concepts, training)
    fit = (cells >= MIN_CELLS) & (cells <= len(training) - MIN_CELLS)
    if not fit.any():
        raise NotApplicableError(
            f"none of {len(concepts):,} concepts is active in {MIN_CELLS} of {len(training):,} "
            f"training cells and silent in {MIN_CELLS}",
            where="choice of concepts",
            expected="a dictionary whose concepts fire in some cells and not in all",
            fix="train longer, lower dictionary.size, or give more cells",
        )
    n_fit = int(fit.sum())
    order = np.argsort(-np.where(fit, carried, -1.0), kind="stable")[: min(n, n_fit)]
    never, rare = int((cells == 0).sum()), int(((cells > 0) & (cells < MIN_CELLS)).sum())
    notes = [
        f"{len(order):,} of {len(concepts):,} concepts were attributed: those with the largest "
        f"sums of squared activations ({carried[order].sum() / carried.sum():.0%} of that of all), "
        f"of {n_fit:,} that are active in at least {MIN_CELLS} training cells and silent in "
        f"{MIN_CELLS}. {never:,} never fire in the {len(training):,} training cells, {rare:,} fire "
        f"in fewer than {MIN_CELLS}, {len(concepts) - n_fit - never - rare:,} in nearly all."
    ]
    return np.sort(order), notes


def _counted(
    concepts: Units, training: NDArray[np.floating]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Cells in which each concept is active, and the sum of its squared activations."""
    cells = np.zeros(len(concepts), dtype=np.int64)
    squares = np.zeros(len(concepts))
    for start in range(0, len(training), BLOCK):
        active = concepts.activations(training[start : start + BLOCK])
        cells += (active > 0).sum(0)
        squares += np.square(active, dtype=np.float64).sum(0)
    return cells, squares


def _baselines(
    config: UnitsConfig,
    training: NDArray[np.floating],
    concepts: DictionaryUnits,
    rates: NDArray[np.floating],
    seed: int,
) -> list[tuple[Any, int]]:
    """Builders of the other kinds and how many of each; components are shared by PCA and ICA."""
    transform = concepts.transform
    width = training.shape[1]
    # both tails of each, half of them principal, half independent
    n_components = min(math.ceil(config.components / 4), width, len(training) - 1)
    asked = [
        (lambda: neurons(training, transform, rates, seed=seed), config.neurons),
        (lambda: rotated_neurons(training, transform, rates, seed=seed), config.rotated),
        (lambda: components(training, transform, rates, method="pca", n=n_components, seed=seed),
         config.components - config.components // 2),
        (lambda: components(training, transform, rates, method="ica", n=n_components, seed=seed),
         config.components // 2),
        (lambda: random_units(training, transform, rates, config.random, seed=seed),
         config.random),
    ]  # fmt: skip
    return [(build, n) for build, n in asked if n]


def _drawn(n_units: int, n: int, seed: int, task: str) -> NDArray[np.int64]:
    """Which of a kind's units are taken: all, or some drawn at random."""
    if n >= n_units:
        return np.arange(n_units)
    return generator(seed, f"concept-units/{task}").permutation(n_units)[:n]


def _table(units: JoinedUnits) -> pd.DataFrame:
    """Unit, name, kind and number within its source."""
    index = np.concatenate([index for _, index in units.parts])
    return pd.DataFrame(
        {
            "unit": np.arange(len(units)),
            "name": list(units.names),
            "kind": list(units.kinds),
            "index": index,
            "basis": [
                _basis(kind, name) for kind, name in zip(units.kinds, units.names, strict=True)
            ],
            "matched": -1,
            "attributed": True,
        }
    )


def _basis(kind: str, name: str) -> str:
    """What a unit is a direction of: components say by which method, as their names do."""
    return name.split(" ")[0] if kind == "component" else kind
