"""Which genes drive the units, and may the scores be believed?"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cellglass.concepts.attribution.checks import NOISE_BELOW, TOLERANCE
from cellglass.runs.pipeline import SUMMARY
from cellglass.runs.result import AnalysisResult, Check, FigureSpec
from cellglass.runs.sections import StatisticsConfig
from cellglass.runs.tasks import TaskContext
from cellglass.seeds import generator
from cellglass.stats import (
    Finding,
    NullSummary,
    Verdict,
    bootstrap_mean,
    decide,
    not_applicable,
)

from .curves import AREAS, CURVES
from .gene_tables import CHECKS, COMPARED, GENES_FILE, TOP, UNITS_FILE
from .sanity import SANITY

ANALYSIS = "concepts.attribution"
CLAIM = "the genes named are those that the model reads"
CARDS, GENES_SHOWN = 8, 15
FLIPS = 9_999


def judge(
    context: TaskContext,
    *,
    model: str,
    statistics: Mapping[str, Any],
    attributed: str,
    curves: str,
    sanity: str | None,
) -> None:
    """Judge an attribution by what exchanging its genes does, beside other orders of genes.

    Parameters
    ----------
    context
        Reads the tasks named.
    model, statistics
        Name of the model, section ``statistics`` of the study.
    attributed, curves, sanity
        Tasks that attributed genes, drew curves and checked sanity; None where that was left out.
    """
    settings = StatisticsConfig(**statistics)
    folder = context.input(attributed)
    units = pd.read_parquet(folder / UNITS_FILE)
    genes = pd.read_parquet(folder / GENES_FILE)
    areas = pd.read_parquet(context.input(curves) / AREAS)
    checks = json.loads((folder / CHECKS).read_text())
    result = AnalysisResult(ANALYSIS, {"model": model})
    _tables(result, units, genes, areas, folder, context.input(curves))
    orders = concept_areas(areas, units)
    if len(orders) < 2:
        why = f"{len(orders)} concept has genes, and an interval needs 2"
        result.verdicts = [
            not_applicable(CLAIM, f"concepts of {model}", why=why, tags={"model": model})
        ]
    else:
        finding, verdict = _decided(orders, model, settings, context.seed)
        result.findings.append(finding)
        result.verdicts.append(replace(verdict, finding_ids=(finding.id,)))
    if sanity is not None:
        _sanity(result, context.input(sanity))
    _checks(result, checks)
    result.method = (
        f"Genes were attributed to units of {model} by counterfactual exchange: the value of one "
        "gene in a cell with the unit was replaced by that in a near cell without it, and the "
        "share of the activation that is lost was averaged over prototypes. Everything random was "
        "fixed by gene, one pass served all units active in a cell, and every attribution was "
        "checked by exchanging all genes at once."
    )
    result.write(context.output)


def _tables(
    result: AnalysisResult,
    units: pd.DataFrame,
    genes: pd.DataFrame,
    areas: pd.DataFrame,
    folder: Path,
    curves: Path,
) -> None:
    named = units.set_index("unit")["name"]
    concepts = units[(units["kind"] == "concept") & units["attributed"]]
    order = _clearest(genes, concepts)
    cards = genes[genes["unit"].isin(order[:CARDS])].copy()
    cards["unit"] = cards["unit"].map(named)
    strength = cards["score"].abs().rename("strength")
    cards = cards.assign(strength=strength).sort_values(
        ["unit", "strength"], ascending=[True, False], kind="stable"
    )
    cards = cards.groupby("unit", sort=False).head(GENES_SHOWN).drop(columns="strength")
    compared = pd.read_parquet(folder / COMPARED)
    compared["kind"] = compared["unit"].map(units.set_index("unit")["kind"])
    agreement = (
        compared.groupby(["kind", "statistic"], sort=False)
        .agg(spearman=("spearman", "median"), top_overlap=("top_overlap", "median"),
             n_units=("unit", "nunique"))
        .reset_index()
    )  # fmt: skip
    drawn = pd.read_parquet(curves / CURVES)
    drawn = drawn[drawn["way"] == "deletion"]
    kinds = units.set_index("unit")["kind"]
    drawn = drawn[drawn["unit"].map(kinds) == "concept"]
    area = areas.assign(kind=areas["unit"].map(kinds), unit=areas["unit"].map(named))
    mean = drawn.groupby(["order", "share"], sort=False)["activation"].mean().reset_index()
    result.tables = {
        "concepts": concept_lines(units, genes),
        "genes": cards.reset_index(drop=True),
        "curves": mean,
        "areas": area,
        "differential": agreement,
    }
    result.captions = {
        "concepts": "One row a concept: genes that support it and that work against it (q ≤ 0.05, "
        "over the genes tested for it; a question mark where none is sure).",
        "genes": f"The strongest genes of the {CARDS} concepts with the clearest ones. A score of "
        "0.3 says that exchanging this gene alone takes 30 % of the activation; de_rank is its "
        "rank in differential expression (Wilcoxon) between active and inactive cells.",
        "curves": "Mean activation left as genes are exchanged, by the order in which they are.",
        "areas": "Area under the curves of each unit: deletion (low is good) and insertion (high "
        "is good).",
        "differential": "Agreement of absolute scores with differential expression between active "
        f"and inactive cells: median Spearman, and share in common of the top {TOP} genes.",
    }
    result.figures = [
        FigureSpec("curves", "exchange_curves", "curves",
                   "What is left of a concept as genes of a cell without it are put in, in the "
                   "order of the scores and in other orders.", size=(6.4, 3.4)),
    ]  # fmt: skip
    result.figures += [
        FigureSpec(f"genes-{i}", "unit_genes", "genes",
                   f"Genes of {named[unit]}; filled where the interval and the test are sure.",
                   {"unit": str(named[unit]), "n": GENES_SHOWN}, size=(6.4, 3.6))
        for i, unit in enumerate(order[:CARDS])
    ]  # fmt: skip


def _clearest(genes: pd.DataFrame, concepts: pd.DataFrame) -> list[int]:
    """Concepts by the summed score of their sure genes, largest first."""
    sure = genes[(genes["q"] <= 0.05) & (genes["score"] > 0)]
    strength = sure.groupby("unit")["score"].sum()
    known = strength.reindex(concepts["unit"], fill_value=0.0)
    return [int(u) for u in known.sort_values(ascending=False, kind="stable").index]


def concept_lines(units: pd.DataFrame, genes: pd.DataFrame, n: int = 8) -> pd.DataFrame:
    """One row a concept with its genes in words.

    Parameters
    ----------
    units, genes
        Tables of the task.
    n
        Genes on either side.
    """
    rows = []
    for unit in units[units["kind"] == "concept"].itertuples():
        own = genes[genes["unit"] == unit.unit]
        sure = own[own["q"] <= 0.05]
        mark, shown = ("", sure) if len(sure) else ("?", own)
        up = shown[shown["score"] > 0].nlargest(n, "score")["gene"]
        down = shown[shown["score"] < 0].nsmallest(n, "score")["gene"]
        rows.append(
            {
                "name": unit.name,
                "n_sure": len(sure),
                "supports": ", ".join(f"{g}{mark}" for g in up),
                "works_against": ", ".join(f"{g}{mark}" for g in down),
            }
        )
    return pd.DataFrame(rows, columns=["name", "n_sure", "supports", "works_against"])


def concept_areas(areas: pd.DataFrame, units: pd.DataFrame) -> pd.DataFrame:
    """Area under the deletion curve, concepts x orders of genes.

    Parameters
    ----------
    areas, units
        Tables of the tasks.
    """
    kind = units.set_index("unit")["kind"]
    own = areas[areas["unit"].map(kind) == "concept"]
    return own.pivot(index="unit", columns="order", values="deletion")


def _decided(
    table: pd.DataFrame, model: str, settings: StatisticsConfig, seed: int
) -> tuple[Finding, Verdict]:
    """Deletion by score against differential expression, and against a random order."""
    gain = (table["differential expression"] - table["score"]).to_numpy(float)
    over_random = (table["random"] - table["score"]).to_numpy(float)
    booted = bootstrap_mean(
        gain, unit="concept", draws=settings.bootstrap, seed=seed, task=ANALYSIS
    )
    rng = generator(seed, f"{ANALYSIS}/flips")
    flips = rng.choice((1.0, -1.0), size=(FLIPS, len(over_random))) @ over_random
    p = (1 + int((flips >= over_random.sum()).sum())) / (1 + FLIPS)
    wide = booted.interval(level=0.95)
    verdict = decide(
        wide,
        booted.interval(level=0.90),
        settings.margin,
        {"random-order": p},
        settings.level,
        estimate=float(gain.mean()),
        claim=CLAIM,
        endpoint="taking the activation away by exchanging few genes",
        subject=f"The order of genes by attribution to concepts of {model}",
        over="the order by differential expression",
        measure="area under the deletion curve",
        checks={"random-order": bool(flips.std() > 0)},
        tags={"model": model},
    )
    finding = Finding(
        ANALYSIS,
        f"Do genes that attribution ranks first carry the concepts of {model}?",
        "area above the deletion curve",
        float(1 - table["score"].mean()),
        None,
        NullSummary("random order, signs flipped", FLIPS, float(1 - table["random"].mean()),
                    float(flips.std() / len(over_random)), p),
        p,
        "concept",
        len(table),
        ("differential expression", float(1 - table["differential expression"].mean())),
        (float(gain.mean()), wide.low, wide.high),
        seed,
        {"model": model},
        ANALYSIS,
    )  # fmt: skip
    return finding, verdict


def _sanity(result: AnalysisResult, folder: Path) -> None:
    table = pd.read_parquet(folder / SANITY)
    result.tables["sanity"] = table
    result.captions["sanity"] = (
        "Checks on a few concepts: the same procedure between two active cells, an untrained copy, "
        "random directions, other donors, one counterfactual instead of several."
    )
    told = json.loads((folder / SUMMARY).read_text())
    result.notes += list(told.get("notes", []))


def _checks(result: AnalysisResult, checks: Mapping[str, Any]) -> None:
    """Full swap, noise floor, screen: what every attribution is checked by."""
    exact, why = checks["exact_expected"]
    told = "; ".join(checks["told"][:2])
    missed = checks["full_swap_error"][1]
    whole = not exact or missed is None or missed <= TOLERANCE
    quiet = checks["noise_floor"] <= checks["cutoff"] / NOISE_BELOW
    result.checks += [
        Check("D2", "exchanging all genes gives the other cell", "passed" if whole else "failed",
              told if exact else f"{told} ({why})"),
        Check("D3", "noise floor of single exchanges", "passed" if quiet else "failed",
              f"{checks['noise_floor']:.1e} between repeats"),
    ]  # fmt: skip
    if checks["agreement"] is not None:
        known = [a for a in checks["agreement"] if a is not None]
        agreement = float(np.median(known)) if known else float("nan")
        result.checks.append(
            Check("D4", "gradient screen against exchanges on a random share", "passed",
                  f"rank agreement {agreement:.2f} (median of units), "
                  f"{checks['saving']:.1f} times fewer passes")
        )  # fmt: skip
    test = checks["test"]
    result.notes += [
        *checks["told"],
        f"Tests count {test['n']} {test['unit']}s"
        + ("." if test["unit"] == "donor" else ": they are conditional on the donors.")
        + ("" if test["attainable"] else " No correction for all genes can be passed with so few."),
    ]
