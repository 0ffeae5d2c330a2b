"""What dedicated methods are run on: the same cells, candidate regulators and targets for all."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cellglass._words import plural
from cellglass.data import Network
from cellglass.errors import InputError, NetworkError
from cellglass.regulation.study_edges import StudyEdges
from cellglass.seeds import generator

from .grn_scores import METHODS, MIN_CELLS, MIN_REGULATORS, Method, grn_scores
from .micro_groups import group_cells, nested_order, rungs

MAX_CELLS, MAX_TARGETS, MAX_REGULATORS = 500, 300, 120
"""The published comparison had 500 cells x 500 genes (specification 1, A22)."""
SCORES, META = "scores.npy", "design.json"


@dataclass(frozen=True, eq=False)
class GRNDesign:
    """Cells and genes of one subject on which every method runs.

    Parameters
    ----------
    cells
        Positions among the cells behind the edges.
    groups
        Micro-groups that hold exactly those cells; None for an edge table.
    rows
        Candidate regulators, as rows of the edges.
    columns
        Targets, as columns of the edges.
    """

    cells: NDArray[np.int64]
    groups: NDArray[np.int64] | None
    rows: NDArray[np.int64]
    columns: NDArray[np.int64]

    @property
    def too_small(self) -> str:
        """Why no method can run on it; empty where they can."""
        n, cells = len(self.rows), len(self.cells)
        if n >= MIN_REGULATORS and cells >= MIN_CELLS:
            return ""
        return (
            f"{n} {plural('candidate regulator', n)} and {cells} {plural('cell', cells)}; "
            f"dedicated methods need {MIN_REGULATORS} and {MIN_CELLS}"
        )


def grn_design(
    held: StudyEdges,
    networks: Sequence[Network],
    min_targets: int,
    seed: int,
    *,
    max_cells: int = MAX_CELLS,
    max_targets: int = MAX_TARGETS,
    max_regulators: int = MAX_REGULATORS,
) -> GRNDesign:
    """Choose cells, candidate regulators and targets; labels play no part in which targets.

    Parameters
    ----------
    held
        Edges of a subject.
    networks
        References of the study: candidates are the regulators that the directed ones evaluate,
        those of the undirected ones where there is no directed one, all rows without any.
    min_targets
        Targets that a regulator needs.
    seed
        Root seed.
    max_cells, max_targets, max_regulators
        Bounds on the cost. Cells are whole micro-groups, strata in proportion, so that a
        model's edges come from exactly the same cells.

    Returns
    -------
    GRNDesign
        The same for the same subject, whatever method asks.
    """
    groups = None
    if held.kind == "model":
        members = group_cells(held)
        sizes = np.array([len(m) for m in members])
        order = nested_order(sizes, held.attention.group_stratum, generator(seed, "grn/cells"))
        steps = rungs(order, sizes, (max_cells,))
        groups = np.sort(order[: steps[0].n_groups])
        cells = np.sort(np.concatenate([members[g] for g in groups]))
    else:
        cells = _some(np.arange(len(held.cells)), max_cells, seed, "grn/cells")
    rows = _some(_candidates(held, networks, min_targets), max_regulators, seed, "grn/regulators")
    columns = _some(np.arange(len(held.edges.targets)), max_targets, seed, "grn/targets")
    return GRNDesign(cells, groups, rows, columns)


def _some(values: NDArray[np.int64], limit: int, seed: int, task: str) -> NDArray[np.int64]:
    if len(values) <= limit:
        return values
    return np.sort(generator(seed, task).choice(values, limit, replace=False))


def _candidates(
    held: StudyEdges, networks: Sequence[Network], min_targets: int
) -> NDArray[np.int64]:
    """Rows that some network evaluates."""
    directed = [n for n in networks if n.directed] or list(networks)
    wanted: set[str] = set()
    for network in directed:
        try:
            universe = network.universe(
                list(held.edges.targets), regulators=set(held.regulators), min_targets=min_targets
            )
        except NetworkError:
            continue  # a network without a regulator here; the others may have some
        wanted |= set(universe.sources)
    if not wanted:
        return np.arange(len(held.regulators))
    return np.array([i for i, g in enumerate(held.regulators) if g in wanted], dtype=np.int64)


def run_method(held: StudyEdges, design: GRNDesign, method: Method, seed: int) -> NDArray:
    """Scores of a method on a design.

    Parameters
    ----------
    held, design
        The subject, and what to run on.
    method
        See `grn_scores`.
    seed
        Root seed.

    Returns
    -------
    numpy.ndarray
        Candidate regulators x targets.

    Raises
    ------
    InputError
        If the design is too small for any method.
    """
    if design.too_small:
        raise InputError(design.too_small, where=f"{method}, {held.name}")
    return grn_scores(
        held.expression[design.cells],
        held.rows[design.rows],
        method=method,
        targets=design.columns,
        seed=seed,
        task=f"grn/{method}",
    )


def write_scores(
    folder: Path, held: StudyEdges, design: GRNDesign, method: Method, scores: NDArray
) -> None:
    """Keep the scores of a method with the names of what it ran on.

    Parameters
    ----------
    folder
        Where.
    held, design
        The subject, and what was run on.
    method, scores
        What ran, and what came out.
    """
    np.save(folder / SCORES, scores)
    meta = {
        "method": method,
        "settings": METHODS[method].settings,
        "regulators": [held.regulators[i] for i in design.rows],
        "targets": [held.edges.targets[j] for j in design.columns],
        "n_cells": len(design.cells),
    }
    (folder / META).write_text(json.dumps(meta))


def read_scores(folders: Mapping[str, Path]) -> dict[str, NDArray[np.float64]]:
    """Read what `write_scores` wrote, by method.

    Parameters
    ----------
    folders
        Folder of each method.
    """
    return {method: np.load(folder / SCORES) for method, folder in folders.items()}
