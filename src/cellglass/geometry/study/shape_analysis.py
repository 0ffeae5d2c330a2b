"""What gene space is like: how many dimensions it fills, layer by layer, and how noisy it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from cellglass.errors import InputError
from cellglass.geometry.dimension.mle import mle
from cellglass.geometry.dimension.two_nn import two_nn
from cellglass.geometry.guards.guard import GuardResult
from cellglass.geometry.layers import TOKEN_TABLE, layer_label, layer_place
from cellglass.geometry.shape.spectrum import spectrum, spectrum_intervals
from cellglass.geometry.states.gene_states import GeneStates
from cellglass.geometry.states.reliability import halves_agree
from cellglass.runs.result import AnalysisResult, FigureSpec
from cellglass.runs.tasks import TaskContext
from cellglass.stats import Finding, Interval

from .capture import read_states
from .domain_cloud import domain_cloud
from .names import cells_of

ANALYSIS = "geometry.shape"
GIVEN = "given"
"""Entry of the provenance of gene states that a user brings: the genes of the file."""
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
        f"95 % intervals over genes ({DRAWS} resamples or subsets). Participation ratio and "
        "effective rank count the directions that hold the variance, TwoNN and MLE the dimensions "
        "of a neighbourhood.",
        "dropped": f"Genes left out, and in how many of {cells_of(domain)} they are: fewer than "
        f"{held.min_count}.",
    }  # fmt: skip
    if noise:
        result.tables["noise"] = pd.DataFrame(noise)
        result.captions["noise"] = (
            "Halves of the cells against each other, mean over the ways to halve them: share of "
            "the variance between genes that comes from which cells were drawn, and Spearman "
            "correlation of the distances between genes in either half."
        )
    _figures(result, table)
    copied = bool((table["model"] == "untrained").any())
    result.findings = _findings(table, label, context.seed)
    result.checks = [_check(held, domain).to_check()]
    result.notes = _notes(held, noise, domain, table)
    result.method = _method(held, domain, copied)
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
    found = {name: (own[name], intervals[name]) for name in own if name in MEASURES}
    for name, estimate in (
        ("two_nn", two_nn(cloud, draws=DRAWS, seed=seed)),
        ("mle", mle(cloud, draws=DRAWS, seed=seed)),
    ):
        assert estimate.interval is not None  # draws were asked for
        found[name] = estimate.estimate, estimate.interval
    return [
        {
            "model": model, "layer": layer, "where": layer_label(layer),
            "measure": MEASURES[name], "estimate": value,
            "low": interval.low, "high": interval.high, "interval": interval.method,
            "genes": len(cloud),
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
    copied = (table["model"] == "untrained").any()
    aside = "; an untrained copy is dashed" if copied else ""
    result.figures = [
        FigureSpec("dimension", "layer_lines", "dimension_lines",
                   "Dimensions that gene space fills, by layer (-2 token table, -1 input), with "
                   f"95 % intervals over genes{aside}.", {"what": "dimensions"}),
        FigureSpec("share", "layer_lines", "share_lines",
                   "Share of the variance between genes along the first five components, by layer "
                   f"(-2 token table, -1 input), with 95 % intervals over genes{aside}.",
                   {"what": "share of variance"}),
    ]  # fmt: skip


def _findings(table: pd.DataFrame, label: Mapping[str, str], seed: int) -> list[Finding]:
    trained = table[table["model"] == "trained"]
    return [
        Finding(
            ANALYSIS,
            f"How large is the {row['measure']} of gene space {layer_place(row['layer'])}?",
            row["measure"],
            row["estimate"],
            Interval(row["low"], row["high"], 0.95, row["interval"], "gene", int(row["genes"])),
            unit="gene",
            n=int(row["genes"]),
            seed=seed,
            tags={**label, "layer": str(row["layer"])},
            family=ANALYSIS,
            kind="descriptive",
        )
        for row in trained.to_dict("records")
    ]


def _method(states: GeneStates, domain: str, copied: bool) -> str:
    origin = (
        "Gene states are those of the file."
        if GIVEN in states.provenance
        else "Gene states are the mean residual state of a gene over the cells that contain it; "
        f"genes in fewer than {states.min_count} of {cells_of(domain)} were dropped."
    )
    copy = "; an untrained copy of the model was measured alike" if copied else ""
    return (
        f"{origin} Participation ratio, effective rank and shares are of the covariance spectrum "
        "of the genes; dimensions by TwoNN and by maximum likelihood (10 neighbours, inverses "
        f"averaged); intervals by bootstrap over genes and by leaving genes out{copy}."
    )


def _check(states: GeneStates, domain: str) -> GuardResult:
    clouds = [domain_cloud(states, layer, domain) for layer in states.layers]
    zeros, copies = (max(getattr(c, n) for c in clouds) for n in ("n_zero", "n_duplicates"))
    return GuardResult.of(
        "G3",
        failed=zeros > 0,
        detail=f"{len(clouds[0]):,} genes with a state, {zeros:,} of them rows of zeros",
        warning=f"up to {copies:,} of a layer have the state of another gene, and are left out "
        "there" if copies else "",
    )  # fmt: skip


def _notes(
    states: GeneStates, noise: list[dict[str, Any]], domain: str, table: pd.DataFrame
) -> list[str]:
    left, least, n = len(states.dropped(domain=domain)), states.min_count, len(states.genes)
    layer = states.layers[-1]
    place = f" {layer_place(layer)}"
    if GIVEN in states.provenance:
        place = ""
        said = f"{n:,} of the {int(states.provenance[GIVEN]):,} genes of the file are among the "
        notes = [f"{said}genes of the cells."]
    elif left:
        notes = [
            f"{left:,} of {n:,} genes are in fewer than {least} of {cells_of(domain)} and have no "
            "state; published screens kept such genes as rows of zeros."
        ]
    else:
        notes = [f"All {n:,} genes are in at least {least} of {cells_of(domain)}."]
    for model, own in table[table["layer"] == layer].groupby("model", sort=False):
        value = own.set_index("measure")["estimate"]
        whose = "An untrained copy has" if model == "untrained" else "Gene space has"
        notes.append(
            f"{whose} a participation ratio of {value[MEASURES['participation_ratio']]:.1f} and a "
            f"TwoNN dimension of {value[MEASURES['two_nn']]:.1f}{place}."
        )
    if noise:
        worst = max(noise, key=lambda row: row["noise_share"])
        others = ", for less in all other layers" if len(noise) > 1 else ""
        notes.append(
            f"Which cells were drawn accounts for {worst['noise_share']:.1%} of the variance "
            f"between genes {layer_place(worst['layer'])}{others}."
        )
    elif len(states.blocks) > 1:
        notes.append("Too few genes are in both halves of the cells to tell how noisy states are.")
    return notes
