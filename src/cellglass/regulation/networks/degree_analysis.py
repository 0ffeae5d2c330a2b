"""Analysis: how much of a score's recovery do degrees give, and is the rest more than chance?"""

from __future__ import annotations

from typing import Any

import pandas as pd

from cellglass.data import Network
from cellglass.errors import NetworkError
from cellglass.regulation.checklist import ITEMS
from cellglass.regulation.study_edges import StudyEdges
from cellglass.runs.result import AnalysisResult, Check, FigureSpec
from cellglass.runs.sections import StatisticsConfig
from cellglass.stats import Finding, NullSummary
from cellglass.stats.nulls import LabelNull

from .degree import (
    DEGREE,
    FAMILIES,
    DegreeParts,
    checks_table,
    degree_parts,
    mixing_table,
    value,
)
from .layer_scores import (
    COEXPRESSION,
    Score,
    judged_pairs,
    layer_scores,
    not_judged,
    single_gene_scores,
    size_of,
)
from .notes import network_note
from .recovery import Pairs
from .resampled import NAN, RegulatorBootstrap, three

ANALYSIS = "regulation.degree"
KNOWN = "the reference network beyond the degrees of its genes"
TARGET_ONLY = "target variance"
BESIDE = ("mean product", "variance product", "-|difference of means|", TARGET_ONLY)


def judge_degree(
    held: StudyEdges,
    network: Network,
    name: str,
    min_targets: int,
    settings: StatisticsConfig,
    seed: int,
    *,
    nulls: tuple[type[LabelNull], ...] = (),
) -> AnalysisResult:
    """Take the AUROC of every layer apart into chance, degrees and the rest.

    Parameters
    ----------
    held
        Captured edges and what stands beside them.
    network, name
        The reference and what the report calls it.
    min_targets
        Targets that a regulator needs.
    settings, seed
        Level, draws; root seed.
    nulls
        Other nulls than the degree-preserving one and the shuffle within regulators.

    Returns
    -------
    AnalysisResult
        Analysis A26: decomposition, z and p of every layer, of |Spearman|, of the untrained
        copy and of single-gene scores in the same draws, with the self-checks. Criterion C3
        reads the findings tagged ``criterion="degree z"``; they are empty where a check failed.
    """
    try:
        pairs, rows = judged_pairs(held, network, name, min_targets)
    except NetworkError as error:
        return not_judged(ANALYSIS, held, name, KNOWN, error)
    task = f"{ANALYSIS}/{held.name}/{name}"
    singles = single_gene_scores(held.statistics(pairs.regulators), pairs)
    scores = [*layer_scores(held, rows), *(s for s in singles if s.name in BESIDE)]
    parts = degree_parts(
        pairs, scores, settings=settings, seed=seed, task=task,
        nulls=[null(pairs.labels, pairs.mask) for null in nulls] or None,
    )  # fmt: skip
    boot = RegulatorBootstrap.of(pairs, settings, seed, f"{task}/bootstrap")
    table = parts.table.merge(_intervals(scores, boot), "left", "score")
    result = AnalysisResult(ANALYSIS, {**held.label, "network": name})
    shown = _shown(table, parts)
    result.tables = {
        "parts": shown,
        "nulls": table,
        "largest": parts.largest,
        "checks": checks_table(parts),
        "mixing": mixing_table(parts),
    }
    result.captions = _captions(pairs, settings)
    result.figures = [
        FigureSpec("parts", "degree_parts", "parts",
                   f"AUROC against {name}: from 0.5 what the degrees of regulators and targets "
                   "give, and from there what is left. z is in standard deviations of the "
                   "degree-preserving null.", size=(6.4, 1.6 + 0.32 * len(shown))),
    ]  # fmt: skip
    result.findings = _findings(table, parts, held, pairs, scores, seed)
    result.checks = _checks(table, parts, scores)
    result.notes = [*_notes(parts), network_note(network, pairs, pairs.genes)]
    result.method = (
        f"The AUROC of every score against {name} was taken apart with {settings.draws} networks "
        "of the same degrees (checkerboard swaps, checked against curveball trades) and with "
        "labels shuffled within regulators; p of layers was adjusted by the maximum of z over them."
    )
    return result


def _intervals(scores: list[Score], boot: RegulatorBootstrap) -> pd.DataFrame:
    """Observed AUROC with its interval over regulators."""
    rows = []
    for score in scores:
        ends = three("observed", boot.pooled(score.make()))
        rows.append({"score": score.name, **{k: v for k, v in ends.items() if k != "observed"}})
    return pd.DataFrame(rows)


def _shown(table: pd.DataFrame, parts: DegreeParts) -> pd.DataFrame:
    """The first null's rows for the figure: of the untrained copy, its best layer only."""
    first = str(table["null"].iloc[0])
    best = parts.largest[
        (parts.largest["family"] == FAMILIES[1]) & (parts.largest["null"] == first)
    ]
    kept = {*best["score"], COEXPRESSION}
    rows = table[(table["null"] == first)]
    return rows[(rows["kind"] != "reference") | rows["score"].isin(kept)].reset_index(drop=True)


