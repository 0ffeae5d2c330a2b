"""What gene space is like: how many dimensions it fills, layer by layer, and how noisy it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from cellglass.errors import InputError
from cellglass.geometry.dimension.mle import mle
from cellglass.geometry.dimension.two_nn import two_nn
from cellglass.geometry.shape.spectrum import spectrum, spectrum_intervals
from cellglass.geometry.states.gene_states import GeneStates
from cellglass.geometry.states.reliability import halves_agree
from cellglass.runs.result import AnalysisResult, Check, FigureSpec
from cellglass.runs.tasks import TaskContext
from cellglass.stats import Finding, Interval

from .capture import read_states
from .domain_cloud import domain_cloud
from .names import TOKEN_TABLE, layer_label

ANALYSIS = "geometry.shape"
DRAWS = 50
"""Resamples and subsets of genes behind each interval."""
MEASURES = {
    "participation_ratio": "participation ratio",
    "effective_rank": "effective rank",
    "top_5_share": "share of the first 5 components",
    "two_nn": "TwoNN dimension",
    "mle": "MLE dimension",
}


def judge(
    context: TaskContext,
    *,
    label: Mapping[str, str],
    statistics: Mapping[str, Any],
    states: Mapping[str, str],
    domain: str,
) -> None:
    """Measure the shape of gene space in every layer; leave an `AnalysisResult`."""
    del statistics  # every analysis gets them; nothing is tested here
    rows, noise = [], []
    held, _ = read_states(context.input(states[""]))
    for variant, name in states.items():
        found, _ = read_states(context.input(name))
        for layer in found.layers:
            rows += layer_shape(found, layer, domain, variant or "trained", context.seed)
        if not variant:
            noise = _noise(found, domain, context.seed)
    table = pd.DataFrame(rows)
    result = AnalysisResult(ANALYSIS, dict(label))
    result.tables = {"shape": table, "dropped": held.dropped(domain=domain)}
    n = int(table["genes"].iloc[0])
    result.captions = {
        "shape": f"Measures of gene space by layer ({n} genes; -2 token table, -1 input), with "
        f"95 % intervals over genes ({DRAWS} resamples or subsets).",
        "dropped": f"Genes left out: in fewer than {held.min_count} cells.",
    }  # fmt: skip
    if noise:
        result.tables["noise"] = pd.DataFrame(noise)
        result.captions["noise"] = (
            "Halves of the cells against each other, mean over the ways to halve them: share of "
            "the variance between genes that is noise of the cells drawn, and Spearman "
            "correlation of the distances between genes."
        )
    _figures(result, table)
    result.findings = _findings(table, label, context.seed)
    result.checks = [_check(held, domain)]
    result.notes = _notes(held, noise, domain)
    result.method = (
        "Gene states are the mean residual state of a gene over the cells that contain it; genes "
        f"in fewer than {held.min_count} cells were dropped. Participation ratio, effective rank "
        "and shares are of the covariance spectrum; dimensions by TwoNN and by maximum likelihood "
        "(10 neighbours, inverses averaged); intervals by bootstrap over genes and by leaving "
        "genes out."
    )
    result.write(context.output)


def layer_shape(
    states: GeneStates, layer: int, domain: str, model: str, seed: int
) -> list[dict[str, Any]]:
    """Every measure of one layer, with its interval.

    Parameters
    ----------
    states, layer, domain
        What is measured.
    model
        ``"trained"`` or ``"untrained"``.
    seed
        Of the intervals.

    Returns
    -------
    list of dict
        One row a measure.
    """
    cloud = domain_cloud(states, layer, domain).distinct()
    own = spectrum(cloud).measures(5)
    intervals = spectrum_intervals(cloud, draws=DRAWS, seed=seed)
    found: dict[str, tuple[float, Interval | None]] = {
        name: (own[name], intervals[name]) for name in own if name in MEASURES
    }
    for name, estimate in (
        ("two_nn", two_nn(cloud, draws=DRAWS, seed=seed)),
        ("mle", mle(cloud, draws=DRAWS, seed=seed)),
    ):
        found[name] = estimate.estimate, estimate.interval
    return [
        {
            "model": model, "layer": layer, "where": layer_label(layer),
            "measure": MEASURES[name], "estimate": value,
            "low": interval.low if interval else float("nan"),
            "high": interval.high if interval else float("nan"), "genes": len(cloud),
        }
        for name, (value, interval) in found.items()
    ]  # fmt: skip


def _noise(states: GeneStates, domain: str, seed: int) -> list[dict[str, Any]]:
    rows = []
    for layer in states.layers:
        if layer == TOKEN_TABLE or len(states.blocks) < 2:
            continue
        try:
            halves = halves_agree(states, layer, domain=domain, seed=seed)
        except InputError:  # too few genes in both halves: told by the table's absence
            return []
        rows.append({
            "layer": layer, "noise_share": float(halves["noise_share"].mean()),
            "distance_correlation": float(halves["distance_correlation"].mean()),
            "genes": int(halves["genes"].min()),
        })  # fmt: skip
    return rows


def _figures(result: AnalysisResult, table: pd.DataFrame) -> None:
    for name, measures in (
        ("dimension", ["participation ratio", "TwoNN dimension", "MLE dimension"]),
        ("share", ["share of the first 5 components"]),
    ):
        drawn = table[table["measure"].isin(measures)]
        untrained = drawn["model"] == "untrained"
        lines = pd.DataFrame({
            "series": drawn["measure"] + untrained.map({True: ", untrained", False: ""}),
            "layer": drawn["layer"], "value": drawn["estimate"], "low": drawn["low"],
            "high": drawn["high"],
        })  # fmt: skip
        result.tables[f"{name}_lines"] = lines.reset_index(drop=True)
        result.captions[f"{name}_lines"] = "What the figure draws."
    result.figures = [
        FigureSpec("dimension", "layer_lines", "dimension_lines",
                   "Dimensions that gene space fills, by layer, with 95 % intervals over genes; an "
                   "untrained copy is dashed.", {"what": "dimensions"}),
        FigureSpec("share", "layer_lines", "share_lines",
                   "Share of the variance between genes along the first five components.",
                   {"what": "share of variance"}),
    ]  # fmt: skip


def _findings(table: pd.DataFrame, label: Mapping[str, str], seed: int) -> list[Finding]:
    trained = table[table["model"] == "trained"]
    return [
        Finding(
            ANALYSIS,
            f"How large is the {row['measure']} of gene space at {row['where']}?",
            row["measure"],
            row["estimate"],
            Interval(row["low"], row["high"], 0.95, "bootstrap", "gene", int(row["genes"])),
            unit="gene",
            n=int(row["genes"]),
            seed=seed,
            tags={**label, "layer": str(row["layer"])},
            family=ANALYSIS,
            kind="descriptive",
        )
        for row in trained.to_dict("records")
    ]


def _check(states: GeneStates, domain: str) -> Check:
    cloud = states.cloud(states.layers[-1], domain=domain)
    left = len(states.dropped(domain=domain))
    detail = (
        f"{len(cloud)} genes have a state, {left} of too few cells were dropped and are listed; "
        f"{cloud.n_zero} rows of zeros, {cloud.n_duplicates} copies in the last layer"
    )
    return Check("G3", "no point is a row of zeros", "failed" if cloud.n_zero else "passed", detail)


def _notes(states: GeneStates, noise: list[dict[str, Any]], domain: str) -> list[str]:
    left = len(states.dropped(domain=domain))
    notes = [
        f"{left} of {len(states.genes)} genes are in fewer than {states.min_count} cells and have "
        "no state; published screens kept such genes as rows of zeros."
    ]
    if noise:
        worst = max(noise, key=lambda row: row["noise_share"])
        notes.append(
            f"At most {worst['noise_share']:.0%} of the variance between genes is noise of which "
            f"cells were drawn ({layer_label(worst['layer'])})."
        )
    elif len(states.blocks) > 1:
        notes.append("Too few genes are in both halves of the cells to tell how noisy states are.")
    return notes
