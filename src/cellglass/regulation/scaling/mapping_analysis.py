"""Analysis: do edges map onto co-expression, or onto the reference network?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from cellglass.data import Network
from cellglass.errors import NetworkError
from cellglass.regulation.coexpression import spearman
from cellglass.regulation.networks.layer_scores import (
    COEXPRESSION,
    UNTRAINED,
    judged_pairs,
    layer_scores,
    not_judged,
    size_of,
)
from cellglass.regulation.networks.notes import network_note
from cellglass.regulation.study_edges import StudyEdges
from cellglass.runs.result import AnalysisResult, FigureSpec
from cellglass.runs.sections import StatisticsConfig
from cellglass.stats import BootstrapResult, Finding

from .ladder import EXPRESSION
from .mapping import ABSOLUTE, REFERENCE, SIGNED, Mapped, map_scores
from .some_pairs import some_regulators

ANALYSIS = "regulation.mapping"
KNOWN = "the reference network rather than co-expression"
MAX_REGULATORS, DRAWS = 100, 500  # ranks are taken anew in every resample


def judge_mapping(
    held: StudyEdges,
    network: Network,
    name: str,
    min_targets: int,
    settings: StatisticsConfig,
    seed: int,
) -> AnalysisResult:
    """Correlate every layer's edges with co-expression and with the reference.

    Parameters
    ----------
    held
        Edges of a subject.
    network, name
        The reference and what the report calls it.
    min_targets
        Targets that a regulator needs.
    settings, seed
        Draws; root seed.

    Returns
    -------
    AnalysisResult
        Specification 1, A21; every interval resamples regulators, and the untrained copy and
        expression alone stand beside.
    """
    label = {**held.label, "network": name}
    task = f"{ANALYSIS}/{held.name}/{name}"
    try:
        pairs, rows = judged_pairs(held, network, name, min_targets)
    except NetworkError as error:
        return not_judged(ANALYSIS, held, name, KNOWN, error)
    judged, rows, told = some_regulators(pairs, rows, MAX_REGULATORS, seed, task)
    scores = {s.name: s.make() for s in layer_scores(held, rows) if s.name != COEXPRESSION}
    kinds = {n: "reference" if n.startswith(UNTRAINED) else "candidate" for n in scores}
    mean = held.genes["mean"].to_numpy(float)
    scores[EXPRESSION], kinds[EXPRESSION] = np.outer(mean[held.rows[rows]], mean), "baseline"
    signed = spearman(held.expression, held.rows[rows])
    mapped = map_scores(
        scores,
        signed,
        judged,
        draws=min(settings.bootstrap, DRAWS),
        seed=seed,
        task=f"{task}/bootstrap",
    )
    table = mapping_table(mapped, kinds)
    result = AnalysisResult(ANALYSIS, label)
    result.tables = {"mapping": table, "profile": _profile(table)}
    result.captions = {
        "mapping": f"Every score ({size_of(judged)}): Spearman correlation (rho) and R2 of the "
        f"least-squares line with {COEXPRESSION} of the same cells, with its signed form, and "
        f"with the indicator of {name}; rho_pairwise is between the parts that single genes do "
        "not say; partial_reference holds |Spearman| fixed. 95 % intervals over regulators.",
        "profile": "The same correlations in long form, by layer.",
    }
    result.figures = [
        FigureSpec("profile", "layer_lines", "profile",
                   f"Spearman correlation of edges with co-expression and with {name}; bands are "
                   "95 % intervals over regulators.", {"what": "Spearman correlation", "level": 0.0}
                   )
    ] if held.edges.layers else []  # fmt: skip
    result.findings = _findings(mapped, kinds, label, seed)
    result.notes = [_said(table, name), *told, network_note(network, pairs, pairs.genes)]
    result.method = (
        f"Edges of {held.name} were correlated (Spearman, and R2 of least squares in float64) with "
        f"co-expression in the same cells and with the indicator of {name}; intervals resample "
        "regulators and rank anew in every resample."
    )
    return result


def mapping_table(mapped: Mapped, kinds: dict[str, str]) -> pd.DataFrame:
    """One row a score, every statistic with its interval.

    Parameters
    ----------
    mapped
        What came out.
    kinds
        Kind of each score.
    """
    columns: dict[str, BootstrapResult] = {
        "rho_coexpression": mapped.ranks.with_given[ABSOLUTE],
        "rho_signed": mapped.ranks.with_given[SIGNED],
        "rho_reference": mapped.ranks.correlation[REFERENCE],
        "partial_reference": mapped.ranks.partial[REFERENCE],
        "rho_pairwise": mapped.pairwise,
        "r2_coexpression": mapped.r2[ABSOLUTE],
        "r2_signed": mapped.r2[SIGNED],
        "r2_reference": mapped.r2[REFERENCE],
    }
    rows = []
    for i, name in enumerate(mapped.names):
        row: dict[str, object] = {"score": name, "kind": kinds[name]}
        for column, result in columns.items():
            row |= interval_columns(column, result, i)
        rows.append(row | {"n_regulators": mapped.ranks.with_given[ABSOLUTE].n})
    return pd.DataFrame(rows)


def interval_columns(name: str, result: BootstrapResult, place: int) -> dict[str, float]:
    """A statistic and its interval as columns; nan where it is undefined.

    Parameters
    ----------
    name
        Of the column.
    result, place
        Statistics, and which one.
    """
    value = float(result.estimates[place])
    if not np.isfinite(value):
        return {name: np.nan, f"{name}_low": np.nan, f"{name}_high": np.nan}
    span = result.interval(place)
    return {name: value, f"{name}_low": span.low, f"{name}_high": span.high}


def _profile(table: pd.DataFrame) -> pd.DataFrame:
    """Correlations by layer, for the figure."""
    rows = []
    for column, what in (("rho_coexpression", "co-expression"), ("rho_reference", "reference")):
        for row in table[table["kind"] != "baseline"].to_dict("records"):
            family, _, name = str(row["score"]).rpartition(": ")
            layer = name.removeprefix("layer ")
            if layer.isdigit():
                rows.append(
                    {
                        "series": f"{what}, untrained" if family else what,
                        "layer": int(layer),
                        "value": row[column],
                        "low": row[f"{column}_low"],
                        "high": row[f"{column}_high"],
                    }
                )
    return pd.DataFrame(rows, columns=["series", "layer", "value", "low", "high"])


def _findings(
    mapped: Mapped, kinds: dict[str, str], label: dict[str, str], seed: int
) -> list[Finding]:
    """Two descriptive rows a candidate, beside the untrained copy or expression."""
    found = []
    for what, result in (
        ("co-expression", mapped.ranks.with_given[ABSOLUTE]),
        ("the reference", mapped.ranks.correlation[REFERENCE]),
    ):
        for i, name in enumerate(mapped.names):
            if kinds[name] != "candidate" or not np.isfinite(result.estimates[i]):
                continue
            copy = f"{UNTRAINED}{name}"
            beside = mapped.names.index(copy if copy in mapped.names else EXPRESSION)
            gap = result.difference(i, beside)
            span = gap.interval()
            found.append(
                Finding(
                    ANALYSIS,
                    f"How closely do edges of {name} follow {what}?",
                    f"Spearman correlation with {what}",
                    float(result.estimates[i]),
                    result.interval(i),
                    unit="regulator",
                    n=result.n,
                    baseline=(mapped.names[beside], float(result.estimates[beside])),
                    increment=(float(gap.estimates[0]), span.low, span.high),
                    seed=seed,
                    tags={**label, "unit": "A21", "score": name},
                    family=ANALYSIS,
                    kind="descriptive",
                )
            )
    return found


def _said(table: pd.DataFrame, name: str) -> str:
    """The range over candidates, in words."""
    own = table[table["kind"] == "candidate"]
    shown = []
    for column, what in (("coexpression", "co-expression"), ("reference", name)):
        rho, r2 = own[f"rho_{column}"], own[f"r2_{column}"]
        shown.append(
            f"rho {rho.min():.3f} to {rho.max():.3f} with {what} (R2 {r2.min():.4f} to "
            f"{r2.max():.4f})"
        )
    return (
        f"Over {len(own)} scores: {' and '.join(shown)}. A correlation with the indicator of a "
        "network is bounded by its base rate: read it beside the AUROC."
    )
