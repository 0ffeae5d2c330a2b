"""What the genes of concepts mean: annotated shares beside random lists that are alike."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from cellglass.runs.pipeline import SUMMARY
from cellglass.runs.result import AnalysisResult, Check, FigureSpec
from cellglass.runs.sections import StatisticsConfig
from cellglass.runs.tasks import TaskContext
from cellglass.stats import Finding, Interval, NullSummary, decide, not_applicable
from cellglass.stats.wilson import wilson

from .attribution_analysis import CARDS
from .enrichment import (
    EDITIONS,
    PRERANKED,
    SHARES,
    TERMS,
    THINNED,
    UNITS,
    read_enrichment,
)
from .gene_tables import GeneTables

ANALYSIS = "concepts.enrichment"
CLAIM = "the genes of concepts share known biology"
TERMS_SHOWN = 8
MARGIN = 0.05
"""Smallest excess of the annotated share that would matter."""
DECIDING = {
    "ora": ("over-representation", "gene list"),
    "prerank": ("preranked scores", "gene ranking"),
}
"""Methods whose annotated share is judged: what they are called, and what of a unit they test."""
MOST_FIXED = 0.5
"""Share of genes without another alike, above which matched lists are no null."""


def judge(
    context: TaskContext,
    *,
    model: str,
    statistics: Mapping[str, Any],
    attributed: str,
    libraries: Mapping[str, str],
    missing: list[str],
) -> None:
    """Judge the annotated share of concepts in each library.

    Parameters
    ----------
    context
        Reads the tasks named.
    model, statistics
        Name of the model, section ``statistics`` of the study.
    attributed
        Task that attributed genes to units.
    libraries
        Name of each library to the task that tested it.
    missing
        Sentences on libraries that were not at hand.
    """
    settings = StatisticsConfig(**statistics)
    folders = {name: context.input(task) for name, task in libraries.items()}
    told = {n: json.loads((f / SUMMARY).read_text()) for n, f in folders.items()}
    tables = GeneTables.read(context.input(attributed))
    result = AnalysisResult(ANALYSIS, {"model": model})
    shares = read_enrichment(folders, SHARES)
    for name, about in told.items():
        if "unmet" in about:
            result.verdicts.append(
                not_applicable(CLAIM, name, why=about["unmet"],
                               tags={"model": model, "library": name})
            )  # fmt: skip
        else:
            own = shares[(shares["library"] == name) & (shares["kind"] == PRERANKED)]
            for method in (m for m in DECIDING if m in set(own["method"])):
                row = own[own["method"] == method].iloc[0]
                _decide(result, row, name, method, model, settings, context.seed)
    if len(shares):
        _tables(result, tables, folders, shares)
    result.notes += [*missing, *(n for a in told.values() for n in a.get("notes", []))]
    result.notes += _too_few_lists(shares, settings.level)
    result.method = (
        "Genes of each unit (those that effectively carry its scores, or those above a cutoff) "
        "were tested for over-representation (hypergeometric) and all scores by a preranked "
        "running sum, against genes that the model could see and that were tested in at least 10 "
        "prototypes; every test counts in the false discovery rate over units and terms. The "
        "annotated share stands beside that of random lists of genes alike in mean expression and "
        "detection."
    )
    result.checks.append(
        Check("D5", "annotated share beside matched random gene lists",
              "passed" if len(shares) else "not run",
              "; ".join(f"{r.library}, {r.method}: {r.share:.0%} against {r.null_share:.0%}"
                        for r in shares[(shares["kind"] == PRERANKED)
                                        & shares["method"].isin(DECIDING)].itertuples())
              if len(shares) else "no library could be tested")
    )  # fmt: skip
    result.write(context.output)


def _too_few_lists(shares: pd.DataFrame, level: float) -> list[str]:
    """Say so where no p can be as low as the level."""
    if shares.empty:
        return []
    concepts = shares[(shares["kind"] == PRERANKED) & (shares["method"] == "ora")]
    draws = int(concepts["draws"].min())
    # one list a unit is compared unit by unit instead
    if draws == 1 or 1 / (1 + draws) <= level:
        return []
    return [
        f"With {draws} random gene lists a unit no p is below {1 / (1 + draws):.3f}, so nothing "
        f"can pass at {level:g}: raise concepts.enrichment.null_lists to "
        f"{math.ceil(round(1 / level, 6)) - 1}."
    ]


def _decide(
    result: AnalysisResult,
    row: pd.Series,
    library: str,
    method: str,
    model: str,
    settings: StatisticsConfig,
    seed: int,
) -> None:
    n = int(row["n_units"])
    wide, narrow = interval_of_share(row, 0.95), interval_of_share(row, 0.90)
    p = float(row["p"])
    tags = {"model": model, "library": library, "method": method}
    told, tested = DECIDING[method]
    verdict = decide(
        wide, narrow, MARGIN, {"matched-list": p}, settings.level,
        estimate=float(row["excess"]), claim=CLAIM,
        endpoint=f"finding terms of {library} by {told}",
        subject=f"The {tested} of a concept of {model}", over="matched random gene lists",
        measure="annotated share", tags=tags,
        # lists that cannot move are their own null
        checks={"matched-list": bool(row["cannot_move"] < MOST_FIXED)},
    )  # fmt: skip
    finding = Finding(
        ANALYSIS,
        f"Are more concepts of {model} annotated in {library} by {told} than random lists are?",
        "share of concepts with a significant term", float(row["share"]), None,
        NullSummary("matched random gene lists", int(row["draws"]), float(row["null_share"]),
                    float(row["null_sd"]), p),
        p, "concept", n, ("matched random gene lists", float(row["null_share"])),
        (float(row["excess"]), wide.low, wide.high), seed, tags, ANALYSIS,
    )  # fmt: skip
    result.findings.append(finding)
    result.verdicts.append(replace(verdict, finding_ids=(finding.id,)))


def interval_of_share(row: pd.Series, level: float) -> Interval:
    """Interval of a share less its null share, never narrower than Wilson's of the share alone.

    A share of 0 of 12 resamples to 0 every time, as if nothing were open.

    Parameters
    ----------
    row
        Of the table of shares: share, null_share, n_units, low, high, low90, high90.
    level
        0.95 or 0.90.

    Returns
    -------
    Interval
        Of the excess; holds the bootstrap's and, less the null share, Wilson's.

    Examples
    --------
    >>> ends = dict.fromkeys(("low", "high", "low90", "high90"), 0.0)
    >>> row = pd.Series({"share": 0.0, "null_share": 0.0, "n_units": 12, **ends})
    >>> print(interval_of_share(row, 0.95))
    [0.000, 0.242]
    """
    n, null = int(row["n_units"]), float(row["null_share"])
    low, high = wilson(float(row["share"]) * n, n, level)
    ends = {0.95: ("low", "high"), 0.90: ("low90", "high90")}[level]
    return Interval(
        min(float(row[ends[0]]), float(low) - null), max(float(row[ends[1]]), float(high) - null),
        level, "bootstrap, at least as wide as Wilson's", "concept", n,
    )  # fmt: skip


def _tables(
    result: AnalysisResult,
    tables: GeneTables,
    folders: Mapping[str, Any],
    shares: pd.DataFrame,
) -> None:
    named = tables.units.set_index("unit")
    terms = read_enrichment(folders, TERMS)
    concepts = terms[terms["unit"].map(named["kind"]) == PRERANKED].copy()
    concepts["unit"] = concepts["unit"].map(named["name"])
    concepts = concepts.sort_values(["q", "p", "unit"], kind="stable").reset_index(drop=True)
    own = shares[(shares["kind"] == PRERANKED) & shares["method"].isin(DECIDING)]
    lead = own.groupby("library")["excess"].max()
    shown = concepts[concepts["method"] != "elim"].copy()
    # terms of the library in which concepts lead most over random lists come first
    shown["lead"] = shown["library"].map(lead)
    shown = shown.sort_values(["lead", "q", "p", "unit"], ascending=[False, True, True, True],
                              kind="stable").drop(columns="lead")  # fmt: skip
    best = list(dict.fromkeys(shown["unit"]))[:CARDS]
    about = read_enrichment(folders, UNITS)
    about["kind"] = about["unit"].map(named["kind"])
    specific = (
        about.groupby(["library", "kind"], sort=False)
        .agg(n_units=("annotated", "size"), annotated=("annotated", "mean"),
             terms=("n_terms", "mean"), distinct=("n_distinct", "mean"),
             max_ic=("max_ic", "median"), depth=("max_depth", "median"),
             coherence=("coherence", "median"))
        .reset_index()
    )  # fmt: skip
    flat = shown.drop_duplicates(["unit", "library", "term"])
    flat = flat.groupby("unit", sort=False).head(TERMS_SHOWN)
    result.tables = {
        "terms": concepts,
        "shares": shares,
        "specificity": specific,
        "thinned": read_enrichment(folders, THINNED),
        "best_terms": flat[flat["unit"].isin(best)].reset_index(drop=True),
    }
    result.captions = {
        "terms": "Significant terms of concepts: over-representation (ora), along the graph of the "
        "ontology (elim), and preranked.",
        "shares": "Share of units with a significant term, beside that of random gene lists alike "
        "in expression and detection run through the same pipeline; excess is the difference, low "
        "to high its 95 % bootstrap interval over units, which verdicts widen to Wilson's at "
        "least. With one random list a unit, as for preranked tests, p is that of a sign test over "
        "units.",
        "specificity": "How specific the significant terms of each kind of unit are: information "
        "content in bits, depth in the graph, mean Lin similarity of a unit's terms (medians over "
        "units that have terms); n_units counts all units of the kind.",
        "thinned": "Over-representation in genes of concepts with a share of the annotations "
        "removed at random: annotation quality bounds what can be found.",
        "best_terms": f"Terms of the {len(best)} concepts with the surest ones.",
    }
    editions = read_enrichment(folders, EDITIONS)
    if len(editions):
        result.tables["editions"] = editions
        result.captions["editions"] = (
            "Over-representation in genes of concepts under an earlier edition of the annotations: "
            "share of concepts with a term in each, significant pairs of concept and term among "
            "terms that both can test, their Jaccard index, and share of concepts whose status "
            "agrees."
        )
    result.figures = [
        FigureSpec(f"terms-{i}", "unit_terms", "best_terms", f"Terms of {unit}.", {"unit": unit},
                   size=(6.4, 2.8))
        for i, unit in enumerate(best)
    ]  # fmt: skip
