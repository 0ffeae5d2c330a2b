"""Do codes keep what the embedding knows about labels?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellglass.concepts.interventions.concept_edit import codes_of
from cellglass.concepts.statistics.probes import ProbeResult, confusion_of, metrics
from cellglass.concepts.statistics.representations import (
    REFERENCE,
    probe_representations,
    representation_table,
)
from cellglass.concepts.statistics.sparse_probes import SIZES, compare_sparse_probes
from cellglass.concepts.unit_files import read_units
from cellglass.errors import InputError
from cellglass.runs.result import AnalysisResult, FigureSpec
from cellglass.runs.sections import StatisticsConfig
from cellglass.runs.tasks import TaskContext
from cellglass.seeds import generator

from .cells import read_store
from .dictionaries import read_dictionaries
from .information_verdict import ANALYSIS, Kept, checks_of, judge_columns, not_judged
from .names import SPLIT, TRAIN
from .probed_cells import ProbedCells, why_not
from .probed_features import CODES, RECONSTRUCTION, activations_by_kind, representations

LIMIT, TRAINING = 1500, 2000
"""Cells that are probed, and cells that factorisations are fitted on, at most: drawn at random."""
PERMUTATIONS = 199
STEPS = 300
"""Iterations of a probe: most converge well before; those that do not are told."""
CONTROLS = {"untrained": "codes, untrained copy", "shuffled": "codes, shuffled expression"}
CONCEPT = "concept"


def judge(
    context: TaskContext,
    *,
    model: str,
    statistics: Mapping[str, Any],
    embedded: str,
    dictionaries: str,
    units: str,
    columns: Sequence[str],
    controls: Mapping[str, Sequence[str]],
) -> None:
    """Probe codes beside the raw embedding, factorisations and controls; judge what is kept.

    Parameters
    ----------
    context
        Reads the tasks named.
    model, statistics
        Name of the model, section ``statistics`` of the study.
    embedded, dictionaries, units
        Tasks that embedded the cells, trained the dictionaries, chose the units.
    columns
        Further columns that are probed beside cell types.
    controls
        Variant to the tasks that embedded its cells and trained its dictionary.
    """
    settings = StatisticsConfig(**statistics)
    folder = context.input(dictionaries)
    store, part = read_store(context.input(embedded)), np.load(folder / SPLIT)
    cells = ProbedCells.drawn(store, part, LIMIT, context.seed, ANALYSIS)
    training = np.flatnonzero(part == TRAIN)
    order = generator(context.seed, f"{ANALYSIS}/training").permutation(len(training))[:TRAINING]
    features = representations(
        read_dictionaries(folder)[0], cells.embedding,
        store.array.rows(np.sort(training[order])), context.seed,
    )  # fmt: skip
    for variant, (cells_task, trained) in controls.items():
        features[CONTROLS[variant]] = codes_of_control(context, cells_task, trained, cells)
    result = AnalysisResult(ANALYSIS, {"model": model})
    labels = cells.labels(columns)
    unmet = {
        n: why_not(x, cells.groups, settings.folds, context.seed, task_of(n))
        for n, x in labels.items()
    }
    kept = [
        _probed(name, x, features, cells, settings, context.seed)
        for name, x in labels.items() if not unmet[name]
    ]  # fmt: skip
    judge_columns(result, kept, model=model, settings=settings, seed=context.seed)
    result.verdicts += [not_judged(model, name, why) for name, why in unmet.items() if why]
    if kept:
        joined = read_units(context.input(units) / "units")
        by_kind, counts = activations_by_kind(joined, cells.embedding, max(SIZES), context.seed)
        named = {k.column: labels[k.column] for k in kept}
        result.tables = {
            "probes": pd.concat([k.table for k in kept], ignore_index=True),
            "sparse_probes": sparse_table(by_kind, named, cells.groups, settings, context.seed),
        }
        result.checks = checks_of(kept)
        _describe(result, model, cells, counts, len(features))
        _draw(result, list(named))
    result.method = _method(model, cells)
    result.write(context.output)


def codes_of_control(
    context: TaskContext, embedded: str, dictionaries: str, cells: ProbedCells
) -> Any:
    """Codes of the same cells by a control's dictionary.

    Parameters
    ----------
    context
        Reads the two tasks named.
    embedded, dictionaries
        Tasks of the control.
    cells
        Cells that are probed.

    Raises
    ------
    InputError
        If the control embedded other cells.
    """
    store = read_store(context.input(embedded))
    if store.obs["cell"].iloc[cells.rows].tolist() != cells.obs["cell"].tolist():
        raise InputError("other cells than the model's", where=embedded,
                         expected="the same cells in the same order")  # fmt: skip
    found = read_dictionaries(context.input(dictionaries))[0]
    return codes_of(found, store.array.rows(cells.rows))


def _probed(
    column: str,
    labels: NDArray[np.object_],
    features: Mapping[str, Any],
    cells: ProbedCells,
    settings: StatisticsConfig,
    seed: int,
) -> Kept:
    """Probes of one column with every representation."""
    options: dict[str, Any] = {
        "folds": settings.folds, "seed": seed, "draws": settings.bootstrap,
        "permutations": PERMUTATIONS, "steps": STEPS, "task": task_of(column),
    }  # fmt: skip
    linear = probe_representations(features, labels, cells.groups, **options)
    near = {n: features[n] for n in (REFERENCE, CODES, RECONSTRUCTION)}
    voted = probe_representations(near, labels, cells.groups, classifier="knn", **options)
    tables = []
    for classifier, found in (("logistic regression", linear), ("15 nearest neighbours", voted)):
        table = representation_table(found, REFERENCE).rename(
            columns={
                "representation": "kind", "balanced_accuracy": "estimate",
                "balanced_accuracy_low": "low", "balanced_accuracy_high": "high",
                "permuted": "null",
            }
        )  # fmt: skip
        table.insert(0, "column", column)
        table.insert(1, "measure", measure_of(column, classifier))
        table["unseen"] = [_unseen(r, cells.unseen) for r in found.values()]
        tables.append(table)
    return Kept(column, linear[CODES], linear[REFERENCE], pd.concat(tables, ignore_index=True))


def task_of(column: str) -> str:
    """Name of the folds and resamples that all probes of a column share."""
    return f"{ANALYSIS}/{column}"


def measure_of(column: str, classifier: str = "logistic regression") -> str:
    """What a row of the table of probes measures."""
    return f"balanced accuracy, {column}, {classifier}"


def _unseen(found: ProbeResult, unseen: NDArray[np.bool_]) -> float:
    """Balanced accuracy over cells that neither the probe nor the dictionary was fitted to."""
    codes = np.where(unseen, found.design.codes, -1)
    if len(set(codes.tolist()) - {-1}) < 2:
        return float("nan")
    return float(metrics(confusion_of(codes, found.predicted, len(found.design.names)))[0])


def sparse_table(
    by_kind: Mapping[str, Any],
    labels: Mapping[str, NDArray[np.object_]],
    groups: NDArray[np.str_],
    settings: StatisticsConfig,
    seed: int,
) -> pd.DataFrame:
    """Accuracy of the best 1, 2, 5 and 20 units of each kind, column by column.

    Parameters
    ----------
    by_kind
        Cells x units of each kind.
    labels
        By column.
    groups
        Donor of each cell.
    settings, seed
        Folds and draws, root seed.
    """
    tables = []
    for column, x in labels.items():
        table = compare_sparse_probes(
            by_kind, x, groups, reference=CONCEPT, sizes=SIZES, folds=settings.folds, seed=seed,
            draws=settings.bootstrap, permutations=PERMUTATIONS, steps=STEPS,
            task=task_of(column),
        ).rename(columns={"balanced_accuracy": "estimate", "permuted": "null"})  # fmt: skip
        table.insert(0, "column", column)
        table.insert(1, "measure", [best_of(column, n) for n in table["n_units"]])
        table["n_candidates"] = [by_kind[kind].shape[1] for kind in table["kind"]]
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def best_of(column: str, n: int) -> str:
    """What a row of the table of sparse probes measures."""
    return f"balanced accuracy, {column}, {n} unit{'s' if n > 1 else ''}"


def _draw(result: AnalysisResult, columns: Sequence[str]) -> None:
    """Figures of each column: whole representations, and the best unit of each kind."""
    for i, column in enumerate(columns):
        result.figures += [
            FigureSpec(f"probes-{i}", "kind_forest", "probes",
                       f"How well {column} is named from each representation of cells of other "
                       "donors; the upright lines are what permuted labels reach.",
                       {"measure": measure_of(column), "candidate": CODES}, (6.4, 4.0)),
            FigureSpec(f"sparse-{i}", "kind_forest", "sparse_probes",
                       f"How well the best single unit of each kind tells a label of {column} "
                       "from the others, chosen on other donors.",
                       {"measure": best_of(column, 1), "candidate": CONCEPT}, (6.4, 2.6)),
        ]  # fmt: skip


def _describe(
    result: AnalysisResult, model: str, cells: ProbedCells, counts: pd.Series, n: int
) -> None:
    """Say what the tables hold."""
    told = ", ".join(f"{size} {kind}s" for kind, size in counts.items())
    result.captions = {
        "probes": f"{n} representations of {cells.note} of {model}, one row a column and "
        "representation. Estimate is the balanced accuracy on donors that the probe did not see, "
        "null what permuted labels reach, difference that to the raw embedding, paired by "
        "resample; unseen is the accuracy over cells that the dictionary did not see either.",
        "sparse_probes": "Logistic regression of one label against the rest on the best 1, 2, 5 "
        "and 20 units of a kind, chosen on training cells; mean over labels. Chosen among "
        f"{told}. Difference is that to concepts.",
    }
    result.notes = [*dict.fromkeys(n for v in result.tables["probes"]["notes"] for n in
                                   v.split("; ") if n)]  # fmt: skip


def _method(model: str, cells: ProbedCells) -> str:
    return (
        f"Labels were named from representations of {cells.note} of {model} by multinomial "
        "logistic regression and by 15 nearest neighbours, across donors; codes were called to "
        "keep what the raw embedding knows where the paired difference in balanced accuracy was "
        f"shown to be above -{Kept.margin:g}, permuted labels were beaten, and the raw embedding "
        "was shown to know more than that."
    )
