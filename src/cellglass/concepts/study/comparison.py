"""Concepts against neurons, fairly: every kind of unit through the same procedures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from cellglass.concepts.comparison.compare_kinds import KindComparison, compare_kinds
from cellglass.concepts.comparison.unit_measures import label_measures
from cellglass.concepts.statistics.sparse_probes import compare_sparse_probes
from cellglass.errors import InputError
from cellglass.runs.result import AnalysisResult, Check, FigureSpec
from cellglass.runs.sections import StatisticsConfig
from cellglass.runs.tasks import TaskContext
from cellglass.stats import Finding, NullSummary, decide, not_applicable

from .cells import DONOR, LABEL, donor_column, label_column, read_store
from .curves import AREAS
from .enrichment import UNITS, read_enrichment
from .gene_tables import DECOY, GeneTables
from .names import SPLIT, TEST
from .units import ACTIVATIONS

ANALYSIS = "concepts.comparison"
CLAIM = "concepts are more interpretable than neurons and linear components"
AREA, ANNOTATED, CONTENT = "area above the deletion curve", "annotated in {}", "max IC in {} (bits)"
PROBE_CELLS = 1500


def judge(
    context: TaskContext,
    *,
    model: str,
    statistics: Mapping[str, Any],
    embedded: str,
    dictionaries: str,
    units: str,
    attributed: str,
    curves: str,
    libraries: Mapping[str, str],
) -> None:
    """Compare kinds of unit on every measure that is at hand.

    Parameters
    ----------
    context
        Reads the tasks named.
    model, statistics
        Name of the model, section ``statistics`` of the study.
    embedded, dictionaries, units, attributed, curves, libraries
        Tasks that embedded, trained, chose units, attributed, drew curves and enriched.
    """
    settings = StatisticsConfig(**statistics)
    store = read_store(context.input(embedded))
    tables = GeneTables.read(context.input(attributed))
    active = sparse.load_npz(context.input(units) / ACTIVATIONS).tocsr()
    test = np.load(context.input(dictionaries) / SPLIT) == TEST
    by_label, untold = unit_values(tables, active, store.obs, test)
    values = [
        by_label,
        _areas(pd.read_parquet(context.input(curves) / AREAS)),
        _terms(read_enrichment({n: context.input(t) for n, t in libraries.items()}, UNITS)),
    ]
    long = pd.concat(values, ignore_index=True)
    long = long.merge(tables.units[["unit", "name", "kind", "basis"]], on="unit")
    result = AnalysisResult(ANALYSIS, {"model": model})
    found: list[KindComparison] = []
    for measure in dict.fromkeys(long["measure"].astype(str)):
        own = long[(long["measure"] == measure) & (long["kind"] != DECOY)]
        try:
            one = compare_kinds(
                own["value"], own["basis"], measure=measure, draws=settings.draws,
                bootstrap=settings.bootstrap, seed=context.seed,
            )  # fmt: skip
        except InputError as error:
            result.verdicts.append(not_applicable(CLAIM, measure, why=error.found,
                                                  tags={"model": model}))  # fmt: skip
            continue
        found.append(one)
        _decide(result, one, model, settings, context.seed)
    result.tables["units"] = long
    if found:
        result.tables["kinds"] = pd.concat([f.table for f in found], ignore_index=True)
    probes, unprobed = _probes(store, active, tables, context.seed)
    if probes is not None:
        result.tables["sparse_probes"] = probes
    _describe(result, found, model)
    result.notes += list(dict.fromkeys([*untold, *unprobed]))
    result.write(context.output)


def unit_values(
    tables: GeneTables, active: sparse.csr_matrix, obs: pd.DataFrame, test: np.ndarray
) -> tuple[pd.DataFrame, list[str]]:
    """Measures by label of each unit, and why there are none where there are none.

    Parameters
    ----------
    tables
        Units.
    active
        Activations, cells x units (decoys left out).
    obs
        Of the cells.
    test
        True at held-out cells, on which measures are taken.
    """
    empty = pd.DataFrame({"unit": [], "measure": [], "value": []})
    if label_column(obs) is None:
        return empty, ["Without labels, kinds of unit cannot be compared by them."]
    units = tables.units.iloc[: active.shape[1]]
    try:
        found = label_measures(active, obs[LABEL], ~test, units["name"].tolist())
    except InputError as error:
        return empty, [f"Kinds of unit were not compared by labels: {error.found}."]
    number = dict(zip(units["name"], units["unit"], strict=True))
    return found.assign(unit=found["name"].map(number))[["unit", "measure", "value"]], []


def _areas(areas: pd.DataFrame) -> pd.DataFrame:
    own = areas[areas["order"] == "score"]
    return pd.DataFrame({"unit": own["unit"], "measure": AREA, "value": 1 - own["deletion"]})


def _terms(about: pd.DataFrame) -> pd.DataFrame:
    """Whether a unit is annotated, and how specific its terms are, library by library."""
    parts = [pd.DataFrame({"unit": [], "measure": [], "value": []})]
    if len(about):
        for library, own in about.groupby("library", sort=False):
            parts.append(pd.DataFrame({"unit": own["unit"], "measure": ANNOTATED.format(library),
                                       "value": own["annotated"].astype(float)}))  # fmt: skip
            known = own[own["max_ic"].notna()]
            parts.append(pd.DataFrame({"unit": known["unit"], "measure": CONTENT.format(library),
                                       "value": known["max_ic"]}))  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def _decide(
    result: AnalysisResult,
    one: KindComparison,
    model: str,
    settings: StatisticsConfig,
    seed: int,
) -> None:
    tags = {"model": model, "measure": one.measure}
    verdict = decide(
        one.interval95, one.interval90, settings.margin, {"shuffled-kind": one.p}, settings.level,
        estimate=one.difference, claim=CLAIM, endpoint=f"{one.measure} of single units",
        subject=f"Concepts of {model}", over=f"the best other kind ({one.best_other}s)",
        measure=one.measure, checks={"shuffled-kind": True}, tags=tags,
    )  # fmt: skip
    by_kind, nulls = (one.table.set_index("kind")[c] for c in ("estimate", "null"))
    finding = Finding(
        ANALYSIS, f"Do concepts of {model} lead every other kind of unit in {one.measure}?",
        one.measure, float(by_kind["concept"]), None,
        NullSummary("shuffled kinds", one.draws, float(nulls["concept"]), float("nan"), one.p),
        one.p, "concept", one.interval95.n, (one.best_other, float(by_kind[one.best_other])),
        (one.difference, one.interval95.low, one.interval95.high), seed, tags, ANALYSIS,
    )  # fmt: skip
    result.findings.append(finding)
    result.verdicts.append(replace(verdict, finding_ids=(finding.id,)))


def _probes(
    store: Any, active: sparse.csr_matrix, tables: GeneTables, seed: int
) -> tuple[pd.DataFrame | None, list[str]]:
    """Sparse probes of each basis on the same folds, and why there are none."""
    obs = store.obs
    if label_column(obs) is None:
        return None, []
    rows = np.flatnonzero(obs[LABEL] != "")[:: max(1, len(obs) // PROBE_CELLS)]
    units = tables.units.iloc[: active.shape[1]]
    features = {
        basis: active[rows][:, np.flatnonzero(units["basis"] == basis)]
        for basis in dict.fromkeys(units["basis"])
    }
    groups = obs[DONOR] if donor_column(obs) else pd.Series("all", index=obs.index)
    reference = "neuron" if "neuron" in features else next(iter(features))
    try:
        found = compare_sparse_probes(
            features, obs[LABEL].to_numpy()[rows], groups.to_numpy()[rows], reference=reference,
            seed=seed,
        )  # fmt: skip
    except InputError as error:
        return None, [f"Sparse probes were not run: {error.found}."]
    return found, []


def _describe(result: AnalysisResult, found: list[KindComparison], model: str) -> None:
    result.captions |= {
        "units": "Every unit and measure: the values behind the comparison.",
        "kinds": "Mean over units of each kind with 95 % intervals; null is the mean where kinds "
        "are shuffled over units.",
        "sparse_probes": "Balanced accuracy, on held-out cells, of the best 1, 2, 5 and 20 units "
        "of each kind, chosen inside the training folds; differences are to neurons.",
    }
    result.figures = [
        FigureSpec(f"kinds-{i}", "kind_forest", "kinds", f"Kinds of unit by {one.measure}.",
                   {"measure": one.measure}, size=(6.4, 2.6))
        for i, one in enumerate(found)
    ]  # fmt: skip
    result.notes = [
        "Each neuron counts twice, once a tail, and is active as often as a concept; rotated "
        "neurons, principal and independent components and random directions likewise. Genes were "
        "attributed to all of them by the same procedure.",
        "Concepts are held against the best other kind, not against neurons alone.",
    ]
    result.checks = [
        Check("D6", "linear baselines beside neurons", "passed" if found else "not run",
              ", ".join(f"{f.measure}: best other kind {f.best_other}" for f in found))
    ]  # fmt: skip
    result.method = (
        f"Concepts of {model} were compared with both tails of neurons, rotated neurons, principal "
        "and independent components and random directions, each active as often as a concept."
    )
