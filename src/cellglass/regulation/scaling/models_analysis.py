"""Analysis: which of several models recovers a network better, on the same cells and genes?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellglass._words import listed
from cellglass.data import Network
from cellglass.errors import InputError, NetworkError
from cellglass.models.attention_edges import AttentionEdges
from cellglass.regulation.coexpression import spearman
from cellglass.regulation.networks.layer_scores import COEXPRESSION, size_of
from cellglass.regulation.networks.metrics import MIN_TARGETS
from cellglass.regulation.study_edges import StudyEdges
from cellglass.runs.result import AnalysisResult, FigureSpec
from cellglass.runs.sections import StatisticsConfig
from cellglass.seeds import generator
from cellglass.stats import Finding, not_applicable

from .change import FEWEST_UNITS
from .comparison import Entry, compare, difference_finding
from .ladder import EXPRESSION
from .micro_groups import group_cells, nested_edges, nested_order, rungs
from .shared import Place, coverage, shared_pairs
from .whole_score import WHOLE, whole_score

ANALYSIS = "regulation.models"
CELLS = (200, 500, 1000)
"""Numbers of cells of the published comparison (specification 1, A20)."""
UNTRAINED = "untrained"


def judge_models(
    subjects: Sequence[StudyEdges],
    network: Network,
    name: str,
    min_targets: int,
    settings: StatisticsConfig,
    seed: int,
) -> AnalysisResult:
    """Hold all subjects of a study against each other on the universe that they share.

    Parameters
    ----------
    subjects
        Models and edge tables on the cells of one data set; one is enough, since |Spearman| and
        the untrained copy stand beside.
    network, name
        The reference and what the report calls it.
    min_targets
        Targets that a regulator needs.
    settings, seed
        Level, draws; root seed.

    Returns
    -------
    AnalysisResult
        Specification 1, A20.

    Raises
    ------
    InputError
        If there is no subject.
    """
    if not subjects:
        raise InputError("no subject", where=ANALYSIS, expected="a model or an edge table")
    task, label = f"{ANALYSIS}/{name}", {"network": name}
    try:
        subjects, left_out = comparable(subjects, network, name, min_targets)
        pairs, places = shared_pairs(subjects, network, name, min_targets)
    except NetworkError as error:
        verdict = not_applicable(
            "one model recovers more of the network than another", f"recovering {name} edges",
            why=error.found, tags=label,
        )  # fmt: skip
        return AnalysisResult(ANALYSIS, label, verdicts=[verdict])
    result = AnalysisResult(ANALYSIS, label)
    scores, differences = [], []
    for n_cells, entries in _by_cells(places, seed, task):
        table, gaps = compare(
            entries, pairs, draws=settings.bootstrap, seed=seed, task=f"{task}/bootstrap"
        )
        scores.append(table.assign(n_cells=n_cells))
        differences.append(gaps.assign(n_cells=n_cells))
    result.tables = {
        "models": pd.concat(scores, ignore_index=True),
        "differences": pd.concat(differences, ignore_index=True),
        "scores": scores[-1].drop(columns="n_cells"),
    }
    result.captions = _captions(name, size_of(pairs))
    result.figures = [
        FigureSpec("scores", "score_forest", "scores",
                   f"Pooled AUROC against {name} with all cells, on the pairs that all subjects "
                   "share.", {"top": 8}, size=(6.4, 5.0))
    ]  # fmt: skip
    result.findings = _findings(result.tables["differences"], label, seed)
    result.notes = [
        *left_out,
        coverage(pairs, places),
        *_notes(subjects, result.tables["differences"]),
    ]
    result.method = (
        f"{listed([s.name for s in subjects])} were compared on the regulators, genes and pairs "
        "that all can be judged on; attention was averaged over layers and heads, fixed "
        "beforehand; differences are paired by resampled regulators."
    )
    return result


def comparable(
    subjects: Sequence[StudyEdges], network: Network, name: str, min_targets: int
) -> tuple[list[StudyEdges], list[str]]:
    """Leave out edge tables that share too few genes with the others to be compared with them.

    Parameters
    ----------
    subjects, network, name, min_targets
        As in `judge_models`.

    Returns
    -------
    list of StudyEdges, list of str
        Those that can be compared on one universe, and a sentence for each that cannot.

    Raises
    ------
    NetworkError
        If the models alone, or the first table where there is none, share nothing to judge.
    """
    models = [s for s in subjects if s.kind == "model"]
    tables = [s for s in subjects if s.kind == "table"]
    kept = list(models or tables[:1])
    shared_pairs(kept, network, name, min_targets)
    told = []
    for table in tables[0 if models else 1 :]:
        try:
            shared_pairs([*kept, table], network, name, min_targets)
        except NetworkError as error:
            told.append(f"{table.name} is left out: with it, {error.found}.")
        else:
            kept.append(table)
    places = {id(s) for s in kept}  # arrays in them have no truth value
    return [s for s in subjects if id(s) in places], told


def _by_cells(places: Sequence[Place], seed: int, task: str) -> Iterator[tuple[int, list[Entry]]]:
    """Scores of every subject at every number of cells; the last are all cells."""
    models = [p for p in places if p.held.kind == "model"]
    if not models:
        held = places[0].held
        yield len(held.cells), _entries(places, None, held.cells, last=True)
        return
    members = [group_cells(p.held) for p in models]
    sizes = np.min([[len(m) for m in found] for found in members], axis=0)
    strata = models[0].held.attention.group_stratum
    order = nested_order(sizes, strata, generator(seed, f"{task}/cells"))
    steps = rungs(order, sizes, CELLS)
    walks = [
        nested_edges(p.held.attention, order, [r.n_groups for r in steps], p.rows) for p in models
    ]
    for place, rung in enumerate(steps):
        chosen = order[: rung.n_groups]
        layers = [
            dict(zip(p.held.attention.layers, next(walk).scores[:, :, p.columns], strict=True))
            for p, walk in zip(models, walks, strict=True)
        ]
        in_all = set.intersection(
            *(
                {int(p.held.cells[i]) for g in chosen for i in found[g]}
                for p, found in zip(models, members, strict=True)
            )
        )
        cells = np.array(sorted(in_all), dtype=np.int64)
        yield len(cells), _entries(places, layers, cells, last=place == len(steps) - 1)


def _entries(
    places: Sequence[Place],
    layers: list[dict[int, NDArray[np.float64]]] | None,
    cells: NDArray[np.int64],
    *,
    last: bool,
) -> list[Entry]:
    """Every score on the shared universe, from some of the chosen cells of the study."""
    found: list[Entry] = []
    waiting = list(layers or [])
    for place in places:
        held = place.held
        if held.kind == "table":
            name, matrix = whole_score(held.edges)
            found.append(Entry(name, "candidate", place.of(matrix), True, held.name))
            continue
        by_layer = waiting.pop(0)
        mean = np.mean(list(by_layer.values()), axis=0)
        found.append(Entry(f"{held.name}: {WHOLE}", "candidate", mean, True, held.name))
        for layer, matrix in by_layer.items():
            found.append(
                Entry(f"{held.name}: layer {layer}", "candidate", matrix, False, held.name)
            )
        if last and isinstance(held.untrained, AttentionEdges):
            copy = place.of(whole_score(held.untrained)[1])
            found.append(Entry(f"{UNTRAINED}: {held.name}", "reference", copy, True, held.name))
    first = places[0]
    at = np.flatnonzero(np.isin(first.held.cells, cells))
    expression = first.held.expression[at][:, first.columns]
    position = {g: j for j, g in enumerate(np.array(first.held.edges.targets)[first.columns])}
    rows = np.array([position[first.held.regulators[i]] for i in first.rows], dtype=np.int64)
    mean = expression.mean(0, dtype=np.float64)
    found.append(Entry(COEXPRESSION, "reference", np.abs(spearman(expression, rows)), True))
    found.append(Entry(EXPRESSION, "baseline", np.outer(mean[rows], mean), True))
    return found


def _captions(name: str, size: str) -> dict[str, str]:
    return {
        "models": f"Every score against {name} ({size}) at every number of cells: AUROC with its "
        "95 % interval over regulators, AUPRC with its base rate, early precision ratio, F1 of "
        "the top K. Untrained copies are captured with all cells only; scores of a table are the "
        "same whatever the cells.",
        "differences": "Paired differences in pooled AUROC, first minus second, with 95 % "
        "intervals over regulators, and Wilcoxon's test of per-regulator AUROCs (regulators with "
        f"{MIN_TARGETS} targets or more; none below {FEWEST_UNITS} of them).",
        "scores": "The scores with all cells.",
    }


def _findings(differences: pd.DataFrame, label: dict[str, str], seed: int) -> list[Finding]:
    """One row a paired difference and number of cells; those with all cells are confirmatory."""
    most = differences["n_cells"].max()
    return [
        difference_finding(
            row,
            analysis=ANALYSIS,
            unit="A20",
            question=f"Does {row['first']} recover {label['network']} better than {row['second']} "
            f"in {row['n_cells']:,} cells?",
            tags={**label, "cells": str(row["n_cells"])},
            seed=seed,
            confirmatory=row["n_cells"] == most,
        )
        for row in differences.to_dict("records")
    ]


def _notes(subjects: Sequence[StudyEdges], differences: pd.DataFrame) -> list[str]:
    told = []
    if len(subjects) == 1:
        told.append(
            f"{subjects[0].name} is the only subject: it is held against {COEXPRESSION}, "
            "expression and its untrained copy. Add models or edge tables to compare them."
        )
    last = differences[differences["n_cells"] == differences["n_cells"].max()]
    better = last[(last["second"] == COEXPRESSION) & (last["low"] > 0)]
    told.append(
        f"{len(better)} of {int((last['second'] == COEXPRESSION).sum())} subjects recover more "
        f"than {COEXPRESSION} of the same cells (interval above 0)."
    )
    return told
