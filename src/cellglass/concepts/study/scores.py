"""Scores of dictionaries of language models that carry over to cells, each beside its null."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellglass.concepts.dictionaries.dictionary import Dictionary
from cellglass.concepts.statistics.absorption import absorption, hierarchy_by_name
from cellglass.concepts.statistics.core_scores import NEIGHBOURS, core_scores
from cellglass.concepts.statistics.donor_removal import donor_removal
from cellglass.concepts.statistics.probe_design import ProbeDesign
from cellglass.concepts.statistics.random_dictionary import random_dictionary
from cellglass.concepts.statistics.targeted_perturbation import targeted_perturbation
from cellglass.errors import InputError
from cellglass.runs.result import AnalysisResult, FigureSpec
from cellglass.runs.sections import StatisticsConfig
from cellglass.runs.tasks import TaskContext
from cellglass.seeds import generator

from .cells import BATCH, DONOR, read_store
from .description import CELL_TYPE
from .dictionaries import read_dictionaries
from .names import SPLIT, TEST, TRAIN
from .probed_cells import ProbedCells, why_not
from .score_rows import ANALYSIS, Score, not_applicable, of_draws

LIMIT, CORE_LIMIT = 1000, 5000
"""Cells for scores with probes, and for core scores, at most: drawn at random."""
STEPS, N_ABLATED, N_REMOVED = 300, 5, 20
RANDOM_SETS, REMOVAL_SETS = 50, 9
"""Sets of random units; those of removal need probes fitted anew, twice a fold."""
MOST_GROUPS = 12
"""Donors or batches that are told apart, those with most cells: each is a class of a probe."""
RATE, SCORE = "absorption rate", "own fall less that of other labels"
FALL = "fall of balanced accuracy"


def judge(
    context: TaskContext,
    *,
    model: str,
    statistics: Mapping[str, Any],
    embedded: str,
    dictionaries: str,
) -> None:
    """Score the first dictionary: core scores, absorption, perturbation, removal of donors.

    Parameters
    ----------
    context
        Reads the tasks named.
    model, statistics
        Name of the model, section ``statistics`` of the study.
    embedded, dictionaries
        Tasks that embedded the cells and trained the dictionaries.
    """
    settings = StatisticsConfig(**statistics)
    folder, store = context.input(dictionaries), read_store(context.input(embedded))
    part, first = np.load(folder / SPLIT), read_dictionaries(folder)[0]
    result = AnalysisResult(ANALYSIS, {"model": model})
    core, scores = core_table(store.array, part, first, context.seed)
    result.tables["core"] = core
    cells = ProbedCells.drawn(store, part, LIMIT, context.seed, ANALYSIS)
    labels = cells.labels([])[CELL_TYPE]
    options = {
        "folds": settings.folds, "seed": context.seed, "draws": settings.bootstrap, "steps": STEPS,
    }  # fmt: skip
    parts: list[tuple[str, str, Callable[..., Any]]] = [
        ("absorption", RATE, _absorption),
        ("perturbation", SCORE, _perturbation),
        *((f"{by} removal", FALL, _removal(by)) for by in (DONOR, BATCH)),
    ]
    for name, measure, score in parts:
        try:
            table, found = score(first, cells, labels, options)
        except InputError as error:
            scores.append(not_applicable(name, measure, error.found))
            continue
        result.tables[name.replace(" ", "_")] = table.assign(measure=measure)
        scores += found
    result.tables["scores"] = pd.DataFrame([s.to_row() for s in scores])
    result.findings = [s.to_finding(model, context.seed) for s in scores if s.measured]
    _describe(result, model, cells, scores)
    result.write(context.output)


def core_table(
    array: Any, part: NDArray[np.integer], dictionary: Dictionary, seed: int
) -> tuple[pd.DataFrame, list[Score]]:
    """Core scores on training and on held-out cells, beside random directions.

    Parameters
    ----------
    array
        Rows of an `EmbeddingStore`.
    part
        The split.
    dictionary
        Trained.
    seed
        Root seed.
    """
    drawn = {}
    for code, where in ((TRAIN, "training"), (TEST, "held out")):
        own = np.flatnonzero(part == code)
        order = generator(seed, f"{ANALYSIS}/core/{where}").permutation(len(own))[:CORE_LIMIT]
        drawn[where] = array.rows(np.sort(own[order]))
    random = random_dictionary(dictionary, seed, embedding=drawn["training"])
    rows = []
    for where, h in drawn.items():
        for name, d in (("trained", dictionary), ("random directions", random)):
            few = min(NEIGHBOURS, max(len(h) // 4, 1))
            found = core_scores(h, d.reconstruct(h), d.encode(h), neighbours=few, seed=seed)
            rows.append({"cells": where, "dictionary": name, **found.to_dict()})
    table = pd.DataFrame(rows)
    held, other = table[table["cells"] == "held out"].to_dict("records")
    n = int(held["n_cells"])
    core = [
        Score("core", "variance left (FVU), held-out cells", held["fvu"], "cell", n,
              reference=("random directions", other["fvu"])),
        Score("core", "neighbours kept, held-out cells", held["neighbours_kept"], "cell", n,
              reference=("cells permuted", held["neighbours_by_chance"])),
        Score("core", "active concepts a cell, held-out cells", held["l0"], "cell", n),
        Score("core", "share of concepts that never fire, held-out cells", held["dead_share"],
              "concept", dictionary.n_concepts),
    ]  # fmt: skip
    return table, core


def _absorption(
    dictionary: Dictionary, cells: ProbedCells, labels: NDArray[np.object_], options: dict[str, Any]
) -> tuple[pd.DataFrame, list[Score]]:
    task = f"{ANALYSIS}/absorption"
    shared = {k: options[k] for k in ("folds", "seed")}
    _judgeable(labels, cells, shared, task)
    design = ProbeDesign.make(labels, cells.groups, **shared, task=task)
    families = hierarchy_by_name(design.names)
    if not families:
        raise InputError("no two labels share a parent by their last words", where="absorption")
    found = absorption(dictionary, cells.embedding, labels, cells.groups, families, **options,
                       task=task)  # fmt: skip
    table = found.table().rename(columns={"rate": "estimate", "permuted": "null"})
    table["kind"] = table["child"] + " in " + table["parent"]
    last = len(found.pairs)
    return table, [
        of_draws("absorption", f"{RATE}, mean over {last} children", found.rate,
                 found.bootstrap.interval(last), found.permuted.mean(1), "children permuted")
    ]  # fmt: skip


def _perturbation(
    dictionary: Dictionary, cells: ProbedCells, labels: NDArray[np.object_], options: dict[str, Any]
) -> tuple[pd.DataFrame, list[Score]]:
    task = f"{ANALYSIS}/perturbation"
    _judgeable(labels, cells, {k: options[k] for k in ("folds", "seed")}, task)
    n = min(N_ABLATED, max(1, dictionary.n_concepts // 4))
    found = targeted_perturbation(
        dictionary, cells.embedding, labels, cells.groups, n_units=n, random_sets=RANDOM_SETS,
        **options, task=task,
    )  # fmt: skip
    table = found.table().rename(columns={"label": "kind", "score": "estimate", "random": "null"})
    own = np.diagonal(found.random_falls, axis1=1, axis2=2)
    total = found.random_falls.sum(2)
    random = (own - (total - own) / (len(found.names) - 1)).mean(1)
    return table, [
        of_draws("perturbation", f"{SCORE}, {n} concepts ablated", found.score,
                 found.bootstrap.interval(len(found.names)), random,
                 "random concepts of matched activity")
    ]  # fmt: skip


def _removal(by: str) -> Callable[..., tuple[pd.DataFrame, list[Score]]]:
    """Removal of what is tied to donors, or to batches."""

    def remove(
        dictionary: Dictionary,
        cells: ProbedCells,
        labels: NDArray[np.object_],
        options: dict[str, Any],
    ) -> tuple[pd.DataFrame, list[Score]]:
        groups = cells.obs[by].to_numpy(str)
        names, counts = np.unique(groups[groups != ""], return_counts=True)
        if len(names) < 2:
            raise InputError(f"fewer than two {by}s", where="removal")
        if by == BATCH and one_to_one(groups, cells.obs[DONOR].to_numpy(str)):
            raise InputError("batches are donors", where="removal")
        most = names[np.argsort(-counts, kind="stable")[:MOST_GROUPS]]
        keep = np.isin(groups, most) & (labels != "")
        if len(set(labels[keep])) < 2:
            raise InputError("fewer than two labels", where="removal")
        n = min(N_REMOVED, max(1, dictionary.n_concepts // 4))
        found = donor_removal(
            dictionary, cells.embedding[keep], labels[keep].astype(str), groups[keep], n_units=n,
            random_sets=REMOVAL_SETS, **options, task=f"{ANALYSIS}/{by}",
        )  # fmt: skip
        table = found.table().rename(columns={"fall": "estimate", "random_fall": "null"})
        table["kind"] = [f"naming the {by}", "naming the cell type"]
        scores = [
            of_draws(f"{by} removal", f"{FALL} in {kind}, {n} concepts removed",
                     float(probe.fall.estimates[0]), probe.fall.interval(), probe.random_falls,
                     "random concepts of matched activity")
            for kind, probe in zip(table["kind"], (found.donor, found.label), strict=True)
        ]  # fmt: skip
        return table, scores

    return remove


def one_to_one(first: NDArray[np.str_], second: NDArray[np.str_]) -> bool:
    """Whether two columns part cells in the same way.

    Examples
    --------
    >>> one_to_one(np.array(["a", "a", "b"]), np.array(["x", "x", "y"]))
    True
    """
    both = set(zip(first.tolist(), second.tolist(), strict=True))
    return len(both) == len(set(first)) == len(set(second))


def _judgeable(
    labels: NDArray[np.object_], cells: ProbedCells, shared: dict[str, Any], task: str
) -> None:
    why = why_not(labels, cells.groups, task=task, **shared)
    if why:
        raise InputError(why, where=task)


def _describe(result: AnalysisResult, model: str, cells: ProbedCells, scores: list[Score]) -> None:
    """Say what the tables hold, what the figures show and how it was done."""
    known = {
        "scores": f"Scores of the first dictionary of {model}, one row a score; reference is what "
        "its null reaches, p the share of null draws as large.",
        "core": "Sparsity and fidelity of the trained dictionary and of random directions with "
        "the same gate.",
        "absorption": "One row a label and the parent its name shares with others: the share of "
        "its cells in which its own concept takes over from the parent's; null with children "
        "permuted within the parent.",
        "perturbation": f"Concepts most tied to a label ablated, in {cells.note}: the fall of "
        "that label's probe less the mean fall of the others'; null for random concepts of "
        "matched activity.",
        "donor_removal": "Balanced accuracy of naming donors and cell types before and after the "
        "concepts most tied to donors are removed; null for random concepts of matched activity.",
        "batch_removal": "The same for batches.",
    }
    result.captions = {name: known[name] for name in result.tables}
    drawn = [n for n in result.tables if n not in ("scores", "core")]
    result.figures = [
        FigureSpec(name, "kind_forest", name, known[name], {"candidate": "mean"}, (6.4, 3.0))
        for name in drawn
    ]
    result.notes = [f"{s.score}: not applicable, {s.note}." for s in scores if not s.measured]
    result.notes.append(
        "Core scores are those of held-out cells. Probes are fitted and judged across donors of "
        f"{cells.note}, because held-out cells alone are of too few donors."
    )
    result.method = (
        "Scores that were made for dictionaries of language models (SAEBench) were taken over to "
        f"cells of {model}: reconstruction and sparsity, absorption of a parent label's concept, "
        "targeted perturbation, and removal of donors and batches, each beside a null."
    )
