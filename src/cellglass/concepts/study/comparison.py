"""Concepts against neurons, fairly: every kind of unit through the same procedures."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from cellglass._words import plural
from cellglass.concepts.comparison.compare_kinds import MIN_UNITS, KindComparison, compare_kinds
from cellglass.concepts.comparison.unit_measures import label_measures
from cellglass.concepts.embeddings.store import EmbeddingStore
from cellglass.concepts.statistics.sparse_probes import compare_sparse_probes
from cellglass.errors import InputError
from cellglass.runs.pipeline import SUMMARY
from cellglass.runs.result import AnalysisResult, Check, FigureSpec
from cellglass.runs.sections import StatisticsConfig
from cellglass.runs.tasks import TaskContext
from cellglass.seeds import generator
from cellglass.stats import Finding, NullSummary, decide, holm, not_applicable

from .cells import DONOR, LABEL, donor_column, label_column, read_store
from .curves import AREAS
from .enrichment import UNITS, read_enrichment
from .gene_tables import GeneTables
from .names import SPLIT, TEST
from .pair_tables import DECOY
from .units import ACTIVATIONS

ANALYSIS = "concepts.comparison"
CLAIM = "concepts are more interpretable than neurons and linear components"
AREA, ANNOTATED, CONTENT = (
    "area above the deletion curve",
    "share annotated in {}",
    "max IC in {} (bits)",
)
PROBE_CELLS = 1500
LINEAR = ("PCA", "ICA", "rotated neuron")
PLURALS = {"PCA": "principal components", "ICA": "independent components"}


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
            result.verdicts.append(
                not_applicable(CLAIM, measure, why=error.found,
                               tags={"model": model, "measure": measure})
            )  # fmt: skip
            continue
        found.append(one)
    # one claim by several measures: each p counts as one of them
    for one, p in zip(found, holm([f.p for f in found]) if found else (), strict=True):
        _decide(result, one, float(p), model, settings, context.seed)
    result.tables["units"] = long
    if found:
        result.tables["kinds"] = pd.concat([f.table for f in found], ignore_index=True)
    probes = _probes(store, active, tables, context.seed)
    if probes.table is not None:
        result.tables["sparse_probes"] = probes.table
    _describe(result, found, probes, model)
    chosen = json.loads((context.input(units) / SUMMARY).read_text())["notes"]
    result.notes += list(dict.fromkeys([*untold, *probes.notes, *_few(found), *chosen]))
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
    p: float,
    model: str,
    settings: StatisticsConfig,
    seed: int,
) -> None:
    tags = {"model": model, "measure": one.measure}
    verdict = decide(
        one.interval95, one.interval90, settings.margin, {"shuffled-kind": p}, settings.level,
        estimate=one.difference, claim=CLAIM, endpoint=one.measure, measure="on average",
        subject=f"A concept of {model}", over=f"the best other kind ({told(one.best_other)})",
        checks={"shuffled-kind": True}, tags=tags,
    )  # fmt: skip
    by_kind = one.table.set_index("kind")["estimate"]
    finding = Finding(
        ANALYSIS, f"Do concepts of {model} lead every other kind of unit in {one.measure}?",
        one.measure, float(by_kind["concept"]), None,
        NullSummary(
            "concepts and units of another kind shuffled", one.draws, one.null_mean, one.null_sd,
            one.p,
        ),
        one.p, "concept", one.interval95.n, (one.best_other, float(by_kind[one.best_other])),
        (one.difference, one.interval95.low, one.interval95.high), seed, tags, ANALYSIS,
    )  # fmt: skip
    result.findings.append(finding)
    result.verdicts.append(replace(verdict, finding_ids=(finding.id,)))


def told(basis: str) -> str:
    """Plural of a kind of unit.

    Parameters
    ----------
    basis
        Of the table of units.

    Examples
    --------
    >>> told("PCA"), told("neuron")
    ('principal components', 'neurons')
    """
    return PLURALS.get(basis, plural(basis, 2))


@dataclass(frozen=True, eq=False)
class _Probes:
    """Sparse probes of each basis: the table, or why there is none; cells, and units of a basis."""

    table: pd.DataFrame | None
    notes: list[str]
    n_cells: int = 0
    n_units: int = 0


def _probes(store: EmbeddingStore, active: sparse.csr_matrix, tables: GeneTables, seed: int
            ) -> _Probes:  # fmt: skip
    """Sparse probes of each basis on the same folds, each with as many units to choose from."""
    obs = store.obs
    if label_column(obs) is None:
        return _Probes(None, [])
    # drawn, not every n-th: cells may stand in an order that repeats
    rng = generator(seed, f"{ANALYSIS}/cells")
    rows = np.sort(rng.permutation(np.flatnonzero(obs[LABEL] != ""))[:PROBE_CELLS])
    basis = tables.units["basis"].to_numpy(str)[: active.shape[1]]
    counts = {b: int((basis == b).sum()) for b in dict.fromkeys(basis)}
    able = [b for b, n in counts.items() if n >= MIN_UNITS]
    if len(able) < 2:
        return _Probes(None, [f"Sparse probes need two kinds with {MIN_UNITS} units or more."])
    n = min(counts[b] for b in able)
    features = {}
    for b in able:
        rng = generator(seed, f"{ANALYSIS}/units/{b}")
        chosen = np.sort(rng.permutation(np.flatnonzero(basis == b))[:n])
        features[b] = active[rows][:, chosen]
    groups = obs[DONOR] if donor_column(obs) else pd.Series("all", index=obs.index)
    reference = "neuron" if "neuron" in features else able[-1]
    try:
        found = compare_sparse_probes(
            features, obs[LABEL].to_numpy()[rows], groups.to_numpy()[rows], reference=reference,
            seed=seed,
        )  # fmt: skip
    except InputError as error:
        return _Probes(None, [f"Sparse probes were not run: {error.found}."])
    return _Probes(found, [], len(rows), n)


def _few(found: list[KindComparison]) -> list[str]:
    return [
        f"{one.measure}: left out for fewer than {MIN_UNITS} units with a value, "
        + ", ".join(f"{told(kind)} ({n})" for kind, n in one.left_out.items())
        + "."
        for one in found
        if one.left_out
    ]


def _describe(
    result: AnalysisResult, found: list[KindComparison], probes: _Probes, model: str
) -> None:
    result.captions |= {
        "units": "Every unit and measure: the values behind the comparison.",
        "kinds": "Mean over units of each kind with 95 % intervals; n is the number of units that "
        "have a value (only units with terms have an information content, only those whose curve "
        "was drawn an area); null is the mean over all kinds; p that of the lead of concepts over "
        "the kind, from shuffles of the two.",
    }
    if probes.table is not None:
        result.captions["sparse_probes"] = (
            "Balanced accuracy, on held-out cells, of the best 1, 2, 5 and 20 of "
            f"{probes.n_units} units of each kind, chosen inside the training folds "
            f"({probes.n_cells:,} cells); differences are to neurons where there are some."
        )
    result.figures = [
        FigureSpec(f"kinds-{i}", "kind_forest", "kinds", f"Kinds of unit by {one.measure}.",
                   {"measure": one.measure}, size=(6.4, 2.6))
        for i, one in enumerate(found)
    ]  # fmt: skip
    result.notes = [
        "A neuron is two units, one a tail, each active as often as a concept; rotated neurons and "
        "principal and independent components likewise, and random directions by one tail. Genes "
        "were attributed to all of them by the same procedure.",
        "Concepts are held against the best other kind, not against neurons alone. Units count as "
        "independent, which the two tails of a direction are not quite.",
    ]
    bare = [f.measure for f in found if not set(LINEAR) & set(f.table["kind"])]
    state = "not run" if not found else "failed" if bare else "passed"
    detail = ", ".join(f"{f.measure}: best other kind {told(f.best_other)}" for f in found)
    result.checks = [
        Check("D6", "linear baselines beside neurons", state,
              f"no linear baseline for {', '.join(bare)}" if bare
              else detail or "no measure could be compared")
    ]  # fmt: skip
    kinds = dict.fromkeys(k for f in found for k in f.table["kind"] if k != "concept")
    others = f" with {', '.join(map(told, kinds))}" if kinds else ""
    result.method = (
        f"Concepts of {model} were compared{others}, each unit active as often as a concept, on "
        f"{len(found)} {plural('measure', len(found))}. Concepts were tested against each other "
        "kind by shuffling the two; the largest p counts, adjusted over measures by Holm's method."
    )