def _captions(pairs: Pairs, settings: StatisticsConfig) -> dict[str, str]:
    columns = (
        "observed AUROC with its 95 % interval over regulators = chance + degree part (null mean "
        "minus 0.5) + residual part (observed minus null mean); z, p, and p adjusted over layers"
    )
    return {
        "parts": f"Degree-preserving null ({size_of(pairs)}, {settings.draws} draws): {columns}.",
        "nulls": f"Every score and null, the untrained layers included: {columns}.",
        "largest": "The layer with the largest z against each null, and p of that maximum: how "
        "often the largest z over layers is as large in a draw.",
        "checks": "What the draws of each null did. A null that did not pass is no evidence.",
        "mixing": "Mean Jaccard distance from the observed network after so many moves; the last "
        "row of a sampler is at twice the length of a draw.",
    }


def _findings(
    table: pd.DataFrame,
    parts: DegreeParts,
    held: StudyEdges,
    pairs: Pairs,
    scores: list[Score],
    seed: int,
) -> list[Finding]:
    """One test a null (the largest z over layers); z of each layer for the criterion."""
    n = int(pairs.labels.any(1).sum())
    common: dict[str, Any] = {
        "analysis": ANALYSIS, "unit": "regulator", "n": n, "seed": seed, "family": ANALYSIS,
    }  # fmt: skip
    label = {**held.label, "network": pairs.network, "unit": "A26"}
    found = []
    for row in parts.largest[parts.largest["family"] == FAMILIES[0]].itertuples():
        null = str(row.null)
        if not parts.sound(null):
            continue
        beside = value(table, null, COEXPRESSION, "z")
        draws = int(str(row.draws))
        z, p, mean, sd = (float(str(v)) for v in (row.z, row.p, row.null_mean, row.null_sd))
        found.append(
            Finding(
                question=f"Is the largest z of a layer against the {null} null of {pairs.network} "
                "larger than by chance?",
                statistic="largest z over layers",
                estimate=z,
                null=NullSummary(null, draws, mean, sd, p),
                p=p,
                baseline=(f"{COEXPRESSION}, z", beside),
                tags={**label, "score": "largest over layers", "null": null},
                **common,
            )
        )
    told = [s for s in scores if s.kind == "candidate" or s.name == COEXPRESSION]
    return [*found, *(_criterion(table, parts, s, label, common) for s in told)]


def _criterion(
    table: pd.DataFrame,
    parts: DegreeParts,
    score: Score,
    label: dict[str, str],
    common: dict[str, Any],
) -> Finding:
    """How far a score is from the degree-preserving null, as z; nan where the null is not sound."""
    sound = parts.sound(DEGREE) and DEGREE in parts.checks
    draws, mean, sd, z, p, beside = (
        value(table, DEGREE, name, column)
        for name, column in (
            (score.name, "draws"), (score.name, "null_mean"), (score.name, "null_sd"),
            (score.name, "z"), (score.name, "p"), (COEXPRESSION, "z"),
        )
    )  # fmt: skip
    summary = NullSummary(DEGREE, int(draws), mean, sd, p if sound else NAN) if draws > 0 else None
    return Finding(
        question=f"How far is {score.name} from networks with the degrees of {label['network']}?",
        statistic="z against the degree-preserving null",
        estimate=z if sound else NAN,
        null=summary,
        p=p if sound else NAN,
        baseline=(f"{COEXPRESSION}, z", beside),
        tags={**label, "score": score.name, "criterion": "degree z"},
        kind="descriptive",
        **common,
    )


def _checks(table: pd.DataFrame, parts: DegreeParts, scores: list[Score]) -> list[Check]:
    sound = parts.sound(DEGREE) and DEGREE in parts.checks
    told = "; ".join(
        f"{n}: {' '.join(c.messages)}" for n, c in parts.checks.items() if not c.passed
    )
    distance = value_of(parts, DEGREE)
    z, p = (value(table, DEGREE, COEXPRESSION, column) for column in ("z", "p"))
    n = sum(s.kind == "candidate" for s in scores)
    return [
        Check("N2", ITEMS["N2"], "passed" if sound else "failed",
              f"mean Jaccard distance {distance:.2f}; swaps and curveball trades differ by "
              f"{parts.agreement:.1f} standard errors" + (f"; {told}" if told else "")),
        Check("N3", ITEMS["N3"], "passed" if sound else "failed",
              f"|Spearman| z = {z:.2f}, p = {p:.3g}"),
        Check("N4", ITEMS["N4"], "passed",
              f"maximum of z over {n} layers in each draw" if n > 1 else
              "one score, fixed beforehand"),
    ]  # fmt: skip


def value_of(parts: DegreeParts, null: str) -> float:
    """Mean Jaccard distance of a null's draws; nan where it was not run."""
    return parts.checks[null].mean_jaccard_distance if null in parts.checks else NAN


def _notes(parts: DegreeParts) -> list[str]:
    notes = [
        "Beating the degree-preserving null is no evidence of knowledge in a model: |Spearman| and "
        "the difference of means go through the same draws, and may do as well.",
        f"{TARGET_ONLY} says nothing of regulators: its AUROC is the same in every draw that keeps "
        "degrees, all of it degree part.",
    ]
    if not (parts.largest["family"] == FAMILIES[0]).any():
        notes.append(
            "AUROC is the same in every draw: the score does not tell the pairs of a regulator "
            "apart, so there is nothing to test."
        )
    for name, check in parts.checks.items():
        if not check.passed:
            notes.append(
                f"The null '{name}' failed its self-check: {' '.join(check.messages)} Its z and p "
                "are no evidence, and no finding rests on them."
            )
    if not parts.samplers_agree:
        notes.append(
            f"Two samplers of the degree-preserving null differ by {parts.agreement:.1f} standard "
            "errors; its z and p are no evidence."
        )
    return notes
